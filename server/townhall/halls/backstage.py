"""Behind the stage: the code of conduct, messages of the team to each other, and the lines of its log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from server.database import Transaction, changed, made
from server.errors import NotFound, Refused, say
from server.townhall.halls.models import BackstageNote, HallLine
from server.townhall.halls.queries import HallRow
from server.townhall.halls.rules import changeable
from server.townhall.halls.states import Channel
from server.townhall.halls.team import Acting, note
from server.townhall.halls.telling import tell

CONDUCT = "conduct"
CONDUCT_FIRST = say("Please read the code of conduct for this hall first, and sign it.")
LINES_SHOWN = 30
NOTES_SHOWN = 40


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A message of the team."""

    public_id: UUID
    label: str
    text: str
    urgent: bool
    written_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the log."""

    done_at: datetime
    label: str
    act: str
    target: str
    reason: str


# The code of conduct -------------------------------------------------------------------------------------


def sign_conduct(tx: Transaction, hall: HallRow, by: Acting) -> None:
    """Promise to keep to the code of conduct in this hall; once is enough."""
    if not has_signed(tx, hall.id, by.label):
        note(tx, hall, by, CONDUCT)


def has_signed(tx: Transaction, hall_id: int, label: str) -> bool:
    """Whether whoever carries this role and number has promised it."""
    found = select(col(HallLine.id)).where(
        col(HallLine.hall_id) == hall_id, col(HallLine.label) == label, col(HallLine.act) == CONDUCT
    )
    return tx.look(found.limit(1)).first() is not None


def moderators_signed(tx: Transaction, hall_id: int) -> int:
    """How many have promised it."""
    found = select(col(HallLine.label)).where(col(HallLine.hall_id) == hall_id, col(HallLine.act) == CONDUCT)
    return len(set(tx.look(found).scalars()))


def has_promised(tx: Transaction, hall: HallRow, by: Acting) -> Acting:
    """The same person, if they have. Raises Refused for others: they read the code of conduct first."""
    if not has_signed(tx, hall.id, by.label):
        raise Refused(CONDUCT_FIRST)
    return by


# Messages ------------------------------------------------------------------------------------------------


def write_note(tx: Transaction, hall: HallRow, text: str, by: Acting, *, urgent: bool) -> None:
    """Tell the others of the team. An urgent message stands on top until somebody who runs the hall has read it."""
    hall = changeable(tx, hall)
    row = BackstageNote(hall_id=hall.id, label=by.label, text=text, urgent=urgent, written_at=by.at)
    tx.session.add(row)
    _tell_team(tx, hall, str(row.public_id), by)


def note_read(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting) -> None:
    """It was read, and stands in nobody's way any more."""
    read = tx.run(
        update(BackstageNote)
        .where(col(BackstageNote.hall_id) == hall.id, col(BackstageNote.public_id) == public_id)
        .values(read_at=by.at)
    )
    if changed(read) == 0:
        raise NotFound
    _tell_team(tx, hall, str(public_id), by)


def _tell_team(tx: Transaction, hall: HallRow, target: str, by: Acting) -> None:
    tell(tx, hall.id, (Channel.CONSOLE, "note", target), (Channel.DESK, "note", target), at=by.at)


def notes_of(tx: Transaction, hall_id: int) -> Sequence[NoteRow]:
    """The team's messages, the newest first."""
    statement = (
        select(
            col(BackstageNote.public_id),
            col(BackstageNote.label),
            col(BackstageNote.text),
            col(BackstageNote.urgent),
            col(BackstageNote.written_at),
            col(BackstageNote.read_at),
        )
        .where(col(BackstageNote.hall_id) == hall_id)
        .order_by(col(BackstageNote.id).desc())
        .limit(NOTES_SHOWN)
    )
    return [made(NoteRow, row) for row in tx.look(statement)]


def lines_of(tx: Transaction, hall_id: int) -> Sequence[LineRow]:
    """The newest lines of the log."""
    statement = (
        select(
            col(HallLine.done_at),
            col(HallLine.label),
            col(HallLine.act),
            col(HallLine.target),
            col(HallLine.reason),
        )
        .where(col(HallLine.hall_id) == hall_id)
        .order_by(col(HallLine.id).desc())
        .limit(LINES_SHOWN)
    )
    return [made(LineRow, row) for row in tx.look(statement)]
