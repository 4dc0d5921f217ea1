"""Overwrites what passed through this process on its way to the private room.

Nothing of it is kept on purpose; but memory that was given back still holds what was in it, and the event loop reads
into one buffer that it never empties. Where the C library cannot do this (it is not GNU's), it is left out.
"""

import asyncio
import ctypes
import gc
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

M_PERTURB = -6
FILLED_WITH = 0xA5
"""Any byte: memory that is given back is filled with it."""
SOON_SECONDS, LINGERS_SECONDS = 0.5, 20.0
"""The server lets go of a request's last pieces when its line is closed: at the latest after timeout_keep_alive."""
LOOP_BUFFER_BYTES = 256_000
"""What uvloop reads at most at once, always into the same place."""


class Rinsing:
    """While something passes, whatever is given back is overwritten; afterwards the loop's buffer is."""

    def __init__(self) -> None:
        self._passing = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._fill = _filler()

    @contextmanager
    def passing(self) -> Generator[None]:
        """Around a request that carries something."""
        self._passing += 1
        self._fill(FILLED_WITH)
        try:
            yield
        finally:
            loop = asyncio.get_running_loop()
            loop.call_later(SOON_SECONDS, self._rinse)
            loop.call_later(LINGERS_SECONDS, self._passed)

    def _passed(self) -> None:
        self._passing -= 1
        if not self._passing:
            gc.collect()  # a request that was given up may hang in a circle with its last pieces
            self._fill(0)
        self._rinse()

    def _rinse(self) -> None:
        task = asyncio.get_running_loop().create_task(overwrite_the_loops_buffer())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def overwrite_the_loops_buffer() -> None:
    """Let the loop read as many zeros as it can hold."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with ours, suppress(OSError):
        for end in (ours, theirs):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LOOP_BUFFER_BYTES)
        left = 2 * LOOP_BUFFER_BYTES
        with suppress(BlockingIOError):
            while left:
                left -= ours.send(bytes(min(left, LOOP_BUFFER_BYTES)))
        ours.shutdown(socket.SHUT_WR)
        drain = _Drain()
        await loop.create_connection(lambda: drain, sock=theirs)
        await drain.dry


class _Drain(asyncio.Protocol):
    """Reads to the end, and keeps nothing."""

    def __init__(self) -> None:
        self.dry: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        if not self.dry.done():
            self.dry.set_result(None)


def _filler() -> Callable[[int], object]:
    """Sets what freed memory is filled with; 0 ends it."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        return lambda value: mallopt(M_PERTURB, value)
    return lambda _value: None
