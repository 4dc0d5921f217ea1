"""What people in a hall do: ask, take back, and say that they want to hear an answer too.

One way to write for the form, the socket, the text message and the helper's desk: all of them call these verbs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlmodel import col

from moderation.verdict import Outcome, Rule, Verdict
from server.content import PROTECTIVE
from server.database import Transaction, changed
from server.errors import NotFound, Refused, TooFast, say
from server.townhall.asking import queries
from server.townhall.asking.models import (
    PUBLIC_STATES,
    Endorsement,
    Question,
    QuestionState,
    QuestionText,
    Source,
)
from server.townhall.asking.queries import ORIGINAL, QuestionRow, key_for
from server.townhall.halls import queries as halls
from server.townhall.halls.models import HallCommand
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.rules import SEATS_KEY, VOTES_KEY
from server.townhall.halls.states import Act, Channel, HallState, Risk, of_seat
from server.townhall.halls.telling import tell

NOT_NOW = say("Nothing can be asked just now. Your words are still here.")
NO_PART = say("This cannot be done just now.")
MUTED = say("You can ask again later. Until then you can read and listen.")
SLOWLY = say("Please wait a moment before the next question. Your words are still here.")
TOO_LATE = say("This question cannot be taken back any more.")
IS_OVER = say("This hall is over.")
_ENDORSE = text(
    "INSERT INTO hall_endorsement (question_id, voter_key) VALUES (:question_id, :voter_key) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as the hall knows: a key that only the hall's own key can tell, and a seat that hears of it."""

    key: bytes
    source: Source
    seat: SeatRow | None = None
    people: int = 1


@dataclass(frozen=True, slots=True)
class Asking:
    """A question, and what the machine said of it before any visit to the database was open."""

    text: str
    language: str
    verdict: Verdict
    session_id: int | None = None
    poll_id: int | None = None
    quote_ok: bool = False
    command: UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of it."""

    question: UUID
    state: QuestionState


def seat_asker(tx: Transaction, hall: HallRow, seat: SeatRow) -> Asker:
    """Somebody on their own telephone. Raises Refused once the key is gone."""
    early = hall.state == HallState.EARLY
    return Asker(author_key(tx, hall, seat), Source.EARLY if early else Source.WEB, seat)


def author_key(tx: Transaction, hall: HallRow, seat: SeatRow) -> bytes:
    """What stands for the seat beside its questions. Raises Refused once the hall's key is destroyed."""
    return key_for(_key(tx, hall, SEATS_KEY), "asks", seat.id)


def _key(tx: Transaction, hall: HallRow, purpose: str) -> bytes:
    key = halls.key_of(tx, hall.id, purpose)
    if key is None:
        raise Refused(IS_OVER)
    return key


def ask(tx: Transaction, hall: HallRow, asker: Asker, asking: Asking, *, at: datetime) -> Asked:
    """Take a question. It waits for a moderator unless the hall reads afterwards and the machine sees nothing."""
    hall = halls.held(tx, hall.id)
    if not hall.allows(Act.ASK):
        raise Refused(NOT_NOW)
    before = _taken_before(tx, hall, asker.key, asking.command)
    if before is not None:
        return before
    _keeps_the_pace(tx, hall, asker, at)
    state = _state_for(hall, asking.verdict)
    rules = [str(reason.rule) for reason in asking.verdict.reasons]
    question = Question(
        hall_id=hall.id,
        session_id=asking.session_id,
        poll_id=asking.poll_id,
        number=_number(tx, hall, asking, state),
        state=state,
        source=asker.source,
        language=asking.language,
        author_key=asker.key,
        quote_ok=asking.quote_ok,
        people=asker.people,
        urgent=bool(PROTECTIVE.intersection(rules)) or str(Rule.THREAT) in rules,
        rules=rules,
        asked_at=at,
    )
    tx.session.add(question)
    tx.session.flush()
    assert question.id is not None
    tx.session.add(QuestionText(question_id=question.id, language=asking.language, kind=ORIGINAL, text=asking.text))
    if asking.command is not None:
        _remember(tx, hall, asker.key, asking.command, f"{question.public_id} {state}", at)
    heard = heard_by(question.public_id, "question", state, asker.seat, in_poll=asking.poll_id is not None)
    tell(tx, hall.id, *heard, at=at)
    return Asked(question.public_id, state)


