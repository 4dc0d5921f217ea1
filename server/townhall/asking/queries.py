"""The questions that pages and rules ask about questions. Words are read with them, and stand nowhere else."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlmodel import col

from server.database import Transaction, made
from server.prepared import Prepared
from server.townhall.asking.models import (
    PUBLIC_STATES,
    Answer,
    Endorsement,
    Question,
    QuestionState,
    QuestionText,
    Reason,
    Source,
)
from server.web.words import language_dir

ORIGINAL, PUBLIC, HUMAN = "original", "public", "human"
QUESTIONS_SHOWN = 200


def key_for(key: bytes, *parts: object) -> bytes:
    """What stands for a seat under a key of its hall; with a question among the parts it is another one for each."""
    return hmac.digest(key, "/".join(map(str, parts)).encode(), sha256)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question without its words."""

    id: int
    public_id: UUID
    hall_id: int
    session_id: int | None
    poll_id: int | None
    number: int | None
    state: QuestionState
    source: Source
    language: str
    author_key: bytes | None
    quote_ok: bool
    people: int
    version: int
    urgent: bool
    rules: Sequence[str]
    edited: bool
    reason: Reason | None
    note: str
    merged_into: int | None
    claimed_by: int | None
    claimed_until: datetime | None
    endorsed: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Worded:
    """The words of a question in one language, and whose they are."""

    language: str
    kind: str
    text: str

    @property
    def dir(self) -> str:
        """The direction in which they are read."""
        return language_dir(self.language)


_COLUMNS = tuple(getattr(Question, name) for name in QuestionRow.__annotations__)
_BY_ID = Prepared(
    select(*_COLUMNS).where(
        col(Question.hall_id) == bindparam("hall_id"), col(Question.public_id) == bindparam("public_id")
    )
)
_HELD = Prepared(
    select(*_COLUMNS)
    .where(col(Question.hall_id) == bindparam("hall_id"), col(Question.public_id) == bindparam("public_id"))
    .with_for_update()
)


def question_by_id(tx: Transaction, hall_id: int, public_id: UUID) -> QuestionRow | None:
    """A question of this hall, wherever it stands."""
    row = tx.ask(_BY_ID, {"hall_id": hall_id, "public_id": public_id}).first()
    return None if row is None else made(QuestionRow, row)


def question_held(tx: Transaction, hall_id: int, public_id: UUID) -> QuestionRow | None:
    """The same, held still until this visit ends."""
    row = tx.ask(_HELD, {"hall_id": hall_id, "public_id": public_id}).first()
    return None if row is None else made(QuestionRow, row)


def questions_by_ids(tx: Transaction, hall_id: int, public_ids: Collection[UUID]) -> dict[UUID, QuestionRow]:
    """These questions of the hall, wherever they stand; those that are not there are left out."""
    if not public_ids:
        return {}
    statement = select(*_COLUMNS).where(col(Question.hall_id) == hall_id, col(Question.public_id).in_(public_ids))
    rows = (made(QuestionRow, row) for row in tx.look(statement))
    return {row.public_id: row for row in rows}


def questions_of_authors(
    tx: Transaction, hall_id: int, author_keys: Collection[bytes]
) -> dict[bytes, list[QuestionRow]]:
    """What was asked under each of these keys, the newest first."""
    found: dict[bytes, list[QuestionRow]] = {}
    if not author_keys:
        return found
    statement = (
        select(*_COLUMNS)
        .where(col(Question.hall_id) == hall_id, col(Question.author_key).in_(author_keys))
        .order_by(col(Question.id).desc())
    )
    for row in (made(QuestionRow, row) for row in tx.look(statement)):
        assert row.author_key is not None
        found.setdefault(row.author_key, []).append(row)
    return found


def how_many_wait(tx: Transaction, hall_id: int) -> int:
    """How many questions wait for a moderator."""
    return tx.look(
        select(func.count()).where(col(Question.hall_id) == hall_id, col(Question.state) == QuestionState.PENDING)
    ).scalar_one()


