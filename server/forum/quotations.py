"""Quotations: the very words of a message, which go when it goes."""

from sqlalchemy import select, update
from sqlmodel import col

from moderation.states import ContentState
from server.database import Transaction, changed
from server.errors import Invalid, say
from server.forum.models import Message

OTHER_WORDS = say("These words are not in the message that you answer. You can shorten them, but not change them.")


def quoted_part(tx: Transaction, answered: int | None, quoted: str) -> str:
    """The words to be shown above an answer. Raises Invalid when nobody wrote them so."""
    if answered is None or not quoted:
        return ""
    text = tx.session.execute(select(col(Message.text)).where(col(Message.id) == answered)).scalar_one()
    if not _stands_in(quoted, text):
        raise Invalid(OTHER_WORDS, field="quoted")
    return " ".join(quoted.split())


def check_quotations(tx: Transaction, message_id: int) -> None:
    """After a message has changed: what quotes words that it has no more quotes nothing any more."""
    text, state = tx.session.execute(
        select(col(Message.text), col(Message.state)).where(col(Message.id) == message_id)
    ).one()
    quotations = tx.session.execute(
        select(col(Message.id), col(Message.quoted)).where(
            col(Message.reply_to_id) == message_id, col(Message.quoted) != ""
        )
    ).all()
    stale = [answer for answer, quoted in quotations if state == ContentState.WITHDRAWN or not _stands_in(quoted, text)]
    if stale and changed(tx.session.execute(update(Message).where(col(Message.id).in_(stale)).values(quoted=""))):
        tx.erases = True


def _stands_in(quoted: str, text: str) -> bool:
    return " ".join(quoted.split()) in " ".join(text.split())
