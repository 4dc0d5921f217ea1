"""What the pages of appeals ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.appeals.models import Appeal, AppealState
from server.content import Case, Lane
from server.crypto.case_codes import names_of
from server.database import Transaction, made
from server.forum.models import Flag, Message
from server.permissions import INSTALLATION, Place, Viewer
from server.review.models import CaseSkip, Decision, Restriction

APPEALS_PER_PAGE = 25
_Earlier = aliased(Appeal)
_Newer = aliased(Case)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as its author may see it, with the appeal if there is one."""

    id: int
    public_id: UUID
    case_public_id: UUID
    action: str
    reason: str
    note: str
    decided_at: datetime
    undone: bool
    member_id: int
    message_state: ContentState
    membership_id: int
    author_id: int
    space_id: int
    appeal: AppealState | None
    answer: str | None
    place: Place = INSTALLATION


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal as whoever decides it needs it."""

    id: int
    public_id: UUID
    state: AppealState
    text: str | None
    answer: str | None
    made_at: datetime
    first_decider: int
    author_id: int
    membership_id: int
    message_public_id: UUID
    space_id: int
    decision_id: int
    decision_public_id: UUID
    case_public_id: UUID
    language: str
    message_version: int

    @property
    def place(self) -> Place:
        """The space, for its people only."""
        return Place(self.space_id, readable=False, listed=False)


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal in the list, without its words."""

    public_id: UUID
    space_id: int
    reason: str
    language: str
    made_at: datetime


_DECIDED = (
    select(
        col(Decision.id),
        col(Decision.public_id),
        col(Case.public_id),
        col(Decision.action),
        col(Decision.reason),
        col(Decision.note),
        col(Decision.decided_at),
        col(Decision.undone_at).is_not(None),
        col(Decision.member_id),
        col(Message.state),
        col(Message.membership_id),
        col(Membership.member_id),
        col(Case.space_id),
        col(Appeal.state),
        col(Appeal.answer),
    )
    .join(Case, col(Case.id) == col(Decision.case_id))
    .join(Message, col(Message.id) == col(Case.message_id))
    .join(Membership, col(Membership.id) == col(Message.membership_id))
    .outerjoin(Appeal, col(Appeal.decision_id) == col(Decision.id))
)


def decided_by_code(tx: Transaction, code: str) -> Decided | None:
    """The decision that the code opens."""
    names = names_of(code)
    if names is None:
        return None
    row = tx.look(_DECIDED.where(col(Decision.public_id).between(*names)).limit(1)).first()
    return None if row is None else made(Decided, row)


def appeal_by_id(tx: Transaction, public_id: UUID) -> AppealRow | None:
    """One appeal."""
    row = tx.look(
        select(
            col(Appeal.id),
            col(Appeal.public_id),
            col(Appeal.state),
            col(Appeal.text),
            col(Appeal.answer),
            col(Appeal.made_at),
            col(Appeal.first_decider),
            col(Membership.member_id),
            col(Membership.id),
            col(Message.public_id),
            col(Appeal.space_id),
            col(Decision.id),
            col(Decision.public_id),
            col(Case.public_id),
            col(Case.language),
            col(Message.version),
        )
        .join(Decision, col(Decision.id) == col(Appeal.decision_id))
        .join(Case, col(Case.id) == col(Decision.case_id))
        .join(Message, col(Message.id) == col(Case.message_id))
        .join(Membership, col(Membership.id) == col(Appeal.membership_id))
        .where(col(Appeal.public_id) == public_id)
    ).first()
    return None if row is None else made(AppealRow, row)


