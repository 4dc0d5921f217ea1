"""What hosts' and stewards' pages ask. A person is shown by the name of this space, and by no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from server.accounts.models import Invitation, Member, Membership, RoleGrant
from server.accounts.roles import ready_holders
from server.content import Case, CaseState
from server.database import Transaction, made
from server.permissions import Role
from server.spaces.models import ChangeKind, ChangeState, SpaceChange
from server.spaces.rules import Team

HISTORY = 50
TEAM = 100


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a role in a space, as the others there know them."""

    membership: UUID
    pseudonym: str
    role: Role
    member_id: int
    second_factor: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A line of a space's history, or a proposal."""

    id: int
    public_id: UUID
    kind: ChangeKind
    state: ChangeState
    language: str | None
    before: dict[str, str]
    after: dict[str, str]
    proposed_by: int | None
    proposed_role: str
    proposed_at: datetime
    agreed_role: str | None
    decided_at: datetime | None
    proposer: str | None


@dataclass(frozen=True, slots=True)
class Stock:
    """Cards of one day that nobody has used yet."""

    made_on: date | None
    expires_on: date
    vouched: bool
    count: int


def team_of(tx: Transaction, space_id: int) -> Team:
    """How many hosts and moderators can act."""
    hosts = ready_holders(tx, Role.HOST, space_id)
    return Team(hosts=hosts, moderators=ready_holders(tx, Role.MODERATOR, space_id))


def people_of(tx: Transaction, space_id: int) -> list[Holder]:
    """Who holds a role in the space, hosts first."""
    rows = tx.session.execute(
        select(
            col(Membership.public_id),
            col(Membership.pseudonym),
            col(RoleGrant.role),
            col(RoleGrant.member_id),
            col(Member.totp_confirmed),
        )
        .join(Member, col(Member.id) == col(RoleGrant.member_id))
        .join(
            Membership,
            (col(Membership.member_id) == col(Member.id)) & (col(Membership.space_id) == col(RoleGrant.space_id)),
        )
        .where(col(RoleGrant.space_id) == space_id, col(RoleGrant.role).in_([Role.HOST, Role.MODERATOR]))
        .distinct()
        .order_by(col(RoleGrant.role), col(Membership.pseudonym))
        .limit(TEAM)
    )
    return [Holder(public_id, name, Role(role), member_id, factor) for public_id, name, role, member_id, factor in rows]


def member_of(tx: Transaction, space_id: int, membership: UUID) -> int | None:
    """The account behind a name in the space."""
    return tx.session.execute(
        select(col(Membership.member_id)).where(
            col(Membership.public_id) == membership, col(Membership.space_id) == space_id
        )
    ).scalar_one_or_none()


def cases_waiting(tx: Transaction, space_id: int) -> int:
    """How many cases of the space wait for a moderator."""
    return tx.session.execute(
        select(func.count()).where(col(Case.space_id) == space_id, col(Case.state) == CaseState.OPEN)
    ).scalar_one()


# Changes -------------------------------------------------------------------------------------------------


def _changes(tx: Transaction, *where: ColumnElement[bool], limit: int = HISTORY) -> list[ChangeRow]:
    rows = tx.session.execute(
        select(
            col(SpaceChange.id),
            col(SpaceChange.public_id),
            col(SpaceChange.kind),
            col(SpaceChange.state),
            col(SpaceChange.language),
            col(SpaceChange.before),
            col(SpaceChange.after),
            col(SpaceChange.proposed_by),
            col(SpaceChange.proposed_role),
            col(SpaceChange.proposed_at),
            col(SpaceChange.agreed_role),
            col(SpaceChange.decided_at),
            col(Membership.pseudonym),
        )
        .outerjoin(
            Membership,
            (col(Membership.member_id) == col(SpaceChange.proposed_by))
            & (col(Membership.space_id) == col(SpaceChange.space_id)),
        )
        .where(*where)
        .order_by(col(SpaceChange.id).desc())
        .limit(limit)
    )
    return [made(ChangeRow, row) for row in rows]


def change_of(tx: Transaction, space_id: int, public_id: UUID) -> ChangeRow | None:
    """One change of the space."""
    found = _changes(tx, col(SpaceChange.space_id) == space_id, col(SpaceChange.public_id) == public_id, limit=1)
    return found[0] if found else None


def pending(tx: Transaction, space_id: int, *, since: datetime) -> list[ChangeRow]:
    """Proposals that somebody can still agree to: those made after `since`."""
    return _changes(
        tx,
        col(SpaceChange.space_id) == space_id,
        col(SpaceChange.state) == ChangeState.PENDING,
        col(SpaceChange.proposed_at) > since,
    )


def history(tx: Transaction, space_id: int) -> list[ChangeRow]:
    """What was done with the space, the newest first."""
    return _changes(tx, col(SpaceChange.space_id) == space_id, col(SpaceChange.state) == ChangeState.IN_FORCE)


def former_words(tx: Transaction, space_id: int) -> list[ChangeRow]:
    """Changes of its words, for readers, the newest first."""
    return _changes(
        tx,
        col(SpaceChange.space_id) == space_id,
        col(SpaceChange.state) == ChangeState.IN_FORCE,
        col(SpaceChange.kind) == ChangeKind.WORDS,
    )


def proposals_by_space(tx: Transaction, *, since: datetime) -> dict[int, int]:
    """For each space how many proposals wait."""
    rows = tx.session.execute(
        select(col(SpaceChange.space_id), func.count())
        .where(col(SpaceChange.state) == ChangeState.PENDING, col(SpaceChange.proposed_at) > since)
        .group_by(col(SpaceChange.space_id))
    )
    return {row[0]: row[1] for row in rows}


def hosts_by_space(tx: Transaction) -> dict[int, int]:
    """For each space how many hosts it has."""
    rows = tx.session.execute(
        select(col(RoleGrant.space_id), func.count(func.distinct(col(RoleGrant.member_id))))
        .where(col(RoleGrant.role) == Role.HOST, col(RoleGrant.space_id).is_not(None))
        .group_by(col(RoleGrant.space_id))
    )
    return {space_id: count for space_id, count in rows if space_id is not None}


# Cards ---------------------------------------------------------------------------------------------------


def stock(tx: Transaction, space_id: int, *, on: date) -> Sequence[Stock]:
    """The unused cards of a space, by the day on which they were made: never which, and never by whom."""
    rows = tx.session.execute(
        select(col(Invitation.made_on), col(Invitation.expires_on), col(Invitation.vouched), func.count())
        .where(col(Invitation.space_id) == space_id, col(Invitation.role).is_(None), col(Invitation.expires_on) >= on)
        .group_by(col(Invitation.made_on), col(Invitation.expires_on), col(Invitation.vouched))
        .order_by(col(Invitation.expires_on).desc(), col(Invitation.vouched))
        .limit(100)
    )
    return [made(Stock, row) for row in rows]


def cards_made(tx: Transaction, member_id: int, *, at: datetime) -> int:
    """How many cards a host has made in a day, in all spaces."""
    rows = tx.session.execute(
        select(col(SpaceChange.after)).where(
            col(SpaceChange.proposed_by) == member_id,
            col(SpaceChange.kind) == ChangeKind.CARDS,
            col(SpaceChange.proposed_at) > at - timedelta(days=1),
        )
    )
    return sum(int(after["count"]) for after in rows.scalars())
