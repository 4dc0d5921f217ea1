"""What happens to letters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.accounts.models import Membership, Notice, NoticeKind
from server.accounts.rules import tell
from server.database import Transaction
from server.errors import Refused, say
from server.letters.models import Conversation, Letter
from server.web.text import rendered

OWN = say("This is your own conversation. A colleague must answer.")
DOUBLE_WINDOW = timedelta(minutes=10)
"""The same words again in this time are one press too many."""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes; `about` is a message of the member."""

    text: str
    about: UUID | None = None


def write_to_team(tx: Transaction, space_id: int, membership_id: int, words: Words, *, at: datetime) -> None:
    """A member asks the moderators of a space, who will find it beside their queue."""
    conversation = _conversation(tx, space_id, membership_id, at)
    if _add(tx, conversation, words, by_moderator_id=None, at=at):
        tx.session.execute(
            update(Conversation).where(col(Conversation.id) == conversation).values(waits=True, last_at=at)
        )


def write_to_member(
    tx: Transaction,
    space_id: int,
    membership_id: int,
    words: Words,
    *,
    by: int,
    at: datetime,
    protected: bool = False,
) -> None:
    """The team writes. The member is told once, until the notice is put away. Raises Refused to oneself.

    What is `protected`, because the answer may disclose something, is from now on for trained people only.
    """
    owner = tx.session.execute(
        select(col(Membership.member_id)).where(col(Membership.id) == membership_id)
    ).scalar_one()
    if owner == by:
        raise Refused(OWN)
    conversation = _conversation(tx, space_id, membership_id, at)
    if protected:
        tx.session.execute(update(Conversation).where(col(Conversation.id) == conversation).values(protected=True))
    if not _add(tx, conversation, words, by_moderator_id=by, at=at):
        return
    tx.session.execute(update(Conversation).where(col(Conversation.id) == conversation).values(waits=False, last_at=at))
    tx.session.execute(
        delete(Notice).where(col(Notice.membership_id) == membership_id, col(Notice.kind) == NoticeKind.LETTER)
    )
    tell(tx, membership_id, NoticeKind.LETTER, message=None, reason=None, due_at=at, decision_id=None)


def needs_no_answer(tx: Transaction, conversation_id: int) -> None:
    """The team has read it and there is nothing to say."""
    tx.session.execute(update(Conversation).where(col(Conversation.id) == conversation_id).values(waits=False))


def _conversation(tx: Transaction, space_id: int, membership_id: int, at: datetime) -> int:
    """The one of this member; made when there is none. The member's row is locked, so that there is only one."""
    tx.session.execute(select(col(Membership.id)).where(col(Membership.id) == membership_id).with_for_update())
    found = tx.session.execute(
        select(col(Conversation.id)).where(col(Conversation.membership_id) == membership_id)
    ).scalar_one_or_none()
    if found is not None:
        return found
    new = Conversation(space_id=space_id, membership_id=membership_id, last_at=at)
    tx.session.add(new)
    tx.session.flush()
    assert new.id is not None
    return new.id


def _add(tx: Transaction, conversation: int, words: Words, *, by_moderator_id: int | None, at: datetime) -> bool:
    """Whether it is a new letter, and not the same press twice."""
    last = tx.session.execute(
        select(col(Letter.text), col(Letter.by_moderator_id), col(Letter.written_at))
        .where(col(Letter.conversation_id) == conversation)
        .order_by(col(Letter.id).desc())
        .limit(1)
    ).first()
    if (
        last
        and (last.text, last.by_moderator_id) == (words.text, by_moderator_id)
        and last.written_at > at - DOUBLE_WINDOW
    ):
        return False
    tx.session.add(
        Letter(
            conversation_id=conversation,
            by_moderator_id=by_moderator_id,
            about=words.about,
            text=words.text,
            html=str(rendered(words.text)),
            written_at=at,
        )
    )
    return True
