"""A Redis made for the tests: it keeps nothing, and can be killed and come back."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import redis


class Memory:
    """A server in a process of its own, at a port of its own."""

    def __init__(self, program: str) -> None:
        self._program = program
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def starts(self, *options: str) -> None:
        """Answer from now on."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [*command, *options], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        client = redis.Redis.from_url(self.url, retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.1), 100))
        client.ping()
        client.close()

    def dies(self) -> None:
        """Be gone at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freezes(self) -> None:
        """Take lines, and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaws(self) -> None:
        """Answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def everything(self) -> bytes:
        """All names and values that it holds, one after the other."""
        client = redis.Redis.from_url(self.url)
        names = list(client.scan_iter())
        return b"\n".join(name + b"=" + (client.dump(name) or b"") for name in names)


@contextmanager
def memory() -> Iterator[Memory | None]:
    """A server of our own, or None where there is no program for it."""
    program = os.environ.get("TEST_REDIS_PROGRAM") or shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    made = Memory(program)
    made.starts()
    try:
        yield made
    finally:
        made.dies()
