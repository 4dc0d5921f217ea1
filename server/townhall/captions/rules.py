"""Writing captions: one line is one segment, and its writer mends the last three."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import col

from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.permissions import Role
from server.prepared import Prepared
from server.townhall.captions import queries
from server.townhall.captions.models import CaptionSegment, Origin
from server.townhall.captions.queries import SegmentRow
from server.townhall.halls import queries as halls
from server.townhall.halls.models import HallSession
from server.townhall.halls.queries import HallRow
from server.townhall.halls.states import Act, captions_in
from server.townhall.halls.telling import tell

STILL_MENDED = 3
"""How many of the last segments their writer can still change."""
LONGEST_MS = 7_000
"""What stands on a screen longer than this was said before: a segment after a silence begins so long before its end."""
NOT_NOW = say("Captions cannot be written just now. Your words are still here.")
NOT_BEGUN = say("No item of the agenda has begun. Captions begin with the first one. Your words are still here.")
TOO_LATE = say("This line cannot be changed any more. Only the last three can.")

_SESSION_HELD = Prepared(
    select(col(HallSession.public_id), col(HallSession.began_at))
    .where(col(HallSession.id) == bindparam("id"), col(HallSession.hall_id) == bindparam("hall_id"))
    .with_for_update()
)
"""Two captioners of one language wait for each other: the numbers have no gap."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A new piece. Times are milliseconds since the item began; without them the rule works them out."""

    session_id: int
    language: str
    text: str
    origin: Origin
    from_ms: int | None = None
    to_ms: int | None = None


def captioner(tx: Transaction, hall: HallRow, member_id: int | None, language: str) -> int:
    """The member who writes this language, asked inside the visit that writes. Raises NotFound for anybody else."""
    duties = [] if member_id is None else halls.duties_of(tx, hall.id, member_id)
    if member_id is None or not any(duty.role == Role.CAPTIONER and duty.language == language for duty in duties):
        raise NotFound
    return member_id


def add(tx: Transaction, hall: HallRow, segment: Segment, writer: int, *, at: datetime) -> int:
    """Write a segment and tell the channel of its language. Gives its number in the item."""
    hall = _writable(tx, hall, segment.language)
    public_id, began_at = _session(tx, hall, segment.session_id)
    if began_at is None:
        raise Refused(NOT_BEGUN)
    last = queries.last_segments(tx, segment.session_id, segment.language, 1)
    number = last[0].number + 1 if last else 1
    from_ms, to_ms = _times(segment, last[0].to_ms if last else 0, began_at, at)
    row = CaptionSegment(
        hall_id=hall.id,
        session_id=segment.session_id,
        language=segment.language,
        number=number,
        from_ms=from_ms,
        to_ms=to_ms,
        text=segment.text,
        origin=segment.origin,
        writer=writer,
    )
    tx.run(insert(CaptionSegment), [row.model_dump(exclude={"id"})])
    tell(tx, hall.id, (captions_in(segment.language), "caption", target(public_id, number)), at=at)
    return number


def mend(tx: Transaction, hall: HallRow, place: tuple[int, str, int], text: str, writer: int, *, at: datetime) -> None:
    """Other words for one of the writer's last three segments; none take it out. `place`: item, language, number."""
    session_id, language, number = place
    _writable(tx, hall, language)
    public_id, _ = _session(tx, hall, session_id)
    found = queries.segment_by_number(tx, session_id, language, number)
    if found is None or found.writer != writer:
        raise NotFound
    if number not in {row.number for row in mendable(tx, session_id, language, writer)}:
        raise Refused(TOO_LATE)
    tx.run(
        update(CaptionSegment)
        .where(col(CaptionSegment.id) == found.id)
        .values(text=text, revision=col(CaptionSegment.revision) + 1)
    )
    tx.erases = True
    tell(tx, hall.id, (captions_in(language), "caption", target(public_id, number)), at=at)


def mendable(tx: Transaction, session_id: int, language: str, writer: int) -> list[SegmentRow]:
    """The segments among the last three that this writer can still change."""
    last = queries.last_segments(tx, session_id, language, STILL_MENDED)
    return [row for row in last if row.writer == writer]


def forget_writers(tx: Transaction, hall_id: int) -> None:
    """After the close nobody corrects anything, and who wrote it is nobody's business any more."""
    here = (col(CaptionSegment.hall_id) == hall_id) & col(CaptionSegment.writer).is_not(None)
    tx.run(update(CaptionSegment).where(here).values(writer=None))


def target(session: UUID, number: int) -> str:
    """How an event names a segment: the item's public id without dashes and the number; forty signs at most."""
    return f"{session.hex}/{number}"


def _writable(tx: Transaction, hall: HallRow, language: str) -> HallRow:
    hall = halls.held(tx, hall.id)
    if language not in hall.languages:
        raise NotFound
    if not hall.allows(Act.PRESENT):
        raise Refused(NOT_NOW)
    return hall


def _session(tx: Transaction, hall: HallRow, session_id: int) -> tuple[UUID, datetime | None]:
    row = tx.ask(_SESSION_HELD, {"id": session_id, "hall_id": hall.id}).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _times(segment: Segment, last_end: int, began_at: datetime, at: datetime) -> tuple[int, int]:
    """From the end of the last one until now, unless somebody says otherwise; never backwards."""
    now_ms = max(0, int((at - began_at).total_seconds() * 1_000))
    to_ms = now_ms if segment.to_ms is None else segment.to_ms
    from_ms = max(last_end, to_ms - LONGEST_MS) if segment.from_ms is None else segment.from_ms
    return max(0, min(from_ms, to_ms)), max(0, to_ms)
