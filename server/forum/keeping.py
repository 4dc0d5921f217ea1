"""What members keep for themselves: bookmarks, drafts, and how far they have read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.accounts.models import Membership
from server.database import Transaction
from server.errors import Refused, say
from server.forum.models import Bookmark, Draft, ReadMark
from server.permissions import Standing

MOST_BOOKMARKS = 500
MOST_DRAFTS = 50
FULL = say("You keep %(most)s messages here already. Please let some of them go first.", most=MOST_BOOKMARKS)
TOO_MANY_DRAFTS = say("You keep %(most)s drafts here already. Please throw some of them away first.", most=MOST_DRAFTS)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Words for later. Without a topic they are meant to open one."""

    text: str
    language: str
    title: str = ""
    topic_id: int | None = None
    reply_to: UUID | None = None


def bookmark(tx: Transaction, by: Standing, message_id: int) -> None:
    """Keep a message to find it again. Pressing twice changes nothing."""
    _alone(tx, by)
    mine = tx.session.execute(
        select(col(Bookmark.message_id)).where(col(Bookmark.membership_id) == by.membership_id)
    ).scalars()
    kept = set(mine)
    if message_id in kept:
        return
    if len(kept) >= MOST_BOOKMARKS:
        raise Refused(FULL)
    tx.session.add(Bookmark(membership_id=by.membership_id, message_id=message_id))


def let_go(tx: Transaction, by: Standing, message_id: int) -> None:
    """Keep it no longer."""
    tx.session.execute(
        delete(Bookmark).where(col(Bookmark.membership_id) == by.membership_id, col(Bookmark.message_id) == message_id)
    )


def save_draft(tx: Transaction, by: Standing, words: Unfinished, *, at: datetime) -> None:
    """Keep words for later; one draft for each topic, and one for a new topic of the space."""
    _alone(tx, by)
    drop_draft(tx, by, words.topic_id)
    count = len(
        tx.session.execute(select(col(Draft.id)).where(col(Draft.membership_id) == by.membership_id)).scalars().all()
    )
    if count >= MOST_DRAFTS:
        raise Refused(TOO_MANY_DRAFTS)
    tx.session.add(
        Draft(
            membership_id=by.membership_id,
            topic_id=words.topic_id,
            title=words.title,
            text=words.text,
            language=words.language,
            reply_to=words.reply_to,
            saved_on=at.date(),
        )
    )
    _note_drafts(tx, by.membership_id)


def drop_draft(tx: Transaction, by: Standing, topic_id: int | None) -> None:
    """The words were sent, or others took their place."""
    gone = tx.session.execute(
        delete(Draft)
        .where(col(Draft.membership_id) == by.membership_id, col(Draft.topic_id).is_not_distinct_from(topic_id))
        .returning(col(Draft.id))
    ).first()
    if gone is not None:
        tx.erases = True
        _note_drafts(tx, by.membership_id)


def throw_away(tx: Transaction, memberships: list[int], draft: UUID) -> None:
    """The author wants these words no more."""
    gone = tx.session.execute(
        delete(Draft)
        .where(col(Draft.public_id) == draft, col(Draft.membership_id).in_(memberships))
        .returning(col(Draft.membership_id))
    ).scalar_one_or_none()
    if gone is not None:
        tx.erases = True
        _note_drafts(tx, gone)


def choose(tx: Transaction, by: Standing, *, keeps_marks: bool, told_of_answers: bool) -> None:
    """What this space may remember and tell. Without marks none of them stays."""
    tx.session.execute(
        update(Membership)
        .where(col(Membership.id) == by.membership_id)
        .values(keeps_marks=keeps_marks, told_of_answers=told_of_answers)
    )
    if not keeps_marks:
        tx.session.execute(delete(ReadMark).where(col(ReadMark.membership_id) == by.membership_id))


def mark_read(tx: Transaction, by: Standing, topic_id: int, message_id: int) -> None:
    """Remember how far a member has read; never backwards, and only while they want it."""
    _alone(tx, by)
    wanted = tx.session.execute(
        select(col(Membership.keeps_marks)).where(col(Membership.id) == by.membership_id)
    ).scalar_one()
    if not wanted:
        return
    where = (col(ReadMark.membership_id) == by.membership_id, col(ReadMark.topic_id) == topic_id)
    known = tx.session.execute(select(col(ReadMark.message_id)).where(*where)).scalar_one_or_none()
    if known is None:
        tx.session.add(ReadMark(membership_id=by.membership_id, topic_id=topic_id, message_id=message_id))
    elif known < message_id:
        tx.session.execute(update(ReadMark).where(*where).values(message_id=message_id))


def _note_drafts(tx: Transaction, membership_id: int) -> None:
    tx.session.flush()
    left = tx.session.execute(select(col(Draft.id)).where(col(Draft.membership_id) == membership_id).limit(1)).first()
    tx.session.execute(
        update(Membership).where(col(Membership.id) == membership_id).values(has_drafts=left is not None)
    )


def _alone(tx: Transaction, by: Standing) -> None:
    """A member's presses come one by one, so that two of them cannot both be the first."""
    tx.session.execute(select(col(Membership.id)).where(col(Membership.id) == by.membership_id).with_for_update())