def _number(tx: Transaction, hall: HallRow, asking: Asking, state: QuestionState) -> int | None:
    """Questions that everybody can read are counted; answers to a poll are not."""
    counted = state == QuestionState.APPROVED and asking.poll_id is None
    return queries.next_number(tx, hall.id) if counted else None


def _state_for(hall: HallRow, verdict: Verdict) -> QuestionState:
    """A failing machine holds, and so does a pause: nobody sits at the desk then."""
    at_once = (
        not hall.premoderated
        and hall.risk != Risk.HIGH
        and hall.state in (HallState.OPEN, HallState.EARLY)
        and verdict.outcome == Outcome.PUBLISH
        and not verdict.raised
    )
    return QuestionState.APPROVED if at_once else QuestionState.PENDING


def heard_by(
    question: UUID, kind: str, state: QuestionState, seat: SeatRow | None = None, *, in_poll: bool = False
) -> Sequence[tuple[str, str, str]]:
    """Who hears of a change: the team always, everybody only of what they may read, the author of their own.

    An answer to a poll is seen with its poll, when that shows answers: nobody hears of it before.
    """
    target = str(question)
    heard = [(str(Channel.DESK), kind, target), (str(Channel.CONSOLE), kind, target)]
    if state in PUBLIC_STATES and not in_poll:
        heard += [(str(Channel.PUBLIC), kind, target), (str(Channel.STAGE), kind, target)]
    if seat is not None:
        heard.append((of_seat(str(seat.public_id)), "own", target))
    return heard


def gone(question: UUID) -> Sequence[tuple[str, str, str]]:
    """For everybody who may have read it: it is not there any more."""
    return [(str(on), "gone", str(question)) for on in (Channel.PUBLIC, Channel.STAGE, Channel.CONSOLE, Channel.DESK)]


def _taken_before(tx: Transaction, hall: HallRow, actor: bytes, command: UUID | None) -> Asked | None:
    if command is None:
        return None
    found = tx.look(
        select(col(HallCommand.result)).where(
            col(HallCommand.hall_id) == hall.id, col(HallCommand.actor) == actor, col(HallCommand.command) == command
        )
    ).scalar_one_or_none()
    if found is None:
        return None
    question, _, state = str(found).partition(" ")
    return Asked(UUID(question), QuestionState(state))


def _remember(tx: Transaction, hall: HallRow, actor: bytes, command: UUID, result: str, at: datetime) -> None:
    row = HallCommand(hall_id=hall.id, actor=actor, command=command, result=result, taken_at=at)
    tx.run(insert(HallCommand), [row.model_dump(exclude={"id"})])


def forget_commands(tx: Transaction, *, minutes: int, at: datetime) -> None:
    """Commands that nobody sends a second time any more."""
    tx.run(delete(HallCommand).where(col(HallCommand.taken_at) < at - timedelta(minutes=minutes)))


def _keeps_the_pace(tx: Transaction, hall: HallRow, asker: Asker, at: datetime) -> None:
    seat = asker.seat
    if seat is None:
        return
    if seat.muted_until is not None and seat.muted_until > at:
        raise Refused(MUTED)
    if not hall.slow_seconds:
        return
    last = tx.look(
        select(func.max(col(Question.asked_at))).where(
            col(Question.hall_id) == hall.id, col(Question.author_key) == asker.key
        )
    ).scalar_one()
    if last is not None and at < last + timedelta(seconds=hall.slow_seconds):
        wait = (last + timedelta(seconds=hall.slow_seconds) - at).total_seconds()
        raise TooFast(SLOWLY, retry_after=max(1, int(wait)))


# What is one's own ---------------------------------------------------------------------------------------


def take_back(tx: Transaction, hall: HallRow, seat: SeatRow, public_id: UUID, *, at: datetime) -> None:
    """Withdraw an own question: its words go at once, from here and from every screen."""
    hall = halls.held(tx, hall.id)
    question = queries.question_held(tx, hall.id, public_id)
    if question is None or question.author_key != author_key(tx, hall, seat):
        raise NotFound
    if question.state not in (QuestionState.PENDING, QuestionState.APPROVED):
        raise Refused(TOO_LATE)
    set_state(tx, question, QuestionState.WITHDRAWN, at=at)
    erase_words(tx, question.id)
    tell(tx, hall.id, *gone(public_id), (of_seat(str(seat.public_id)), "own", str(public_id)), at=at)


