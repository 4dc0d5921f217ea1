"""Keeps the private room's process: starts it, starts it anew when it ends, ends it when its keeper ends.

The keeper only holds the socket. It reads nothing from it, so what arrives between two processes waits there.
"""

import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from server.errors import BootRefused
from server.private.handed import Handed, needed
from server.settings import Settings

log = logging.getLogger("baraza")

LONGEST_FOLDER = 90
"""The path of a socket has at most 107 bytes."""
WAITING_AT_THE_DOOR = 256
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
STEADY_SECONDS = 60.0
"""A process that lived so long is no sign of a lasting fault."""
END_SECONDS = 12.0
PACKAGES = Path(__file__).resolve().parents[2]
"""The folder that `server` is imported from."""
COMMAND = (sys.executable, "-P", "-s", "-m", "server.private.process")
NEEDED = ("PATH", "LD_LIBRARY_PATH")
"""Of this process's environment the room gets no more, but what a PostgreSQL client reads if it needs one."""


class RoomKeeper:
    """A context: inside it, the private room answers at `path`."""

    def __init__(
        self,
        settings: Settings,
        *,
        operator: str = "Baraza",
        demonstration: bool = False,
        rest_seconds: float | None = None,
        prepares: bool = False,
    ) -> None:
        """`prepares`: what the room needs is made first, in a process of its own, so that no key is ever here."""
        self._settings, self._operator, self._demonstration = settings, operator, demonstration
        self._rest_seconds, self._prepares = rest_seconds, prepares
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="room-keeper", daemon=True)
        self._folder, self.path, self._listener = _door(settings.private_socket)

    @property
    def pid(self) -> int | None:
        """The process that is the room just now."""
        child = self._child
        return None if child is None or child.poll() is not None else child.pid

    def __enter__(self) -> "RoomKeeper":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with self._changing:
            child = self._child
            if child is not None:
                child.terminate()
        self._thread.join(END_SECONDS)
        if child is not None and child.poll() is None:
            child.kill()
            self._thread.join(END_SECONDS)
        self._listener.close()
        self.path.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._live_once()
            if self._prepares and status == 0:
                self._prepares = False
                continue
            lived = time.monotonic() - began
            if status == 0 and lived > FIRST_PAUSE:
                continue
            if lived >= STEADY_SECONDS:
                pause = FIRST_PAUSE
            if not self._stopping.is_set():
                log.error("the private room ended by a fault and begins anew")
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _live_once(self) -> int:
        """One process, from its beginning to its end; its status."""
        with self._changing:
            if self._stopping.is_set():
                return 0
            child = subprocess.Popen(  # noqa: S603  our own module, no argument from outside
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=(self._listener.fileno(),),
                env=_environment(self._settings),
                cwd="/",
                start_new_session=True,
            )
            self._child = child
        assert child.stdin is not None
        try:
            child.stdin.write(self._told())
            child.stdin.close()
        except BrokenPipeError:
            pass
        return child.wait()

    def _told(self) -> bytes:
        return Handed(
            settings=needed(self._settings),
            listener=self._listener.fileno(),
            parent=os.getpid(),
            operator=self._operator,
            demonstration=self._demonstration,
            rest_seconds=self._rest_seconds,
            prepares=self._prepares,
        ).written()


def refuse_unready(settings: Settings) -> None:
    """Raises BootRefused when the room has no keys or no database. Neither is opened here."""
    keys = settings.private_dir / "keys"
    peppered = settings.pepper_file is not None or any(keys.glob("pepper-*.key"))
    made = not settings.private_database.startswith("sqlite:///")
    if not peppered or not (made or Path(settings.private_database.removeprefix("sqlite:///")).is_file()):
        if settings.private_socket is not None:
            raise BootRefused(f"Nothing of the private room is in {settings.private_dir}: use its own user's settings.")
        raise BootRefused(f"The private room has nothing in {settings.private_dir} yet. Run `baraza migrate` first.")


def _environment(settings: Settings) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in NEEDED if name in os.environ}
    if settings.private_database.startswith("postgresql"):
        kept |= {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("PG")}
    return {**kept, "LANG": "C.UTF-8", "PYTHONPATH": str(PACKAGES), "MALLOC_ARENA_MAX": "2"}


def _door(path: Path | None) -> tuple[Path | None, Path, socket.socket]:
    """The folder to be removed in the end, the socket's path, and the socket, listening. Raises BootRefused."""
    folder = None
    if path is None:
        folder = Path(tempfile.mkdtemp(prefix="baraza-"))
        if len(str(folder)) > LONGEST_FOLDER:
            folder.rmdir()
            folder = Path(tempfile.mkdtemp(prefix="baraza-", dir="/tmp"))
        path = folder / "room"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_deaf(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o660)  # in a folder of our own nobody comes so far; elsewhere the group is the community
        listener.listen(WAITING_AT_THE_DOOR)
    except OSError as error:
        listener.close()
        raise BootRefused(f"Cannot listen at {path}: {error.strerror or error}.") from None
    return folder, path, listener


def _is_deaf(path: Path) -> bool:
    """Whether a socket lies there that nobody listens at any more."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            return True
    return False
