"""Every hall that somebody in this process listens to: wakes their feeds, closes what ended, keeps the beat."""

import asyncio
import contextvars
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar

from server.bus import Alone, Bus
from server.events import (
    BrowserLeft,
    Event,
    HallChanged,
    HallCompany,
    HallRolesChanged,
    SeatGivenUp,
    SessionsEnded,
    hall_audience,
)
from server.townhall.asking.together import Together
from server.townhall.halls import queries
from server.townhall.halls import rules as halls
from server.townhall.halls.states import HallState
from server.townhall.live import looking
from server.townhall.live.admission import Admitted, ended_of
from server.townhall.live.feed import HallFeed, Listener, Pace
from server.townhall.live.frames import Frame
from server.townhall.live.looking import Asked, Coming, Told
from server.townhall.live.pipes import SIGNED_OUT, TOO_MANY, Pipe
from server.web.visit import Services

log = logging.getLogger("baraza")
Result = TypeVar("Result")
KEY = "baraza.halls"
"""Where the routes find it in a request."""
GENERATION = "baraza.halls.generation"
"""How many closings had been heard when the request came: before anything was read for it."""
CLOSINGS = (BrowserLeft, SeatGivenUp, HallRolesChanged, SessionsEnded)
CLOSINGS_KEPT = 1_000
WATCHED_EVERY = timedelta(minutes=1)
LOOKS_EVERY = 2.0
"""In seconds: so late at most does somebody learn what another process did, when nobody tells it."""
LOOKS_ANYWAY = 5
"""Every so many turns, though the bus speaks: one message that was lost must not stay lost."""


