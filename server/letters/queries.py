"""What pages ask about letters."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from server.accounts.models import Membership
from server.database import Transaction, made
from server.letters.models import Conversation, Letter
from server.permissions import Place, Viewer
from server.spaces import queries as spaces
from server.spaces.models import Space
from server.spaces.queries import SpaceRow

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Team:
    """The spaces whose letters somebody reads, and those whose protected letters."""

    spaces: frozenset[int]
    trained: frozenset[int]

    def reads(self, found: "ConversationRow") -> bool:
        """Whether a conversation is for this part of the team."""
        return found.space.id in (self.trained if found.protected else self.spaces)


def team_of(viewer: Viewer) -> Team:
    """What the viewer reads as one of the team: moderators what is not protected, trained people also what is.

    A trained host is one of them, because a trained host may open such a case and write from it.
    """
    reviewed = viewer.spaces_reviewed()
    trained = frozenset(space for space in reviewed | viewer.spaces_hosted() if viewer.is_trained(space))
    return Team(reviewed, trained)


@dataclass(frozen=True)
class ConversationRow:
    """A conversation with the name of its member and its space."""

    id: int
    public_id: UUID
    membership_id: int
    member_id: int
    pseudonym: str
    waits: bool
    last_at: datetime
    protected: bool
    space: SpaceRow

    @cached_property
    def place(self) -> Place:
        """Where the space is."""
        return self.space.place


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter."""

    from_team: bool
    about: UUID | None
    html: str
    written_at: datetime


_CONVERSATION = (
    col(Conversation.id),
    col(Conversation.public_id),
    col(Conversation.membership_id),
    col(Membership.member_id),
    col(Membership.pseudonym),
    col(Conversation.waits),
    col(Conversation.last_at),
    col(Conversation.protected),
)
_ALL = (
    select(*_CONVERSATION, *spaces.COLUMNS)
    .join(Membership, col(Membership.id) == col(Conversation.membership_id))
    .join(Space, col(Space.id) == col(Conversation.space_id))
)


def conversation_by_id(tx: Transaction, public_id: UUID) -> ConversationRow | None:
    """The conversation at this address."""
    row = tx.look(_ALL.where(col(Conversation.public_id) == public_id)).first()
    return None if row is None else _row(tuple(row))


def conversations(tx: Transaction, team: Team) -> list[ConversationRow]:
    """Those that this part of the team reads, whoever waits longest first, then the newest."""
    rows = tx.look(
        _ALL.where(_read_by(team))
        .order_by(col(Conversation.waits).desc(), col(Conversation.last_at).desc(), col(Conversation.id))
        .limit(MOST_SHOWN)
    )
    found = [_row(tuple(row)) for row in rows]
    return sorted((row for row in found if row.waits), key=lambda row: row.last_at) + [r for r in found if not r.waits]


def waiting_letters(tx: Transaction, team: Team) -> int:
    """How many members wait for an answer from this part of the team."""
    return tx.look(select(func.count()).where(_read_by(team), col(Conversation.waits).is_(True))).scalar_one()


def letters_of(tx: Transaction, membership_id: int) -> list[LetterRow]:
    """What this member and the team wrote to each other, the oldest first; at most the last hundred letters."""
    rows = tx.look(
        select(col(Letter.by_moderator_id), col(Letter.about), col(Letter.html), col(Letter.written_at))
        .join(Conversation, col(Conversation.id) == col(Letter.conversation_id))
        .where(col(Conversation.membership_id) == membership_id)
        .order_by(col(Letter.id).desc())
        .limit(MOST_SHOWN)
    ).all()
    return [LetterRow(by is not None, about, html, at) for by, about, html, at in reversed(rows)]


def _read_by(team: Team) -> ColumnElement[bool]:
    return or_(
        and_(col(Conversation.space_id).in_(team.spaces), col(Conversation.protected).is_(False)),
        and_(col(Conversation.space_id).in_(team.trained), col(Conversation.protected).is_(True)),
    )


def _row(row: tuple[object, ...]) -> ConversationRow:
    at = len(_CONVERSATION)
    return made(ConversationRow, row[:at], made(SpaceRow, row[at:]))
