"""What was done at the desks, for the recovery officers alone: who opened, answered, left or handed over what.

Every line is sealed to the officers who may know of the case; nobody here can read it again, and nobody can take a
line out unnoticed. A day ends with a head that says nothing of how much was done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlmodel import col

from server.crypto.sealed import audit, boxes
from server.crypto.sealed.audit import Head, Leaf
from server.crypto.sealed.certificates import Trust
from server.database import Database, Transaction
from server.private import models
from server.private.routing import Excluded

_LOCK_OF_THE_TRAIL = 4_021_734
"""PostgreSQL's name for the right to add a line: one line at a time, so that places follow each other."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What looking at the whole trail found."""

    days: int
    last: bytes
    wrong: Sequence[date]


class AuditTrail:
    """Writes the trail, closes its days, and checks it."""

    def __init__(self, db: Database, pepper: bytes, trust: Trust) -> None:
        self._db = db
        self._trust = trust
        self._filler = boxes.derived(pepper, "audit-filler")

    def note(self, tx: Transaction, what: str, *, at: datetime, excluded: Excluded | None = None, **more: str) -> None:
        """One line, written when the visit that does it ends: what is not in the trail has not been done.

        Officers who must not know of the case cannot read it.
        """
        barred = excluded or Excluded()
        to = [None if barred.bars(one) else one.public for one in self._trust.officers.values()]
        tx.last.append(lambda: _add(tx, {"what": what, **more}, at.date(), to))

    def close_days(self, *, today: date) -> int:
        """Close every day that has passed, those without a line too. Gives how many."""
        with self._db.transaction() as tx:
            tx.alone(_LOCK_OF_THE_TRAIL)
            heads = _heads(tx)
            first = heads[-1].day + timedelta(days=1) if heads else self._first_day(tx, today)
            before = heads[-1].hash() if heads else audit.NOTHING_BEFORE
            closed = 0
            while first < today:
                made = audit.head(first, _leaves(tx, first), before=before, filler_key=self._filler)
                tx.run(insert(models.Head), {"day": made.day, "root": made.root, "box": made.before})
                before, first, closed = made.hash(), first + timedelta(days=1), closed + 1
        return closed

    def heads(self) -> list[tuple[date, bytes]]:
        """The hash of every closed day: what is published, and what others may note down."""
        with self._db.reading() as tx:
            return [(one.day, one.hash()) for one in _heads(tx)]

    def check(self, *, published: Mapping[date, bytes] | None = None) -> Checked:
        """Hold every line against the heads, and the heads against what was noted elsewhere."""
        with self._db.reading() as tx:
            heads = _heads(tx)
            leaves = {one.day: _leaves(tx, one.day) for one in heads}
        wrong = audit.verify(heads, leaves, filler_key=self._filler, published=published)
        return Checked(len(heads), heads[-1].hash() if heads else audit.NOTHING_BEFORE, wrong)

    def _first_day(self, tx: Transaction, today: date) -> date:
        first = tx.look(select(func.min(col(models.Leaf.day)))).scalar()
        return today if first is None else first


def _add(tx: Transaction, entry: dict[str, str], day: date, to: Sequence[bytes | None]) -> None:
    tx.alone(_LOCK_OF_THE_TRAIL)
    place = tx.look(select(func.count()).select_from(models.Leaf).where(col(models.Leaf.day) == day)).scalar()
    made = audit.leaf({**entry}, day=day, place=int(place or 0), to=to)
    row = {"id": uuid4(), "day": day, "place": made.place, "box": made.box, "seal": made.seal}
    tx.run(insert(models.Leaf), row)


def _heads(tx: Transaction) -> list[Head]:
    columns = (col(models.Head.day), col(models.Head.root), col(models.Head.box))
    rows = tx.look(select(*columns).order_by(col(models.Head.day)))
    return [Head(day, root, before) for day, root, before in rows]


def _leaves(tx: Transaction, day: date) -> list[Leaf]:
    columns = (col(models.Leaf.place), col(models.Leaf.box), col(models.Leaf.seal))
    rows = tx.look(select(*columns).where(col(models.Leaf.day) == day).order_by(col(models.Leaf.place)))
    return [Leaf(day, place, box, seal) for place, box, seal in rows]
