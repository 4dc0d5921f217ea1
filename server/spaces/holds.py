"""Which holds stand, and which topics they keep from being forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlmodel import col

from server.database import Transaction, made, metadata
from server.errors import Sentence, say
from server.prepared import Prepared
from server.spaces.models import Hold, HoldReason, HoldState

ALL_REASONS: Mapping[str, Sentence] = {
    HoldReason.LAW: say("a court or an authority has asked under the law"),
    HoldReason.COMPLAINT: say("a complaint is looked into"),
    HoldReason.SAFETY: say("somebody's safety is looked into"),
}


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold as pages need it; `topic` when it is about one topic only."""

    public_id: UUID
    reason: HoldReason
    office: str
    state: HoldState
    until: date
    asked_on: date
    asked_by: int | None
    topic: UUID | None


_ROWS = select(
    col(Hold.public_id),
    col(Hold.reason),
    col(Hold.office),
    col(Hold.state),
    col(Hold.until),
    col(Hold.asked_on),
    col(Hold.asked_by),
    col(Hold.topic),
).order_by(col(Hold.id))
_MOST = 50
_STANDING = Prepared(
    _ROWS.where(col(Hold.space_id) == bindparam("space_id"), col(Hold.state) == HoldState.STANDS).limit(_MOST)
)

ANY_STANDS = (
    exists().where(col(Hold.space_id) == bindparam("id"), col(Hold.state) == HoldState.STANDS).label("any_stands")
)
"""Asked along with what every page asks about its space: most have none."""


def standing(tx: Transaction, space_id: int) -> Sequence[HoldRow]:
    """What two stewards have agreed on and nobody has ended; the last day may have passed."""
    return [made(HoldRow, row) for row in tx.ask(_STANDING, {"space_id": space_id})]


def asked_or_standing(tx: Transaction, space_id: int, *, today: date, asked_since: date) -> Sequence[HoldRow]:
    """What is in force, and what waits for a second steward."""
    waits = (col(Hold.state) == HoldState.ASKED) & (col(Hold.asked_on) > asked_since)
    stands = (col(Hold.state) == HoldState.STANDS) & (col(Hold.until) >= today)
    wanted = _ROWS.where(col(Hold.space_id) == space_id, waits | stands).limit(_MOST)
    return [made(HoldRow, row) for row in tx.look(wanted)]


def is_held(today: date) -> ColumnElement[bool]:
    """Within a question about topics: whether a topic must not be forgotten today."""
    topics: Any = metadata.tables["topic"]
    return (
        exists()
        .where(
            col(Hold.space_id) == topics.c.space_id,
            or_(col(Hold.topic).is_(None), col(Hold.topic) == topics.c.public_id),
            col(Hold.state) == HoldState.STANDS,
            col(Hold.asked_on) <= today,
            col(Hold.until) >= today,
        )
        .correlate(topics)
    )
