"""The run itself: step by step, a small part at a time, so that it can be cut off anywhere and goes on next time."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Event

from server.database import Database
from server.policies import Retention
from server.retention import account, forum, staff_words, traces
from server.retention.account import note_run
from server.retention.step import Step

SETTLING = timedelta(minutes=10)
"""After a start the pages come first."""
REWRITTEN_ON, REWRITTEN_DAYS = 6, 8
"""Sundays. What went since the last time, and a day more."""
REST_SECONDS = 0.01
"""Between two parts, so that those who wait for the database come in between."""


class Ended(Exception):
    """The process ends, and the run with it."""


@dataclass(frozen=True, slots=True)
class Let:
    """How many rows of a table went, and because of which lifetime; how many stay because they are held."""

    table: str
    lifetime: str
    rows: int
    held: int = 0


def all_steps(kept: Retention) -> Sequence[Step]:
    """Everything that has a lifetime; decisions go before the empty places that they hold."""
    first, empty, removed, short = forum.steps(kept)
    return [first, short, removed, *traces.steps(kept), *staff_words.steps(kept), empty]


def forget(
    db: Database, kept: Retention, key: bytes, *, at: datetime, rest: Callable[[float], None] = time.sleep
) -> list[Let]:
    """Let go of everything that is too old, and write a sealed line about it.

    What was cut off goes on with the next run: what is too old is asked anew each time.
    """
    done: list[Let] = []
    for step in all_steps(kept):
        total = 0
        while True:
            with db.transaction() as tx:
                count = step.part(tx, at)
                tx.erases = False  # the log is emptied once, at the end: each time would cost more than all the rest
            total += count
            if not count:
                break
            rest(REST_SECONDS)
        with db.reading() as tx:
            done.append(Let(step.table, step.lifetime, total, step.held(tx, at)))
    with db.transaction() as tx:
        tx.erases = any(let.rows for let in done)
        counts: Counter[str] = Counter()
        for let in done:
            counts[f"{let.table} {let.lifetime}"] += let.rows
        note_run(tx, key, at.date(), {name: rows for name, rows in counts.items() if rows})
    return done


def would_forget(db: Database, kept: Retention, *, at: datetime) -> list[Let]:
    """The same without letting go of anything."""
    with db.reading() as tx:
        return [Let(step.table, step.lifetime, step.due(tx, at), step.held(tx, at)) for step in all_steps(kept)]


def rewrite(db: Database, kept: Retention, *, at: datetime) -> None:
    """On PostgreSQL: write the tables anew from which something went in the last week."""
    with db.reading() as tx:
        names = account.touched_since(tx, at.date() - timedelta(days=REWRITTEN_DAYS))
    db.rewrite(
        table
        for step in all_steps(kept)
        if f"{step.table} {step.lifetime}" in names
        for table in (step.table, *step.also)
    )


@dataclass(slots=True)
class Daily:
    """The run that the server makes by itself: a little after it started, and once in each day after that."""

    db: Database
    kept: Retention
    key: bytes
    ending: Event = field(default_factory=Event)
    """Set when the process ends: the run stops at its next rest, and tomorrow's goes on."""
    _since: datetime | None = None
    _day: date | None = None

    def run(self, at: datetime) -> None:
        """What is due now."""
        self._since = self._since or at
        if self._day == at.date() or at - self._since < SETTLING:
            return
        self._day = at.date()  # what fails is tried again tomorrow, and was told in the log
        forget(self.db, self.kept, self.key, at=at, rest=self._rest)
        if at.weekday() == REWRITTEN_ON:
            rewrite(self.db, self.kept, at=at)

    def _rest(self, seconds: float) -> None:
        if self.ending.wait(seconds):
            raise Ended
