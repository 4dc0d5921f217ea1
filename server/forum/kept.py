"""What pages ask about bookmarks, drafts and marks of what was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.database import Transaction, made
from server.forum.models import Bookmark, Draft, Message, ReadMark, Topic
from server.forum.queries import READABLE


@dataclass(frozen=True, slots=True)
class BookmarkRow:
    """A message that was kept; without words while others cannot read it."""

    public_id: UUID
    space_id: int
    title: str
    language: str
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class DraftRow:
    """Words for later."""

    public_id: UUID
    membership_id: int
    topic: UUID | None
    topic_title: str | None
    title: str
    text: str
    language: str
    reply_to: UUID | None
    saved_on: date


def is_kept(tx: Transaction, membership_id: int, message_id: int) -> bool:
    """Whether the member keeps this message."""
    return (
        tx.look(
            select(col(Bookmark.id)).where(
                col(Bookmark.membership_id) == membership_id, col(Bookmark.message_id) == message_id
            )
        ).first()
        is not None
    )


def bookmarks_of(tx: Transaction, memberships: Sequence[int]) -> list[BookmarkRow]:
    """The messages that somebody keeps, the newest bookmark first."""
    rows = tx.look(
        select(
            col(Message.public_id),
            col(Topic.space_id),
            col(Topic.title),
            col(Message.language),
            func.substr(col(Message.text), 1, 200),
            col(Message.written_at),
        )
        .join(Bookmark, col(Bookmark.message_id) == col(Message.id))
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .where(col(Bookmark.membership_id).in_(memberships), col(Message.state) == ContentState.PUBLISHED)
        .order_by(col(Bookmark.id).desc())
        .limit(500)
    )
    return [made(BookmarkRow, row) for row in rows]


def drafts_of(tx: Transaction, memberships: Sequence[int]) -> list[DraftRow]:
    """All that somebody has begun, the newest first."""
    rows = tx.look(
        select(*_DRAFT)
        .outerjoin(Topic, col(Topic.id) == col(Draft.topic_id))
        .where(col(Draft.membership_id).in_(memberships))
        .order_by(col(Draft.id).desc())
        .limit(200)
    )
    return [made(DraftRow, row) for row in rows]


def is_own_draft(tx: Transaction, memberships: Sequence[int], draft: UUID) -> bool:
    """Whether one of these memberships began it."""
    found = select(col(Draft.id)).where(col(Draft.public_id) == draft, col(Draft.membership_id).in_(memberships))
    return tx.look(found).first() is not None


def draft_for(tx: Transaction, membership_id: int, topic_id: int | None) -> DraftRow | None:
    """What was begun here."""
    row = tx.look(
        select(*_DRAFT)
        .outerjoin(Topic, col(Topic.id) == col(Draft.topic_id))
        .where(col(Draft.membership_id) == membership_id, col(Draft.topic_id).is_not_distinct_from(topic_id))
        .order_by(col(Draft.id).desc())
        .limit(1)
    ).first()
    return None if row is None else made(DraftRow, row)


_DRAFT = (
    col(Draft.public_id),
    col(Draft.membership_id),
    col(Topic.public_id),
    col(Topic.title),
    col(Draft.title),
    col(Draft.text),
    col(Draft.language),
    col(Draft.reply_to),
    col(Draft.saved_on),
)


def choices_of(tx: Transaction, membership_id: int) -> tuple[bool, bool]:
    """Whether marks are kept, and whether answers are told."""
    marks, answers = tx.session.execute(
        select(col(Membership.keeps_marks), col(Membership.told_of_answers)).where(col(Membership.id) == membership_id)
    ).one()
    return marks, answers


def new_in(tx: Transaction, membership_id: int, topics: Sequence[int]) -> dict[int, int]:
    """For each topic that the member has a mark in, how many messages have come since."""
    rows = tx.look(
        select(col(ReadMark.topic_id), func.count(col(Message.id)))
        .outerjoin(
            Message,
            and_(col(Message.topic_id) == col(ReadMark.topic_id), col(Message.id) > col(ReadMark.message_id), READABLE),
        )
        .where(col(ReadMark.membership_id) == membership_id, col(ReadMark.topic_id).in_(topics))
        .group_by(col(ReadMark.topic_id))
    )
    return {topic_id: count for topic_id, count in rows if count}


def first_new(tx: Transaction, membership_id: int, topic_id: int) -> UUID | None:
    """The first message that came after the member's mark."""
    return tx.look(
        select(col(Message.public_id))
        .join(ReadMark, col(ReadMark.topic_id) == col(Message.topic_id))
        .where(
            col(ReadMark.membership_id) == membership_id,
            col(Message.topic_id) == topic_id,
            col(Message.id) > col(ReadMark.message_id),
            READABLE,
        )
        .order_by(col(Message.id))
        .limit(1)
    ).scalar_one_or_none()
