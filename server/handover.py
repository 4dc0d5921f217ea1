"""Passes requests for the private room on to its socket, unread.

No body is parsed, kept or counted here; it goes through in small pieces, as fast as the other side takes it.
Neither side learns the other's cookies, and the room learns nothing of the browser but its languages.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import h11
from starlette import datastructures
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.clock import Clock
from server.rinsing import Rinsing
from server.web.address import BUCKET
from server.web.doorway import (
    BUCKET_HEADER,
    ROOM_COOKIES,
    SCHEME_HEADER,
    cookies_kept,
    leads_to_the_room,
    named,
)
from server.web.padding import padded
from server.web.pages import Pages
from server.web.words import Reading, read_in, reading

PIECE = 65_536
HELD_BYTES = 262_144
"""An answer up to here is passed on whole or not at all; a room that dies in the middle shows no half page."""
PASSED_IN = frozenset(
    name.encode()
    for name in (
        "host content-type accept-language origin sec-fetch-site sec-fetch-mode sec-fetch-dest sec-fetch-user".split()
    )
)
NOT_PASSED_OUT = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"date", b"server"})
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the room is waited for, in seconds: until it is there, until it shows a page, until it has done
    something (a number is worked out after those of all who came before), and while it takes no more of a body
    because others are before it."""

    connect: float = 3
    page: float = 8
    act: float = 100
    body: float = 600


class Lost(Exception):
    """The room is not there, or went away before it had answered. `begun`: it may have read something."""

    def __init__(self, *, begun: bool = True) -> None:
        super().__init__("the private room did not answer")
        self.begun = begun


