"""Two stewards ask that what is written in a space, or in one topic, is not forgotten until a day.

A hold stops the daily forgetting and nothing else: whoever wrote something can still take it back, and what was
erased is not brought back. It ends by itself; one steward is enough to end it sooner.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from server.accounts.roles import holders
from server.database import Transaction, changed
from server.errors import Invalid, NotFound, Refused, say
from server.forum.queries import topic_by_id
from server.permissions import Role
from server.policies import HostingPolicy
from server.spaces import rules as spaces
from server.spaces.lives import MOST_HELD_DAYS
from server.spaces.models import ChangeKind, ChangeState, Hold, HoldReason, HoldState, SpaceChange

MOST_HOLDS = 20
NOT_THAT_DAY = say("Choose a day after today, at most 90 days from now. It can be asked for again.")
NO_SUCH_TOPIC = say("There is no topic of this space at this address.")
WAITS_ALREADY = say("This was asked for already, and waits for a second steward.")
TOO_MANY = say("So much is held here already. End something first.")
OWN = say("You asked for this yourself. Another steward must agree.")
ASKER_LEFT = say("Whoever asked for this is not a steward any more. Please ask again.")
TOO_OLD = say("This was asked for too long ago. Please ask again.")
OVER = say("This hold is over already.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a steward wants to be held: all of a space, or one topic of it."""

    reason: HoldReason
    office: str
    until: date
    topic: UUID | None


def ask(tx: Transaction, space_id: int, member_id: int, asked: Asked, *, at: datetime, policy: HostingPolicy) -> None:
    """Propose a hold. Raises Invalid for a day that is too late or a topic of another space, Refused for a twin."""
    _begun(tx, space_id, member_id)
    if not at.date() < asked.until <= at.date() + timedelta(days=MOST_HELD_DAYS):
        raise Invalid(NOT_THAT_DAY, field="until")
    if asked.topic is not None:
        topic = topic_by_id(tx, asked.topic)
        if topic is None or topic.space.id != space_id:
            raise Invalid(NO_SUCH_TOPIC, field="topic")
    since = at.date() - timedelta(days=policy.proposal_days)
    waiting = _open(tx, space_id, HoldState.ASKED, col(Hold.asked_on) > since)
    if any(topic == asked.topic for topic in waiting):
        raise Refused(WAITS_ALREADY)
    if len(waiting) + len(_open(tx, space_id, HoldState.STANDS, col(Hold.until) >= at.date())) >= MOST_HOLDS:
        raise Refused(TOO_MANY)
    tx.session.add(
        Hold(
            space_id=space_id,
            topic=asked.topic,
            reason=asked.reason,
            office=asked.office,
            until=asked.until,
            asked_by=member_id,
            asked_on=at.date(),
        )
    )
    tx.session.flush()


def agree(tx: Transaction, space_id: int, member_id: int, hold: UUID, *, at: datetime, policy: HostingPolicy) -> None:
    """Put it in force. Raises Refused unless this is the second of two stewards."""
    stewards = _begun(tx, space_id, member_id)
    row = _found(tx, space_id, hold, HoldState.ASKED)
    if row.asked_by == member_id:
        raise Refused(OWN)
    if row.asked_by not in stewards:
        raise Refused(ASKER_LEFT)
    if row.asked_on <= at.date() - timedelta(days=policy.proposal_days) or row.until <= at.date():
        raise Refused(TOO_OLD)
    _moved(tx, row, HoldState.STANDS, agreed_by=member_id, agreed_on=at.date())
    told = {"until": row.until.isoformat(), "office": row.office}
    _told(tx, space_id, ChangeKind.HELD, told, proposed_by=row.asked_by, agreed_by=member_id, at=at)


def end(tx: Transaction, space_id: int, member_id: int, hold: UUID, *, at: datetime) -> None:
    """End it, or put it away before it began: one steward is enough."""
    _begun(tx, space_id, member_id)
    row = _found(tx, space_id, hold, HoldState.ASKED, HoldState.STANDS)
    stood = row.state == HoldState.STANDS
    _moved(tx, row, HoldState.ENDED, ended_by=member_id, ended_on=at.date())
    if stood:
        told = {"office": row.office}
        _told(tx, space_id, ChangeKind.HOLD_ENDED, told, proposed_by=member_id, agreed_by=None, at=at)


def _begun(tx: Transaction, space_id: int, member_id: int) -> frozenset[int]:
    """Lock the space; the stewards at this moment. Raises NotFound for anybody else."""
    spaces.held(tx, space_id)
    stewards = holders(tx, Role.STEWARD, None)
    if member_id not in stewards:
        raise NotFound
    return stewards


def _open(tx: Transaction, space_id: int, state: HoldState, *where: object) -> list[UUID | None]:
    wanted = select(col(Hold.topic)).where(col(Hold.space_id) == space_id, col(Hold.state) == state)
    return list(tx.look(wanted.where(*where)).scalars())  # pyright: ignore[reportArgumentType]


def _found(tx: Transaction, space_id: int, hold: UUID, *states: HoldState) -> Hold:
    row = tx.session.execute(
        select(Hold).where(col(Hold.public_id) == hold, col(Hold.space_id) == space_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.state not in states:
        raise Refused(OVER)
    return row


def _moved(tx: Transaction, row: Hold, state: HoldState, **values: object) -> None:
    here = (col(Hold.id) == row.id, col(Hold.state) == row.state)
    if changed(tx.session.execute(update(Hold).where(*here).values(state=state, **values))) != 1:
        raise Refused(OVER)


def _told(
    tx: Transaction,
    space_id: int,
    kind: ChangeKind,
    after: dict[str, str],
    *,
    proposed_by: int | None,
    agreed_by: int | None,
    at: datetime,
) -> None:
    """A line in the history of the space, and its pages are made anew."""
    tx.session.add(
        SpaceChange(
            space_id=space_id,
            kind=kind,
            state=ChangeState.IN_FORCE,
            before={},
            after=after,
            proposed_by=proposed_by,
            proposed_role=str(Role.STEWARD),
            proposed_at=at,
            agreed_by=agreed_by,
            agreed_role=None if agreed_by is None else str(Role.STEWARD),
            decided_at=at,
        )
    )
    spaces.altered(tx, space_id)
