"""The log of a hall: what happened on which channel, numbered without a gap in the visit that made the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, insert, or_, select, text
from sqlmodel import col

from server.database import Transaction, made
from server.events import HallChanged, hall_audience
from server.prepared import Prepared
from server.townhall.halls.models import HallChannel, HallEvent

MOST_KEPT = 1_000
KEPT_FOR = timedelta(minutes=15)
CHANNELS_AT_ONCE = 200
"""Asked for in one statement: databases take only so many parameters."""
_NEXT = text(
    "INSERT INTO hall_channel (hall_id, channel, last) VALUES (:hall_id, :channel, :count) "
    "ON CONFLICT (hall_id, channel) DO UPDATE SET last = hall_channel.last + :count RETURNING last"
)
"""Waits for whoever has taken a number of this channel and is not done: numbers come in the order of commits."""
_SINCE = Prepared(
    select(col(HallEvent.number), col(HallEvent.kind), col(HallEvent.target))
    .where(
        col(HallEvent.hall_id) == bindparam("hall_id"),
        col(HallEvent.channel) == bindparam("channel"),
        col(HallEvent.number) > bindparam("after"),
    )
    .order_by(col(HallEvent.number))
    .limit(MOST_KEPT + 1)
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: its place in the channel, what kind it is, and what it happened to."""

    number: int
    kind: str
    target: str


class _Telling:
    """What a visit has to tell of one hall, written just before its commit: numbers are locked for a moment only."""

    def __init__(self, tx: Transaction, hall_id: int, at: datetime) -> None:
        self.hall_id = hall_id
        self.happened: list[tuple[str, str, str]] = []
        self._tx, self._at = tx, at

    def __call__(self) -> None:
        """Take the numbers, channels always in the same order, and write the lines."""
        channels = sorted({channel for channel, _, _ in self.happened})
        for channel in channels:
            lines = list(dict.fromkeys((kind, target) for on, kind, target in self.happened if on == channel))
            last = self._tx.run(_NEXT, {"hall_id": self.hall_id, "channel": channel, "count": len(lines)}).scalar_one()
            common = {"hall_id": self.hall_id, "channel": channel, "happened_at": self._at}
            first = last - len(lines) + 1
            self._tx.run(
                insert(HallEvent),
                [
                    {**common, "number": number, "kind": kind, "target": target}
                    for number, (kind, target) in enumerate(lines, first)
                ],
            )
            if last // MOST_KEPT != first // MOST_KEPT:
                self._forget(channel, last)
        kinds = frozenset(kind for _, kind, _ in self.happened)
        self._tx.announce(HallChanged(hall_audience(self.hall_id), self.hall_id, frozenset(channels), kinds))

    def _forget(self, channel: str, last: int) -> None:
        old = col(HallEvent.number) <= last - MOST_KEPT
        this = (col(HallEvent.hall_id) == self.hall_id) & (col(HallEvent.channel) == channel)
        self._tx.run(delete(HallEvent).where(this, old))


def tell(tx: Transaction, hall_id: int, *happened: tuple[str, str, str], at: datetime) -> None:
    """Write down what happened: each a channel, a kind and a target (a public id, or nothing)."""
    for finish in tx.last:
        if isinstance(finish, _Telling) and finish.hall_id == hall_id:
            finish.happened.extend(happened)
            return
    telling = _Telling(tx, hall_id, at)
    telling.happened.extend(happened)
    tx.last.append(telling)


def tell_no_more(tx: Transaction, hall_id: int) -> None:
    """For a hall that vanishes in this visit: nothing is written down, and whoever listens learns that it is gone."""
    tx.last[:] = [last for last in tx.last if not (isinstance(last, _Telling) and last.hall_id == hall_id)]
    tx.announce(HallChanged(hall_audience(hall_id), hall_id, frozenset()))


def since(tx: Transaction, hall_id: int, channel: str, after: int) -> list[Happened] | None:
    """What happened after this number; None when it was too long ago, or is ahead of the log."""
    last = last_of(tx, hall_id, channel)
    if after == last:
        return []
    rows = tx.ask(_SINCE, {"hall_id": hall_id, "channel": channel, "after": after}).all()
    if after > last or len(rows) != last - after or len(rows) > MOST_KEPT:
        return None
    return [made(Happened, row) for row in rows]


def log_after(tx: Transaction, hall_id: int, after: Mapping[str, int]) -> "dict[str, Heard]":
    """What happened on these channels after these numbers, for many listeners in two questions."""
    heard = {channel: Heard(0, []) for channel in after}
    for part in _parts(list(after)):
        here = col(HallChannel.hall_id) == hall_id
        for channel, last in tx.look(
            select(col(HallChannel.channel), col(HallChannel.last)).where(here, col(HallChannel.channel).in_(part))
        ):
            heard[channel] = Heard(last, [])
        behind = [channel for channel in part if after[channel] < heard[channel].last]
        if not behind:
            continue
        rows = tx.look(
            select(col(HallEvent.channel), col(HallEvent.number), col(HallEvent.kind), col(HallEvent.target))
            .where(
                col(HallEvent.hall_id) == hall_id,
                or_(*(and_(col(HallEvent.channel) == on, col(HallEvent.number) > after[on]) for on in behind)),
            )
            .order_by(col(HallEvent.channel), col(HallEvent.number))
        )
        for channel, number, kind, target in rows:
            heard[channel].happened.append(Happened(number, kind, target))
    return heard


def _parts(channels: list[str]) -> list[list[str]]:
    return [channels[start : start + CHANNELS_AT_ONCE] for start in range(0, len(channels), CHANNELS_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Heard:
    """A channel as it stands: its last number, and what is still known of what happened."""

    last: int
    happened: list[Happened]

    def after(self, number: int) -> list[Happened] | None:
        """What happened after this number; None when it was too long ago, or is ahead of the log."""
        if number == self.last:
            return []
        found = [event for event in self.happened if event.number > number]
        return found if 0 < self.last - number == len(found) <= MOST_KEPT else None


_LAST = Prepared(
    select(col(HallChannel.channel), col(HallChannel.last)).where(col(HallChannel.hall_id) == bindparam("hall_id"))
)


_LAST_OF = Prepared(
    select(col(HallChannel.last)).where(
        col(HallChannel.hall_id) == bindparam("hall_id"), col(HallChannel.channel) == bindparam("channel")
    )
)


def numbers(tx: Transaction, hall_id: int) -> dict[str, int]:
    """How many events each channel has had."""
    return dict(tx.ask(_LAST, {"hall_id": hall_id}).all())


def last_of(tx: Transaction, hall_id: int, channel: str) -> int:
    """How many events a channel has had."""
    return tx.ask(_LAST_OF, {"hall_id": hall_id, "channel": str(channel)}).value() or 0


def forget_all(tx: Transaction, hall_id: int) -> None:
    """Nothing of before is played back any more; the numbers go on."""
    tx.run(delete(HallEvent).where(col(HallEvent.hall_id) == hall_id))


def forget_old(tx: Transaction, *, at: datetime) -> None:
    """Lines that nobody can come back to any more."""
    tx.run(delete(HallEvent).where(col(HallEvent.happened_at) < at - KEPT_FOR))
