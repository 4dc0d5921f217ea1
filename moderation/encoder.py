"""The second opinion, which knows word order: a small convolution over hashed pieces of words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.features import BUCKETS_BITS, Buckets, Pieces, own_buckets

PIECE_BITS = 18
"""Rows of the table of pieces; 2^17 costs a tenth of a point of AUC and halves the file."""
WIDTH = 32
"""Numbers by which a word is described."""
MOST_WORDS = 100
"""Words read of a text at training; at run time all of them."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoder:
    """The weights. Shapes: F wide filters (three words), G narrow ones (one word), H hidden.

    `table` (2^PIECE_BITS, WIDTH) bytes times `scale` (WIDTH); `wide` (3 * WIDTH, F); `narrow`
    (WIDTH, G); `bias` (languages + 1, F + G); `hidden` (2 * (F + G), H); `hidden_bias`
    (languages + 1, H); `out` (H + 1), the last its bias. The last language stands for none.
    """

    table: NDArray[np.int8]
    scale: Floats
    wide: Floats
    narrow: Floats
    bias: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats


def grouped(pieces: Pieces, salt: np.uint64) -> tuple[Buckets, NDArray[np.int16]]:
    """The rows of the table that describe each word, word by word, and the word of each.

    Sequences of three letters and more, and the word itself as its language uses it.
    """
    words = own_buckets(pieces.words, salt) >> np.uint32(1)
    rows = np.concatenate([pieces.sequences[pieces.first_long :], words])
    numbers = np.arange(words.size, dtype=np.int16)
    places = np.concatenate([pieces.places[pieces.first_long :].astype(np.int16), numbers])
    order = np.argsort(places, kind="stable")
    return rows[order] >> np.uint32(BUCKETS_BITS - PIECE_BITS), places[order]


def _described(encoder: Encoder, pieces: Pieces, salt: np.uint64) -> Floats:
    """One row of WIDTH numbers for each word, with a row of nothing before and after them."""
    rows, places = grouped(pieces, salt)
    counts = np.bincount(places)  # never 0: every word is a row itself
    starts = counts.cumsum() - counts
    sums = np.add.reduceat(encoder.table.take(rows, axis=0).astype(np.float32), starts, axis=0)
    words = np.zeros((counts.size + 2, WIDTH), dtype=np.float32)
    words[1:-1] = sums * encoder.scale / np.sqrt(counts, dtype=np.float32)[:, None]
    return words


def opinion(encoder: Encoder, pieces: Pieces, language: int, salt: np.uint64) -> float:
    """The log-odds of toxicity; `language` is a row of the biases. 0 for a text without words."""
    if not pieces.words.size:
        return 0.0
    words = _described(encoder, pieces, salt)
    size = words.shape[0] - 2
    windows = np.concatenate([words[:-2], words[1:-1], words[2:]], axis=1)
    seen = np.concatenate([windows @ encoder.wide, words[1:-1] @ encoder.narrow], axis=1)
    seen += encoder.bias[language]
    np.maximum(seen, 0, out=seen)
    pooled = np.concatenate([seen.max(axis=0), seen.sum(axis=0) / np.float32(size) ** 0.5])
    hidden = np.maximum(pooled @ encoder.hidden + encoder.hidden_bias[language], 0)
    return float(hidden @ encoder.out[:-1] + encoder.out[-1])