def set_state(tx: Transaction, question: QuestionRow, state: QuestionState, *, at: datetime, **more: object) -> None:
    """Move a question, and let go of whoever had claimed it."""
    values = {"state": state, "version": question.version + 1, "claimed_by": None, "claimed_until": None, **more}
    tx.run(update(Question).where(col(Question.id) == question.id).values(decided_at=at, **values))


def erase_words(tx: Transaction, question_id: int) -> None:
    """The words are nowhere any more."""
    tx.run(delete(QuestionText).where(col(QuestionText.question_id) == question_id))
    tx.erases = True


# Endorsing -----------------------------------------------------------------------------------------------


def endorse(tx: Transaction, hall: HallRow, seat: SeatRow, public_id: UUID, *, at: datetime) -> None:
    """Say that one wants to hear the answer too. Twice is once; nothing links it to other questions."""
    question, voter = _voting(tx, hall, seat, public_id)
    added = tx.run(_ENDORSE, {"question_id": question.id, "voter_key": voter})
    if changed(added):
        _count(tx, hall, question, +1, at)


@dataclass(frozen=True, slots=True)
class Wish:
    """One seat wants to hear the answer to one question."""

    hall_id: int
    seat_id: int
    question: UUID


def endorse_together(tx: Transaction, wishes: Sequence[Wish], *, at: datetime) -> list[Exception | None]:
    """Many at once, each as if it were alone: what became of each of them, in their order."""
    outcomes: list[Exception | None] = [None] * len(wishes)
    for hall_id in sorted({wish.hall_id for wish in wishes}):
        places = [place for place, wish in enumerate(wishes) if wish.hall_id == hall_id]
        try:
            hall, key = _taking_part(tx, halls.held(tx, hall_id))
        except Refused as refused:
            for place in places:
                outcomes[place] = refused
            continue
        seats = halls.seats_by_ids(tx, {wishes[place].seat_id for place in places}, at=at)
        for place in [place for place in places if wishes[place].seat_id not in seats]:
            outcomes[place] = NotFound()
            places.remove(place)
        rows = queries.questions_by_ids(tx, hall_id, {wishes[place].question for place in places})
        for question_id in {wishes[place].question for place in places}:
            row = rows.get(question_id)
            own = [place for place in places if wishes[place].question == question_id]
            if row is None or not _can_be_endorsed(row):
                for place in own:
                    outcomes[place] = NotFound()
                continue
            voters = [key_for(key, "endorses", wishes[place].seat_id, question_id) for place in own]
            added = sum(
                changed(tx.run(_ENDORSE, {"question_id": row.id, "voter_key": voter}))
                for voter in dict.fromkeys(voters)
            )
            if added:
                _count(tx, hall, row, added, at)
    return outcomes


def endorse_no_more(tx: Transaction, hall: HallRow, seat: SeatRow, public_id: UUID, *, at: datetime) -> None:
    """Take that back."""
    question, voter = _voting(tx, hall, seat, public_id)
    gone_now = tx.run(
        delete(Endorsement).where(col(Endorsement.question_id) == question.id, col(Endorsement.voter_key) == voter)
    )
    if changed(gone_now):
        _count(tx, hall, question, -1, at)


def _voting(tx: Transaction, hall: HallRow, seat: SeatRow, public_id: UUID) -> tuple[QuestionRow, bytes]:
    hall, key = _taking_part(tx, halls.held(tx, hall.id))
    question = queries.question_by_id(tx, hall.id, public_id)
    if question is None or not _can_be_endorsed(question):
        raise NotFound
    return question, key_for(key, "endorses", seat.id, public_id)


def _taking_part(tx: Transaction, hall: HallRow) -> tuple[HallRow, bytes]:
    """The hall and its key for votes, while people can take part in it."""
    if not hall.allows(Act.TAKE_PART):
        raise Refused(NO_PART)
    return hall, _key(tx, hall, VOTES_KEY)


def _can_be_endorsed(question: QuestionRow) -> bool:
    return question.state in PUBLIC_STATES and question.poll_id is None


def _count(tx: Transaction, hall: HallRow, question: QuestionRow, more: int, at: datetime) -> None:
    tx.run(update(Question).where(col(Question.id) == question.id).values(endorsed=col(Question.endorsed) + more))
    target = str(question.public_id)
    told = ((str(channel), "tally", target) for channel in (Channel.PUBLIC, Channel.STAGE, Channel.CONSOLE))
    tell(tx, hall.id, *told, at=at)
