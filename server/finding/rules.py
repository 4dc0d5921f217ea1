"""Keeps the index true: what is published can be found, and nothing else."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from moderation.states import ContentState
from server.database import Transaction, metadata
from server.finding.models import WordPlace
from server.finding.terms import terms_of
from server.prepared import Prepared, named, new_row

_LEARN = Prepared(new_row(WordPlace).prefix_with("OR IGNORE", dialect="sqlite"))
_LEARN_ON_POSTGRES = Prepared(postgresql.insert(WordPlace).values(named(WordPlace)).on_conflict_do_nothing())
"""A word that is known there already changes nothing."""


def word_hash(space_id: int, term: str) -> int:
    """64 bits, signed as the databases keep them. Two words that meet here find a little too much."""
    digest = hashlib.blake2b(f"{space_id}:{term}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def learn(tx: Transaction, *, space_id: int, message_id: int, texts: Iterable[str]) -> None:
    """From now on the message can be found by these words."""
    hashes = {word_hash(space_id, term) for term in terms_of(*texts)}
    if not hashes:
        return
    rows = [{"word": value, "message_id": message_id} for value in sorted(hashes)]
    tx.ask_many(_LEARN_ON_POSTGRES if tx.is_postgres else _LEARN, rows)


def learn_message(tx: Transaction, message_id: int) -> None:
    """The same for a message as it stands now; nothing happens unless it is published."""
    found = _published(tx, message_id)
    if found is not None:
        learn(tx, space_id=found[0], message_id=message_id, texts=found[1:])


def unlearn_message(tx: Transaction, message_id: int) -> None:
    """Before a published message changes or goes: nothing finds it any more. The words must still be there."""
    found = _published(tx, message_id)
    if found is None:
        return
    hashes = [word_hash(found[0], term) for term in terms_of(*found[1:])]
    tx.session.execute(
        delete(WordPlace).where(col(WordPlace.word).in_(hashes), col(WordPlace.message_id) == message_id)
    )


def _published(tx: Transaction, message_id: int) -> tuple[int, str, str] | None:
    """Space, title and text; None when others cannot read the message."""
    messages, topics = metadata.tables["message"], metadata.tables["topic"]
    tx.session.flush()
    row = tx.session.execute(
        select(topics.c.space_id, messages.c.title, messages.c.text)
        .join(topics, topics.c.id == messages.c.topic_id)
        .where(messages.c.id == message_id, messages.c.state == ContentState.PUBLISHED)
    ).first()
    return None if row is None else (row[0], row[1], row[2])
