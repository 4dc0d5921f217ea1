"""Halls on the list: roles in one hall alone, and questions whose words were taken out."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from server.accounts.models import Member
from server.database import Transaction
from server.townhall.asking.models import Question, QuestionState
from server.townhall.asking.queries import question_held
from server.townhall.asking.rules import erase_words, set_state
from server.townhall.halls.models import Hall, HallRole

_WITHOUT_WORDS = (QuestionState.WITHDRAWN, QuestionState.REMOVED, QuestionState.DIVERTED)


def taken_out(tx: Transaction, since: datetime) -> Iterator[tuple[UUID, datetime]]:
    """Questions whose words were taken back, taken out or led elsewhere, and when."""
    gone = col(Question.state).in_(_WITHOUT_WORDS) & (col(Question.decided_at) >= since)
    yield from (
        (row[0], row[1]) for row in tx.look(select(col(Question.public_id), col(Question.decided_at)).where(gone))
    )


def with_words(tx: Transaction) -> list[tuple[int, UUID]]:
    """Every other question, each with the key of its hall."""
    wanted = select(col(Question.hall_id), col(Question.public_id))
    return [(row[0], row[1]) for row in tx.look(wanted.where(col(Question.state).not_in(_WITHOUT_WORDS)))]


def take_out(tx: Transaction, hall_id: int, public_id: UUID, *, at: datetime) -> None:
    """Its words are nowhere any more."""
    question = question_held(tx, hall_id, public_id)
    assert question is not None
    set_state(tx, question, QuestionState.WITHDRAWN, at=at)
    erase_words(tx, question.id)


def roles(tx: Transaction) -> Iterator[tuple[int, bytes]]:
    """Roles that were given in a hall: the row, and what stands for it wherever it lies."""
    rows = tx.look(
        select(col(HallRole.id), col(HallRole.role), col(HallRole.language), col(Member.login_key), col(Hall.public_id))
        .join(Member, col(Member.id) == col(HallRole.member_id))
        .join(Hall, col(Hall.id) == col(HallRole.hall_id))
        .where(col(HallRole.given))
    )
    for row, role, language, login, hall in rows:
        yield row, hall.bytes + bytes(login) + f"{role}\0{language}".encode()
