"""Opening a hall, its agenda, and its states: one press stops everything, two people open it again."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.crypto.tokens import ALPHABET
from server.database import Transaction, changed
from server.errors import Refused, say
from server.spaces.models import SpaceState
from server.spaces.queries import space_by_id
from server.townhall.halls import queries, telling, words
from server.townhall.halls.models import Hall, HallKey, HallSession, RiskForm
from server.townhall.halls.queries import HallRow, SessionRow
from server.townhall.halls.states import (
    MOVES,
    Channel,
    HallState,
    Risk,
    SessionKind,
    SessionState,
    captions_in,
)
from server.townhall.halls.team import Acting, note

CODE_SIGNS = 6
SEATS_KEY, VOTES_KEY = "seats", "votes"
KEY_BYTES = 32
NOT_FROM_HERE = say("The hall cannot go there from the state that it is in.")
SPACE_FIRST = say("This space is not open yet. Its halls can open when it has opened.")
SIGN_FIRST = say("Two people must sign the page about risks before a hall opens.")
TWO_PEOPLE = say("After a stop another person must agree before the hall opens again.")
NOBODY_ASKED = say("Nobody has asked to open it again.")
NO_WAY_BACK = say("A hall of high risk stays one, and in it every question is read first.")
NO_MORE_ITEMS = say("There is no room for more items on the agenda.")
IS_CLOSED = say("This hall is over. Nothing in it can be changed any more.")


@dataclass(frozen=True, slots=True)
class NewHall:
    """What is said when a hall is begun."""

    languages: Sequence[str]
    base_language: str
    titles: Mapping[str, str]
    purposes: Mapping[str, str]
    risk: Risk
    rehearsal: bool
    timezone: str
    opens_at: datetime | None = None


def begin(tx: Transaction, space_id: int, new: NewHall) -> HallRow:
    """Prepare a hall with a code of its own. Its keys are random, and stand nowhere else."""
    hall = Hall(
        space_id=space_id,
        code=_new_code(tx),
        risk=new.risk,
        rehearsal=new.rehearsal,
        languages=list(new.languages),
        base_language=new.base_language,
        timezone=new.timezone,
        opens_at=new.opens_at,
    )
    tx.session.add(hall)
    tx.session.flush()
    assert hall.id is not None
    for purpose in (SEATS_KEY, VOTES_KEY):
        tx.session.add(HallKey(hall_id=hall.id, purpose=purpose, key=secrets.token_bytes(KEY_BYTES)))
    words.write(tx, hall.id, words.HALL, 0, "title", new.titles.items())
    words.write(tx, hall.id, words.HALL, 0, "purpose", new.purposes.items())
    tx.session.flush()
    return queries.held_alone(tx, hall.id)


def _new_code(tx: Transaction) -> str:
    """Six signs that nobody confuses; not one that is in use."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_SIGNS))
        if queries.hall_by_code(tx, code) is None:
            return code


# The agenda ----------------------------------------------------------------------------------------------


def add_session(
    tx: Transaction, hall: HallRow, kind: SessionKind, titles: Mapping[str, str], minutes: int, *, most: int, by: Acting
) -> SessionRow:
    """Put an item at the end of the agenda."""
    hall = changeable(tx, hall)
    agenda = queries.sessions_of(tx, hall.id)
    if len(agenda) >= most:
        raise Refused(NO_MORE_ITEMS)
    row = HallSession(
        hall_id=hall.id, position=max((item.position for item in agenda), default=0) + 1, kind=kind, minutes=minutes
    )
    tx.session.add(row)
    tx.session.flush()
    assert row.id is not None
    words.write(tx, hall.id, words.SESSION, row.id, "title", titles.items())
    tell_all(tx, hall, "agenda", str(row.public_id), at=by.at)
    return SessionRow(row.id, row.public_id, row.position, row.kind, row.state, row.minutes, row.began_at)


def begin_session(tx: Transaction, hall: HallRow, session: SessionRow, by: Acting) -> None:
    """This item is on now, and whatever was on is over."""
    hall = changeable(tx, hall)
    here = col(HallSession.hall_id) == hall.id
    tx.run(update(HallSession).where(here, col(HallSession.state) == SessionState.ON).values(state=SessionState.OVER))
    tx.run(
        update(HallSession)
        .where(here, col(HallSession.id) == session.id)
        .values(state=SessionState.ON, began_at=session.began_at or by.at)
    )
    tell_all(tx, hall, "agenda", str(session.public_id), at=by.at)


def changeable(tx: Transaction, hall: HallRow) -> HallRow:
    """The hall, held for a change. Raises Refused once it is over."""
    hall = queries.held_alone(tx, hall.id)
    if hall.state == HallState.CLOSED:
        raise Refused(IS_CLOSED)
    return hall


# States --------------------------------------------------------------------------------------------------


def move(tx: Transaction, hall: HallRow, to: HallState, by: Acting, *, reason: str = "") -> None:
    """Bring the hall into another state, and tell everybody in it."""
    hall = queries.held_alone(tx, hall.id)
    if to not in MOVES[HallState(hall.state)]:
        raise Refused(NOT_FROM_HERE)
    if hall.state == HallState.STOPPED and to != HallState.CLOSED:
        raise Refused(TWO_PEOPLE)
    if hall.state == HallState.PREPARING:
        _may_open(tx, hall)
    _move(tx, hall, to, by, reason)


