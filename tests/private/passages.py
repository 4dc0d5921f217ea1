"""Doubles for the tests of the handover: a room that is a socket, and a server that speaks ASGI to it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.handover import Handover, Patience
from server.web.address import ForgetAddress
from server.web.limits import AddressBuckets

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


@dataclass
class FakeRoom:
    """Listens at a socket, keeps what it heard, and says what it was told to."""

    answer: bytes = ANSWER
    dies_after: int = 0
    """Deaths before it lives: so many callers are hung up on at once."""
    heard: list[bytes] = field(default_factory=list[bytes])
    cut: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller."""
        if self.dies_after:
            self.dies_after -= 1
            writer.transport.abort()
            return
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heard.append(head)
            self.heard[-1] += await _body(head, reader)
            writer.write(self.answer)
        except asyncio.IncompleteReadError:
            self.cut += 1
        writer.close()

    @property
    def head(self) -> str:
        """The lines of the last request, in small letters."""
        return self.heard[-1].partition(b"\r\n\r\n")[0].decode().lower()


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.partition(b":")[2]))
        if line == b"transfer-encoding: chunked":
            return await reader.readuntil(b"0\r\n\r\n")
    return b""


@asynccontextmanager
async def listening(room: Callable[..., Awaitable[None]], path: Path) -> AsyncGenerator[None]:
    """A socket with a room behind it."""
    server = await asyncio.start_unix_server(room, path)
    try:
        yield
    finally:
        await asyncio.sleep(0.02)  # for whoever is still hanging up
        server.close()
        await server.wait_closed()


class Community:
    """What lies behind the handover: keeps the scopes that it saw."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer shortly."""
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def away(scope: Scope, receive: Receive, send: Send) -> None:
    """The calm page."""
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b"not here just now"})


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def whole_door(
    path: Path | None, *, community: ASGIApp | None = None, patience: Patience | None = None, trusted: Any = ()
) -> ASGIApp:
    """The two outermost layers, as server.app puts them together."""
    inner = Handover(community or Community(), away=away, socket=path, patience=patience or Patience(1, 1, 1, 1))
    return ForgetAddress(inner, buckets=AddressBuckets(), trusted=trusted)


async def asked(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] = (),
    body: Sequence[bytes] = (),
    hangs_up: bool = False,
    scheme: str = "http",
    kind: str = "http",
) -> Answered:
    """One request as uvicorn would bring it. `hangs_up`: after its pieces the browser is gone."""
    pieces = list(body)
    sent: list[Message] = []
    done = asyncio.Event()

    async def receive() -> Message:
        if pieces:
            more = len(pieces) > 1 or hangs_up
            return {"type": "http.request", "body": pieces.pop(0), "more_body": more}
        if not hangs_up and not body and not done.is_set():
            done.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        if not hangs_up:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in (("host", "talk.example"), *headers)]
    scope: Scope = {
        "type": kind,
        "method": method,
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "headers": raw,
        "scheme": scheme,
        "client": ("192.0.2.7", 4711),
    }
    await app(scope, receive, send)
    if not sent or sent[0]["type"] != "http.response.start":
        return Answered(0, [], repr(sent).encode())
    return Answered(
        sent[0]["status"], list(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])
    )
