"""The private room's own process: closed to others, one at a time, and gone when there is no more need for it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from server.errors import BootRefused
from server.private.keeping import RoomKeeper
from server.private.process import LOCK_NAME, only_one
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


class Caller(http.client.HTTPConnection):
    """Speaks to the room at its socket, as the handover does."""

    def __init__(self, path: Path, *, seconds: float = 30) -> None:
        super().__init__("talk.example", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """To the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def asked(path: Path, *, method: str = "GET", address: str = "/help", **more: object) -> tuple[int, bytes]:
    """One request; status and body."""
    caller = Caller(path)
    try:
        caller.request(method, address, headers={"connection": "close"}, **more)  # type: ignore[arg-type]
        answer = caller.getresponse()
        return answer.status, answer.read()
    finally:
        caller.close()


def until(true: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Whether it becomes true in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return true()


def lives(pid: int) -> bool:
    """Whether a process is there and no mere shell of one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def status_of(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(name + ":"))


def told(script: str) -> list[str]:
    """What a new process says that runs this."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.split()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, prepared_room: Path) -> Settings:
    """A data directory for the processes of this module."""
    from server.private import keys

    made = Settings(data_dir=tmp_path_factory.mktemp("data"), neutral_url="https://weather.example")
    keys.create(made.private_dir)
    (made.private_dir / "private.sqlite3").write_bytes(prepared_room.read_bytes())
    return made


@pytest.fixture(scope="module")
def keeper(settings: Settings) -> Iterator[RoomKeeper]:
    """A room that lives through this module's quick looks."""
    with RoomKeeper(settings) as kept:
        assert asked(kept.path)[0] == 200
        yield kept


def test_the_room_answers_at_its_socket(keeper: RoomKeeper) -> None:
    status, page = asked(keeper.path)
    assert status == 200
    assert len(page) % 8192 == 0


def test_the_socket_is_in_a_folder_for_this_user_only(keeper: RoomKeeper) -> None:
    assert keeper.path.parent.stat().st_mode & 0o777 == 0o700
    assert keeper.path.stat().st_mode & 0o007 == 0


def test_nothing_is_told_on_the_command_line_or_in_the_environment(keeper: RoomKeeper, settings: Settings) -> None:
    assert keeper.pid is not None
    command = Path(f"/proc/{keeper.pid}/cmdline").read_bytes()
    environment = Path(f"/proc/{keeper.pid}/environ").read_bytes()
    names = {line.partition(b"=")[0] for line in environment.split(b"\0") if line}
    assert names <= {b"PATH", b"LANG", b"PYTHONPATH", b"MALLOC_ARENA_MAX", b"LD_LIBRARY_PATH"}
    assert str(settings.data_dir).encode() not in command + environment


def test_no_core_is_ever_written(keeper: RoomKeeper) -> None:
    assert keeper.pid is not None
    limits = Path(f"/proc/{keeper.pid}/limits").read_text().splitlines()
    core = next(line for line in limits if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_the_room_has_no_file_of_the_community_open(keeper: RoomKeeper, settings: Settings) -> None:
    assert keeper.pid is not None
    opened: set[str] = set()
    for entry in Path(f"/proc/{keeper.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it is written at just now what everybody may read, and closed again
            opened.add(os.readlink(entry))
    ours = {Path(name) for name in opened if name.startswith(str(settings.data_dir))}
    assert ours
    shared = (settings.private_dir, settings.told_dir)
    assert all(any(name.is_relative_to(folder) for folder in shared) for name in ours)


DUMPABLE = """
import os, sys
sys.path.insert(0, {root!r})
from server.private import shutters
assert shutters.is_dumpable()
shutters.close(os.getppid())
print(shutters.is_dumpable(), oct(os.umask(0)), flush=True)
sys.stdin.read()
"""


def test_others_of_the_same_user_cannot_look_into_it() -> None:
    script = DUMPABLE.format(root=str(ROOT))
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline() == "False 0o77\n"
    child.communicate()


def test_the_real_process_closes_its_shutters(keeper: RoomKeeper) -> None:
    """Of a process that may be dumped, its own user owns what /proc tells; of another, root does."""
    assert keeper.pid is not None
    if os.geteuid() == 0:
        pytest.skip("root owns everything anyway; the test above asks the kernel")
    assert Path(f"/proc/{keeper.pid}").stat().st_uid == 0


def test_a_process_whose_parent_is_gone_already_ends() -> None:
    assert told("from server.private import shutters; shutters.close(1); print('lives')") == []


def test_a_second_room_refuses_to_open(
    keeper: RoomKeeper, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BootRefused, match="open already"):
        only_one(settings.private_dir)
    with RoomKeeper(settings) as second:
        said: list[str] = []
        assert until(lambda: "open already" in (said.append(capfd.readouterr().err) or "".join(said)))
        assert second.path != keeper.path
    assert asked(keeper.path)[0] == 200
    assert (settings.private_dir / LOCK_NAME).stat().st_mode & 0o077 == 0


def test_a_room_that_is_killed_comes_back_and_who_waits_is_answered(
    keeper: RoomKeeper, capfd: pytest.CaptureFixture[str]
) -> None:
    killed = keeper.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: not lives(killed))
    assert asked(keeper.path)[0] == 200  # it waited at the socket
    assert keeper.pid not in (None, killed)
    assert capfd.readouterr().err.count("begins anew") <= 1


def test_nothing_is_said_about_what_is_asked(keeper: RoomKeeper, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    for address, method in [("/help?secret=canary", "GET"), ("/desk/canary", "GET"), ("/help", "POST"), ("/x", "PUT")]:
        asked(keeper.path, method=method, address=address, body=b"canary" if method == "POST" else None)
    broken = Caller(keeper.path)
    broken.connect()
    assert broken.sock is not None
    broken.sock.sendall(b"canary / HTTP/9.9\r\n\0\r\n\r\n")
    broken.sock.recv(1000)
    broken.close()
    cut = Caller(keeper.path)
    cut.connect()
    assert cut.sock is not None
    cut.sock.sendall(b"POST /help HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\ncanary")
    cut.close()
    assert asked(keeper.path)[0] == 200
    assert capfd.readouterr() == ("", "")


def test_the_room_imports_nothing_of_the_community() -> None:
    heavy = ("moderation", "numpy", "alembic", "PIL", "webauthn", "typer")
    found = told("import server.private.process, sys; print(*sys.modules)")
    found = [name for name in found if name.startswith("server.") or name.partition(".")[0] in heavy]
    allowed = {"places", "policies", "privacy", "clock", "crypto", "darkroom", "database", "errors", "events", "hub"}
    allowed |= {"logs", "prepared", "private", "pruning", "settings", "turns", "web", "whole_files", "remarks"}
    assert found
    assert {name.split(".")[1] for name in found if name.startswith("server.")} <= allowed
    assert not [name for name in found if not name.startswith("server.")]
    assert "server.crypto.keyring" not in found


def test_the_running_community_loads_none_of_the_rooms_parts() -> None:
    found = told("import server.answering, sys; print(*sys.modules)")
    rooms = {name for name in found if name.startswith(("server.private", "server.crypto.sealed"))}
    assert rooms == {"server.private", "server.private.handed", "server.private.keeping"}


def test_it_begins_anew_when_it_was_used_and_rests(settings: Settings, tmp_path: Path) -> None:
    made = settings.model_copy(update={"data_dir": tmp_path, "private_database_url": settings.private_database})
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "private" / "keys").symlink_to(settings.private_dir / "keys")
    with RoomKeeper(made, rest_seconds=1.0) as kept:
        assert asked(kept.path)[0] == 200
        first = kept.pid
        assert first is not None
        time.sleep(2)
        assert kept.pid == first  # a look at the page is no use of it
        assert asked(kept.path, method="POST", body=b"x")[0] == 422
        assert until(lambda: kept.pid not in (None, first))
        assert not lives(first)
        assert asked(kept.path)[0] == 200


PARENT = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from server.private.keeping import RoomKeeper
from server.settings import Settings
with RoomKeeper(Settings.model_validate_json({settings!r})) as keeper:
    while keeper.pid is None:
        time.sleep(0.05)
    print(keeper.pid, keeper.path, flush=True)
    time.sleep(600)
"""


@contextmanager
def other_parent(settings: Settings, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    made = settings.model_copy(update={"data_dir": tmp_path, "private_database_url": settings.private_database})
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "private" / "keys").symlink_to(settings.private_dir / "keys")
    script = PARENT.format(root=str(ROOT), settings=made.model_dump_json())
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    try:
        pid, path = parent.stdout.readline().split()
        assert asked(Path(path))[0] == 200
        yield parent, int(pid), Path(path)
    finally:
        parent.kill()
        parent.communicate()


def test_the_room_dies_with_its_parent(settings: Settings, tmp_path: Path) -> None:
    with other_parent(settings, tmp_path) as (parent, room, _path):
        assert lives(room)
        parent.kill()
        parent.wait()
        assert until(lambda: not lives(room), seconds=5)


def test_an_operator_can_run_the_room_as_a_user_of_its_own(tmp_path: Path) -> None:
    path, data = tmp_path / "door", tmp_path / "var"
    environment = {**os.environ, "BARAZA_PRIVATE_SOCKET": str(path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "server", "private", "--data", str(data)]
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == f"The private room answers at {path}\n"
        assert asked(path)[0] == 200
        assert path.stat().st_mode & 0o777 == 0o660
        assert sorted(entry.name for entry in data.iterdir()) == ["private"]
        running.terminate()
        said, _ = running.communicate(timeout=30)
        assert (said, running.returncode) == ("", 0)
        assert not path.exists()
    finally:
        running.kill()
        running.wait()


def test_a_socket_that_nobody_listens_at_any_more_is_taken_over(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "door"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    made = settings.model_copy(update={"private_socket": path})
    with RoomKeeper(made), pytest.raises(BootRefused, match="Cannot listen"):
        RoomKeeper(made)
