"""The shipped model: hashed pieces of words, and a small reader of word order; numpy only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import weights as stored
from moderation.classifier import Scores
from moderation.corpus import SUB_LABELS
from moderation.encoder import opinion
from moderation.features import (
    BUCKETS_BITS,
    LABEL_BITS,
    WORD_WEIGHT,
    Buckets,
    Pieces,
    own_buckets,
    pieces_of,
    salt_of,
)
from moderation.normalise import Folded, judged
from moderation.verdict import Label
from moderation.weights import Weights

SHIPPED = Path(__file__).with_name("embedded.npz")
SECOND_OPINION = 0.35
"""How much the second opinion counts in the sum of both log-odds."""
_NORM = float(np.sqrt(1 + WORD_WEIGHT**2))

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Language:
    """A language as the weights know it: its row, and what makes its own buckets."""

    row: int
    salt: np.uint64
    is_known: bool


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-min(30.0, max(-30.0, odds))))


def _blocks(values: Floats, letters: int) -> float:
    """The sum as in training: the block of letters, then that of words, each by the root of its size; then the norm."""
    words = values.size - letters
    total = float(values[:letters].sum()) / max(letters, 1) ** 0.5
    return (total + WORD_WEIGHT * float(values[letters:].sum()) / max(words, 1) ** 0.5) / _NORM


class EmbeddedModel:
    """A classifier over the shipped weights. Safe to share between threads: it never changes."""

    def __init__(self, weights: Weights, about: dict[str, Any]) -> None:
        self.about = about
        names: list[str] = about["languages"]
        self._languages = {name: _Language(row, salt_of(name), True) for row, name in enumerate(names)}
        self._unknown = _Language(len(names), np.uint64(0), False)
        self._shared = weights.shared.view(np.uint8)
        self._own = weights.own.view(np.uint8)
        self._labels = np.ascontiguousarray(weights.labels.view(np.uint8).T)
        self._scales = [float(scale) for scale in weights.scales]
        self._bias = float(weights.biases[0])
        self._label_scales = weights.scales[2:].astype(np.float64)
        self._label_biases = weights.biases[2:].astype(np.float64)
        self._calibration = [(float(factor), float(term)) for factor, term in weights.calibration]
        self._encoder = weights.encoder
        self._values = stored.expanded()

    @property
    def name(self) -> str:
        """The choice of sources and the beginning of the checksum."""
        return f"embedded-{self.about['sources']}-{str(self.about['checksum'])[:8]}"

    def _language(self, code: str) -> _Language:
        return self._languages.get(code, self._unknown)

    def _linear(self, letters: Buckets, words: Buckets, language: _Language) -> float:
        both = np.concatenate([letters, words])
        shared = _blocks(self._values.take(self._shared.take(both)), letters.size) * self._scales[0]
        if not language.is_known:
            # What all languages share speaks for both halves.
            return 2 * shared + self._bias
        own_values = self._values.take(self._own.take(own_buckets(both, language.salt)))
        own = _blocks(own_values, letters.size) * self._scales[1]
        return shared + own + self._bias

    def opinions(self, text: str, language: str) -> tuple[float, float]:
        """The log-odds of both parts, before they are joined and calibrated."""
        pieces = pieces_of(judged(Folded(text).text))
        return self._opinions(pieces, *pieces.distinct(), self._language(language))

    def _opinions(self, pieces: Pieces, letters: Buckets, words: Buckets, language: _Language) -> tuple[float, float]:
        linear = self._linear(letters, words, language)
        if self._encoder is None:
            return linear, linear
        return linear, opinion(self._encoder, pieces, language.row, language.salt)

    def _joined(self, both: tuple[float, float], language: _Language) -> float:
        factor, term = self._calibration[language.row]
        return _sigmoid(factor * joined(*both) + term)

    def _labels_of(self, letters: Buckets, words: Buckets) -> list[float]:
        """The log-odds of the four labels, given that the text is toxic."""
        buckets = np.concatenate([letters, words]) >> (BUCKETS_BITS - LABEL_BITS)
        values = self._values.take(self._labels.take(buckets, axis=0))
        total = values[: letters.size].sum(axis=0, dtype=np.float64) / max(letters.size, 1) ** 0.5
        by_words = values[letters.size :].sum(axis=0, dtype=np.float64)
        total += WORD_WEIGHT * by_words / max(words.size, 1) ** 0.5
        return list(total / _NORM * self._label_scales + self._label_biases)

    def _scores(self, text: str, language: _Language) -> Scores:
        pieces = pieces_of(judged(Folded(text).text))
        letters, words = pieces.distinct()
        toxic = self._joined(self._opinions(pieces, letters, words, language), language)
        scores = {str(Label.TOXICITY): toxic}
        for label, odds in zip(SUB_LABELS, self._labels_of(letters, words), strict=True):
            scores[label] = toxic * _sigmoid(odds)
        return scores

    def scores(self, texts: Sequence[str], language: str = "") -> list[Scores]:
        """The five probabilities of each text. A text with no letters scores as the bias says."""
        return [self._scores(text, self._language(language)) for text in texts]

    def sits(self, language: str) -> "EmbeddedModel":
        """It judges every text itself."""
        return self

    def toxicity(self, text: str, language: str = "") -> float:
        """The first score alone, for measuring."""
        return self._joined(self.opinions(text, language), self._language(language))

    def explain(self, text: str, language: str = "") -> list[tuple[str, float]]:
        """Each word, as written where it can be found, with what its letters add; heaviest first.

        The weights are parts of the log-odds of the linear part, exactly, positive ones only.
        """
        folded = Folded(text)
        plain = judged(folded.text)
        pieces = pieces_of(plain)
        if not pieces.sequences.size:
            return []
        sums = np.bincount(pieces.places, weights=self._parts(pieces.sequences, self._language(language)))
        words = plain.split()
        heavy = [int(index) for index in np.argsort(-sums, kind="stable") if sums[index] > 0]
        return [(_as_written(folded, words[index]), float(sums[index])) for index in heavy]

    def _parts(self, sequences: Buckets, language: _Language) -> Floats:
        """What each letter sequence adds to the log-odds."""
        norm = _NORM * sequences.size**0.5
        shared = self._values[self._shared[sequences]] * (self._scales[0] / norm)
        if not language.is_known:
            return 2 * shared
        own = self._values[self._own[own_buckets(sequences, language.salt)]] * (self._scales[1] / norm)
        return shared + own


def joined(linear: float, second: float) -> float:
    """The log-odds of both parts as one number."""
    return (1 - SECOND_OPINION) * linear + SECOND_OPINION * second


def _as_written(folded: Folded, word: str) -> str:
    found = folded.text.find(word)
    return folded.part(found, found + len(word)) if found >= 0 else word


def load(path: Path = SHIPPED) -> EmbeddedModel:
    """The model in the file, its checksum verified.

    Raises Unavailable when the file is missing, damaged, changed, or of another format.
    """
    return EmbeddedModel(*stored.read(path))