class Handover:
    """The community's outermost layer but one: what is for the room leaves here, everything else goes on."""

    def __init__(self, app: ASGIApp, *, away: ASGIApp, socket: Path | None, patience: Patience | None = None) -> None:
        self._app, self._away, self._socket = app, away, socket
        self._patience = patience or Patience()
        self._rinsing = Rinsing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif not leads_to_the_room(scope["path"]):
            await self._app(_without_the_rooms(scope), receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["method"] in ("GET", "HEAD"):
            await self._pass_on(scope, receive, send)
        else:
            with self._rinsing.passing():
                await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            try:
                await self._once(scope, receive, send)
            except Lost as lost:
                if lost.begun:
                    raise
                await self._once(scope, receive, send)  # it has just begun anew
        except Lost:
            await self._away({**scope, "headers": _without_the_rooms(scope)["headers"]}, receive, send)

    async def _once(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._socket is None:
            raise Lost
        try:
            opening = asyncio.open_unix_connection(self._socket, limit=PIECE)
            reader, writer = await asyncio.wait_for(opening, self._patience.connect)
        except (OSError, TimeoutError):
            raise Lost from None
        passage = Passage(reader, writer, self._patience)
        try:
            await passage.through(scope, receive, send)
        finally:
            writer.transport.abort()


class Passage:
    """One request on its way to the room, and the answer on its way back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: Patience) -> None:
        self._reader, self._writer, self._patience = reader, writer, patience
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=PIECE)
        self._waits = time.monotonic()
        self._how_long = patience.act
        self._gone = False
        self._heard = self._answered = False

    async def through(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Both ways at once. Raises Lost before anything has been answered; a browser that is gone is no loss."""
        idle = scope["method"] in ("GET", "HEAD")
        self._how_long = self._patience.page if idle else self._patience.act
        try:
            request = h11.Request(method=scope["method"], target=_target(scope), headers=_headers_in(scope))
        except h11.LocalProtocolError:  # nothing that a browser sends
            raise Lost from None
        upward = asyncio.create_task(self._upward(request, receive))
        try:
            await self._downward(send)
        except TimeoutError:
            self._lost(begun=True)
        except (OSError, h11.RemoteProtocolError):
            self._lost(begun=self._heard or not idle)
        finally:
            upward.cancel()
            with suppress(asyncio.CancelledError):
                await upward

    def _lost(self, *, begun: bool) -> None:
        """Raises Lost when there is somebody who can still be told."""
        if not (self._gone or self._answered):
            raise Lost(begun=begun) from None

    async def _upward(self, request: h11.Request, receive: Receive) -> None:
        """The head, the body as it comes, and then an ear for the browser hanging up."""
        with suppress(OSError, h11.LocalProtocolError):  # the room hears no more, and may have answered all the same
            await self._write(request)
            while True:
                self._waits = float("inf")
                message = await receive()
                self._waits = time.monotonic()
                if message["type"] == "http.disconnect":
                    self._gone = True
                    self._writer.transport.abort()  # the room sees a body that was cut off
                    return
                if piece := message.get("body", b""):
                    self._how_long, usual = self._patience.body, self._how_long
                    await self._write(h11.Data(data=piece))
                    self._how_long, self._waits = usual, time.monotonic()
                if not message.get("more_body", False):
                    break
            await self._write(h11.EndOfMessage())
        if (await receive())["type"] == "http.disconnect":
            self._gone = True
            self._writer.transport.abort()

    async def _write(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def _downward(self, send: Send) -> None:
        held: list[Message] = []
        size = 0
        while True:
            event = await self._next()
            if isinstance(event, h11.Response):
                start = {"type": "http.response.start", "status": event.status_code, "headers": _headers_out(event)}
                held.append(start)
            elif isinstance(event, h11.Data):
                held.append({"type": "http.response.body", "body": bytes(event.data), "more_body": True})
                size += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                held.append({"type": "http.response.body", "body": b"", "more_body": False})
            elif not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("the room closed the line")
            if size > HELD_BYTES or isinstance(event, h11.EndOfMessage):
                self._answered = True
                for message in held:
                    await send(message)
                held.clear()
            if isinstance(event, h11.EndOfMessage):
                return

    async def _next(self) -> object:
        """What the room says next. Raises TimeoutError when it was silent for too long."""
        while (event := self._wire.next_event()) is h11.NEED_DATA:
            try:
                piece = await asyncio.wait_for(self._reader.read(PIECE), 1)
            except TimeoutError:
                if time.monotonic() - self._waits > self._how_long:
                    raise
                continue
            self._heard = self._heard or bool(piece)
            self._wire.receive_data(piece)
        return event


class Away:
    """What is seen while the room is not there: the same calm page, of the same size, whatever the reason is."""

    def __init__(self, pages: Pages, clock: Clock) -> None:
        self._pages, self._clock = pages, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        accepted = datastructures.Headers(scope=scope).get("accept-language", "")
        read_in(Reading(self._pages.catalogues.best_of(accepted), False, self._clock.now().date()))
        page = padded(self._pages.render("away.html", {"language": reading().language}).encode())
        headers = {"cache-control": "no-store", "retry-after": "60"}
        await Response(page, 503, headers, "text/html")(scope, receive, send)


def _target(scope: Scope) -> bytes:
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def _headers_in(scope: Scope) -> Headers:
    """A short list, the room's own cookies, and what the community knows of the way here."""
    given: Headers = scope["headers"]
    kept = [(name, value.strip()) for name, value in given if name in PASSED_IN]
    cookies = [cookies_kept(value, of_the_room=True) for name, value in given if name == b"cookie"]
    kept += [(b"cookie", value) for value in cookies if value]
    length = next((value for name, value in given if name == b"content-length"), None)
    if length is not None:
        kept.append((b"content-length", length.strip()))
    elif scope["method"] not in ("GET", "HEAD"):
        kept.append((b"transfer-encoding", b"chunked"))
    if not any(name == b"host" for name, _ in kept):
        kept.append((b"host", b"unknown"))
    kept.append((SCHEME_HEADER.encode(), scope["scheme"].encode()))
    kept.append((BUCKET_HEADER.encode(), scope[BUCKET]().encode()))
    kept.append((b"connection", b"close"))
    return kept


def _headers_out(response: h11.Response) -> list[tuple[bytes, bytes]]:
    """Everything but what belongs to the line between us, and no cookies but the room's own."""
    return [
        (name, value)
        for name, value in response.headers
        if name not in NOT_PASSED_OUT and not (name == b"set-cookie" and named(value) not in ROOM_COOKIES)
    ]


def _without_the_rooms(scope: Scope) -> Scope:
    """The request as the community may see it."""
    given: Iterable[tuple[bytes, bytes]] = scope["headers"]
    if not any(name == b"cookie" and (b"room" in value or b"desk" in value) for name, value in given):
        return scope
    kept = [(n, cookies_kept(v, of_the_room=False) if n == b"cookie" else v) for n, v in scope["headers"]]
    return {**scope, "headers": [(n, v) for n, v in kept if v or n != b"cookie"]}
