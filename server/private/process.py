"""The private room's own process: shutters closed, one at a time, and begun anew when it was used and is idle.

Run by server.private.keeping, which hands everything it needs to know over its standard input, and the socket at
which it listens as an open file: neither arguments nor the environment say anything.
"""

import fcntl
import os
import socket
import sys
from pathlib import Path
from typing import IO

import uvicorn

from server.errors import BootRefused
from server.logs import CONFIG
from server.private import shutters
from server.private.app import PrivateHouse, build
from server.private.beginning import make_ready
from server.private.handed import Handed
from server.private.life import Life

LOCK_NAME = "room.lock"
TICKS_BETWEEN_LOOKS = 5
"""uvicorn ticks ten times a second."""


def main() -> None:
    """Be the private room until there is no more need for it."""
    handed = Handed.read(sys.stdin.buffer.read())
    shutters.close(handed.parent)
    try:
        lock = only_one(handed.settings.private_dir)
        if handed.prepares:
            make_ready(handed.settings)
            return
        shutters.lock_memory()
        house = build(
            handed.settings,
            operator=handed.operator,
            demonstration=handed.demonstration,
            rest_seconds=handed.rest_seconds,
        )
    except BootRefused as refused:
        sys.stderr.write(f"baraza: the private room does not open: {refused}\n")
        raise SystemExit(1) from None
    serve(house, socket.socket(fileno=handed.listener))
    lock.close()


def only_one(folder: Path) -> IO[bytes]:
    """The room's lock, held for as long as the file is open. Raises BootRefused when another process has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.fdopen(os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "rb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BootRefused("It is open already, in another process.") from None
    return lock


def serve(house: PrivateHouse, listener: socket.socket) -> None:
    """Answer at this socket until the room's life is over."""
    config = uvicorn.Config(
        house.app,
        loop="asyncio",
        http="h11",
        ws="none",
        access_log=False,
        log_config=CONFIG,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        lifespan="on",
    )
    _Living(config, house.room.life).run(sockets=[listener])


class _Living(uvicorn.Server):
    """Stops when its life is over; whoever comes meanwhile waits at the socket for the next one."""

    def __init__(self, config: uvicorn.Config, life: Life) -> None:
        super().__init__(config)
        self._life = life

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop."""
        stops = await super().on_tick(counter)
        return stops or (counter % TICKS_BETWEEN_LOOKS == 0 and self._life.is_over())


if __name__ == "__main__":
    main()
