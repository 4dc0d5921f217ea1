"""The commands as an operator types them: each in a process of its own, which has loaded nothing that a test has."""

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from server import operating, pruning
from server.errors import BootRefused
from server.places import CHECKOUT
from server.settings import Settings

INIT = ("init", "--space", "welcome", "--name", "Welcome", "--host", "Bridge", "--languages", "en")


def run(data: Path, *words: str, **settings: str) -> tuple[int, str]:
    """The exit status, and everything it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BARAZA_")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "server", *words, "--data", str(data)],
        cwd="/",
        env={**environment, "PYTHONPATH": str(CHECKOUT), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("begun") / "var"
    status, said = run(data, *INIT)
    assert status == 0, said
    return data


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("audit", "verify"), 0, "every message is as the ledger says"),
        (("migrate",), 0, "so is the private one"),
        (("forget", "--dry-run"), 0, ""),
        (("desk", "people"), 1, "NOT ENOUGH READERS"),
        (("check",), 1, "public address"),
        (("invite", "welcome"), 0, "/join?invite="),
        (("staff", "add", "steward"), 0, "/staff/"),
        (("staff", "reset-code", "nobody"), 1, "Nobody of this name has a code app."),
    ],
)
def test_it_does_its_work_on_a_new_installation(begun: Path, words: tuple[str, ...], status: int, said: str) -> None:
    found = run(begun, *words)
    assert found[0] == status, found[1]
    assert said in found[1]
    assert "Traceback" not in found[1] and "Error" not in found[1]


def parted(begun: Path, tmp_path: Path) -> tuple[Path, Path, dict[str, str]]:
    """The same installation, as two system users have it."""
    community, room = tmp_path / "community", tmp_path / "room"
    shutil.copytree(begun, community)
    room.mkdir(0o700)
    (community / "private").rename(room / "private")
    return community, room, {"BARAZA_PRIVATE_SOCKET": str(tmp_path / "door"), "BARAZA_PUBLIC_URL": "https://a.example"}


def test_each_of_two_users_looks_after_what_is_theirs(begun: Path, tmp_path: Path) -> None:
    community, room, settings = parted(begun, tmp_path)
    told = {data: run(data, "check", **settings)[1] for data in (community, room)}
    assert "first space" in told[community] and "private room: keys" not in told[community]
    assert "private room: keys" in told[room] and "private room: cases" in told[room]
    assert "first space" not in told[room] and "baraza init" not in told[room]
    for data, words in ((community, "belongs to another user"), (room, "community's belongs to another user")):
        assert run(data, "migrate", **settings)[0] == 0
        assert words in run(data, "migrate", **settings)[1]
    status, said = run(community, "audit", "verify", **settings)
    assert (status, "as the ledger says" in said, "closed days" in said) == (0, True, False)
    status, said = run(room, "audit", "verify", **settings)
    assert (status, "as the ledger says" in said, "closed days" in said) == (0, False, True)


def test_a_room_whose_database_is_broken_is_told_to_its_own_user(begun: Path, tmp_path: Path) -> None:
    _, room, settings = parted(begun, tmp_path)
    next((room / "private").glob("*.sqlite3")).write_bytes(b"not a database, but long enough to be looked at")
    status, said = run(room, "check", **settings)
    assert status == 1
    assert "WRONG" in next(line for line in said.splitlines() if "private room: database" in line)


def test_lists_that_the_server_cannot_write_are_noticed(tmp_path: Path) -> None:
    now = operating.SystemClock().now()
    (tmp_path / f"baraza-{now.date()}-0123abcd.backup").touch()
    assert "newest" in pruning.newest_backup(tmp_path, now=now)
    for name, hours in (("forgotten-community.list", 4), ("forgotten-private.list", 27)):
        path = tmp_path / name
        path.touch()
        assert "newest" in pruning.newest_backup(tmp_path, now=now)
        old = (now - timedelta(hours=hours)).timestamp()
        os.utime(path, (old, old))
        with pytest.raises(BootRefused, match=name):
            pruning.newest_backup(tmp_path, now=now)
        path.unlink()


def test_who_looks_after_what_is_told_by_the_keys(begun: Path, tmp_path: Path) -> None:
    community, room, _ = parted(begun, tmp_path)
    apart = {"private_socket": tmp_path / "door"}
    assert operating.whose(Settings(data_dir=community, **apart)) == operating.Here(community=True, room=False)
    assert operating.whose(Settings(data_dir=room, **apart)) == operating.Here(community=False, room=True)
    assert operating.whose(Settings(data_dir=begun)) == operating.Here(community=True, room=True)
    nothing = Settings(data_dir=tmp_path / "new", **apart)
    assert operating.whose(nothing) == operating.Here(community=True, room=False)