def _may_open(tx: Transaction, hall: HallRow) -> None:
    """Nobody comes into a hall, or a rehearsal, before its space has opened: what that waits for protects them."""
    space = space_by_id(tx, hall.space_id)
    if space is None or space.state == SpaceState.PREPARING:
        raise Refused(SPACE_FIRST)
    if not hall.rehearsal and not _signed(tx, hall.id):
        raise Refused(SIGN_FIRST)


def stop(tx: Transaction, hall: HallRow, by: Acting, *, reason: str = "") -> None:
    """Take everything public away at once. Nothing of before can be played back; one person is enough."""
    hall = queries.held_alone(tx, hall.id)
    if hall.state in (HallState.STOPPED, HallState.CLOSED):
        return
    telling.forget_all(tx, hall.id)
    _move(tx, hall, HallState.STOPPED, by, reason, stopped_by=by.label, epoch=hall.epoch + 1)


def ask_to_reopen(tx: Transaction, hall: HallRow, by: Acting) -> None:
    """The first of the two people after a stop."""
    hall = queries.held_alone(tx, hall.id)
    if hall.state != HallState.STOPPED:
        raise Refused(NOT_FROM_HERE)
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(reopening_by=by.member_id))
    note(tx, hall, by, "asks_to_reopen")
    telling.tell(tx, hall.id, (Channel.CONSOLE, "state", ""), (Channel.DESK, "state", ""), at=by.at)


def agree_to_reopen(tx: Transaction, hall: HallRow, by: Acting) -> None:
    """The second: the hall opens into a pause, so that its people see where they are before anything goes on."""
    hall = queries.held_alone(tx, hall.id)
    if hall.state != HallState.STOPPED or hall.reopening_by is None:
        raise Refused(NOBODY_ASKED)
    if hall.reopening_by == by.member_id:
        raise Refused(TWO_PEOPLE)
    _move(tx, hall, HallState.PAUSED, by, "", epoch=hall.epoch + 1)


def _move(tx: Transaction, hall: HallRow, to: HallState, by: Acting, reason: str, **more: object) -> None:
    values = {"state": to, "version": hall.version + 1, "reopening_by": None, "paused_alone": by.member_id == 0, **more}
    if to == HallState.CLOSED:
        values["closed_at"] = by.at
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(**values))
    note(tx, hall, by, str(to), reason=reason)
    tell_all(tx, hall, "state", "", at=by.at)


def tell_all(tx: Transaction, hall: HallRow, kind: str, target: str, *, at: datetime) -> None:
    """Something that concerns everybody who hears anything of the hall."""
    channels = [Channel.PUBLIC, Channel.STAGE, Channel.CONSOLE, Channel.DESK, *map(captions_in, hall.languages)]
    telling.tell(tx, hall.id, *((str(channel), kind, target) for channel in channels), at=at)


def slow_down(tx: Transaction, hall: HallRow, seconds: int, by: Acting) -> None:
    """From now on one seat waits so long between two questions."""
    hall = changeable(tx, hall)
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(slow_seconds=seconds, version=hall.version + 1))
    note(tx, hall, by, "slowed", target=str(seconds))
    tell_all(tx, hall, "state", "", at=by.at)


def choose_reading(tx: Transaction, hall: HallRow, *, premoderated: bool, risk: Risk, by: Acting) -> None:
    """Whether every question is read first. In a hall of high risk it is, and it stays one."""
    hall = changeable(tx, hall)
    if hall.risk == Risk.HIGH and (risk != Risk.HIGH or not premoderated):
        raise Refused(NO_WAY_BACK)
    values = {"premoderated": premoderated or risk == Risk.HIGH, "risk": risk, "version": hall.version + 1}
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(**values))
    note(tx, hall, by, "reading_chosen", target="first" if values["premoderated"] else "afterwards")


def watched(tx: Transaction, hall: HallRow, at: datetime) -> None:
    """A moderator is there."""
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(watched_at=at))


# The page about risks ------------------------------------------------------------------------------------


def write_risks(tx: Transaction, hall: HallRow, answers: Mapping[str, str], by: Acting) -> None:
    """Answer the questions about risks. Whoever signed before must sign again."""
    hall = changeable(tx, hall)
    tx.run(delete(RiskForm).where(col(RiskForm.hall_id) == hall.id))
    tx.session.add(RiskForm(hall_id=hall.id, answers=dict(answers), written_by=by.member_id, written_at=by.at))


def sign_risks(tx: Transaction, hall: HallRow, by: Acting) -> None:
    """The second person has read it and agrees."""
    hall = changeable(tx, hall)
    signed = tx.run(
        update(RiskForm)
        .where(col(RiskForm.hall_id) == hall.id, col(RiskForm.written_by) != by.member_id)
        .values(signed_by=by.member_id, signed_at=by.at)
    )
    if changed(signed) == 0:
        raise Refused(SIGN_FIRST)
    note(tx, hall, by, "signed_risks")


def _signed(tx: Transaction, hall_id: int) -> bool:
    found = select(col(RiskForm.id)).where(col(RiskForm.hall_id) == hall_id, col(RiskForm.signed_by).is_not(None))
    return tx.look(found).first() is not None
