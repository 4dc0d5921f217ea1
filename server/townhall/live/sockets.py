"""The door for sockets: a page's own origin, a greeting in time, then frames out and commands in."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from server.errors import NotFound
from server.permissions import Permission
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.live import commands, forms, frames
from server.townhall.live.admission import Admitted, admitted
from server.townhall.live.company import KEY, LiveHalls
from server.townhall.live.feed import Listener
from server.townhall.live.forms import NotOurs
from server.townhall.live.frames import Frame
from server.townhall.live.looking import Coming
from server.townhall.live.pipes import (
    FORBIDDEN,
    MALFORMED,
    SIGNED_OUT,
    TOO_FAST,
    TOO_LATE,
    Inbox,
    Pipe,
    Wire,
    WirePipe,
    wire_of,
)
from server.web.rooms import Room, entered, listen_for_language
from server.web.same_origin import Sender, sender
from server.web.visit import Visit

PATH = "/h/{code}/live"
GREETING_SECONDS = 10


def _nothing(visit: Visit, found: HallFound) -> Any:
    raise NotFound  # never shown: a socket has no page


ROOM: Room[Any] = Room(PATH, "hall_live", "GET", Permission.ENTER_HALL, the_hall, _nothing)


class Sockets:
    """The address of the sockets, as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from its opening to its end."""
        await serve(scope, receive, send)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one socket."""
    visit = Visit(Request({**scope, "type": "http", "method": "GET", "scheme": _scheme(scope)}), scope[KEY].services)
    assert (await receive())["type"] == "websocket.connect"
    if sender(visit.request) is not Sender.OURS:  # a browser always names where a socket comes from
        await send({"type": "websocket.close", "code": FORBIDDEN})
        return
    await send({"type": "websocket.accept"})
    listen_for_language(visit)  # for what is answered on this socket
    house: LiveHalls = scope[KEY]
    try:
        who, coming = await _greeted(house, visit, receive)
    except _Closed as closed:
        if closed.code is not None:
            await send({"type": "websocket.close", "code": closed.code})
        return
    del visit
    await _Socket(house, who, send, wire_of(scope)).serve(coming, receive)


def _scheme(scope: Scope) -> str:
    return "https" if scope["scheme"] == "wss" else "http"


@dataclass
class _Closed(Exception):
    """It ends here; without a code the other side has ended it."""

    code: int | None


async def _greeted(house: LiveHalls, visit: Visit, receive: Receive) -> tuple[Admitted, Coming]:
    """Wait for the greeting, and ask who this is and what they may hear."""
    try:
        message = await asyncio.wait_for(receive(), GREETING_SECONDS)
        said = forms.hello(_text(message))
    except TimeoutError:
        raise _Closed(TOO_LATE) from None
    except NotOurs:
        raise _Closed(MALFORMED) from None
    generation = house.generation

    def asked() -> Admitted | None:
        with visit.services.db.reading() as tx:
            try:
                found = entered(ROOM, visit, tx)
            except NotFound:
                raise _Closed(FORBIDDEN) from None
            return None if found is None else admitted(visit, found, said.captions, generation)

    who = await visit.services.threads.read(asked)
    if who is None:
        raise _Closed(SIGNED_OUT)
    return who, Coming(who, said.epoch, known_of(who, said.since))


def known_of(who: Admitted, since: dict[str, int]) -> dict[str, int]:
    """What a browser knows of each channel that it may hear. It calls its own `me`."""
    named = {"me" if channel.startswith("me.") else channel: channel for channel in who.channels}
    return {named[name]: number for name, number in since.items() if name in named and 0 <= number < 1 << 53}


def _text(message: Message) -> str | None:
    """The text of a message; None for a binary one. Raises _Closed when the other side is gone."""
    if message["type"] != "websocket.receive":
        raise _Closed(None)
    text = message.get("text")
    return text if isinstance(text, str) else None


class _Socket:
    """One socket that was let in."""

    def __init__(self, house: LiveHalls, who: Admitted, send: Send, wire: Wire | None) -> None:
        self._house, self._who, self._send = house, who, send
        self._inbox = Inbox()
        self._closing: asyncio.Task[None] | None = None
        self._pipe: Pipe = WirePipe(wire, self._close_soon) if wire is not None else self._inbox
        self._count = commands.Count(house.services.policies.rates.command_per_seat)

    async def serve(self, coming: Coming, receive: Receive) -> None:
        """Until one of the two sides ends it."""
        self._pipe.write(frames.greeting(self._house.pace.beat))
        listener = self._house.join(self._who, self._pipe, coming)
        emptying = asyncio.create_task(self._empty()) if self._pipe is self._inbox else None
        try:
            if listener is not None:
                await self._listen(listener, receive)
            if self._closing is not None:
                await self._closing
            if emptying is not None and self._inbox.code is not None:
                await emptying
        finally:
            if listener is not None:
                self._house.leave(listener)
            if emptying is not None:
                emptying.cancel()

    async def _listen(self, listener: Listener, receive: Receive) -> None:
        try:
            while listener.is_here:
                said = forms.later(_text(await receive()))
                if isinstance(said, forms.Command):
                    await self._done(said)
        except NotOurs:
            self._house.leave(listener)
            self._pipe.close(MALFORMED)
        except _Closed:
            return

    async def _done(self, command: forms.Command) -> None:
        if self._count.is_far_over():
            self._pipe.close(TOO_FAST)
            return
        answer = await commands.answer(self._house, self._who, command, self._count)
        if answer is None:  # the seat is gone
            self._pipe.close(SIGNED_OUT)
        else:
            self._say(answer)

    def _say(self, frame: Frame) -> None:
        """An answer goes even to somebody who is behind with the rest, unless the line takes nothing at all."""
        self._pipe.write(frame)

    def _close_soon(self, code: int) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self._end(code))

    async def _end(self, code: int) -> None:
        with contextlib.suppress(Exception):  # the other side has gone meanwhile
            await self._send({"type": "websocket.close", "code": code})

    async def _empty(self) -> None:
        """Where the server's transport is not known: fetch from the inbox and send, one after the other."""
        while True:
            for frame in await self._inbox.fetch():
                await self._send({"type": "websocket.send", "text": frame.text.decode()})
            if self._inbox.code is not None:
                await self._end(self._inbox.code)
                return
