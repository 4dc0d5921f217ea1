"""A secret that one reader alone cannot use: every two of its holders have a pair of halves that fit together.

One half is random, the other is the secret hidden under it, so a half by itself says nothing. A holder can pass
their halves on, and then there are two who hold the same side: these two open nothing together. Whoever has no
partner left opens nothing, and nobody can help that.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from server.crypto.sealed.boxes import KEY_BYTES, Damaged, both, locked, new_key, sealed, unlocked, unsealed, whole

_HALF = struct.Struct(f">HB{KEY_BYTES}s")
_KNOWN = bytes(KEY_BYTES)
"""Known to all: the sealed box around it protects the halves, this lock only says where they belong."""


@dataclass(frozen=True, slots=True)
class Half:
    """One side, 0 or 1, of one pair."""

    pair: int
    side: int
    bits: bytes

    @property
    def name(self) -> tuple[int, int]:
        """Which one it is."""
        return self.pair, self.side

    def fits(self, other: tuple[int, int]) -> bool:
        """Whether this and the half of that name are a pair."""
        return other == (self.pair, 1 - self.side)


def cut(secret: bytes, people: Sequence[UUID]) -> dict[UUID, tuple[Half, ...]]:
    """Halves for all of them, of which any two people's fit together; none at all for fewer than two."""
    held: dict[UUID, list[Half]] = {person: [] for person in people}
    for pair, (one, other) in enumerate(combinations(held, 2)):
        half = new_key()
        held[one].append(Half(pair, 0, half))
        held[other].append(Half(pair, 1, both(secret, half)))
    return {person: tuple(halves) for person, halves in held.items() if halves}


def joined(one: Iterable[Half], other: Iterable[Half]) -> bytes | None:
    """The secret from two people's halves, or None when none of them fit. Hold it against its public half."""
    theirs: Mapping[tuple[int, int], Half] = {half.name: half for half in other}
    for half in one:
        fitting = theirs.get((half.pair, 1 - half.side))
        if fitting is not None:
            return both(half.bits, fitting.bits)
    return None


def closed(halves: Sequence[Half], to_public: bytes, *, about: bytes) -> bytes:
    """A box with these halves for one person, which opens only where it is about the same thing."""
    raw = b"".join(_HALF.pack(half.pair, half.side, whole(half.bits)) for half in halves)
    return sealed(to_public, locked(_KNOWN, raw, about=b"halves" + about))


def opened(box: bytes, secret: bytes, *, about: bytes) -> tuple[Half, ...]:
    """The halves in a box. Raises Damaged when it is for somebody else, or of another place."""
    content = unsealed(secret, box)
    if content is None:
        raise Damaged
    raw = unlocked(_KNOWN, content, about=b"halves" + about)
    if len(raw) % _HALF.size:
        raise Damaged
    return tuple(Half(*values) for values in _HALF.iter_unpack(raw))