def _questions(*where: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    return select(*_COLUMNS).where(*where).limit(QUESTIONS_SHOWN)


def public_questions(tx: Transaction, hall_id: int) -> list[QuestionRow]:
    """What everybody in the hall reads: on stage first, then by how many want to hear it, then the oldest."""
    statement = _questions(
        col(Question.hall_id) == hall_id, col(Question.state).in_(PUBLIC_STATES), col(Question.poll_id).is_(None)
    ).order_by(
        (col(Question.state) == QuestionState.ON_STAGE).desc(),
        (col(Question.state) == QuestionState.APPROVED).desc(),
        col(Question.endorsed).desc(),
        col(Question.number),
    )
    return [made(QuestionRow, row) for row in tx.look(statement)]


def answers_in_polls(tx: Transaction, polls: Sequence[int]) -> list[QuestionRow]:
    """What everybody reads of the answers in own words to these polls, the oldest first."""
    statement = _questions(col(Question.poll_id).in_(polls), col(Question.state).in_(PUBLIC_STATES))
    return [made(QuestionRow, row) for row in tx.look(statement.order_by(col(Question.id)))]


def waiting_questions(tx: Transaction, hall_id: int, *, at: datetime) -> list[QuestionRow]:
    """The moderators' queue: people in danger first, then the oldest."""
    waiting = (QuestionState.PENDING, QuestionState.LEFT_OVER)
    statement = _questions(col(Question.hall_id) == hall_id, col(Question.state).in_(waiting)).order_by(
        col(Question.urgent).desc(), col(Question.id)
    )
    return [made(QuestionRow, row) for row in tx.look(statement)]


def own_questions(tx: Transaction, hall_id: int, author_key: bytes) -> list[QuestionRow]:
    """What somebody asked from their seat, the newest first."""
    statement = _questions(col(Question.hall_id) == hall_id, col(Question.author_key) == author_key).order_by(
        col(Question.id).desc()
    )
    return [made(QuestionRow, row) for row in tx.look(statement)]


def words_of(tx: Transaction, questions: Sequence[int]) -> dict[int, list[Worded]]:
    """The words of these questions."""
    found: dict[int, list[Worded]] = {}
    statement = select(
        col(QuestionText.question_id), col(QuestionText.language), col(QuestionText.kind), col(QuestionText.text)
    ).where(col(QuestionText.question_id).in_(questions))
    for question_id, language, kind, text in tx.look(statement):
        found.setdefault(question_id, []).append(Worded(language, kind, text))
    return found


def shown_words(words: Sequence[Worded], language: str) -> Worded | None:
    """What a reader of this language gets: an interpreter's words in it, else what stands for everybody."""
    ranked = {HUMAN: 0, PUBLIC: 1, ORIGINAL: 2}
    fitting = [entry for entry in words if entry.kind != HUMAN or entry.language == language]
    return min(fitting, key=lambda entry: ranked[entry.kind], default=None)


def answers_of(tx: Transaction, questions: Sequence[int]) -> dict[int, dict[str, str]]:
    """What was answered, by question and language."""
    found: dict[int, dict[str, str]] = {}
    statement = select(col(Answer.question_id), col(Answer.language), col(Answer.text)).where(
        col(Answer.question_id).in_(questions)
    )
    for question_id, language, text in tx.look(statement):
        found.setdefault(question_id, {})[language] = text
    return found


def endorsed_by(tx: Transaction, votes_key: bytes, seat_id: int, questions: Sequence[QuestionRow]) -> set[int]:
    """Which of these questions this seat has endorsed: only the seat itself asks that."""
    keys = {key_for(votes_key, "endorses", seat_id, question.public_id): question.id for question in questions}
    rows = tx.look(select(col(Endorsement.voter_key)).where(col(Endorsement.voter_key).in_(keys)))
    return {keys[bytes(row[0])] for row in rows}


def oldest_waiting(tx: Transaction, hall_id: int) -> datetime | None:
    """Since when the oldest question waits for a moderator."""
    return tx.look(
        select(func.min(col(Question.asked_at))).where(
            col(Question.hall_id) == hall_id, col(Question.state) == QuestionState.PENDING
        )
    ).scalar_one()


def next_number(tx: Transaction, hall_id: int) -> int:
    """The number of the next question that everybody can read."""
    highest = tx.look(
        select(func.coalesce(func.max(col(Question.number)), 0)).where(col(Question.hall_id) == hall_id)
    ).scalar_one()
    return int(highest) + 1
