"""What the model sees of a text: hashed letter sequences inside words, and words and word pairs."""

import numpy as np
from numpy.typing import NDArray

BUCKETS_BITS = 21
"""Buckets of the toxicity weights; 2^20 costs half a point of AUC, 2^22 wins nothing."""
LABEL_BITS = 18
"""Buckets of the four label heads."""
SHORTEST, LONGEST = 2, 5
"""Letters in a sequence, counting the space before or after the word."""
WORD_WEIGHT = 0.5
"""How much the word block counts beside the letter block."""
MAX_LETTERS = 7_000
"""Longer texts are cut into chunks before they come here."""

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_SALTS = [pow(0xD6E8FEB86659FD93, n + 1, 1 << 64) | 1 for n in range(LONGEST + 3)]
_MIX = np.uint64(0xFF51AFD7ED558CCD)


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    table = np.full(count, base, dtype=np.uint64)
    table[0] = 1
    return np.cumprod(table, dtype=np.uint64)


_UP = _powers(_BASE, MAX_LETTERS + 2)
_DOWN = _powers(_INVERSE, MAX_LETTERS + 2)

Buckets = NDArray[np.uint32]


def _bucket(hashes: NDArray[np.uint64]) -> Buckets:
    mixed = (hashes ^ (hashes >> np.uint64(29))) * _MIX
    return (mixed >> np.uint64(64 - BUCKETS_BITS)).astype(np.uint32)


def _distinct(buckets: Buckets) -> Buckets:
    if buckets.size < 2:
        return buckets
    buckets.sort()
    keep = np.empty(buckets.size, dtype=bool)
    keep[0] = True
    np.not_equal(buckets[1:], buckets[:-1], out=keep[1:])
    return buckets[keep]


def _sums(letters: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Prefix sums of letter times power: any piece hashes as one difference of two of them."""
    sums = np.zeros(letters.size + 1, dtype=np.uint64)
    np.cumsum((letters.astype(np.uint64) + np.uint64(1)) * _UP[: letters.size], out=sums[1:])
    return sums


def _letters(judged: str) -> tuple[NDArray[np.uint64], NDArray[np.bool_], NDArray[np.int32]]:
    """Prefix sums of the letters, which of them are spaces, and how many spaces came before."""
    letters = np.frombuffer(judged[:MAX_LETTERS].encode("utf-32-le", "replace"), dtype=np.uint32)
    spaces = letters == 32
    seen = np.zeros(letters.size + 1, dtype=np.int32)
    np.cumsum(spaces, out=seen[1:])
    return _sums(letters), spaces, seen


def buckets_of(judged: str) -> tuple[Buckets, Buckets]:
    """The distinct buckets of the letter sequences and of the words of a normalised text.

    `judged` comes from normalise.judged: words with one space between and around them.
    """
    sums, spaces, seen = _letters(judged)
    starts = _starts(seen)
    return _distinct(_sequences(sums, starts)), _distinct(_words(sums, spaces))


def placed(judged: str) -> tuple[Buckets, NDArray[np.int32]]:
    """Every letter sequence, and for each the number of the word that it lies in, from 0."""
    sums, _, seen = _letters(judged)
    starts = _starts(seen)
    if not starts:
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int32)
    return _sequences(sums, starts), np.concatenate([seen[start + 1] for _, start in starts]) - 1


def _starts(seen: NDArray[np.int32]) -> list[tuple[int, NDArray[np.int64]]]:
    """For each length where a run begins that has no space inside; it may at either end."""
    size = seen.size - 1
    found: list[tuple[int, NDArray[np.int64]]] = []
    for length in range(SHORTEST, min(LONGEST, size) + 1):
        last = size - length + 1
        inner = seen[length - 1 : length - 1 + last] == seen[1 : 1 + last]
        found.append((length, np.flatnonzero(inner)))
    return found


def _sequences(sums: NDArray[np.uint64], starts: list[tuple[int, NDArray[np.int64]]]) -> Buckets:
    """The hashed bucket of every run of 2 to 5 letters."""
    hashes = [
        (sums[start + length] - sums[start]) * _DOWN[start] * np.uint64(_SALTS[length]) for length, start in starts
    ]
    return _bucket(np.concatenate(hashes)) if hashes else np.zeros(0, dtype=np.uint32)


def _words(sums: NDArray[np.uint64], spaces: NDArray[np.bool_]) -> Buckets:
    """Every word, and every pair of neighbours."""
    gaps = np.flatnonzero(spaces)
    if gaps.size < 2:
        return np.zeros(0, dtype=np.uint32)
    starts, ends = gaps[:-1] + 1, gaps[1:]
    single = (sums[ends] - sums[starts]) * _DOWN[starts] * np.uint64(_SALTS[0])
    pair = (sums[ends[1:]] - sums[starts[:-1]]) * _DOWN[starts[:-1]] * np.uint64(_SALTS[1])
    return _bucket(np.concatenate([single, pair]))
