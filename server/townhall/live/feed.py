"""What happens in one hall, on its way to everybody in this process who listens to it.

Whoever comes is read for in the same look as those who are here, so nothing falls between the two.
"""

import asyncio
import contextlib
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from server.events import Event
from server.townhall.halls.queries import SeatRow
from server.townhall.halls.states import of_seat
from server.townhall.live import frames
from server.townhall.live.admission import Admitted
from server.townhall.live.frames import Frame
from server.townhall.live.looking import Asked, Coming, Group, Told
from server.townhall.live.pipes import GOING_AWAY, SIGNED_OUT, TOO_LATE, Pipe

log = logging.getLogger("baraza")
MOST_AT_ONCE = 400
"""So many who come are read for in one look; the others have their turn right after."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds."""

    tick: float = 0.5
    """At most so often something is sent, but a change of state at once."""
    gather: float = 0.03
    """Whoever comes within this time is read for together."""
    picture: float = 1.0
    """At most so often everything that stands is read."""
    beat: float = 25.0
    presence: float = 10.0
    stalled: float = 10.0
    """How long somebody may take nothing before the line is closed."""


class Listener:
    """Somebody who was let in, and the way to them."""

    __slots__ = ("about", "behind_since", "is_here", "pipe", "who")

    def __init__(self, who: Admitted, pipe: Pipe) -> None:
        self.who, self.pipe = who, pipe
        self.behind_since: float | None = None
        self.is_here = True
        self.about = -1
        """About how many are there, as this one was told last."""


@dataclass(slots=True)
class _Comer:
    """Somebody who is to be brought to where the others are, and not before this moment."""

    listener: Listener
    coming: Coming
    due: float = -math.inf


Look = Callable[[Asked], Awaitable[Told | None]]


