"""Where a request comes from: believed from trusted proxies only, shortened and hashed at once, then dropped.

Nothing behind this middleware can log an address, because the scope no longer holds one.
"""

import ipaddress
from collections.abc import Sequence
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from server.settings import Network
from server.web.limits import AddressBuckets

BUCKET = "baraza.bucket"


class ForgetAddress:
    """Replaces the client's address in the scope by a bucket, which is named only for acts that are counted."""

    def __init__(self, app: ASGIApp, *, buckets: AddressBuckets, trusted: Sequence[Network]) -> None:
        self._app = app
        self._buckets = buckets
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] in ("http", "websocket"):
            scope = self._without_address(scope)
        await self._app(scope, receive, send)

    def _without_address(self, scope: Scope) -> Scope:
        client = scope.get("client")
        peer = client[0] if client else ""
        forwarded = {b"x-forwarded-for", b"x-forwarded-proto", b"forwarded", b"x-real-ip"}
        headers = scope["headers"]
        if self._trusts(peer):
            peer = self._first_stranger(headers, peer)
            if _header(headers, b"x-forwarded-proto") == b"https":
                scope = {**scope, "scheme": "https" if scope["type"] == "http" else "wss"}
        kept = [(name, value) for name, value in headers if name not in forwarded]
        return {**scope, "client": None, "headers": kept, BUCKET: partial(self._buckets.bucket, peer)}

    def _first_stranger(self, headers: Sequence[tuple[bytes, bytes]], peer: str) -> str:
        """The nearest address in the chain that is not a trusted proxy; what lies beyond may be invented."""
        chain = b",".join(value for name, value in headers if name == b"x-forwarded-for")
        for part in reversed(chain.decode("latin-1").split(",")):
            address = part.strip()
            if not address:
                continue
            peer = address
            if not self._trusts(address):
                break
        return peer

    def _trusts(self, address: str) -> bool:
        if not self._trusted:
            return False
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)


def _header(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")
