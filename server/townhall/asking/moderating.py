"""What moderators do with questions: claim, let through, hide details, decline, merge, lead elsewhere, take out.

Every outcome is told to the author on their own page. No deed of a moderator is lost by two of them at once: a
question is claimed for a minute, and whoever decides on another version than the one on the screen looks again.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.permissions import Role
from server.townhall.asking import queries
from server.townhall.asking.models import PUBLIC_STATES, Question, QuestionState, QuestionText, Reason
from server.townhall.asking.queries import PUBLIC, QuestionRow
from server.townhall.asking.rules import erase_words, gone, heard_by, set_state
from server.townhall.halls import queries as halls
from server.townhall.halls.models import Seat
from server.townhall.halls.queries import HallRow
from server.townhall.halls.rules import SEATS_KEY
from server.townhall.halls.states import Channel, HallState, of_seat
from server.townhall.halls.team import Acting, note
from server.townhall.halls.telling import tell

CHANGED = say("Somebody else has decided on this question, or its author has changed it. Please look again.")
CLAIMED = say("A colleague is reading this question just now.")
FOR_TRAINED = say("Only people who are trained for it open this question.")
NOT_ITSELF = say("A question cannot be merged into itself.")
NOT_PUBLIC = say("It can be merged only into a question that everybody can read.")
SAY_WHY = say("Please choose a reason.")
NO_SEAT = say("Nobody's seat stands behind this: it came another way, or the keys are gone.")
NOT_ALIKE = say("A question can be merged into a question, and nothing else.")
_OPEN = (QuestionState.PENDING, QuestionState.LEFT_OVER)


def claim(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting, *, seconds: int) -> None:
    """Keep a question for oneself, for a minute."""
    question = _open_question(tx, hall, public_id, by)
    tx.run(
        update(Question)
        .where(col(Question.id) == question.id)
        .values(claimed_by=by.member_id, claimed_until=by.at + timedelta(seconds=seconds))
    )
    tell(tx, hall.id, (Channel.DESK, "question", str(public_id)), at=by.at)


def approve(
    tx: Transaction, hall: HallRow, public_id: UUID, version: int, by: Acting, *, public_text: str = ""
) -> None:
    """Let everybody read it. With `public_text` they read this: the author's own words stay for the author only."""
    question = _decided_by(tx, hall, public_id, version, by)
    if public_text and _says_the_same(tx, question, public_text):
        public_text = ""
    if public_text:
        _put_public(tx, question, public_text)
    over = halls.held(tx, hall.id).state == HallState.CLOSED and question.poll_id is None
    state = QuestionState.LATER if over else QuestionState.APPROVED
    number = question.number if question.poll_id else question.number or queries.next_number(tx, hall.id)
    set_state(tx, question, state, at=by.at, number=number, edited=question.edited or bool(public_text))
    note(tx, hall, by, "edited" if public_text else "approved", target=str(public_id))
    _tell_changed(tx, hall, question, state, by)


def decline(
    tx: Transaction, hall: HallRow, public_id: UUID, version: int, reason: Reason | None, words: str, by: Acting
) -> None:
    """Do not take it, and say why: the author reads the reason and these words."""
    if reason is None:
        raise Refused(SAY_WHY, field="reason")
    question = _decided_by(tx, hall, public_id, version, by)
    set_state(tx, question, QuestionState.DECLINED, at=by.at, reason=reason, note=words)
    note(tx, hall, by, "declined", target=str(public_id), reason=str(reason))
    _tell_changed(tx, hall, question, QuestionState.DECLINED, by)


def merge(tx: Transaction, hall: HallRow, public_id: UUID, version: int, into: UUID, by: Acting) -> None:
    """It asks the same as another one: its people count there, and its author is told which."""
    question = _decided_by(tx, hall, public_id, version, by)
    other = queries.question_held(tx, hall.id, into)
    if other is None or other.state not in PUBLIC_STATES:
        raise Refused(NOT_PUBLIC)
    if other.id == question.id:
        raise Refused(NOT_ITSELF)
    if question.poll_id is not None or other.poll_id is not None:
        raise Refused(NOT_ALIKE)
    set_state(tx, question, QuestionState.MERGED, at=by.at, merged_into=other.id)
    tx.run(
        update(Question)
        .where(col(Question.id) == other.id)
        .values(endorsed=col(Question.endorsed) + 1 + question.endorsed)
    )
    note(tx, hall, by, "merged", target=str(public_id))
    tell(tx, hall.id, *heard_by(other.public_id, "tally", QuestionState(other.state)), at=by.at)
    _tell_changed(tx, hall, question, QuestionState.MERGED, by)


