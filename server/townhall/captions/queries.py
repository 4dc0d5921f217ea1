"""The captions of a hall: what was said, in one language, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlmodel import col

from server.database import Transaction, made
from server.prepared import Prepared
from server.townhall.captions.models import CaptionSegment, Origin

STREAM_LIMIT = 20_000
"""Segments of one hall in one language; more than a whole day of speaking."""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One piece of what was said; times are milliseconds since its item of the agenda began."""

    id: int
    session_id: int
    language: str
    number: int
    revision: int
    from_ms: int
    to_ms: int
    text: str
    origin: Origin
    writer: int | None


_COLUMNS = tuple(getattr(CaptionSegment, name) for name in SegmentRow.__annotations__)
_IN_SESSION = (col(CaptionSegment.session_id) == bindparam("session_id")) & (
    col(CaptionSegment.language) == bindparam("language")
)
_LAST = Prepared(
    select(*_COLUMNS).where(_IN_SESSION).order_by(col(CaptionSegment.number).desc()).limit(bindparam("most"))
)
_ONE = Prepared(select(*_COLUMNS).where(_IN_SESSION, col(CaptionSegment.number) == bindparam("number")))


def last_segments(tx: Transaction, session_id: int, language: str, most: int) -> list[SegmentRow]:
    """The last pieces of an item in one language, the newest at the end. Taken-out ones have no words."""
    rows = tx.ask(_LAST, {"session_id": session_id, "language": language, "most": most})
    return [made(SegmentRow, row) for row in rows][::-1]


def segment_by_number(tx: Transaction, session_id: int, language: str, number: int) -> SegmentRow | None:
    """One piece, as it stands now."""
    row = tx.ask(_ONE, {"session_id": session_id, "language": language, "number": number}).first()
    return None if row is None else made(SegmentRow, row)


def stream(tx: Transaction, hall_id: int, language: str) -> list[SegmentRow]:
    """Everything in one language with words in it, by item and number."""
    statement = (
        select(*_COLUMNS)
        .where(
            col(CaptionSegment.hall_id) == hall_id,
            col(CaptionSegment.language) == language,
            col(CaptionSegment.text) != "",
        )
        .order_by(col(CaptionSegment.session_id), col(CaptionSegment.number))
        .limit(STREAM_LIMIT)
    )
    return [made(SegmentRow, row) for row in tx.look(statement)]


def written_in(tx: Transaction, hall_id: int) -> Sequence[str]:
    """The languages in which there are captions."""
    statement = select(col(CaptionSegment.language)).where(
        col(CaptionSegment.hall_id) == hall_id, col(CaptionSegment.text) != ""
    )
    return sorted(tx.look(statement.distinct()).scalars())
