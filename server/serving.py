"""Runs the application under uvicorn, saying nothing about visitors."""

import socket
from collections.abc import Callable

import uvicorn

from server.app import House
from server.errors import BootRefused
from server.logs import CONFIG
from server.wire import WiredProtocol

FRAME_BYTES = 8_192
"""The largest message that a socket may bring."""


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises BootRefused when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BootRefused(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
    listener.listen(512)
    return listener


def run(house: House, listener: socket.socket, *, ready: Callable[[], None]) -> None:
    """Serve until told to stop. `ready` is called once, when requests are answered."""
    config = uvicorn.Config(
        house.app,
        loop="uvloop",
        http="httptools",
        ws=WiredProtocol,
        ws_per_message_deflate=False,
        ws_max_size=FRAME_BYTES,
        ws_ping_interval=None,  # halls keep a beat of their own; dead lines are found by the kernel
        access_log=False,
        log_config=CONFIG,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        lifespan="on",
    )
    _Announcing(config, ready, house.live.drain).run(sockets=[listener])


class _Announcing(uvicorn.Server):
    """Says when it is ready and when it goes, and where no message of uvicorn's own would name the address."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._leaving = ready, leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: whoever listens to a hall is told first, and their lines do not hold the end up."""
        self._leaving()
        await super().shutdown(sockets)
