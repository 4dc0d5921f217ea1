"""One thing that has a lifetime: what it is, why it goes, and how a small part of it is let go at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from server.database import Transaction, changed

BATCH = 100
"""Rows in one visit: writers wait no longer than that takes, and what a crash undoes is little."""


def nothing(_tx: Transaction, _at: datetime) -> int:
    """Where no hold can keep anything."""
    return 0


@dataclass(frozen=True, slots=True)
class Step:
    """`table` and `lifetime` are the names that the data map uses; `part` lets go of some rows and counts them."""

    table: str
    lifetime: str
    part: Callable[[Transaction, datetime], int]
    due: Callable[[Transaction, datetime], int]
    """How many rows are too old at this moment."""
    also: tuple[str, ...] = ()
    """Tables in which something goes with it."""
    held: Callable[[Transaction, datetime], int] = nothing
    """How many rows are too old and stay, because two stewards have asked for it."""


def rows(table: str, lifetime: str, key: Any, old: Callable[[datetime], ColumnElement[bool]]) -> Step:
    """A step that deletes whole rows on which nothing else hangs. `key` is the column that names a row."""
    kind = key.class_

    def part(tx: Transaction, at: datetime) -> int:
        found = tx.look(select(key).where(old(at)).limit(BATCH)).scalars().all()
        if not found:
            return 0
        tx.erases = True
        return changed(tx.run(kind.__table__.delete().where(kind.__table__.c[key.key].in_(found))))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(kind).where(old(at))).scalar_one())

    return Step(table, lifetime, part, due)
