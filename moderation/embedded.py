"""The shipped model: hashed letters and words, two megabytes of weights, numpy only."""

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from moderation.classifier import Scores, Unavailable
from moderation.corpus import SUB_LABELS
from moderation.features import BUCKETS_BITS, LABEL_BITS, WORD_WEIGHT, Buckets, buckets_of, placed
from moderation.normalise import Folded, judged
from moderation.verdict import Label

SHIPPED = Path(__file__).with_name("embedded.npz")
FORMAT = 1
"""Raised whenever normalisation or hashing changes: old weights then mean nothing."""
_NORM = float(np.sqrt(1 + WORD_WEIGHT**2))

Bytes = NDArray[np.int8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """Square-root companded weights: value = sign(q) * (q / 127)^2 * scale.

    `toxicity` has 2^21 buckets, `labels` has one row of 2^18 for each of SUB_LABELS.
    """

    toxicity: Bytes
    labels: Bytes
    scales: Floats
    biases: Floats


def _companded(values: Floats, pruned: float) -> tuple[Bytes, float]:
    """One byte per weight; the smallest share `pruned` becomes nothing."""
    size = np.abs(values)
    scale = float(size.max()) or 1.0
    coded = np.sign(values) * np.round(127 * np.sqrt(size / scale))
    coded[size <= np.quantile(size, pruned)] = 0
    return coded.astype(np.int8), scale


def compressed(
    main: tuple[Floats, float],
    heads: Sequence[tuple[Floats, float]],
    *,
    main_pruned: float,
    labels_pruned: float,
) -> Weights:
    """Float weights and biases as the bytes that ship."""
    toxicity, scale = _companded(main[0], main_pruned)
    labels = [_companded(values, labels_pruned) for values, _ in heads]
    return Weights(
        toxicity=toxicity,
        labels=np.stack([coded for coded, _ in labels]),
        scales=np.array([scale, *(scale for _, scale in labels)], dtype=np.float32),
        biases=np.array([main[1], *(bias for _, bias in heads)], dtype=np.float32),
    )


def _arrays(weights: Weights) -> dict[str, NDArray[Any]]:
    return {
        "toxicity": weights.toxicity,
        "labels": weights.labels,
        "scales": weights.scales,
        "biases": weights.biases,
    }


def _checksum(weights: Weights) -> str:
    digest = hashlib.sha256(str(FORMAT).encode())
    for name, array in _arrays(weights).items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """The sha256 of the whole file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save(path: Path, weights: Weights, *, sources: str, seed: int, learnt_from: Sequence[str]) -> None:
    """Write an .npz that is the same, byte for byte, whenever the weights are."""
    about = {
        "format": FORMAT,
        "sources": sources,
        "seed": seed,
        "learnt_from": list(learnt_from),
        "checksum": _checksum(weights),
    }
    members: dict[str, NDArray[Any]] = {
        **_arrays(weights),
        "about": np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in members.items():
            held = io.BytesIO()
            np.save(held, array, allow_pickle=False)
            # A fixed date: the clock must not change the file's hash.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, held.getvalue(), compresslevel=9)


def _expanded() -> Floats:
    """The value of each coded byte before scaling, looked up by the byte as an unsigned number."""
    coded = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    return (np.sign(coded) * (coded / 127) ** 2).astype(np.float32)


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-min(30.0, max(-30.0, odds))))


def _sum(letters: Floats, words: Floats, scale: float, bias: float) -> float:
    """The weighted sum as in training: each block by the root of its size, then the norm."""
    total = float(letters.sum()) / max(letters.size, 1) ** 0.5
    total += WORD_WEIGHT * float(words.sum()) / max(words.size, 1) ** 0.5
    return total / _NORM * scale + bias


class EmbeddedModel:
    """A classifier over the shipped weights. Safe to share between threads: it never changes."""

    def __init__(self, weights: Weights, about: dict[str, Any]) -> None:
        self.about = about
        self._toxicity = weights.toxicity.view(np.uint8)
        self._labels = np.ascontiguousarray(weights.labels.view(np.uint8).T)
        self._scales = [float(scale) for scale in weights.scales]
        self._biases = [float(bias) for bias in weights.biases]
        self._label_scales = weights.scales[1:].astype(np.float64)
        self._label_biases = weights.biases[1:].astype(np.float64)
        self._values = _expanded()

    @property
    def name(self) -> str:
        """The choice of sources and the beginning of the checksum."""
        return f"embedded-{self.about['sources']}-{str(self.about['checksum'])[:8]}"

    def _toxic(self, letters: Buckets, words: Buckets) -> float:
        values, coded = self._values, self._toxicity
        return _sum(values[coded[letters]], values[coded[words]], self._scales[0], self._biases[0])

    def _labels_of(self, letters: Buckets, words: Buckets) -> list[float]:
        """The log-odds of the four labels, given that the text is toxic."""
        shift, values, coded = BUCKETS_BITS - LABEL_BITS, self._values, self._labels
        by_letters = values[coded[letters >> shift]].sum(axis=0, dtype=np.float64)
        by_words = values[coded[words >> shift]].sum(axis=0, dtype=np.float64)
        total = by_letters / max(letters.size, 1) ** 0.5
        total += WORD_WEIGHT * by_words / max(words.size, 1) ** 0.5
        return list(total / _NORM * self._label_scales + self._label_biases)

    def _scores(self, text: str) -> Scores:
        letters, words = buckets_of(judged(Folded(text).text))
        toxic = _sigmoid(self._toxic(letters, words))
        scores = {str(Label.TOXICITY): toxic}
        for label, odds in zip(SUB_LABELS, self._labels_of(letters, words), strict=True):
            scores[label] = toxic * _sigmoid(odds)
        return scores

    def scores(self, texts: Sequence[str]) -> list[Scores]:
        """The five probabilities of each text. A text with no letters scores as the bias says."""
        return [self._scores(text) for text in texts]

    def toxicity(self, text: str) -> float:
        """The first score alone, for explaining and for measuring."""
        return _sigmoid(self._toxic(*buckets_of(judged(Folded(text).text))))

    def explain(self, text: str) -> list[tuple[str, float]]:
        """Each word, as written where it can be found, with what its letters add; heaviest first.

        The weights are parts of the log-odds, positive ones only.
        """
        folded = Folded(text)
        plain = judged(folded.text)
        buckets, places = placed(plain)
        if not buckets.size:
            return []
        parts = self._values[self._toxicity[buckets]] * (self._scales[0] / (_NORM * buckets.size**0.5))
        sums = np.bincount(places, weights=parts)
        words = plain.split()
        heavy = [int(index) for index in np.argsort(-sums, kind="stable") if sums[index] > 0]
        return [(_as_written(folded, words[index]), float(sums[index])) for index in heavy]


def _as_written(folded: Folded, word: str) -> str:
    found = folded.text.find(word)
    return folded.part(found, found + len(word)) if found >= 0 else word


def _read(path: Path) -> tuple[Weights, dict[str, Any]]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
        about = cast("dict[str, Any]", json.loads(held["about"].tobytes()))
        return Weights(*(held[name] for name in ("toxicity", "labels", "scales", "biases"))), about


def load(path: Path = SHIPPED) -> EmbeddedModel:
    """The model in the file, its checksum verified.

    Raises Unavailable when the file is missing, damaged, changed, or of another format.
    """
    try:
        weights, about = _read(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise Unavailable(f"The model in {path.name} cannot be read: {error}") from error
    if about.get("format") != FORMAT:
        raise Unavailable(f"The model in {path.name} is of another format.")
    if about.get("checksum") != _checksum(weights):
        raise Unavailable(f"The model in {path.name} does not match its checksum.")
    return EmbeddedModel(weights, about)
