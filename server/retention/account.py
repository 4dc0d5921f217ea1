"""The account of all runs: a chain of sealed lines, so that nobody can take one out or write another."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from sqlalchemy import select
from sqlmodel import col

from server.database import Transaction
from server.retention.models import RetentionRun

BEGINNING = bytes(32)


def seal_of(key: bytes, before: bytes, day: date, counts: Mapping[str, int]) -> bytes:
    """HMAC-SHA256 over the seal before, the day and the numbers, in one writing."""
    written = json.dumps([day.isoformat(), dict(sorted(counts.items()))], separators=(",", ":"), sort_keys=True)
    return hmac.digest(key, before + written.encode(), sha256)


def note_run(tx: Transaction, key: bytes, day: date, counts: Mapping[str, int]) -> None:
    """Write the line of a run."""
    last = tx.look(select(col(RetentionRun.seal)).order_by(col(RetentionRun.id).desc()).limit(1)).scalar_one_or_none()
    seal = seal_of(key, BEGINNING if last is None else bytes(last), day, counts)
    tx.session.add(RetentionRun(day=day, counts=dict(counts), seal=seal))


def touched_since(tx: Transaction, day: date) -> frozenset[str]:
    """Which tables and lifetimes the runs since this day let something go of."""
    found = tx.look(select(col(RetentionRun.counts)).where(col(RetentionRun.day) >= day)).scalars()
    return frozenset(name for counts in found for name in counts)


def is_whole(tx: Transaction, key: bytes) -> bool:
    """Whether every line follows the one before it and none was changed."""
    before: bytes | None = None
    lines: Sequence[RetentionRun] = (
        tx.session.execute(select(RetentionRun).order_by(col(RetentionRun.id))).scalars().all()
    )
    for line in lines:
        if seal_of(key, BEGINNING if before is None else before, line.day, line.counts) != line.seal:
            return False
        before = line.seal
    return True
