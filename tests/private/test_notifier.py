"""The duty phone is told to look in, and cannot tell a day with news from one without."""

import logging
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server import notifier, settings
from server.app import _works
from server.cli import app as commands
from server.errors import BootRefused
from server.notifier import WORDS, Notifier, tell, told
from server.private.handed import needed
from server.settings import Settings
from tests.people import Community
from tests.private.scene import Scene

START = datetime(2026, 3, 4, 6, 58, tzinfo=UTC)


def noting(folder: Path) -> tuple[Path, Path]:
    """A command that writes down everything that it can see, and what it wrote."""
    command, seen = folder / "tells", folder / "seen"
    command.write_text(
        f'#!/bin/sh\n{{ echo "--"; printf "%s\\n" "$0" "$@"; /usr/bin/env | /usr/bin/sort; pwd; '
        f"readlink /proc/$$/fd/0; }} >> {seen}\n"
    )
    command.chmod(0o700)
    return command, seen


def days(works, at: datetime, count: int) -> None:
    """Every minute of so many days, as the clock goes."""
    for minute in range(count * 24 * 60):
        for work in works:
            work(at + timedelta(minutes=minute))


def test_a_world_with_filings_and_one_without_are_the_same(
    community: Community, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of this process")
    command, seen = noting(tmp_path)
    chosen = scene.settings.model_copy(update={"notifier_command": (str(command), "duty"), "notifier_hours": (7, 16)})
    worlds: list[bytes] = []
    for filings in (0, 5):
        for _ in range(filings):
            scene.filed("He asked for money.", urgent=True)
        days(_works(chosen, community.services), START, 2)
        worlds.append(seen.read_bytes())
        seen.unlink()
    assert worlds[0] == worlds[1]
    once = worlds[0].decode().split("--\n")[1:]
    assert len(once) == 4 and len(set(once)) == 1, "twice a day, the same each time"
    assert once[0].splitlines()[1:3] == ["duty", WORDS]
    assert "SECRET" not in once[0] and "BARAZA" not in once[0]
    assert once[0].splitlines()[-2:] == ["/", "/dev/null"]


def test_a_server_that_begins_in_the_middle_of_the_hour_says_nothing(tmp_path: Path) -> None:
    command, seen = noting(tmp_path)
    made = Notifier((str(command),), (7,))
    made.run(START.replace(hour=7, minute=20))
    assert not seen.exists()
    for minute in (0, 1, 4):
        made.run(START.replace(hour=7, minute=minute))
    assert seen.read_text().count("--") == 1


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_command_that_hangs_fails_or_is_missing_is_named_plainly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hangs = tmp_path / "hangs"
    hangs.write_text(f"#!/bin/sh\n/bin/sleep 77 &\necho $! > {tmp_path / 'child'}\nwait\n")
    hangs.chmod(0o700)
    began = time.monotonic()
    assert tell((str(hangs),), seconds=0.5) == "took longer than 0.5 seconds and was ended"
    assert time.monotonic() - began < 20
    child = int((tmp_path / "child").read_text())
    end = time.monotonic() + 20
    while alive(child) and time.monotonic() < end:  # the system takes a moment to end what was killed
        time.sleep(0.05)
    assert not alive(child), "what it had begun has ended with it"
    assert "could not be started" in tell((str(tmp_path / "nowhere"),))
    with caplog.at_level(logging.ERROR, "baraza"):
        Notifier(("/bin/false",), (7,)).run(START.replace(hour=7, minute=0))
    assert caplog.messages == ["the notifier ended with status 1"]


def test_nothing_is_read_by_a_shell(tmp_path: Path) -> None:
    command, seen = noting(tmp_path)
    assert tell((str(command), "$(id)", "; touch here", "`id`")) == ""
    assert seen.read_text().splitlines()[2:6] == ["$(id)", "; touch here", "`id`", WORDS]


def test_settings_say_it_and_check_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"BARAZA_NOTIFIER_COMMAND": "/bin/echo 'two words'", "BARAZA_NOTIFIER_HOURS": "7, 16"}
    chosen = settings.load(given, data_dir=tmp_path)
    assert chosen.notifier_command == ("/bin/echo", "two words") and chosen.notifier_hours == (7, 16)
    assert "07:00, 16:00 UTC" in told(chosen.notifier_command, chosen.notifier_hours)
    assert "by themselves" in told((), ())
    for command, hours in (((), (7,)), (("/bin/echo",), ()), (("/no/such",), (7,))):
        with pytest.raises(BootRefused):
            told(command, hours)
    with pytest.raises(BootRefused, match="BARAZA_NOTIFIER_HOURS"):
        settings.load({"BARAZA_NOTIFIER_HOURS": "24"}, data_dir=tmp_path)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert "Told" in CliRunner().invoke(commands, ["notify", "--data", str(tmp_path)]).output
    assert notifier.ENVIRONMENT.keys() == {"PATH", "LANG"} and os.environ["PATH"]


def test_the_private_room_never_hears_of_it() -> None:
    chosen = Settings(notifier_command=("/bin/echo",), notifier_hours=(7,))
    handed = needed(chosen)
    assert handed.notifier_command == () and handed.notifier_hours == ()
