"""Asking for people who have no telephone: every entry passes the same checks, and its label says how it came."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import col

from server.crypto.tokens import ALPHABET, plain_code
from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.permissions import Role
from server.townhall.asking import queries, rules
from server.townhall.asking.models import PUBLIC_STATES, Question, Source
from server.townhall.asking.queries import QuestionRow, key_for
from server.townhall.asking.rules import IS_OVER, Asked, Asker, Asking
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.rules import SEATS_KEY
from server.townhall.halls.team import Acting, note

RECEIPT_SIGNS = 6
"""Of thirty: 729 million for one hall. Whoever guesses is slowed down, and the key behind them lives for a day."""
NO_SUCH_QUESTION = say("Nobody can read a question with this number.")


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered, and the code with which its author can look what became of it."""

    asked: Asked
    receipt: str


def receipt_for(tx: Transaction, hall: HallRow, command: UUID | None) -> str:
    """A code to copy on paper: K7P-82M. The same form sent twice gives the same code, and asks once."""
    number = int.from_bytes(key_for(_key(tx, hall), "receipt of", command or uuid4()))
    signs = "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(RECEIPT_SIGNS))
    return f"{signs[:3]}-{signs[3:]}"


def receipt_key(tx: Transaction, hall: HallRow, receipt: str) -> bytes:
    """What stands for a receipt beside its question. Raises Refused once the hall's key is destroyed."""
    return key_for(_key(tx, hall), "receipt", plain_code(receipt))


def _key(tx: Transaction, hall: HallRow) -> bytes:
    key = halls.key_of(tx, hall.id, SEATS_KEY)
    if key is None:
        raise Refused(IS_OVER)
    return key


def enter(tx: Transaction, hall: HallRow, asking: Asking, *, source: Source, people: int, by: Acting) -> Entered:
    """Ask for somebody else: it waits like every question, and belongs to whoever holds the receipt."""
    if by.role != Role.HELPER:
        raise NotFound
    receipt = receipt_for(tx, hall, asking.command)
    asker = Asker(receipt_key(tx, hall, receipt), source, people=max(1, people))
    asked = rules.ask(tx, hall, asker, asking, at=by.at)
    note(tx, hall, by, "entered", target=str(asked.question), reason=str(source))
    return Entered(asked, receipt)


def endorse_for(tx: Transaction, hall: HallRow, number: int, message: UUID, by: Acting) -> None:
    """A message says that somebody wants to hear this answer too. The log says who passed it on."""
    question = readable_by_number(tx, hall, number)
    rules.endorse(tx, hall, _stand_in(hall, message, by.at), question.public_id, at=by.at)
    note(tx, hall, by, "endorsed_for", target=str(question.public_id))


def readable_by_number(tx: Transaction, hall: HallRow, number: int) -> QuestionRow:
    """The question that people know by this number. Raises Refused where nobody can read one."""
    public_id = tx.look(
        select(col(Question.public_id)).where(
            col(Question.hall_id) == hall.id,
            col(Question.number) == number,
            col(Question.state).in_(PUBLIC_STATES),
            col(Question.poll_id).is_(None),
        )
    ).scalar_one_or_none()
    found = None if public_id is None else queries.question_by_id(tx, hall.id, public_id)
    if found is None:
        raise Refused(NO_SUCH_QUESTION, field="message")
    return found


def _stand_in(hall: HallRow, message: UUID, at: datetime) -> SeatRow:
    """One voter for one message: a number that no seat has, the same when the form is sent twice."""
    number = -int.from_bytes(message.bytes[:6])
    return SeatRow(number, message, hall.id, "", hall.base_language, at, None)


def of_receipt(tx: Transaction, hall: HallRow, receipt: str) -> list[QuestionRow]:
    """What was asked with this receipt; nothing once the hall's key is destroyed."""
    if len(plain_code(receipt)) != RECEIPT_SIGNS or halls.key_of(tx, hall.id, SEATS_KEY) is None:
        return []
    return queries.own_questions(tx, hall.id, receipt_key(tx, hall, receipt))
