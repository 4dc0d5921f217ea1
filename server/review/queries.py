"""What the page of a case asks. Which cases there are is asked in `waiting`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.content import Case, CaseState, Lane, Screening
from server.database import Transaction, made
from server.forum.models import Flag, Message, Topic
from server.permissions import Place
from server.review.models import Decision, Restriction, RestrictionKind, RestrictionState
from server.spaces import queries as spaces
from server.spaces.models import Space
from server.spaces.queries import SpaceRow


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with the text that it is about."""

    id: int
    public_id: UUID
    rules: Sequence[str]
    severity: int
    state: CaseState
    claimed_by: int | None
    claimed_until: datetime | None
    version: int
    opened_at: datetime
    message_id: int
    message_public_id: UUID
    message_state: ContentState
    message_version: int
    was_public: bool
    lane: Lane
    text: str
    html: str
    language: str
    opens_topic: bool
    title: str
    edited_at: datetime | None
    membership_id: int
    author_id: int
    pseudonym: str
    released: int
    released_days: int
    vouched: bool
    limited_until: datetime | None
    suspended_until: datetime | None
    topic_id: int
    topic_public_id: UUID
    topic_title: str
    topic_closed: bool
    topic_slow: int
    space: SpaceRow

    @property
    def place(self) -> Place:
        """Where the space is: its moderators may work the case."""
        return self.space.place


@dataclass(frozen=True, slots=True)
class MachineSaid:
    """What the machine said of the text."""

    covered: bool
    scores: dict[str, float] | None
    reasons: Sequence[dict[str, object]]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What was decided last, unless it was undone."""

    id: int
    member_id: int
    action: str
    reason: str
    note: str
    state_before: ContentState
    decided_at: datetime


_CASE = (
    col(Case.id),
    col(Case.public_id),
    col(Case.rules),
    col(Case.severity),
    col(Case.state),
    col(Case.claimed_by),
    col(Case.claimed_until),
    col(Case.version),
    col(Case.opened_at),
    col(Message.id),
    col(Message.public_id),
    col(Message.state),
    col(Message.version),
    col(Message.was_public),
    col(Case.lane),
    col(Message.text),
    col(Message.html),
    col(Message.language),
    col(Message.opens_topic),
    col(Message.title),
    col(Message.edited_at),
    col(Membership.id),
    col(Membership.member_id),
    col(Membership.pseudonym),
    col(Membership.released),
    col(Membership.released_days),
    col(Membership.vouched),
    col(Membership.limited_until),
    col(Membership.suspended_until),
    col(Topic.id),
    col(Topic.public_id),
    col(Topic.title),
    col(Topic.closed),
    col(Topic.slow_minutes),
)


def case_by_id(tx: Transaction, public_id: UUID) -> CaseRow | None:
    """One case, whatever its state."""
    row = tx.session.execute(
        select(*_CASE, *spaces.COLUMNS)
        .join(Message, col(Message.id) == col(Case.message_id))
        .join(Membership, col(Membership.id) == col(Message.membership_id))
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .join(Space, col(Space.id) == col(Topic.space_id))
        .where(col(Case.public_id) == public_id)
    ).first()
    return None if row is None else made(CaseRow, row[: len(_CASE)], made(SpaceRow, row[len(_CASE) :]))


def machine_said(tx: Transaction, message_id: int) -> MachineSaid | None:
    """The machine's word on the text, while it is kept."""
    row = tx.session.execute(
        select(col(Screening.covered), col(Screening.scores), col(Screening.reasons)).where(
            col(Screening.message_id) == message_id
        )
    ).first()
    return None if row is None else MachineSaid(row[0], row[1], row[2])


def lanes_about(tx: Transaction, message_id: int) -> frozenset[str]:
    """The lanes of what waits about a text, and of every disclosure or complaint about a moderator that ever did.

    An old case shows the words as they are now, and every flag: it may not be a way around a newer lane.
    """
    rows = tx.look(
        select(col(Case.lane)).where(
            col(Case.message_id) == message_id,
            (col(Case.state) == CaseState.OPEN) | col(Case.lane).in_([Lane.PROTECTION, Lane.AROUND]),
        )
    )
    return frozenset(str(lane) for lane in rows.scalars())


