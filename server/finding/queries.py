"""Looks words up. The cost is bounded: it hardly depends on how much was ever written."""

import heapq
import itertools
from collections.abc import Iterator, Sequence

from sqlalchemy import Select, bindparam, func, literal, select, union_all
from sqlmodel import col

from server.database import Transaction
from server.finding.models import WordPlace
from server.finding.rules import word_hash

COUNTED = 1000
"""Frequencies are counted up to here, only to begin with the rarest word."""
NEWEST = 5000
"""Of the rarest word so many places are looked at in each space, the newest first."""
_AT_ONCE = (100, 400, 1000)
"""Candidates held against the other words together: few at first, because few are usually enough."""
_COUNTS_AT_ONCE = 100
_THERE = select(col(WordPlace.message_id)).where(
    col(WordPlace.word) == bindparam("word"), col(WordPlace.message_id).in_(bindparam("ids", expanding=True))
)
"""One space and one word at a time: SQLite reads a list of pairs without its index."""


def places(tx: Transaction, spaces: Sequence[int], terms: Sequence[str]) -> Iterator[list[int]]:
    """Message keys in which all the terms stand, the newest first, in portions; only of these spaces."""
    counts = _counts(tx, [word_hash(space, term) for space in spaces for term in terms])
    whole = [space for space in spaces if all(word_hash(space, term) in counts for term in terms)]
    if not whole or not terms:
        return
    rarest = min(terms, key=lambda term: sum(counts[word_hash(space, term)] for space in whole))
    others = [term for term in terms if term != rarest]
    newest = heapq.merge(*(_newest(tx, space, rarest) for space in whole), reverse=True)
    for size in itertools.chain(_AT_ONCE, itertools.repeat(_AT_ONCE[-1])):
        portion = list(itertools.islice(newest, size))
        if not portion:
            return
        for term in others:
            portion = _with(tx, portion, term) if portion else portion
        yield [message_id for message_id, _ in portion]


def _counts(tx: Transaction, hashes: Sequence[int]) -> dict[int, int]:
    """How often each word stands there, up to COUNTED; words that stand nowhere are left out."""
    counts: dict[int, int] = {}
    for start in range(0, len(hashes), _COUNTS_AT_ONCE):
        parts: list[Select[tuple[int, int]]] = []
        for value in hashes[start : start + _COUNTS_AT_ONCE]:
            some = select(col(WordPlace.message_id)).where(col(WordPlace.word) == value).limit(COUNTED).subquery()
            parts.append(select(literal(value), func.count()).select_from(some))
        counts.update((value, count) for value, count in tx.look(union_all(*parts)) if count)  # type: ignore[arg-type]
    return counts


def _newest(tx: Transaction, space: int, term: str) -> list[tuple[int, int]]:
    rows = tx.look(
        select(col(WordPlace.message_id))
        .where(col(WordPlace.word) == word_hash(space, term))
        .order_by(col(WordPlace.message_id).desc())
        .limit(NEWEST)
    )
    return [(message_id, space) for (message_id,) in rows]


def _with(tx: Transaction, portion: Sequence[tuple[int, int]], term: str) -> list[tuple[int, int]]:
    """Those of the portion in which this term stands too."""
    there: set[int] = set()
    for space in {space for _, space in portion}:
        wanted = [message_id for message_id, its_space in portion if its_space == space]
        rows = tx.look(_THERE, {"word": word_hash(space, term), "ids": wanted})
        there.update(message_id for (message_id,) in rows)
    return [entry for entry in portion if entry[0] in there]
