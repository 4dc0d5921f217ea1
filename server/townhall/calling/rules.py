"""Calling a counsellor, and being answered. It works while the hall is stopped too: that is when it may be needed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from server.database import Transaction, changed
from server.errors import NotFound, Refused, say
from server.townhall.asking.queries import key_for
from server.townhall.calling import queries
from server.townhall.calling.models import CallState, HallCall
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.rules import SEATS_KEY
from server.townhall.halls.states import Channel, HallState
from server.townhall.halls.team import Acting, note
from server.townhall.halls.telling import tell

NOBODY_ON_DUTY = say("No counsellor is on duty in this hall. “Help near you” names people who can be reached.")
IS_OVER = say("This hall is over. “Help near you” names people who can be reached.")


def caller_key(tx: Transaction, hall: HallRow, seat: SeatRow) -> bytes | None:
    """What stands for the seat beside its call; none once the hall's key is destroyed."""
    key = halls.key_of(tx, hall.id, SEATS_KEY)
    return None if key is None else key_for(key, "calls", seat.id)


def call(tx: Transaction, hall: HallRow, seat: SeatRow, *, at: datetime) -> None:
    """Ask for a counsellor. Twice is once."""
    hall = halls.held(tx, hall.id)
    key = caller_key(tx, hall, seat)
    if hall.state == HallState.CLOSED or key is None:
        raise Refused(IS_OVER)
    if not queries.somebody_on_duty(tx, hall.id):
        raise Refused(NOBODY_ON_DUTY)
    if queries.own_call(tx, hall.id, key) is None:
        tx.session.add(HallCall(hall_id=hall.id, caller_key=key, name=seat.name, called_at=at))
    else:
        mine = (col(HallCall.hall_id) == hall.id) & (col(HallCall.caller_key) == key)
        tx.run(update(HallCall).where(mine, col(HallCall.state) == CallState.OVER).values(state=CallState.WAITING))
    tell(tx, hall.id, (Channel.DESK, "call", ""), (Channel.CONSOLE, "call", ""), at=at)


def call_no_more(tx: Transaction, hall: HallRow, seat: SeatRow, *, at: datetime) -> None:
    """Take the call back: nothing of it is kept."""
    key = caller_key(tx, hall, seat)
    if key is not None:
        tx.run(delete(HallCall).where(col(HallCall.hall_id) == hall.id, col(HallCall.caller_key) == key))
    tell(tx, hall.id, (Channel.DESK, "call", ""), (Channel.CONSOLE, "call", ""), at=at)


def answer(tx: Transaction, hall: HallRow, public_id: UUID, words: str, by: Acting) -> None:
    """Tell the seat where a counsellor can be found; without words the call is over."""
    state = CallState.ANSWERED if words else CallState.OVER
    done = tx.run(
        update(HallCall)
        .where(col(HallCall.hall_id) == hall.id, col(HallCall.public_id) == public_id)
        .values(state=state, answer=words)
    )
    if changed(done) == 0:
        raise NotFound
    note(tx, hall, by, "call_answered" if words else "call_over")
    tell(tx, hall.id, (Channel.DESK, "call", ""), (Channel.CONSOLE, "call", ""), at=by.at)
