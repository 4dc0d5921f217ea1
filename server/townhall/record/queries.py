"""What pages and rules ask about the record of a hall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from server.database import Transaction, made
from server.townhall.asking.models import PUBLIC_STATES, Question, QuestionState
from server.townhall.asking.queries import QuestionRow
from server.townhall.halls.models import Hall, Seat
from server.townhall.halls.states import HallState
from server.townhall.record.models import (
    Commitment,
    CommitmentStep,
    CommitmentWords,
    Record,
    RecordWords,
    Standing,
)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """The account of a hall: its numbers, and since when others can read it."""

    hall_id: int
    numbers: Mapping[str, int]
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the record in one language."""

    position: int
    kind: str
    language: str
    said: str
    answered: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A promise without its words."""

    id: int
    public_id: UUID
    hall_id: int
    position: int
    standing: Standing
    question: UUID | None
    number: int
    owner: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class PromiseWords:
    """The words of a promise in one language."""

    you_said: str
    we_do: str
    because: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """From which day a promise stood so."""

    standing: Standing
    on: date


_RECORD = tuple(getattr(Record, name) for name in RecordRow.__annotations__)
_ENTRY = tuple(getattr(RecordWords, name) for name in EntryRow.__annotations__)
_QUESTION = tuple(getattr(Question, name) for name in QuestionRow.__annotations__)
_COMMITMENT = tuple(getattr(Commitment, name) for name in CommitmentRow.__annotations__)


def record_of(tx: Transaction, hall_id: int) -> RecordRow | None:
    """The record of the hall; none before its end."""
    row = tx.look(select(*_RECORD).where(col(Record.hall_id) == hall_id)).first()
    return None if row is None else made(RecordRow, row)


def entries_of(tx: Transaction, hall_id: int) -> list[EntryRow]:
    """Everything that was published, by its place."""
    statement = select(*_ENTRY).where(col(RecordWords.hall_id) == hall_id)
    return [made(EntryRow, row) for row in tx.look(statement.order_by(col(RecordWords.position), col(RecordWords.id)))]


def commitments_of(tx: Transaction, hall_id: int) -> list[CommitmentRow]:
    """The promises, in their order."""
    statement = select(*_COMMITMENT).where(col(Commitment.hall_id) == hall_id)
    return [
        made(CommitmentRow, row) for row in tx.look(statement.order_by(col(Commitment.position), col(Commitment.id)))
    ]


def words_of(tx: Transaction, commitments: Sequence[int]) -> dict[int, dict[str, PromiseWords]]:
    """The words of these promises, by language."""
    found: dict[int, dict[str, PromiseWords]] = {}
    statement = select(
        col(CommitmentWords.commitment_id),
        col(CommitmentWords.language),
        col(CommitmentWords.you_said),
        col(CommitmentWords.we_do),
        col(CommitmentWords.because),
    ).where(col(CommitmentWords.commitment_id).in_(commitments))
    for key, language, *words in tx.look(statement):
        found.setdefault(key, {})[language] = PromiseWords(*words)
    return found


def steps_of(tx: Transaction, commitments: Sequence[int]) -> dict[int, list[StepRow]]:
    """How these promises stood, the oldest first."""
    found: dict[int, list[StepRow]] = {}
    statement = (
        select(col(CommitmentStep.commitment_id), col(CommitmentStep.standing), col(CommitmentStep.on))
        .where(col(CommitmentStep.commitment_id).in_(commitments))
        .order_by(col(CommitmentStep.id))
    )
    for key, standing, on in tx.look(statement):
        found.setdefault(key, []).append(StepRow(Standing(standing), on))
    return found


def outcomes(tx: Transaction, hall_id: int) -> Mapping[tuple[str, str], int]:
    """How many questions stand where, by state and reason; answers to polls do not count."""
    statement = (
        select(col(Question.state), func.coalesce(col(Question.reason), ""), func.count())
        .where(col(Question.hall_id) == hall_id, col(Question.poll_id).is_(None))
        .group_by(col(Question.state), col(Question.reason))
    )
    return {(str(state), str(reason)): count for state, reason, count in tx.look(statement)}


def owed(tx: Transaction, hall_id: int) -> list[UUID]:
    """The questions that everybody could read and nobody has answered."""
    statement = (
        select(col(Question.public_id))
        .where(
            col(Question.hall_id) == hall_id,
            col(Question.state) == QuestionState.LATER,
            col(Question.poll_id).is_(None),
        )
        .order_by(col(Question.number))
    )
    return list(tx.look(statement).scalars())


def readable(tx: Transaction, hall_id: int) -> list[QuestionRow]:
    """Every question that everybody could read, by its number."""
    statement = select(*_QUESTION).where(
        col(Question.hall_id) == hall_id, col(Question.state).in_(PUBLIC_STATES), col(Question.poll_id).is_(None)
    )
    return [made(QuestionRow, row) for row in tx.look(statement.order_by(col(Question.number)))]


def seats_at(tx: Transaction, hall_id: int) -> int:
    """How many seats were taken."""
    return int(tx.look(select(func.count()).where(col(Seat.hall_id) == hall_id)).scalar_one())


def closed_without_record(tx: Transaction) -> list[int]:
    """Halls that are over and were not counted yet; a rehearsal has no record."""
    recorded = select(col(Record.hall_id))
    statement = select(col(Hall.id)).where(
        col(Hall.state) == HallState.CLOSED, ~col(Hall.rehearsal), col(Hall.id).not_in(recorded)
    )
    return list(tx.look(statement).scalars())
