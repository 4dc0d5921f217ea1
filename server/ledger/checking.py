"""Walks along the chain from its beginning, and holds it against what the texts are now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from moderation.states import LEGAL, ContentState
from server.database import Transaction, metadata
from server.ledger.models import LedgerEntry
from server.ledger.rules import BEGINNING, seal_of, subject_of

AT_ONCE = 2000
_MOVES = {(before, after) for (before, _), after in LEGAL.items()}
_UNDOES = {(after, before) for before, after in _MOVES}
"""A decision that is undone or overturned goes the other way."""


@dataclass(slots=True)
class Findings:
    """What a walk along the chain found. `wrong` holds sentences for whoever asked; empty when all is well."""

    lines: int = 0
    head: bytes = BEGINNING
    newest: datetime | None = None
    wrong: list[str] = field(default_factory=list[str])


def check(tx: Transaction) -> Findings:
    """Every seal, every link, every move, and the present state of every message that the chain tells of."""
    found = Findings()
    last: dict[int, str] = {}
    for line in _lines(tx):
        found.lines += 1
        _check_line(found, line)
        if line.message_id is not None:
            _check_message(found, line, last)
        found.head, found.newest = bytes(line.seal), line.hour
    for message_id, state in _states(tx, sorted(last)):
        if last[message_id] != state:
            found.wrong.append(f"A message is {state}, and the chain says {last[message_id]}.")
    return found


def _check_line(found: Findings, line: Any) -> None:
    if bytes(line.previous) != found.head:
        found.wrong.append(f"Line {found.lines} does not follow the line before it.")
    if seal_of(line._asdict()) != bytes(line.seal):
        found.wrong.append(f"Line {found.lines} was changed after it was written.")
    if (line.before, line.after) not in _MOVES | _UNDOES:
        found.wrong.append(f"Line {found.lines} tells of a move that does not exist: {line.before} to {line.after}.")


def _check_message(found: Findings, line: Any, last: dict[int, str]) -> None:
    if subject_of(bytes(line.salt), line.public_id) != bytes(line.subject):
        found.wrong.append(f"Line {found.lines} is not about the message that it is kept with.")
    if last.get(line.message_id, line.before) != line.before:
        found.wrong.append(f"Line {found.lines} begins at {line.before}; the line before it ended elsewhere.")
    last[line.message_id] = line.after


def _lines(tx: Transaction) -> Iterator[Any]:
    messages = metadata.tables["message"]
    after = 0
    while True:
        rows = tx.look(
            select(*(col(getattr(LedgerEntry, name)) for name in LedgerEntry.model_fields), messages.c.public_id)
            .outerjoin(messages, messages.c.id == col(LedgerEntry.message_id))
            .where(col(LedgerEntry.id) > after)
            .order_by(col(LedgerEntry.id))
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def _states(tx: Transaction, keys: list[int]) -> Iterator[tuple[int, ContentState]]:
    messages = metadata.tables["message"]
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        rows = tx.look(select(messages.c.id, messages.c.state).where(messages.c.id.in_(some)).order_by(messages.c.id))
        yield from ((row.id, row.state) for row in rows)
