"""Telling a member that somebody answered: once for each message, until it is put away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership, Notice, NoticeKind
from server.accounts.rules import tell
from server.database import Transaction
from server.forum.models import Message, Mute
from server.prepared import Prepared

_Answer = aliased(Message)
_ANSWERED_BY_IT = (
    select(col(_Answer.reply_to_id)).where(col(_Answer.public_id) == bindparam("answer")).scalar_subquery()
)
_ITS_AUTHOR = select(col(_Answer.membership_id)).where(col(_Answer.public_id) == bindparam("answer")).scalar_subquery()
_TOLD_ALREADY = exists().where(
    col(Notice.membership_id) == col(Membership.id),
    col(Notice.kind) == NoticeKind.ANSWERED,
    col(Notice.message_public_id).in_(
        select(col(_Answer.public_id)).where(col(_Answer.reply_to_id) == col(Message.id)).correlate(Message)
    ),
)
_UNWANTED = exists().where(col(Mute.membership_id) == col(Membership.id), col(Mute.other_id) == _ITS_AUTHOR)
_READER = Prepared(
    select(col(Membership.id))
    .join(Message, col(Message.membership_id) == col(Membership.id))
    .where(
        col(Message.id) == _ANSWERED_BY_IT,
        col(Membership.id) != _ITS_AUTHOR,
        col(Message.state) == ContentState.PUBLISHED,
        col(Membership.told_of_answers).is_(True),
        ~_TOLD_ALREADY,
        ~_UNWANTED,
    )
)


def tell_of_answer(tx: Transaction, answer: UUID, *, at: datetime) -> None:
    """Leave a notice for whoever wrote what was answered, unless they want none (of this person) or have one."""
    reader = tx.ask(_READER, {"answer": answer}).value()
    if reader is not None:
        tell(tx, reader, NoticeKind.ANSWERED, message=answer, reason=None, due_at=at, decision_id=None)


def forget_answer(tx: Transaction, answer: UUID) -> None:
    """The answer went away: nobody is led to it any more."""
    tx.session.execute(
        delete(Notice).where(col(Notice.kind) == NoticeKind.ANSWERED, col(Notice.message_public_id) == answer)
    )
