"""What the model sees of a text: hashed letter sequences inside words, and words and word pairs."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS_BITS = 21
"""Buckets of the toxicity weights; 2^20 costs half a point of AUC, 2^22 wins nothing."""
OWN_BITS = 22
"""Buckets of the toxicity weights that belong to one language each."""
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
_NONE: Buckets = np.zeros(0, dtype=np.uint32)
_NO_HASHES = np.zeros(0, dtype=np.uint64)
_LENGTHS = np.arange(SHORTEST, LONGEST + 1)
_LENGTH_SALTS = np.array(_SALTS[SHORTEST : LONGEST + 1], dtype=np.uint64)


def _bucket(hashes: NDArray[np.uint64]) -> Buckets:
    mixed = (hashes ^ (hashes >> np.uint64(29))) * _MIX
    return (mixed >> np.uint64(64 - BUCKETS_BITS)).astype(np.uint32)


def _distinct(ordered: Buckets) -> Buckets:
    if ordered.size < 2:
        return ordered
    keep = np.empty(ordered.size, dtype=bool)
    keep[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


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


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a normalised text is made of, hashed: letter sequences, words, neighbouring words.

    `sequences` are ordered by length, then by place; `places` says for each the number of its word.
    `first_long` is where those of three letters and more begin.
    """

    sequences: Buckets
    places: NDArray[np.int32]
    first_long: int
    words: Buckets
    pairs: Buckets

    def distinct(self) -> tuple[Buckets, Buckets]:
        """The distinct buckets of the letter sequences, and those of words and pairs."""
        return _distinct(np.sort(self.sequences)), _distinct(np.sort(np.concatenate([self.words, self.pairs])))


def pieces_of(judged: str) -> Pieces:
    """The pieces of a text from normalise.judged: words with one space between and around them."""
    sums, spaces, seen = _letters(judged)
    if spaces.size < SHORTEST:
        return Pieces(_NONE, np.zeros(0, dtype=np.int32), 0, _NONE, _NONE)
    lengths, starts = _sequences(seen)
    hashes = (sums[starts + _LENGTHS[lengths]] - sums[starts]) * _DOWN[starts] * _LENGTH_SALTS[lengths]
    single, pair = _words(sums, spaces)
    buckets = _bucket(np.concatenate([hashes, single, pair]))  # all at once: each step costs more than its numbers
    words = hashes.size + single.size
    places = seen[starts + 1] - 1
    return Pieces(buckets[: hashes.size], places, spaces.size - 1, buckets[hashes.size : words], buckets[words:])


def buckets_of(judged: str) -> tuple[Buckets, Buckets]:
    """The distinct buckets of the letter sequences and of the words of a normalised text."""
    return pieces_of(judged).distinct()


def salt_of(language: str) -> np.uint64:
    """The number that makes a language's own buckets; 0 stands for no language."""
    if not language:
        return np.uint64(0)
    return np.uint64(int.from_bytes(hashlib.sha256(language.encode()).digest()[:8], "big") | 1)


def own_buckets(buckets: Buckets, salt: np.uint64 | NDArray[np.uint64]) -> Buckets:
    """The same pieces as one language alone uses them: a word may be harmless in another."""
    mixed = ((buckets.astype(np.uint64) + np.uint64(1)) * np.uint64(_BASE)) ^ salt
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX
    return (mixed >> np.uint64(64 - OWN_BITS)).astype(np.uint32)


def _sequences(seen: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every run of 2 to 5 letters that has no space inside; it may at either end.

    For each the row of its length and where it begins, ordered by length, then by place.
    """
    size = seen.size - 1
    ended = np.full(size + LONGEST, -1, dtype=np.int32)  # no run goes on past the end
    ended[:size] = seen[:size]
    step = ended.strides[0]
    last = np.ndarray((_LENGTHS.size, size), np.int32, ended, step, (step, step))  # row r: as seen r + 1 letters on
    lengths, starts = np.nonzero(last == seen[1:])
    return lengths, starts


def _words(sums: NDArray[np.uint64], spaces: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The hash of every word, and of every pair of neighbours."""
    gaps = np.flatnonzero(spaces)
    if gaps.size < 2:
        return _NO_HASHES, _NO_HASHES
    starts, ends = gaps[:-1] + 1, gaps[1:]
    began, down, ended = sums[starts], _DOWN[starts], sums[ends]
    single = (ended - began) * down * np.uint64(_SALTS[0])
    pair = (ended[1:] - began[:-1]) * down[:-1] * np.uint64(_SALTS[1])
    return single, pair
