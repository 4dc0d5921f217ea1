"""One look at a hall for everybody who listens to it: a handful of questions to the database, however many they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.database import Transaction
from server.townhall.halls import queries, telling
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.states import Channel
from server.townhall.halls.telling import Heard
from server.townhall.live import frames
from server.townhall.live.admission import Admitted, still_of_team
from server.townhall.live.frames import Frame
from server.townhall.live.standing import Standing
from server.web.pages import Pages
from server.web.words import Reading, read_in

Group = tuple[str, str]
"""A channel and a language: everybody in it is sent the same bytes."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who comes, or comes back: what they have of each channel, under which epoch."""

    who: Admitted
    epoch: int = 0
    since: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Asked:
    """What the listeners of a hall need to know now."""

    epoch: int
    after: Mapping[str, int]
    """Channels on which something happened, and how much of them is told already."""
    at: Mapping[str, int]
    """Where those who are here stand on the other channels: whoever comes is brought there and no further."""
    groups: Collection[Group]
    seats: Mapping[str, SeatRow]
    """Whose channels of their own are among them."""
    coming: Sequence[Coming]
    team: Collection[int]
    may_snapshot: bool
    """Whether another whole picture may be made within this second."""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer: frames for groups, and for each who comes."""

    epoch: int
    state: str
    at: Mapping[str, int]
    batches: Mapping[Group, Frame]
    coming: Sequence[Sequence[Frame] | None]
    """None for somebody who must wait, for the next whole picture or the next tick."""
    sent_away: Collection[int]
    """Places in `coming` of those whose seat is gone."""
    out_of_team: Collection[int]
    """Members who may not hear any more what they were let in for."""
    pictures: int = 0
    """How many whole pictures were made."""


def look(tx: Transaction, hall: HallRow, pages: Pages, asked: Asked, now: datetime) -> Told:
    """Read what happened and what stands there now, and make the frames."""
    read_in(Reading(pages.catalogues.default, in_address=False, today=now.astimezone(UTC).date()))
    return _Look(tx, hall, pages, asked, now).told()


class _Look:
    def __init__(self, tx: Transaction, hall: HallRow, pages: Pages, asked: Asked, now: datetime) -> None:
        self.tx, self.hall, self.asked, self.now = tx, hall, asked, now
        self.is_new = asked.epoch not in (hall.epoch, 0)
        self.log = telling.log_after(tx, hall.id, self._after())
        happened = [event for heard in self.log.values() for event in heard.happened]
        self.standing = Standing(tx, hall, pages, happened)
        self.pictures: dict[Group, Frame] = {}
        self.resumed: dict[tuple[str, str, int], Frame | None] = {}

    def _after(self) -> dict[str, int]:
        """From where each channel is needed: whoever is furthest behind decides."""
        after = dict(self.asked.after)
        for one in self.asked.coming:
            for channel in one.who.channels:
                known = one.since.get(channel) if one.epoch == self.hall.epoch else None
                if known is None:
                    after.setdefault(channel, NOTHING)
                else:
                    after[channel] = min(known, after.get(channel, NOTHING))
        return after

    def told(self) -> Told:
        batches = {group: frame for group in self.asked.groups for frame in self._batch(group)}
        alive = self._alive()
        team = still_of_team(self.tx, self.hall, self.asked.team)
        waits = [self.must_wait(one) for one in self.asked.coming]
        own = self._own(alive, waits)
        coming = [
            None if waits[place] else [frame for channel in _ordered(one) for frame in self._for(one, channel, own)]
            for place, one in enumerate(self.asked.coming)
        ]
        return Told(
            epoch=self.hall.epoch,
            state=str(self.hall.state),
            at={channel: self.heard(channel).last for channel in self.log},
            batches=batches,
            coming=coming,
            sent_away=[place for place in range(len(coming)) if place not in alive],
            out_of_team=[member for member, channels in team.items() if not channels],
            pictures=len(self.pictures),
        )

    def _alive(self) -> set[int]:
        """Which of those who come still have the seat that let them in."""
        seats = {one.who.seat.id for one in self.asked.coming if one.who.seat is not None}
        there = queries.seats_by_ids(self.tx, seats, at=self.now)
        return {
            place
            for place, one in enumerate(self.asked.coming)
            if one.who.seat is None or one.who.seat.id in there or one.who.in_team
        }

    # For those who are here ------------------------------------------------------------------------------

    def _batch(self, group: Group) -> list[Frame]:
        channel, language = group
        if self.is_new:
            return [self._picture(group)]
        happened = self.heard(channel).after(self.asked.after[channel])
        if happened is None:
            return [self._picture(group)]
        if not happened:
            return []
        entries = self.standing.entries(channel, happened, language, self.asked.seats.get(channel))
        return [frames.events("batch", _named(channel), happened[-1].number, len(happened), entries, self.hall.epoch)]

    def heard(self, channel: str) -> Heard:
        """The channel, as far as it is told in this look: no further than where those who are here stand."""
        known = self.log.get(channel) or Heard(0, [])
        here = self.asked.at.get(channel)
        if here is None or here >= known.last:
            return known
        return Heard(here, [event for event in known.happened if event.number <= here])

    def must_wait(self, one: Coming) -> bool:
        """For the next whole picture, or because they know more than those who are here are told yet."""
        if any(self.is_ahead(one, channel) for channel in one.who.channels):
            return True
        needs = any(not _is_own(channel) and self.resume(one, channel) is None for channel in one.who.channels)
        return needs and not self.asked.may_snapshot

    def is_ahead(self, one: Coming, channel: str) -> bool:
        known = one.since.get(channel)
        if known is None or one.epoch != self.hall.epoch:
            return False
        return self.heard(channel).last < known <= (self.log.get(channel) or Heard(0, [])).last

    def _picture(self, group: Group) -> Frame:
        if group not in self.pictures:
            channel, language = group
            if channel in self.asked.seats:
                seat = self.asked.seats[channel]
                stands = self.standing.own_snapshots({channel: (seat, language)})[channel]
            else:
                stands = self.standing.snapshot(channel, language)
            self.pictures[group] = frames.snapshot(_named(channel), self.heard(channel).last, stands, self.hall.epoch)
        return self.pictures[group]

    # For those who come ----------------------------------------------------------------------------------

    def _own(self, alive: Collection[int], waits: Sequence[bool]) -> Mapping[str, Mapping[str, object]]:
        """The own questions of everybody who comes without knowing them, in one question for all."""
        seats = {
            channel: (one.who.seat, one.who.language)
            for place, one in enumerate(self.asked.coming)
            if place in alive and not waits[place] and one.who.seat is not None
            for channel in one.who.channels
            if _is_own(channel) and self.resume(one, channel) is None
        }
        return self.standing.own_snapshots(seats) if seats else {}

    def _for(self, one: Coming, channel: str, own: Mapping[str, Mapping[str, object]]) -> list[Frame]:
        frame = self.resume(one, channel)
        if frame is not None:
            return [frame]
        if not _is_own(channel):
            return [self._picture((channel, one.who.language))]
        if channel not in own:
            return []
        return [frames.snapshot(_named(channel), self.heard(channel).last, own[channel], self.hall.epoch)]

    def resume(self, one: Coming, channel: str) -> Frame | None:
        """What they missed on the channel; None when they must see all of it anew."""
        known = one.since.get(channel)
        if known is None or one.epoch != self.hall.epoch:
            return None
        key = (channel, one.who.language, known)
        if key not in self.resumed:
            self.resumed[key] = self._resumed(one, channel, known)
        return self.resumed[key]

    def _resumed(self, one: Coming, channel: str, known: int) -> Frame | None:
        happened = self.heard(channel).after(known)
        if happened is None:
            return None
        entries = self.standing.entries(channel, happened, one.who.language, one.who.seat) if happened else []
        last = happened[-1].number if happened else known
        return frames.events("resume", _named(channel), last, len(happened), entries, self.hall.epoch)


NOTHING = 1 << 62
"""Nothing of a channel's past is needed: only its present number."""


def _is_own(channel: str) -> bool:
    return channel.startswith(Channel.SEAT + ".")


def _named(channel: str) -> str:
    """The channel of a seat is called `me`: its browser need not know what it is called here."""
    return str(Channel.SEAT) if _is_own(channel) else channel


def _ordered(one: Coming) -> list[str]:
    return sorted(one.who.channels)
