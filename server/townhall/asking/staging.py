"""What the facilitator does with questions that everybody can read: bring them on stage, and have them answered."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, true, update
from sqlmodel import col

from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.townhall.asking import queries
from server.townhall.asking.models import PUBLIC_STATES, Answer, Question, QuestionState
from server.townhall.asking.moderating import CHANGED, authors, seat_behind
from server.townhall.asking.queries import QuestionRow
from server.townhall.asking.rules import heard_by, set_state
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallRow
from server.townhall.halls.states import Act, HallState, of_seat
from server.townhall.halls.team import Acting, note
from server.townhall.halls.telling import tell

NOT_NOW = say("The hall is not open just now: nothing can be brought on stage.")
NOT_PUBLIC = say("Only a question that everybody can read can be brought on stage or answered.")


def bring_on_stage(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting, *, version: int | None = None) -> None:
    """This question is answered now. Whatever was on stage goes back to the others."""
    if not halls.held(tx, hall.id).allows(Act.PRESENT):
        raise Refused(NOT_NOW)
    question = _public(tx, hall, public_id, version)
    shown = tx.look(
        select(col(Question.public_id)).where(
            col(Question.hall_id) == hall.id, col(Question.state) == QuestionState.ON_STAGE
        )
    ).scalars()
    for other in list(shown):
        if other != public_id:
            _set(tx, hall, _public(tx, hall, other), QuestionState.APPROVED, by)
    _set(tx, hall, question, QuestionState.ON_STAGE, by)


def leave_stage(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting, *, version: int | None = None) -> None:
    """Not now after all: back to the others."""
    _set(tx, hall, _public(tx, hall, public_id, version), QuestionState.APPROVED, by)


def answer(
    tx: Transaction,
    hall: HallRow,
    public_id: UUID,
    language: str,
    words: str,
    by: Acting,
    *,
    version: int | None = None,
) -> None:
    """It was answered; what was said, in one language, if somebody wrote it down."""
    question = _public(tx, hall, public_id, version)
    if words:
        tx.run(delete(Answer).where(col(Answer.question_id) == question.id, col(Answer.language) == language))
        tx.session.add(Answer(question_id=question.id, language=language, text=words, written_at=by.at))
    _set(tx, hall, question, QuestionState.ANSWERED, by)


def answer_later(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting, *, version: int | None = None) -> None:
    """It will be answered after the hall: it stands in the record with an owner and a day."""
    _set(tx, hall, _public(tx, hall, public_id, version), QuestionState.LATER, by)


def leave_over(tx: Transaction, hall: HallRow, by: Acting) -> None:
    """At the close: what nobody has read is kept for the team, and its authors are told so."""
    assert halls.held(tx, hall.id).state == HallState.CLOSED
    _all_to(tx, hall, QuestionState.LEFT_OVER, [QuestionState.PENDING], by)
    _all_to(tx, hall, QuestionState.LATER, [QuestionState.APPROVED, QuestionState.ON_STAGE], by)


def _all_to(tx: Transaction, hall: HallRow, to: QuestionState, states: Sequence[QuestionState], by: Acting) -> None:
    """Every question of the hall that is in one of these states; an answer to a poll stays where it is."""
    these = (
        col(Question.hall_id) == hall.id,
        col(Question.state).in_(states),
        col(Question.poll_id).is_(None) if to == QuestionState.LATER else true(),
    )
    rows = tx.look(select(col(Question.public_id), col(Question.author_key)).where(*these)).all()
    tx.run(update(Question).where(*these).values(state=to, version=col(Question.version) + 1))
    seats = authors(tx, hall)
    told = [line for public_id, _ in rows for line in heard_by(public_id, "question", to)]
    own = [(of_seat(str(seats[key])), "own", str(public_id)) for public_id, key in rows if key in seats]
    tell(tx, hall.id, *told, *own, at=by.at)


def _public(tx: Transaction, hall: HallRow, public_id: UUID, version: int | None = None) -> QuestionRow:
    """The question, held. With a version: as it was on the screen of whoever decides."""
    question = queries.question_held(tx, hall.id, public_id)
    if question is None:
        raise NotFound
    if question.state not in PUBLIC_STATES or question.poll_id is not None:
        raise Refused(NOT_PUBLIC)
    if version is not None and question.version != version:
        raise Refused(CHANGED)
    return question


def _set(tx: Transaction, hall: HallRow, question: QuestionRow, state: QuestionState, by: Acting) -> None:
    set_state(tx, question, state, at=by.at)
    note(tx, hall, by, str(state), target=str(question.public_id))
    told = list(heard_by(question.public_id, "question", state))
    seat = seat_behind(tx, hall, question)
    if seat is not None:
        told.append((of_seat(str(seat)), "own", str(question.public_id)))
    tell(tx, hall.id, *told, at=by.at)
