"""Several processes that answer at one address: started, started anew when one dies, ended together.

The socket is opened once, before any of them. When the process that keeps them dies, each of them ends by itself.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from server.errors import BootRefused
from server.settings import Settings

LOOK_SECONDS = 0.2
PAUSE_SECONDS = 1.0
DEATHS_WITHIN_SECONDS, MOST_DEATHS = 60.0, 5
"""More than so many are a lasting fault; whoever looks after the machine should see it."""
END_SECONDS = 20.0


@dataclass
class Workers:
    """The processes, and what they are started with."""

    settings: Settings
    listener: socket.socket
    room: Path
    host: str
    count: int
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])
    _deaths: list[float] = field(default_factory=list[float])
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Keep them until told to stop. Raises BootRefused when they die again and again."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, self._stop)
        life, held = os.pipe()  # its other end closes with this process, however that ends
        try:
            self._children = [self._started(number, life) for number in range(self.count)]
            while not self._over.wait(LOOK_SECONDS):
                self._look(life)
        finally:
            self._end()
            os.close(held)
            os.close(life)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._over.set()

    def _look(self, life: int) -> None:
        for number, child in enumerate(self._children):
            if child.poll() is None:
                continue
            now = time.monotonic()
            self._deaths = [at for at in self._deaths if now - at < DEATHS_WITHIN_SECONDS] + [now]
            if len(self._deaths) > MOST_DEATHS:
                raise BootRefused("The workers end by a fault again and again; nothing is served any more.")
            if self._over.wait(PAUSE_SECONDS):
                return
            self._children[number] = self._started(number, life)

    def _started(self, number: int, life: int) -> "subprocess.Popen[bytes]":
        given = {
            "--fd": self.listener.fileno(),
            "--life": life,
            "--room": self.room,
            "--host": self.host,
            "--data": self.settings.data_dir,
        }
        command = [sys.executable, "-P", "-m", "server", "worker", *_words(given)]
        return subprocess.Popen(  # noqa: S603  our own module; host and paths are the operator's
            [*command, "--announce"] if number == 0 else command,
            stdin=subprocess.DEVNULL,
            pass_fds=(self.listener.fileno(), life),
            env={**os.environ, "PYTHONPATH": str(PACKAGES)},
        )

    def _end(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + END_SECONDS
        for child in self._children:
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


PACKAGES = Path(__file__).resolve().parents[1]
"""The folder that `server` is imported from."""


def _words(given: Mapping[str, object]) -> Sequence[str]:
    return [word for name, value in given.items() for word in (name, str(value))]


def end_with(life: int) -> None:
    """End this process when the one that keeps it has gone: nothing is ever written into this pipe."""

    def watch() -> None:
        os.read(life, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="life", daemon=True).start()
