"""What the desk's pages ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.content import Case, CaseState, Screening
from server.database import Transaction, made
from server.forum.models import Flag, Message, Topic
from server.permissions import INSTALLATION, Place, Viewer
from server.review.models import Decision
from server.spaces import queries as spaces
from server.spaces.models import Space
from server.spaces.queries import SpaceRow

CASES_PER_PAGE = 25
COUNT_UP_TO = 1000


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the queue, without its text."""

    public_id: UUID
    space_id: int
    rules: Sequence[str]
    severity: int
    language: str
    opened_at: datetime
    claimed_by: int | None
    claimed_until: datetime | None


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
    topic_id: int
    topic_public_id: UUID
    topic_title: str
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
    state_before: ContentState
    decided_at: datetime


def _open_to(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """The open cases of the viewer's spaces, without those about texts of their own."""
    own = [standing.membership_id for standing in viewer.standings.values()]
    about_own = exists().where(col(Message.id) == col(Case.message_id), col(Message.membership_id).in_(own))
    return (col(Case.state) == CaseState.OPEN, col(Case.space_id).in_(viewer.spaces_reviewed()), ~about_own)


def queue(tx: Transaction, viewer: Viewer, *, page: int) -> list[CaseLine]:
    """The open cases of the viewer's spaces, the most urgent first."""
    rows = tx.session.execute(
        select(
            col(Case.public_id),
            col(Case.space_id),
            col(Case.rules),
            col(Case.severity),
            col(Case.language),
            col(Case.opened_at),
            col(Case.claimed_by),
            col(Case.claimed_until),
        )
        .where(*_open_to(viewer))
        .order_by(col(Case.rank).desc(), col(Case.id))
        .limit(CASES_PER_PAGE)
        .offset((page - 1) * CASES_PER_PAGE)
    )
    return [made(CaseLine, row) for row in rows]


def waiting_count(tx: Transaction, viewer: Viewer) -> int:
    """How many cases wait, counted no further than one more than COUNT_UP_TO."""
    some = select(col(Case.id)).where(*_open_to(viewer)).limit(COUNT_UP_TO + 1).subquery()
    return tx.session.execute(select(func.count()).select_from(some)).scalar_one()


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
    col(Topic.id),
    col(Topic.public_id),
    col(Topic.title),
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


def flags_on(tx: Transaction, message_id: int) -> list[tuple[str, str]]:
    """Reason and note of each flag; who flagged is not asked for."""
    rows = tx.session.execute(
        select(col(Flag.reason), col(Flag.note))
        .where(col(Flag.message_id) == message_id)
        .order_by(col(Flag.id))
        .limit(50)
    )
    return [(reason, note) for reason, note in rows]


def last_decision(tx: Transaction, case_id: int) -> DecisionRow | None:
    """The decision in force on a case."""
    row = tx.session.execute(
        select(
            col(Decision.id),
            col(Decision.member_id),
            col(Decision.action),
            col(Decision.reason),
            col(Decision.state_before),
            col(Decision.decided_at),
        )
        .where(col(Decision.case_id) == case_id, col(Decision.undone_at).is_(None))
        .order_by(col(Decision.id).desc())
        .limit(1)
    ).first()
    return None if row is None else made(DecisionRow, row)


@dataclass(frozen=True, slots=True)
class OwnQueue:
    """The queue of whoever looks: its place is one of the spaces that they moderate."""

    place: Place = INSTALLATION


def own_queue(viewer: Viewer) -> OwnQueue | None:
    """None for a member who moderates nothing; a guest is led to the sign-in."""
    if not viewer.signed_in:
        return OwnQueue()
    spaces_reviewed = sorted(viewer.spaces_reviewed())
    return OwnQueue(Place(spaces_reviewed[0], readable=False, listed=False)) if spaces_reviewed else None
