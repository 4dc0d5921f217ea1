"""Taking a seat: a code is enough, and the server gives the name."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from server.accounts.suggestions import pseudonym
from server.crypto.tokens import SessionToken, new_session_token, token_hash
from server.database import Transaction
from server.errors import Refused, say
from server.events import SeatGivenUp, hall_audience
from server.policies import HallPolicy
from server.townhall.halls import queries
from server.townhall.halls.models import Seat
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.states import Act

NOT_OPEN = say("Nobody can come in just now.")
FULL = say("Every seat is taken. You can still listen: look at “Where to listen”.")


@dataclass(frozen=True, slots=True)
class Seated:
    """A new seat, and the token that opens it; only the browser keeps that."""

    token: SessionToken
    name: str


def take_seat(tx: Transaction, hall: HallRow, language: str, *, at: datetime, policy: HallPolicy, hours: int) -> Seated:
    """Give somebody a seat with a neutral name. Raises Refused while nobody can come in."""
    hall = queries.held(tx, hall.id)
    if not hall.allows(Act.JOIN):
        raise Refused(NOT_OPEN)
    if queries.seats_in(tx, hall.id) >= policy.seats:
        raise Refused(FULL)
    token, name = new_session_token(), pseudonym()
    tx.session.add(
        Seat(
            hall_id=hall.id,
            name=name,
            token_hash=token_hash(token),
            language=language if language in hall.languages else hall.base_language,
            expires_at=at + timedelta(hours=hours),
        )
    )
    return Seated(token, name)


def give_up_seat(tx: Transaction, seat: SeatRow) -> None:
    """The seat is gone; what was asked from it stays, and belongs to nobody any more."""
    tx.run(delete(Seat).where(col(Seat.id) == seat.id))
    tx.announce(SeatGivenUp(hall_audience(seat.hall_id), seat.public_id))


def forget_seats(tx: Transaction, *, at: datetime) -> None:
    """Seats that ended by themselves."""
    tx.run(delete(Seat).where(col(Seat.expires_at) <= at))