class LiveHalls:
    """The feeds of this process. Made by app.py; runs between `begin` and `end` in the loop of the server."""

    def __init__(self, services: Services, *, pace: Pace | None = None, bus: Bus | None = None) -> None:
        self.services, self.pace = services, pace or Pace()
        self.together = Together(services.db, services.threads, services.clock)
        self.bus: Bus = bus or Alone()
        self.feeds: dict[int, HallFeed] = {}
        self._turns, self._heard_last = 0, True
        self._name = secrets.token_hex(4)
        self.pictures = 0
        """In how many looks everything that stands was read, since the beginning."""
        self._closings: deque[tuple[int, Event]] = deque(maxlen=CLOSINGS_KEPT)
        self._generation = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beats: list[asyncio.Task[None]] = []
        self._eyes = ThreadPoolExecutor(1, thread_name_prefix="live")
        """A thread of its own: a stop must reach people while pages keep the others busy."""

    # Hearing ---------------------------------------------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Something was committed, here or in another process. May be called on any thread."""
        if isinstance(event, CLOSINGS):
            self._generation += 1
            self._closings.append((self._generation, event))
        if self._loop is not None and isinstance(event, (*CLOSINGS, HallChanged, HallCompany)):
            with suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._sort, event)

    def _sort(self, event: Event) -> None:
        if isinstance(event, HallChanged):
            feed = self.feeds.get(event.hall_id)
            if feed is not None:
                feed.changed(event.channels, urgent="state" in event.kinds)
            return
        if isinstance(event, HallCompany):
            feed = self.feeds.get(event.hall_id)
            if feed is not None:
                feed.others_have(event.process, event.here)
            return
        for feed in list(self.feeds.values()):
            feed.ended(event)

    # Coming and going ------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """Taken before somebody's rights are read: what ends later closes what was let in by them."""
        return self._generation

    def join(self, who: Admitted, pipe: Pipe, coming: Coming) -> Listener | None:
        """Let somebody listen. None when the seat has too many sockets, or ended meanwhile; the pipe is closed."""
        if any(who.ended_by(event) for number, event in list(self._closings) if number > who.generation):
            pipe.close(SIGNED_OUT)
            return None
        feed = self.feeds.get(who.hall_id)
        if feed is None:
            feed = self.feeds[who.hall_id] = HallFeed(partial(self._look, who.hall_id), self.pace)
        if who.seat is not None and feed.sockets_of(who.seat) >= self.services.policies.halls.sockets_per_seat:
            pipe.close(TOO_MANY)
            return None
        listener = Listener(who, pipe)
        feed.join(listener, coming)
        return listener

    def leave(self, listener: Listener) -> None:
        """Somebody's line is gone."""
        feed = self.feeds.get(listener.who.hall_id)
        if feed is not None:
            feed.leave(listener)
            if not feed.listeners:
                del self.feeds[listener.who.hall_id]

    async def _look(self, hall_id: int, asked: Asked) -> Told | None:
        told = await self.eyes(lambda: self._looked(hall_id, asked))
        self.pictures += bool(told is not None and told.pictures)
        return told

    def _looked(self, hall_id: int, asked: Asked) -> Told | None:
        with self.services.db.reading() as tx:
            hall = queries.hall_by_id(tx, hall_id)
            if hall is None:
                return None
            return looking.look(tx, hall, self.services.pages, asked, self.services.clock.now())

    async def read_once(self, coming: Coming) -> Sequence[Frame]:
        """What somebody learns who does not stay: what happened since, or all that stands."""
        asked = Asked(epoch=0, after={}, at={}, groups=(), seats={}, coming=[coming], team=(), may_snapshot=True)
        told = await self._look(coming.who.hall_id, asked)
        frames = None if told is None or told.sent_away else told.coming[0]
        return frames or ()

    async def eyes(self, work: Callable[[], Result]) -> Result:
        """Look something up on the thread of the halls."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._eyes, partial(context.run, work))

    # The beat --------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The server's loop runs."""
        self._loop = asyncio.get_running_loop()
        every = [(self.pace.beat, self._beat), (self.pace.presence, self._tell_presence)]
        if not self.bus.alone:
            every.append((LOOKS_EVERY, self._look_for_ourselves))
        self._beats = [asyncio.create_task(_again(seconds, work)) for seconds, work in every]

    def drain(self) -> None:
        """Send everybody away before the server ends; they come back to the next one."""
        for feed in self.feeds.values():
            feed.drain()
        self.feeds.clear()

    def end(self) -> None:
        """The loop ends."""
        self._loop = None
        for task in self._beats:
            task.cancel()
        self.drain()
        self._eyes.shutdown(wait=True, cancel_futures=True)

    async def _beat(self) -> None:
        now = self.services.clock.now()
        for hall_id, feed in list(self.feeds.items()):
            for listener in list(feed.listeners):
                if listener.who.ends_at is not None and listener.who.ends_at <= now:
                    feed.close(listener, SIGNED_OUT)
            feed.beat()
            if any(listener.who.moderates for listener in feed.listeners):
                await self.services.threads.write(partial(self._watch, hall_id))

    async def _tell_presence(self) -> None:
        for hall_id, feed in list(self.feeds.items()):
            if not self.bus.alone:
                self.bus.pass_on(HallCompany(hall_audience(hall_id), hall_id, self._name, feed.here))
            feed.tell_presence()

    async def _look_for_ourselves(self) -> None:
        """What other processes did: at every turn while the bus is silent, and now and then in any case."""
        self._turns += 1
        if self.bus.hears and self._heard_last and self._turns % LOOKS_ANYWAY:
            return
        self._heard_last = self.bus.hears
        for hall_id, feed in list(self.feeds.items()):
            feed.look_again()
            listeners = list(feed.listeners)
            ended = await self.eyes(partial(self._ended, hall_id, [each.who for each in listeners]))
            for place in ended:
                feed.close(listeners[place], SIGNED_OUT)

    def _ended(self, hall_id: int, who: Sequence[Admitted]) -> Collection[int]:
        with self.services.db.reading() as tx:
            hall = queries.hall_by_id(tx, hall_id)
            return range(len(who)) if hall is None else ended_of(tx, hall, who, at=self.services.clock.now())

    def _watch(self, hall_id: int) -> None:
        """A moderator is there: written down once a minute at most."""
        now = self.services.clock.now()
        with self.services.db.reading() as tx:
            hall = queries.hall_by_id(tx, hall_id)
        if hall is None or hall.state == HallState.CLOSED:
            return
        if hall.watched_at is None or hall.watched_at + WATCHED_EVERY <= now:
            with self.services.db.transaction() as tx:
                halls.watched(tx, hall, now)


async def _again(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception as error:  # one that fails must not end the beat
            log.error("the beat of the halls failed: %s", type(error).__name__)
