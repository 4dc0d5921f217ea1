"""Telling a member that somebody answered: once for each message, until it is put away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership, Notice, NoticeKind
from server.accounts.rules import tell
from server.database import Transaction
from server.forum.models import Message, Mute

_Answer = aliased(Message)


def tell_of_answer(tx: Transaction, answer: UUID, *, at: datetime) -> None:
    """Leave a notice for whoever wrote what was answered, unless they want none (of this person) or have one."""
    told_already = exists().where(
        col(Notice.membership_id) == col(Membership.id),
        col(Notice.kind) == NoticeKind.ANSWERED,
        col(Notice.message_public_id).in_(
            select(col(_Answer.public_id)).where(col(_Answer.reply_to_id) == col(Message.id)).correlate(Message)
        ),
    )
    unwanted = exists().where(
        col(Mute.membership_id) == col(Membership.id),
        col(Mute.other_id)
        == select(col(_Answer.membership_id)).where(col(_Answer.public_id) == answer).scalar_subquery(),
    )
    reader = tx.session.execute(
        select(col(Membership.id))
        .join(Message, col(Message.membership_id) == col(Membership.id))
        .where(
            col(Message.id)
            == select(col(_Answer.reply_to_id)).where(col(_Answer.public_id) == answer).scalar_subquery(),
            col(Membership.id)
            != select(col(_Answer.membership_id)).where(col(_Answer.public_id) == answer).scalar_subquery(),
            col(Message.state) == ContentState.PUBLISHED,
            col(Membership.told_of_answers).is_(True),
            ~told_already,
            ~unwanted,
        )
    ).scalar_one_or_none()
    if reader is not None:
        tell(tx, reader, NoticeKind.ANSWERED, message=answer, reason=None, due_at=at, decision_id=None)


def forget_answer(tx: Transaction, answer: UUID) -> None:
    """The answer went away: nobody is led to it any more."""
    tx.session.execute(
        delete(Notice).where(col(Notice.kind) == NoticeKind.ANSWERED, col(Notice.message_public_id) == answer)
    )
