"""Adds a line to the chain, in the same transaction as the change that it tells of."""

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from moderation.states import ContentState
from server.clock import rounded_to_the_hour
from server.database import Transaction
from server.ledger.models import Hand, LedgerEntry
from server.prepared import Prepared, new_row

BEGINNING = hashlib.blake2b(b"baraza ledger", digest_size=32).digest()
"""What the first line follows."""
SALT_BYTES = 16
_LOCK_OF_THE_CHAIN = 4_021_733
"""PostgreSQL's name for the right to add a line; held until the visit ends, so that the chain never forks."""
_NEWEST = Prepared(select(col(LedgerEntry.seal)).order_by(col(LedgerEntry.id).desc()).limit(1))
_NEW = Prepared(new_row(LedgerEntry))


def record(
    tx: Transaction,
    *,
    message_id: int,
    public_id: UUID,
    before: ContentState,
    after: ContentState,
    hand: Hand,
    at: datetime,
    reason: str = "",
    policy_version: str = "",
) -> None:
    """Write down, when the visit ends, that a text went from one state to another; nothing when it did not.

    The right to add a line is the last lock that a visit takes: whoever holds it waits for nobody, so that no ring
    forms. A text that is published at once is not in the chain: nobody decided anything about it.
    """
    if before == after or (before == ContentState.DRAFT and after == ContentState.PUBLISHED):
        return
    salt = secrets.token_bytes(SALT_BYTES)
    values: dict[str, Any] = {
        "message_id": message_id,
        "salt": salt,
        "subject": subject_of(salt, public_id),
        "before": before,
        "after": after,
        "hand": hand,
        "reason": reason,
        "policy_version": policy_version,
        "hour": rounded_to_the_hour(at),
    }
    tx.last.append(lambda: _add(tx, values))


def _add(tx: Transaction, values: dict[str, Any]) -> None:
    tx.alone(_LOCK_OF_THE_CHAIN)
    previous = tx.ask(_NEWEST, {}).value() or BEGINNING
    line = {**values, "previous": bytes(previous)}
    tx.ask(_NEW, {**line, "seal": seal_of(line)})


def subject_of(salt: bytes, public_id: UUID) -> bytes:
    """Which message a line is about, for whoever knows the message."""
    return hashlib.blake2b(public_id.bytes, key=salt, digest_size=32).digest()


def seal_of(values: dict[str, Any]) -> bytes:
    """The hash over a line and the seal before it; every part with its length, so that none can grow into the next."""
    parts = [
        bytes(values["previous"]),
        bytes(values["salt"]),
        bytes(values["subject"]),
        *(str(values[name]).encode() for name in ("before", "after", "hand", "reason", "policy_version")),
        str(int(values["hour"].timestamp())).encode(),
    ]
    sealed = hashlib.blake2b(digest_size=32)
    for part in parts:
        sealed.update(len(part).to_bytes(4, "big") + part)
    return sealed.digest()