def waiting_appeals(
    tx: Transaction, viewer: Viewer, *, at: datetime, last_after: int, page: int = 1
) -> list[AppealLine]:
    """The open ones that this person may decide, the oldest first.

    Whoever lost `last_after` appeals within ninety days comes last, and still comes.
    """
    lost = (
        select(func.count())
        .select_from(_Earlier)
        .where(
            col(_Earlier.membership_id) == col(Appeal.membership_id),
            col(_Earlier.state) == AppealState.UPHELD,
            col(_Earlier.decided_at) > at - timedelta(days=90),
        )
        .scalar_subquery()
    )
    rows = tx.look(
        select(
            col(Appeal.public_id), col(Appeal.space_id), col(Decision.reason), col(Case.language), col(Appeal.made_at)
        )
        .join(Decision, col(Decision.id) == col(Appeal.decision_id))
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(*_decidable(viewer))
        .order_by(lost >= last_after, col(Appeal.made_at), col(Appeal.id))
        .limit(APPEALS_PER_PAGE)
        .offset((page - 1) * APPEALS_PER_PAGE)
    )
    return [made(AppealLine, row) for row in rows]


def waiting_appeals_count(tx: Transaction, viewer: Viewer) -> int:
    """How many wait for this person."""
    counted = select(func.count()).select_from(Appeal).join(Decision, col(Decision.id) == col(Appeal.decision_id))
    counted = counted.join(Case, col(Case.id) == col(Decision.case_id)).where(*_decidable(viewer))
    return tx.look(counted).scalar_one()


def team_of(viewer: Viewer) -> frozenset[int]:
    """The spaces in whose team somebody is."""
    return viewer.spaces_reviewed() | viewer.spaces_hosted()


def may_decide(tx: Transaction, viewer: Viewer, appeal_id: int) -> bool:
    """Whether this appeal, open or answered, is one that this person may decide."""
    found = select(col(Appeal.id)).join(Decision, col(Decision.id) == col(Appeal.decision_id))
    found = found.join(Case, col(Case.id) == col(Decision.case_id))
    return tx.look(found.where(col(Appeal.id) == appeal_id, *_is_for(viewer))).first() is not None


def open_appeal_about(tx: Transaction, decision_id: int) -> bool:
    """Whether the author still waits for an answer: the text must not be wiped meanwhile."""
    where = (col(Appeal.decision_id) == decision_id, col(Appeal.state) == AppealState.OPEN)
    return tx.look(select(col(Appeal.id)).where(*where)).first() is not None


def _decidable(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    return (col(Appeal.state) == AppealState.OPEN, *_is_for(viewer))


def _is_for(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """Whose appeals somebody may decide: those of their team, by the same lanes as the cases.

    Never for whoever decided first, agreed to it as the second person, wrote or flagged the text, or left the case to
    others.
    """
    member = viewer.member_id
    own = [standing.membership_id for standing in viewer.standings.values()]
    hosted, team = viewer.spaces_hosted(), team_of(viewer)
    trained = [space for space in team if viewer.is_trained(space)]
    handed_up = col(Case.lane).in_([Lane.AROUND, Lane.ESCALATED])
    return (
        or_(
            and_(~handed_up, col(Case.lane) != Lane.PROTECTION, col(Appeal.space_id).in_(team)),
            and_(handed_up, true() if viewer.stewards else col(Appeal.space_id).in_(hosted)),
            and_(col(Case.lane) == Lane.PROTECTION, col(Appeal.space_id).in_(trained)),
        ),
        col(Appeal.first_decider) != member,
        col(Appeal.membership_id).not_in(own),
        ~_other_lane_about(),
        ~exists().where(
            col(Restriction.decision_id) == col(Appeal.decision_id), col(Restriction.confirmed_by) == member
        ),
        ~exists().where(col(CaseSkip.case_id) == col(Case.id), col(CaseSkip.member_id) == member),
        ~exists().where(col(Flag.message_id) == col(Case.message_id), col(Flag.membership_id).in_(own)),
    )


def _other_lane_about() -> ColumnElement[bool]:
    """Another case about the same words that is a disclosure or a complaint: it is for those who read these."""
    return exists().where(
        col(_Newer.message_id) == col(Case.message_id),
        col(_Newer.id) != col(Case.id),
        col(_Newer.lane).in_([Lane.PROTECTION, Lane.AROUND]),
    )
