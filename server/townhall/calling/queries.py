"""Who asks for a counsellor, and whether one is on duty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from server.database import Transaction, made
from server.permissions import Role
from server.townhall.calling.models import CallState, HallCall
from server.townhall.halls.models import HallRole


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as counsellors see it."""

    id: int
    public_id: UUID
    name: str
    state: CallState
    answer: str
    called_at: datetime


_COLUMNS = tuple(getattr(HallCall, name) for name in CallRow.__annotations__)


def somebody_on_duty(tx: Transaction, hall_id: int) -> bool:
    """Whether the team of the hall has a counsellor."""
    found = select(col(HallRole.id)).where(
        col(HallRole.hall_id) == hall_id, col(HallRole.role) == str(Role.COUNSELLOR), col(HallRole.given)
    )
    return tx.look(found.limit(1)).first() is not None


def own_call(tx: Transaction, hall_id: int, caller_key: bytes) -> CallRow | None:
    """What became of the call of a seat."""
    found = select(*_COLUMNS).where(col(HallCall.hall_id) == hall_id, col(HallCall.caller_key) == caller_key)
    row = tx.look(found).first()
    return None if row is None else made(CallRow, row)


def calls_of(tx: Transaction, hall_id: int) -> Sequence[CallRow]:
    """Every call that is not over, the oldest first."""
    found = select(*_COLUMNS).where(col(HallCall.hall_id) == hall_id, col(HallCall.state) != CallState.OVER)
    return [made(CallRow, row) for row in tx.look(found.order_by(col(HallCall.id)).limit(100))]
