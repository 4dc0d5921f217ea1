"""What the list asks: who confirmed what, and whether a space was ever open here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlmodel import col

from server.database import Transaction, made
from server.going_live.models import Confirmation, Line
from server.spaces.models import Space, SpaceState

MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class ConfirmationRow:
    """One steward's word. `confirmed_by` is empty when that account was closed since; the word still holds."""

    line: Line
    role: str
    confirmed_on: date
    confirmed_by: int | None
    ended_on: date | None

    def holds(self, on: date, *, days: int) -> bool:
        """Whether it counts: nobody took it back, and it is not too old."""
        return self.ended_on is None and on - self.confirmed_on < timedelta(days=days)


_ROWS = (
    select(
        col(Confirmation.line),
        col(Confirmation.role),
        col(Confirmation.confirmed_on),
        col(Confirmation.confirmed_by),
        col(Confirmation.ended_on),
    )
    .order_by(col(Confirmation.id).desc())
    .limit(MOST_ROWS)
)


def confirmations(tx: Transaction) -> Sequence[ConfirmationRow]:
    """All of them, the newest first, those that ended too."""
    return [made(ConfirmationRow, row) for row in tx.look(_ROWS)]


def has_begun(tx: Transaction) -> bool:
    """Whether a space was ever opened here: then nothing is locked any more."""
    opened = select(col(Space.id)).where(col(Space.state) != SpaceState.PREPARING).limit(1)
    return tx.look(opened).first() is not None