class HallFeed:
    """The listeners of one hall. Everything here runs in the loop of the server; only `look` goes elsewhere."""

    def __init__(self, look: Look, pace: Pace) -> None:
        self._look, self._pace = look, pace
        self.listeners: set[Listener] = set()
        self.epoch, self.state = 0, ""
        self.at: dict[str, int] = {}
        self._groups: dict[Group, set[Listener]] = {}
        self._sockets: Counter[int] = Counter()
        self._seats: dict[str, SeatRow] = {}
        self._behind: set[Listener] = set()
        self._coming: list[_Comer] = []
        self._changed: set[str] = set()
        self._urgent = False
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ticked = self._pictured = -math.inf
        self._elsewhere: dict[str, tuple[int, float]] = {}

    # Coming and going ------------------------------------------------------------------------------------

    def join(self, listener: Listener, coming: Coming) -> None:
        """From the next look on this one hears everything."""
        self.listeners.add(listener)
        if listener.who.seat is not None:
            self._sockets[listener.who.seat.id] += 1
        self._coming.append(_Comer(listener, coming))
        self._wake()

    def leave(self, listener: Listener) -> None:
        """This one is gone."""
        if not listener.is_here:
            return
        listener.is_here = False
        self.listeners.discard(listener)
        if listener.who.seat is not None:
            self._sockets[listener.who.seat.id] -= 1
        if not self.listeners:
            self._woken.set()  # nothing is left to wait for
        self._behind.discard(listener)
        for channel in listener.who.channels:
            group = (channel, listener.who.language)
            members = self._groups.get(group)
            if members is None:
                continue
            members.discard(listener)
            if not members:
                del self._groups[group]
                if not any(other == channel for other, _ in self._groups):
                    self.at.pop(channel, None)
                    self._seats.pop(channel, None)

    def close(self, listener: Listener, code: int) -> None:
        """Nothing more for this one, from this moment on."""
        if listener.is_here:
            self.leave(listener)
            listener.pipe.close(code)

    def ended(self, event: Event) -> None:
        """Close whatever hung on what has just ended."""
        for listener in [each for each in self.listeners if each.who.ended_by(event)]:
            self.close(listener, SIGNED_OUT)

    def sockets_of(self, seat: SeatRow) -> int:
        """How many connections a seat has."""
        return self._sockets[seat.id]

    def drain(self) -> None:
        """The server goes away: everybody is told to come back, each at another time."""
        for listener in list(self.listeners):
            listener.pipe.write(frames.BYE)
            self.close(listener, GOING_AWAY)
        if self._task is not None:
            self._task.cancel()

    # Ticks -----------------------------------------------------------------------------------------------

    def changed(self, channels: Iterable[str], *, urgent: bool) -> None:
        """Something was committed."""
        self._changed.update(channels)
        self._urgent = self._urgent or urgent
        self._wake()

    def look_again(self) -> None:
        """Something may have been committed that nobody told."""
        self._changed.update(self.at)
        self._wake()

    def _wake(self) -> None:
        self._woken.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self.listeners:
            self._woken.clear()
            wait = self._wait(loop.time())
            if wait > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait if wait < math.inf else None)
                continue
            try:
                await self._tick(loop.time())
            except Exception as error:  # the database is busy or away; what was not told is told later
                log.error("a hall could not be looked at: %s", type(error).__name__)
                await asyncio.sleep(self._pace.tick)
            await asyncio.sleep(self._pace.gather)

    def _wait(self, now: float) -> float:
        """For how many seconds there is nothing to do."""
        if self._urgent:
            return 0
        due = min((one.due for one in self._coming), default=math.inf)
        if self._behind or not self._changed.isdisjoint(self.at):
            due = min(due, self._ticked + self._pace.tick)
        return due - now

    async def _tick(self, now: float) -> None:
        if self._urgent or now >= self._ticked + self._pace.tick:
            self._catch_up(now)
            self._ticked = now
            changed, self._changed = self._changed, set[str]()
        else:
            changed = set[str]()
        urgent, self._urgent = self._urgent, False
        due = [one for one in self._coming if one.due <= now and one.listener.is_here][:MOST_AT_ONCE]
        taken = {id(one) for one in due}
        self._coming = [one for one in self._coming if id(one) not in taken and one.listener.is_here]
        if not (due or changed):
            return
        asked = self._asked(changed, [one.coming for one in due], now)
        try:
            told = await self._look(asked)
        except BaseException:
            self._coming = due + self._coming
            self._changed |= changed
            self._urgent = self._urgent or urgent
            raise
        if told is None:  # the hall is gone
            for listener in list(self.listeners):
                self.close(listener, SIGNED_OUT)
            return
        if told.pictures:
            self._pictured = now
        self._bring(told, asked)
        self._bring_in(told, due)

    def _asked(self, changed: set[str], coming: list[Coming], now: float) -> Asked:
        after = {channel: self.at[channel] for channel in changed if channel in self.at}
        theirs = {channel for one in coming for channel in one.who.channels}
        team = {each.who.member_id for each in self.listeners if each.who.in_team and each.who.member_id is not None}
        return Asked(
            epoch=self.epoch,
            after=after,
            at={channel: self.at[channel] for channel in theirs if channel in self.at and channel not in after},
            groups=[group for group in self._groups if group[0] in after],
            seats={channel: seat for channel, seat in self._seats.items() if channel in after},
            coming=coming,
            team=team,
            may_snapshot=now >= self._pictured + self._pace.picture,
        )

    def _bring(self, told: Told, asked: Asked) -> None:
        """To those who are here. Whoever was sent away meanwhile is in no group any more."""
        gone = set(told.out_of_team)
        for listener in [each for each in self.listeners if each.who.in_team and each.who.member_id in gone]:
            self.close(listener, SIGNED_OUT)
        if (self.epoch and told.epoch != self.epoch) or (self.state and told.state != self.state):
            self._to_all(frames.state(told.epoch, told.state))
        self.epoch, self.state = told.epoch, told.state
        for group, frame in told.batches.items():
            self._to(self._groups.get(group, ()), frame)
        for channel in asked.after:
            if channel in self.at:
                self.at[channel] = told.at[channel]

    def _bring_in(self, told: Told, due: list[_Comer]) -> None:
        away = set(told.sent_away)
        for place, one in enumerate(due):
            frames_for = told.coming[place]
            if not one.listener.is_here:
                continue
            if place in away:
                self.close(one.listener, SIGNED_OUT)
            elif frames_for is None:
                self._changed.update(one.coming.who.channels)  # whoever knows more than the others waits for the tick
                one.due = max(self._ticked + self._pace.tick, self._pictured + self._pace.picture)
                self._coming.append(one)
            else:
                self._take_in(one.listener, told)
                if not all(one.listener.pipe.write(frame) for frame in frames_for):
                    self._falls_behind(one.listener)

    def _take_in(self, listener: Listener, told: Told) -> None:
        who = listener.who
        for channel in who.channels:
            self.at.setdefault(channel, told.at[channel])
            self._groups.setdefault((channel, who.language), set()).add(listener)
            if who.seat is not None and channel == of_seat(str(who.seat.public_id)):
                self._seats[channel] = who.seat
        listener.behind_since = None

    # Sending ---------------------------------------------------------------------------------------------

    def _to(self, listeners: Iterable[Listener], frame: Frame) -> None:
        for listener in list(listeners):
            if listener.behind_since is None and not listener.pipe.write(frame):
                self._falls_behind(listener)

    def _to_all(self, frame: Frame) -> None:
        self._to(self.listeners, frame)

    def _falls_behind(self, listener: Listener) -> None:
        """It takes nothing more until it has taken what it was sent; then it sees everything anew."""
        listener.behind_since = asyncio.get_running_loop().time()
        self._behind.add(listener)

    def _catch_up(self, now: float) -> None:
        for listener in list(self._behind):
            assert listener.behind_since is not None
            if listener.pipe.is_free:
                self._behind.discard(listener)
                self._coming.append(_Comer(listener, Coming(listener.who)))
            elif now - listener.behind_since > self._pace.stalled:
                self.close(listener, TOO_LATE)

    def beat(self) -> None:
        """Nothing happened, and the line is there."""
        self._to_all(frames.BEAT)

    @property
    def here(self) -> int:
        """How many seats listen by this process."""
        return sum(1 for count in self._sockets.values() if count > 0)

    @property
    def company(self) -> int:
        """How many seats listen by all processes, as far as they have told."""
        return self.here + sum(here for here, _ in self._elsewhere.values())

    def others_have(self, process: str, here: int) -> None:
        """Another process has told how many listen by it; it counts until it should have told again twice."""
        self._elsewhere[process] = here, asyncio.get_running_loop().time() + 3 * self._pace.presence

    def tell_presence(self) -> None:
        """About how many are in the hall, by all processes: to those who were told another number, or none."""
        now = asyncio.get_running_loop().time()
        self._elsewhere = {name: told for name, told in self._elsewhere.items() if told[1] > now}
        about = rounded(self.company)
        untold = [each for each in self.listeners if each.about != about]
        for listener in untold:
            listener.about = about
        self._to(untold, frames.presence(about))


def rounded(count: int) -> int:
    """A number that tells of nobody: in tens, from a hundred on in fifties; 0 for fewer than ten."""
    step = 10 if count < 100 else 50
    return count // step * step
