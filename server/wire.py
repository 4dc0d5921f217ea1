"""Sockets that take finished frames: the same bytes are written to thousands of transports, past all layers.

`send` of a server costs three times as much for each listener. It stays the way for everything else: only whole
unpacked text frames go this way, and only while the socket is open.
"""

import socket
from contextlib import suppress
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "baraza.wire"
HELD_BYTES = 32_768
"""What a transport holds for a reader who is slow; beyond it he is behind."""
KERNEL_BYTES = 65_536
"""What the kernel holds besides; by itself it would grow to megabytes for somebody who takes nothing."""
LOST_AFTER_MS = 40_000
"""A line on which nothing is acknowledged for so long is dead; the kernel closes it."""


class Wire:
    """The transport below one socket."""

    __slots__ = ("_protocol", "_transport", "_writable")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._writable = protocol.writable

    @property
    def writable(self) -> bool:
        """Whether the other side takes what it is sent."""
        return bool(self._writable.is_set())

    def write(self, frame: bytes) -> None:
        """Put a whole frame on the line; a socket that is closing gets nothing more."""
        if not (self._protocol.close_sent or self._transport.is_closing()):
            self._transport.write(frame)


class WiredProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own sockets, with the wire in the scope."""

    async def run_asgi(self) -> None:
        """Serve one socket."""
        transport: Any = self.transport
        transport.set_write_buffer_limits(high=HELD_BYTES)
        line = transport.get_extra_info("socket")
        if line is not None and line.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError, AttributeError):  # not every system knows it
                line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER_MS)
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # uvicorn always puts extensions there
        if not self.config.ws_per_message_deflate:
            scope["extensions"][EXTENSION] = Wire(self)
        await super().run_asgi()
