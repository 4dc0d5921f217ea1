"""What is asked about polls: how they stand, what can be chosen, what one seat has chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from server.database import Transaction, made
from server.townhall.asking.queries import key_for
from server.townhall.halls.states import Results
from server.townhall.polling.models import Ballot, Poll, PollKind, PollOption, PollState, RoomCount

POLLS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class PollRow:
    """A poll without its words."""

    id: int
    public_id: UUID
    hall_id: int
    session_id: int | None
    kind: PollKind
    state: PollState
    results: Results
    sensitive: bool
    on_stage: bool
    voters: int
    version: int


@dataclass(frozen=True, slots=True)
class OptionRow:
    """Something that can be chosen."""

    id: int
    poll_id: int
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class RoomRow:
    """Hands for one option, as one helper counted them."""

    id: int
    option_id: int
    label: str
    count: int
    confirmed_by: str


_POLL = tuple(getattr(Poll, name) for name in PollRow.__annotations__)


def polls_of(tx: Transaction, hall_id: int) -> list[PollRow]:
    """The polls of a hall, in the order in which they were prepared."""
    statement = select(*_POLL).where(col(Poll.hall_id) == hall_id).order_by(col(Poll.id)).limit(POLLS_SHOWN)
    return [made(PollRow, row) for row in tx.look(statement)]


def poll_by_id(tx: Transaction, hall_id: int, public_id: UUID) -> PollRow | None:
    """One poll of this hall."""
    row = tx.look(select(*_POLL).where(col(Poll.hall_id) == hall_id, col(Poll.public_id) == public_id)).first()
    return None if row is None else made(PollRow, row)


def poll_held(tx: Transaction, hall_id: int, public_id: UUID) -> PollRow | None:
    """The same, held still until this visit ends: votes of a poll come one after the other, none after its close."""
    which = select(*_POLL).where(col(Poll.hall_id) == hall_id, col(Poll.public_id) == public_id)
    row = tx.look(which.with_for_update()).first()
    return None if row is None else made(PollRow, row)


def options_of(tx: Transaction, polls: Sequence[int]) -> dict[int, list[OptionRow]]:
    """What can be chosen, by poll, in order."""
    found: dict[int, list[OptionRow]] = {}
    statement = (
        select(col(PollOption.id), col(PollOption.poll_id), col(PollOption.position), col(PollOption.count))
        .where(col(PollOption.poll_id).in_(polls))
        .order_by(col(PollOption.position))
    )
    for row in tx.look(statement):
        option = made(OptionRow, row)
        found.setdefault(option.poll_id, []).append(option)
    return found


def room_counts_of(tx: Transaction, options: Sequence[int]) -> list[RoomRow]:
    """Hands that helpers counted, confirmed or not."""
    statement = (
        select(
            col(RoomCount.id),
            col(RoomCount.option_id),
            col(RoomCount.label),
            col(RoomCount.count),
            col(RoomCount.confirmed_by),
        )
        .where(col(RoomCount.option_id).in_(options))
        .order_by(col(RoomCount.id))
    )
    return [made(RoomRow, row) for row in tx.look(statement)]


def voter_key(votes_key: bytes, seat_id: int, poll: UUID) -> bytes:
    """What stands for a seat in one poll, and in no other."""
    return key_for(votes_key, "votes", seat_id, poll)


def chosen_by(tx: Transaction, votes_key: bytes, seat_id: int, polls: Sequence[PollRow]) -> dict[int, list[int]]:
    """What this seat has chosen in these polls: only the seat itself asks that."""
    keys = {voter_key(votes_key, seat_id, poll.public_id): poll.id for poll in polls}
    rows = tx.look(select(col(Ballot.voter_key), col(Ballot.chosen)).where(col(Ballot.voter_key).in_(keys)))
    return {keys[bytes(key)]: list(chosen) for key, chosen in rows}


def voters_in(tx: Transaction, poll_id: int) -> int:
    """How many have answered so far."""
    return tx.look(select(func.count()).where(col(Ballot.poll_id) == poll_id)).scalar_one()


def has_open_poll(tx: Transaction, hall_id: int) -> bool:
    """Whether any poll takes answers."""
    found = select(col(Poll.id)).where(col(Poll.hall_id) == hall_id, col(Poll.state) == PollState.OPEN)
    return tx.look(found.limit(1)).first() is not None
