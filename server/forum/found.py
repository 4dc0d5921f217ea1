"""What a search shows: messages that this viewer may read now, with the words that were looked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, true
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.database import Transaction, made
from server.finding.queries import places
from server.finding.terms import words
from server.forum.models import Message, Topic

RESULTS_PER_PAGE = 20
MOST_PAGES = 10
MOST_TERMS = 12
SPARE = 10
"""So many more are looked up than a page shows: one tells that there are more, some may not be read any more."""
BEFORE, AROUND = 60, 220
"""Characters of the text shown before the first word that was found, and in all."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A message that has all the words."""

    id: int
    public_id: UUID
    topic_title: str
    topic_language: str
    space_id: int
    pseudonym: str | None
    text: str
    language: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an excerpt; `found` when it is what was looked for."""

    text: str
    found: bool


def found(
    tx: Transaction, spaces: Sequence[int], terms: Sequence[str], *, page: int, without: Collection[int] = ()
) -> tuple[list[FoundRow], bool]:
    """One page of results, the newest first, and whether there are more. `without`: authors who are not wanted."""
    first, last = (page - 1) * RESULTS_PER_PAGE, page * RESULTS_PER_PAGE
    rows: list[FoundRow] = []
    for portion in places(tx, spaces, terms, portion=last + SPARE):
        rows += _readable(tx, spaces, portion, without) if portion else []
        if len(rows) > last:
            break
    return rows[first:last], len(rows) > last and page < MOST_PAGES


def _readable(tx: Transaction, spaces: Sequence[int], ids: Sequence[int], without: Collection[int]) -> list[FoundRow]:
    """Asked of the messages themselves once more: the index alone never opens anything."""
    rows = tx.look(
        select(
            col(Message.id),
            col(Message.public_id),
            col(Topic.title),
            col(Topic.language),
            col(Topic.space_id),
            col(Membership.pseudonym),
            col(Message.text),
            col(Message.language),
            col(Message.written_at),
        )
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .outerjoin(Membership, col(Membership.id) == col(Message.membership_id))
        .where(
            col(Message.id).in_(ids),
            col(Message.state) == ContentState.PUBLISHED,
            col(Topic.state) == ContentState.PUBLISHED,
            col(Topic.space_id).in_(spaces),
            or_(col(Message.membership_id).is_(None), col(Message.membership_id).not_in(without))
            if without
            else true(),
        )
        .order_by(col(Message.id).desc())
        .limit(len(ids))
    )
    return [made(FoundRow, row) for row in rows]


def excerpt(text: str, terms: Sequence[str]) -> list[Part]:
    """The place of the text where the words stand, cut at spaces, in pieces."""
    spans = [(word.start, word.end) for word in words(text) if word.term in terms]
    start = max(0, (spans[0][0] if spans else 0) - BEFORE)
    if start:
        start = text.find(" ", start, spans[0][0]) + 1 or start
    end = min(len(text), start + AROUND)
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + AROUND // 2)
    parts, at = [Part("… " if start else "", False)], start
    for first, last in spans:
        if first >= at and last <= end:
            parts += [Part(text[at:first], False), Part(text[first:last], True)]
            at = last
    parts.append(Part(text[at:end] + (" …" if end < len(text) else ""), False))
    return [part for part in parts if part.text]