def flags_on(tx: Transaction, message_id: int) -> list[tuple[str, str]]:
    """Reason and note of each flag; who flagged is not asked for."""
    rows = tx.session.execute(
        select(col(Flag.reason), col(Flag.note))
        .where(col(Flag.message_id) == message_id)
        .order_by(col(Flag.id))
        .limit(50)
    )
    return [(reason, note) for reason, note in rows]


_DECISION = select(
    col(Decision.id),
    col(Decision.member_id),
    col(Decision.action),
    col(Decision.reason),
    col(Decision.note),
    col(Decision.state_before),
    col(Decision.decided_at),
)


def decision_by_id(tx: Transaction, public_id: UUID) -> DecisionRow | None:
    """One decision that is in force."""
    row = tx.look(_DECISION.where(col(Decision.public_id) == public_id, col(Decision.undone_at).is_(None))).first()
    return None if row is None else made(DecisionRow, row)


def last_decision(tx: Transaction, case_id: int) -> DecisionRow | None:
    """The decision in force on a case."""
    row = tx.session.execute(
        _DECISION.where(col(Decision.case_id) == case_id, col(Decision.undone_at).is_(None))
        .order_by(col(Decision.id).desc())
        .limit(1)
    ).first()
    return None if row is None else made(DecisionRow, row)


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A suspension that waits for a second person, with the decision that it belongs to."""

    id: int
    public_id: UUID
    membership_id: int
    author_id: int
    pseudonym: str
    decision_id: int
    reason: str
    days: int
    by_member_id: int
    begun_at: datetime
    case_public_id: UUID
    lane: Lane
    space: SpaceRow

    @property
    def place(self) -> Place:
        """Where the space is: of its team, whoever may open the case may agree."""
        return self.space.place


_PROPOSAL = (
    col(Restriction.id),
    col(Restriction.public_id),
    col(Restriction.membership_id),
    col(Membership.member_id),
    col(Membership.pseudonym),
    col(Restriction.decision_id),
    col(Decision.reason),
    col(Restriction.days),
    col(Restriction.by_member_id),
    col(Restriction.begun_at),
    col(Case.public_id),
    col(Case.lane),
)
_PROPOSALS = (
    select(*_PROPOSAL, *spaces.COLUMNS)
    .join(Membership, col(Membership.id) == col(Restriction.membership_id))
    .join(Decision, col(Decision.id) == col(Restriction.decision_id))
    .join(Case, col(Case.id) == col(Decision.case_id))
    .join(Space, col(Space.id) == col(Membership.space_id))
    .where(col(Restriction.state) == RestrictionState.PROPOSED, col(Restriction.kind) == RestrictionKind.SUSPENSION)
    .order_by(col(Restriction.id))
    .limit(50)
)


def proposal_by_id(tx: Transaction, public_id: UUID) -> ProposalRow | None:
    """A suspension that waits for a second person."""
    row = tx.session.execute(_PROPOSALS.where(col(Restriction.public_id) == public_id)).first()
    return None if row is None else _proposal(tuple(row))


def proposals(tx: Transaction, corners: Collection[tuple[int, Lane]], *, since: datetime) -> list[ProposalRow]:
    """Those from these lanes of spaces that somebody can still agree to."""
    here = tuple_(col(Membership.space_id), col(Case.lane)).in_(sorted(corners))
    rows = tx.session.execute(_PROPOSALS.where(here, col(Restriction.begun_at) > since))
    return [_proposal(tuple(row)) for row in rows]


def _proposal(row: tuple[object, ...]) -> ProposalRow:
    at = len(_PROPOSAL)
    return made(ProposalRow, row[:at], made(SpaceRow, row[at:]))
