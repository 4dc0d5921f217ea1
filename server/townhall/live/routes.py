"""Where there is no socket: a stream of events, and an answer that waits a little. The same frames in both."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.errors import NotFound
from server.permissions import Permission
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.live.admission import Admitted, admitted
from server.townhall.live.company import GENERATION, KEY, LiveHalls
from server.townhall.live.frames import BEAT, Frame, greeting
from server.townhall.live.looking import Coming
from server.townhall.live.pipes import Inbox
from server.townhall.live.sockets import known_of
from server.web.rooms import page
from server.web.visit import Visit

POLL_SECONDS = 25
STREAM = "text/event-stream"
MOST_KNOWN = 40


@page("/h/{code}/events", name="hall_events", needs=Permission.ENTER_HALL, at=the_hall)
def hall_events(visit: Visit, found: HallFound) -> Response:
    """A stream of events. Whoever does not ask for a stream gets what there is now."""
    house: LiveHalls = visit.request.scope[KEY]
    who, coming = _comes(visit, found, house)
    streams = STREAM in visit.request.headers.get("accept", "")
    return Stream(house, who, coming) if streams else Waiting(house, who, coming, 0)


@page("/h/{code}/since", name="hall_since", needs=Permission.ENTER_HALL, at=the_hall)
def hall_since(visit: Visit, found: HallFound) -> Response:
    """What happened since, as JSON; with `wait` it is waited for."""
    house: LiveHalls = visit.request.scope[KEY]
    who, coming = _comes(visit, found, house)
    return Waiting(house, who, coming, POLL_SECONDS if "wait" in visit.query else 0)


def _comes(visit: Visit, found: HallFound, house: LiveHalls) -> tuple[Admitted, Coming]:
    captions = [language for language in visit.query.get("captions", "").split(",")[:MOST_KNOWN] if language]
    who = admitted(visit, found, captions, visit.request.scope[GENERATION])
    if who is None:
        raise NotFound
    known = dict(_pairs(visit.query.get("since", "").split(",")[:MOST_KNOWN]))
    epoch = _number(visit.query.get("epoch", ""))
    mark = visit.request.headers.get("last-event-id", "").split(":")
    if len(mark) == 3:  # the browser itself comes back: "3:pub:1043"
        epoch, known = _number(mark[0]), {**known, **dict(_pairs([f"{mark[1]}:{mark[2]}"]))}
    return who, Coming(who, epoch, known_of(who, known))


def _pairs(parts: Sequence[str]) -> list[tuple[str, int]]:
    """ "pub:1043" as a channel and a number."""
    named = (part.rpartition(":") for part in parts)
    return [(name, _number(number)) for name, colon, number in named if colon and number.isdecimal()]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else 0


class Stream(Response):
    """Events as they come, until one of the two sides ends it."""

    def __init__(self, house: LiveHalls, who: Admitted, coming: Coming) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"}, media_type=STREAM)
        del self.headers["content-length"]
        self._house, self._who, self._coming = house, who, coming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        inbox = Inbox()
        inbox.write(greeting(self._house.pace.beat))
        listener = self._house.join(self._who, inbox, self._coming)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        gone = asyncio.create_task(_gone(receive))
        gone.add_done_callback(lambda _: inbox.close(0))
        try:
            while inbox.code is None:
                lines = b"".join(frame.event for frame in await inbox.fetch())
                if lines and not gone.done():
                    await send({"type": "http.response.body", "body": lines, "more_body": True})
            with contextlib.suppress(OSError):
                await send({"type": "http.response.body", "body": _ended(inbox.code), "more_body": False})
        finally:
            gone.cancel()
            if listener is not None:
                self._house.leave(listener)


def _ended(code: int) -> bytes:
    """The last event says why, as a socket's code would."""
    return Frame({"op": "end", "code": code}).event


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Waiting(Response):
    """What has happened since, as JSON: at once if there is something, else as soon as there is, or after a while."""

    def __init__(self, house: LiveHalls, who: Admitted, coming: Coming, seconds: float) -> None:
        super().__init__(headers={"cache-control": "no-store"}, media_type="application/json")
        del self.headers["content-length"]
        self._house, self._who, self._coming, self._seconds = house, who, coming, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, and send it."""
        frames, code = await self._fetched() if self._seconds else (await self._house.read_once(self._coming), None)
        ended: Mapping[str, int] = {} if code is None else {"code": code}
        head = b'{"frames":[' + b",".join(frame.text for frame in frames) + b"]"
        body = head + b"".join(b',"%s":%d' % (name.encode(), value) for name, value in ended.items()) + b"}"
        headers = [*self.raw_headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _fetched(self) -> tuple[list[Frame], int | None]:
        inbox = Inbox()
        listener = self._house.join(self._who, inbox, self._coming)
        until = asyncio.get_running_loop().time() + self._seconds
        frames: list[Frame] = []
        try:
            while inbox.code is None and not any(_tells(frame) for frame in frames):
                left = until - asyncio.get_running_loop().time()
                frames += await asyncio.wait_for(inbox.fetch(), left)
        except TimeoutError:
            pass
        finally:
            if listener is not None:
                self._house.leave(listener)
        return frames, inbox.code


def _tells(frame: Frame) -> bool:
    """Whether a browser learns something by it: not that nothing happened."""
    return frame is not BEAT and bool(frame.message.get("ev", True))


routes = [hall_events, hall_since]