def divert(tx: Transaction, hall: HallRow, public_id: UUID, version: int, by: Acting) -> None:
    """Its words go from here. Only its author is shown the private door; nobody hands anything on for them."""
    question = _decided_by(tx, hall, public_id, version, by)
    set_state(tx, question, QuestionState.DIVERTED, at=by.at, rules=[], urgent=False)
    erase_words(tx, question.id)
    note(tx, hall, by, "diverted", target=str(public_id))
    _tell_changed(tx, hall, question, QuestionState.DIVERTED, by)


def remove(tx: Transaction, hall: HallRow, public_id: UUID, reason: Reason | None, words: str, by: Acting) -> None:
    """Take out what everybody could read: no page, no socket and no log gives it back."""
    if reason is None:
        raise Refused(SAY_WHY, field="reason")
    question = _held(tx, hall, public_id)
    if question.state not in PUBLIC_STATES:
        raise Refused(CHANGED)
    set_state(tx, question, QuestionState.REMOVED, at=by.at, reason=reason, note=words)
    erase_words(tx, question.id)
    note(tx, hall, by, "removed", target=str(public_id), reason=str(reason))
    _tell_changed(tx, hall, question, QuestionState.REMOVED, by)


def quieten(tx: Transaction, hall: HallRow, public_id: UUID, minutes: int, by: Acting) -> None:
    """Whoever asked this asks nothing for a while; they still read and listen. Nobody learns who it is."""
    question = _held(tx, hall, public_id)
    seat = seat_behind(tx, hall, question)
    if seat is None:
        raise Refused(NO_SEAT)
    until = by.at + timedelta(minutes=minutes)
    tx.run(update(Seat).where(col(Seat.public_id) == seat).values(muted_until=until))
    note(tx, hall, by, "quietened", target=str(public_id))
    tell(tx, hall.id, (of_seat(str(seat)), "own", str(public_id)), at=by.at)


def _says_the_same(tx: Transaction, question: QuestionRow, words: str) -> bool:
    own = queries.words_of(tx, [question.id]).get(question.id, [])
    return any(entry.kind == queries.ORIGINAL and entry.text == words for entry in own)


def _put_public(tx: Transaction, question: QuestionRow, words: str) -> None:
    tx.session.add(QuestionText(question_id=question.id, language=question.language, kind=PUBLIC, text=words))


def _held(tx: Transaction, hall: HallRow, public_id: UUID) -> QuestionRow:
    question = queries.question_held(tx, hall.id, public_id)
    if question is None:
        raise NotFound
    return question


def _open_question(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting) -> QuestionRow:
    """A question that waits. Who is trained but no moderator here sees what is urgent, and nothing else."""
    question = _held(tx, hall, public_id)
    if by.role == Role.PROTECTION and not question.urgent:
        raise NotFound
    if question.urgent and not by.trained:
        raise Refused(FOR_TRAINED)
    if question.state not in _OPEN:
        raise Refused(CHANGED)
    if question.claimed_until is not None and question.claimed_until > by.at and question.claimed_by != by.member_id:
        raise Refused(CLAIMED)
    return question


def _decided_by(tx: Transaction, hall: HallRow, public_id: UUID, version: int, by: Acting) -> QuestionRow:
    question = _open_question(tx, hall, public_id, by)
    if question.version != version:
        raise Refused(CHANGED)
    return question


def seat_behind(tx: Transaction, hall: HallRow, question: QuestionRow) -> UUID | None:
    """The seat that asked it, while the hall's key lasts: so that its own page can be told."""
    mine = (seat for key, seat in _authors(tx, hall) if key == question.author_key)
    return next(mine, None) if question.author_key is not None else None


def authors(tx: Transaction, hall: HallRow) -> Mapping[bytes, UUID]:
    """The seats of the hall by what they sign their questions with, while the hall's key lasts."""
    return dict(_authors(tx, hall))


def _authors(tx: Transaction, hall: HallRow) -> Iterator[tuple[bytes, UUID]]:
    key = halls.key_of(tx, hall.id, SEATS_KEY)
    if key is not None:
        for seat_id, public_id in tx.look(
            select(col(Seat.id), col(Seat.public_id)).where(col(Seat.hall_id) == hall.id)
        ):
            yield queries.key_for(key, "asks", seat_id), public_id


def _tell_changed(tx: Transaction, hall: HallRow, question: QuestionRow, state: QuestionState, by: Acting) -> None:
    """The team, everybody where they may read it (or could before), and the author."""
    told = list(heard_by(question.public_id, "question", state, in_poll=question.poll_id is not None))
    if state not in PUBLIC_STATES and question.state in PUBLIC_STATES:
        told = list(gone(question.public_id))
    seat = seat_behind(tx, hall, question)
    if seat is not None:
        told.append((of_seat(str(seat)), "own", str(question.public_id)))
    tell(tx, hall.id, *told, at=by.at)
