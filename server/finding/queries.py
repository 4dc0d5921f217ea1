"""Looks words up. The cost is bounded: it hardly depends on how much was ever written."""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, CompoundSelect, Select, bindparam, func, literal, select, true, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.database import Transaction
from server.finding.models import WordPlace
from server.finding.rules import word_hash

COUNTED = 1500
"""Frequencies are counted up to here, only to begin with the rarest word. With fewer, words that are frequent in a
large forum look alike; the walk then begins with the wrong one, is longer, and misses what lies beyond its end."""
NEWEST = 4000
"""Of the rarest word so many places are looked at in each space, the newest first."""
_AT_ONCE = (100, 900, 1000)
"""Places looked at together: few at first, because few are usually enough."""
_COUNTS_AT_ONCE = 100
_LARGEST_KEY = 2**31 - 1


def places(tx: Transaction, spaces: Sequence[int], terms: Sequence[str], *, portion: int) -> Iterator[list[int]]:
    """Message keys in which all the terms stand, the newest first, so many at a time; only of these spaces."""
    counts = _counts(tx, [word_hash(space, term) for space in spaces for term in terms])
    whole = [space for space in spaces if all(word_hash(space, term) in counts for term in terms)]
    if not whole or not terms:
        return
    rarest = min(terms, key=lambda term: sum(counts[word_hash(space, term)] for space in whole))
    ordered = [rarest, *(term for term in terms if term != rarest)]
    newest = heapq.merge(*(_newest(tx, [word_hash(space, term) for term in ordered]) for space in whole), reverse=True)
    while some := list(itertools.islice(newest, portion)):
        yield some


def _counts(tx: Transaction, hashes: Sequence[int]) -> dict[int, int]:
    """How often each word stands there, up to COUNTED; words that stand nowhere are left out."""
    counts: dict[int, int] = {}
    for start in range(0, len(hashes), _COUNTS_AT_ONCE):
        parts: list[Select[int, int]] = []
        for value in hashes[start : start + _COUNTS_AT_ONCE]:
            some = select(col(WordPlace.message_id)).where(col(WordPlace.word) == value).limit(COUNTED).subquery()
            parts.append(select(literal(value), func.count()).select_from(some))
        counts.update((value, count) for value, count in tx.look(union_all(*parts)) if count)
    return counts


def _newest(tx: Transaction, hashes: Sequence[int]) -> Iterator[int]:
    """The messages of one space with all the words; read as far as somebody asks, and at most to NEWEST."""
    named = {f"word{number}": value for number, value in enumerate(hashes)}
    below, looked_at = _LARGEST_KEY, 0
    for size in itertools.chain(_AT_ONCE, itertools.repeat(_AT_ONCE[-1])):
        rows = tx.look(_together(len(hashes)), {**named, "below": below, "most": size}).all()
        yield from sorted((message_id for message_id, walked in rows if walked == 0), reverse=True)
        below, walked = max(rows, key=_walked)
        looked_at += walked
        if walked < size or looked_at >= NEWEST:
            return


def _walked(row: Sequence[int]) -> int:
    return row[1]


@lru_cache
def _together(words: int) -> CompoundSelect[*tuple[Any, ...]]:
    """Of the newest places of the first word below a key, those where the other words stand too; and, in one more row,
    where the walk came to and how many places it took. The others never leave the database."""
    newest = (
        select(col(WordPlace.message_id))
        .where(col(WordPlace.word) == bindparam("word0"), col(WordPlace.message_id) < bindparam("below"))
        .order_by(col(WordPlace.message_id).desc())
        .limit(bindparam("most"))
        .cte("newest")
    )
    message_id = cast("ColumnElement[int]", newest.c.message_id)
    also: list[ColumnElement[bool]] = []
    for number in range(1, words):
        other = aliased(WordPlace)
        there = select(literal(1)).where(
            col(other.word) == bindparam(f"word{number}"), col(other.message_id) == message_id
        )
        also.append(there.offset(0).exists())  # one look for each place: PostgreSQL would read the whole other list
    both = select(message_id, literal(0)).where(true(), *also)
    return union_all(both, select(func.coalesce(func.min(message_id), 0), func.count()))
