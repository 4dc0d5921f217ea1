"""The record of who opened what: sealed to the recovery officers, closed each day, and nothing in it can be changed.

Each entry is a leaf of one size. A day's leaves and as many fillers as it takes stand in a tree of a fixed size, so
that its root says nothing of how much was done; each day's head stands on the head of the day before, and is published.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import (
    HASH_BYTES,
    KEY_BYTES,
    LOCK_BYTES,
    SEAL_BYTES,
    Damaged,
    alike,
    hashed,
    keyed,
    locked,
    new_key,
    padded_to,
    public_of,
    sealed,
    unlocked,
    unpadded_from,
    unsealed,
    whole,
)

ENTRY_BYTES = 1024
"""What an entry is filled up to; a longer one is refused."""
PLACES = 1024
"""Leaves of a day, fillers included. A fuller day has twice as many, and so on."""
NOTHING_BEFORE = bytes(HASH_BYTES)
"""What the first head stands on."""
_SHARE_BYTES = KEY_BYTES + SEAL_BYTES
_CONTENT_BYTES = KEY_BYTES + ENTRY_BYTES + LOCK_BYTES


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry. `seal` stands for its salted words, so that who knows them can show that they are in the tree."""

    day: date
    place: int
    box: bytes
    seal: bytes

    def hash(self) -> bytes:
        """32 bytes that stand for it in the tree."""
        return hashed(_where(self.day, self.place) + whole(self.seal) + hashed(self.box, "audit/box"), "audit/leaf")


@dataclass(frozen=True, slots=True)
class Head:
    """A closed day. `before` is the hash of the head of the day before; the head's own hash is what is published."""

    day: date
    root: bytes
    before: bytes

    def hash(self) -> bytes:
        """32 bytes that stand for this day and every day before it."""
        return hashed(_where(self.day, 0) + whole(self.root) + whole(self.before), "audit/head")


def leaf(entry: dict[str, Any], *, day: date, place: int, to: Sequence[bytes | None]) -> Leaf:
    """An entry for the officers with these public keys; None stands for one who must not read it, and does not show.

    Raises Damaged for an entry that is too long.
    """
    content = new_key() + padded_to(plain_json.written(entry), ENTRY_BYTES)
    if len(content) != KEY_BYTES + ENTRY_BYTES:
        raise Damaged
    key, where = new_key(), _where(day, place)
    shares = b"".join(sealed(public_of(new_key()) if public is None else public, key) for public in to)
    return Leaf(day, place, shares + locked(key, content, about=where), _seal(where, content))


def opened(found: Leaf, box_secret: bytes) -> dict[str, Any] | None:
    """What an entry says; None when it is not for this officer. Raises Damaged."""
    shares, box = found.box[:-_CONTENT_BYTES], found.box[-_CONTENT_BYTES:]
    where = _where(found.day, found.place)
    for at in range(0, len(shares), _SHARE_BYTES):
        key = unsealed(box_secret, shares[at : at + _SHARE_BYTES])
        if key is None:
            continue
        content = unlocked(key, box, about=where)
        if not alike(_seal(where, content), found.seal):
            raise Damaged
        return plain_json.read(unpadded_from(content[KEY_BYTES:], ENTRY_BYTES))
    return None


def head(day: date, leaves: Sequence[Leaf], *, before: bytes, filler_key: bytes) -> Head:
    """Close a day. Raises Damaged unless its leaves have the places 0, 1, 2 and so on."""
    return Head(day, _root(day, leaves, filler_key), before)


def verify(
    heads: Sequence[Head],
    leaves: Mapping[date, Sequence[Leaf]],
    *,
    filler_key: bytes,
    before: bytes = NOTHING_BEFORE,
    published: Mapping[date, bytes] | None = None,
    kept_since: date = date.min,
) -> tuple[date, ...]:
    """The days on which something is wrong; none when all is well. Leaves after the last head are not closed yet.

    `before` is what the first head must stand on, `published` the hashes that others have noted. Before
    `kept_since`, the leaves are no longer kept, and only the chain is looked at.
    """
    wrong = {day for day in leaves if heads and kept_since <= day < heads[0].day}
    expected: date | None = None
    for found in heads:
        linked = found.before == before and expected in (None, found.day)
        if not linked or (found.day >= kept_since and not _stands(found, leaves.get(found.day, ()), filler_key)):
            wrong.add(found.day)
        before, expected = found.hash(), found.day + timedelta(days=1)
    hashes = {found.day: found.hash() for found in heads}
    wrong.update(day for day, noted in (published or {}).items() if hashes.get(day) != noted)
    return tuple(sorted(wrong))


def _stands(found: Head, leaves: Sequence[Leaf], filler_key: bytes) -> bool:
    try:
        return alike(found.root, _root(found.day, leaves, filler_key))
    except Damaged:
        return False


def _root(day: date, leaves: Sequence[Leaf], filler_key: bytes) -> bytes:
    if [(one.day, one.place) for one in leaves] != [(day, place) for place in range(len(leaves))]:
        raise Damaged
    places = PLACES
    while places < len(leaves):
        places *= 2
    fillers = (keyed(filler_key, _where(day, place), "audit/filler") for place in range(len(leaves), places))
    row = [*(one.hash() for one in leaves), *fillers]
    while len(row) > 1:
        row = [hashed(row[at] + row[at + 1], "audit/node") for at in range(0, len(row), 2)]
    return row[0]


def _seal(where: bytes, content: bytes) -> bytes:
    return hashed(where + content, "audit/seal")


def _where(day: date, place: int) -> bytes:
    return struct.pack(">II", day.toordinal(), place)
