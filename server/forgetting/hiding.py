"""In a copy that is laid back: a message that a moderator hid or gave back since waits for a moderator there too."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import col

from moderation.states import ContentState, Move, moved
from server.content import open_case
from server.database import Transaction
from server.finding.rules import unlearn_message
from server.forum.models import Message
from server.forum.queries import OwnMessage
from server.forum.rules import recount
from server.forum.telling import forget_answer
from server.ledger.models import Hand
from server.ledger.rules import record

HIDDEN_SINCE = "hidden_since"
"""The rule of its case: what the decision was about, and who flagged it, no list tells."""


def hide(tx: Transaction, message: OwnMessage, *, at: datetime) -> None:
    """Nobody reads a published message any more, and a case waits for somebody to decide about it."""
    record(
        tx,
        message_id=message.id,
        public_id=message.public_id,
        before=message.state,
        after=moved(message.state, Move.HIDE),
        hand=Hand.MODERATOR,
        reason=HIDDEN_SINCE,
        at=at,
    )
    unlearn_message(tx, message.id)
    hidden = {"state": ContentState.HIDDEN, "version": col(Message.version) + 1}
    tx.run(update(Message).where(col(Message.id) == message.id).values(hidden))
    forget_answer(tx, message.public_id)
    open_case(
        tx,
        message_id=message.id,
        space_id=message.topic.space.id,
        language=message.language,
        rules=[HIDDEN_SINCE],
        weight=0.0,
        at=at,
    )
    recount(tx, message.topic.id)
