"""Reproducible training of the embedded model: same corpus and seed, same file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import embedded, train_encoder
from moderation.corpus import AUGMENTED, SUB_LABELS, Row, Sources, everyday, read
from moderation.features import (
    BUCKETS_BITS,
    LABEL_BITS,
    OWN_BITS,
    WORD_WEIGHT,
    Buckets,
    buckets_of,
    own_buckets,
    salt_of,
)
from moderation.normalise import Folded, judged
from moderation.own import own
from moderation.weights import Weights, companded, digest_of, save

LANGUAGES = frozenset(["en", "ar", "tr", "fa", "hi", "bn", "ru", "am", "de", "es", "it", "pt", "fr", "ur-Latn"])
"""Languages with an honest test. Others are neither learnt nor scored, see the model card."""

TOXIC_PRIOR = 0.40
"""Each language is weighted to this share, so that a script is no sign of toxicity by itself."""
PRIOR_CLIP = (0.2, 6.0)
BALANCE, BALANCE_CLIP = 0.5, (0.25, 4.0)
"""Small languages count more: by this power of how much smaller than USUAL_SIZE they are."""
USUAL_SIZE = 20_000
KIND_WEIGHT, UNKIND_WEIGHT = 5.0, 4.0
"""How much our own neutral and our own toxic sentences count beside one collected row."""
OWN_IN_ORDER = 2.0
"""The same again for the second opinion, which must learn from them what word order says."""
EPOCHS = 9
PENALTY = 1 / 4
"""For large weights, per row: doubled pieces, half of them seen by one language only, need more of it."""
PRUNED = 0.4
"""Share of the smallest toxicity weights set to nothing; costs no AUC."""
LABELS_PRUNED = 0.6
HATE_ONLY = frozenset(["hateval_es", "haspeede20", "fortuna19"])
"""Sets that ask for hate alone: abuse that is no hate is labelled harmless there."""
CONTRADICTED = 0.9
"""Such a harmless row is left out when a model that never saw it scores above this."""
FOLDS = 3
HALF = 0.7
"""Both halves of the linear part, shared and of one language, are scaled by this: the norm stays 1."""
_NORM = float(np.sqrt(1 + WORD_WEIGHT**2))

Floats = NDArray[np.float32]
Write = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Sparse:
    """Texts as hashed features: row i owns indices[starts[i]:starts[i + 1]]."""

    indices: NDArray[np.int32]
    values: Floats
    starts: NDArray[np.int64]

    @property
    def size(self) -> int:
        """How many texts."""
        return self.starts.size - 1


def _vector(text: str) -> tuple[Buckets, Floats]:
    letters, words = buckets_of(judged(Folded(text).text))
    values = np.empty(letters.size + words.size, dtype=np.float32)
    values[: letters.size] = 1 / (_NORM * np.sqrt(max(letters.size, 1)))
    values[letters.size :] = WORD_WEIGHT / (_NORM * np.sqrt(max(words.size, 1)))
    return np.concatenate([letters, words]), values


def features(texts: Sequence[str]) -> Sparse:
    """The feature rows of the texts; about 120 µs and 2 kB each."""
    vectors = [_vector(text) for text in texts]
    starts = np.zeros(len(vectors) + 1, dtype=np.int64)
    np.cumsum([buckets.size for buckets, _ in vectors], out=starts[1:])
    indices = np.concatenate([buckets for buckets, _ in vectors]).astype(np.int32)
    return Sparse(indices, np.concatenate([values for _, values in vectors]), starts)


def row_weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    """A weight per row: the same share of toxic text in every language, and small languages heard."""
    counts: dict[tuple[str, bool], int] = {}
    for row in rows:
        if not row.source.startswith(AUGMENTED):
            counts[row.language, row.toxic] = counts.get((row.language, row.toxic), 0) + 1
    return np.array([_weight(row, counts) for row in rows])


def _weight(row: Row, counts: dict[tuple[str, bool], int]) -> float:
    if row.source.startswith(AUGMENTED):
        return UNKIND_WEIGHT if row.toxic else KIND_WEIGHT
    same = counts[row.language, row.toxic]
    size = same + counts.get((row.language, not row.toxic), 0)
    wanted = TOXIC_PRIOR if row.toxic else 1 - TOXIC_PRIOR
    heard = float(np.clip((USUAL_SIZE / size) ** BALANCE, *BALANCE_CLIP))
    return float(np.clip(wanted * size / same, *PRIOR_CLIP)) * heard


def _evidence(rows: Sparse, toxic: NDArray[np.bool_], buckets: int) -> Floats:
    """Naive Bayes scale per bucket: 0.25, plus how unevenly the two classes use it."""
    of_row = np.repeat(toxic, np.diff(rows.starts))
    shares: list[NDArray[np.float64]] = []
    for chosen in (of_row, ~of_row):
        found = 1.0 + np.bincount(rows.indices[chosen], minlength=buckets)
        shares.append(found / found.sum())
    return (0.25 + np.abs(np.log(shares[0] / shares[1]))).astype(np.float32)


def _fit(
    rows: Sparse, toxic: NDArray[np.bool_], weights: NDArray[np.float64], buckets: int, seed: int
) -> tuple[Floats, float]:
    """Averaged logistic regression on the scaled features; the scale is folded back."""
    # Both are untyped; they stay inside this function.
    from scipy.sparse import csr_matrix  # pyright: ignore  # noqa: PLC0415
    from sklearn.linear_model import SGDClassifier  # pyright: ignore  # noqa: PLC0415

    scale = _evidence(rows, toxic, buckets)
    values = rows.values * scale[rows.indices]
    matrix: Any = csr_matrix((values, rows.indices, rows.starts), shape=(rows.size, buckets))
    estimator: Any = SGDClassifier
    learner = estimator(
        loss="log_loss",
        alpha=PENALTY / rows.size,
        max_iter=EPOCHS,
        tol=None,
        average=rows.size,
        random_state=seed,
    )
    learner.fit(matrix, toxic, sample_weight=weights)
    return (learner.coef_[0] * scale).astype(np.float32), float(learner.intercept_[0])


def _subset(rows: Sparse, chosen: NDArray[np.int64], *, shift: int) -> Sparse:
    """Some of the rows, their buckets made coarser by `shift` bits."""
    lengths = np.diff(rows.starts)[chosen]
    starts = np.zeros(chosen.size + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    inside: NDArray[np.int64] = np.arange(int(starts[-1])) - np.repeat(starts[:-1], lengths)
    places: NDArray[np.int64] = np.repeat(rows.starts[:-1][chosen], lengths) + inside
    return Sparse(rows.indices[places] >> shift, rows.values[places], starts)


def _fit_label(rows: Sequence[Row], matrix: Sparse, label: int, seed: int) -> tuple[Floats, float]:
    """One conditional head: how likely this label is, given that the text is toxic."""
    known = [i for i, row in enumerate(rows) if row.toxic and row.sub_labels[label] is not None]
    positive = np.array([rows[i].sub_labels[label] is True for i in known], dtype=bool)
    if positive.all() or not positive.any():
        return np.zeros(1 << LABEL_BITS, dtype=np.float32), -4.0
    chosen = _subset(matrix, np.array(known), shift=BUCKETS_BITS - LABEL_BITS)
    share = float(positive.mean())
    balance: NDArray[np.float64] = np.where(positive, 0.5 / share, 0.5 / (1 - share))
    return _fit(chosen, positive, np.clip(balance, *PRIOR_CLIP), 1 << LABEL_BITS, seed)


def _both_halves(rows: Sequence[Row], shared: Sparse) -> Sparse:
    """Every piece twice: as all languages use it, and behind those as its own language does."""
    salts = {row.language: salt_of(row.language) for row in rows}
    lengths = np.diff(shared.starts)
    of_row = np.repeat(np.array([salts[row.language] for row in rows], dtype=np.uint64), lengths)
    hashed = own_buckets(shared.indices.astype(np.uint32), of_row).astype(np.int32) + (1 << BUCKETS_BITS)
    starts = shared.starts * 2
    indices = np.empty(hashed.size * 2, dtype=np.int32)
    values = np.empty(hashed.size * 2, dtype=np.float32)
    first = np.repeat(shared.starts[:-1], lengths) + np.arange(hashed.size)
    second = first + np.repeat(lengths, lengths)
    indices[first], indices[second] = shared.indices, hashed
    values[first] = values[second] = shared.values * np.float32(HALF)
    return Sparse(indices, values, starts)


_BUCKETS = (1 << BUCKETS_BITS) + (1 << OWN_BITS)


def _odds(matrix: Sparse, weights: Floats, bias: float) -> Floats:
    """The log-odds of every row."""
    parts = np.add.reduceat(
        np.append(weights[matrix.indices] * matrix.values, np.float32(0)), matrix.starts[:-1], dtype=np.float32
    )
    return np.where(np.diff(matrix.starts) > 0, parts, 0).astype(np.float32) + np.float32(bias)


def contradicted(rows: Sequence[Row], seed: int) -> set[int]:
    """Which rows of hate-only sets are called harmless there and toxic by a model that never saw them."""
    languages = {row.language for row in rows if row.source in HATE_ONLY}
    places = [index for index, row in enumerate(rows) if row.language in languages]
    if not places:
        return set()
    near = [rows[index] for index in places]
    matrix = _both_halves(near, features([row.text for row in near]))
    toxic = np.array([row.toxic for row in near], dtype=bool)
    weights = row_weights(near)
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(near))
    found: set[int] = set()
    for number in range(FOLDS):
        known = np.flatnonzero(fold != number)
        learnt = _fit(_subset(matrix, known, shift=0), toxic[known], weights[known], _BUCKETS, seed)
        sure = _odds(matrix, *learnt) > np.log(CONTRADICTED / (1 - CONTRADICTED))
        found |= {
            places[index]
            for index in np.flatnonzero((fold == number) & sure & ~toxic)
            if near[index].source in HATE_ONLY
        }
    return found


def _heard(known: Sequence[Row], languages: Sequence[str], seed: int, write: Write) -> Weights:
    """All parts learnt from the rows, still uncalibrated."""
    write(f"features of {len(known):,} texts")
    shared = features([row.text for row in known])
    toxic = np.array([row.toxic for row in known], dtype=bool)
    weights = row_weights(known)
    write("toxicity")
    main, bias = _fit(_both_halves(known, shared), toxic, weights, _BUCKETS, seed)
    heads = [_fit_label(known, shared, label, seed) for label in range(len(SUB_LABELS))]
    encoder = None
    if train_encoder.is_possible():
        texts = train_encoder.prepared([row.text for row in known], [row.language for row in known], languages)
        ours = np.array([row.source.startswith(AUGMENTED) for row in known], dtype=bool)
        scaled = np.clip(weights * np.where(ours, OWN_IN_ORDER, 1) / weights.mean(), 0, 8)
        encoder = train_encoder.learn(texts, toxic, scaled, seed, write)
    else:
        write("torch is not installed: no second opinion in this model")
    write("compressing")
    halves = [companded(half * np.float32(HALF), PRUNED) for half in np.split(main, [1 << BUCKETS_BITS])]
    labels = [companded(values, LABELS_PRUNED) for values, _ in heads]
    return Weights(
        shared=halves[0][0],
        own=halves[1][0],
        labels=np.stack([coded for coded, _ in labels]),
        scales=np.array([*(scale for _, scale in halves), *(scale for _, scale in labels)], dtype=np.float32),
        biases=np.array([bias, 0, *(bias for _, bias in heads)], dtype=np.float32),
        calibration=np.tile(np.array([1, 0], dtype=np.float32), (len(languages) + 1, 1)),
        encoder=encoder,
    )


def _believable(odds: NDArray[np.float64], toxic: NDArray[np.bool_]) -> tuple[float, float]:
    """Factor and term by which the log-odds fit what is toxic, at TOXIC_PRIOR; Newton's method."""
    share = float(toxic.mean())
    counts = np.where(toxic, TOXIC_PRIOR / share, (1 - TOXIC_PRIOR) / (1 - share))
    columns = np.stack([odds, np.ones_like(odds)], axis=1)
    found = np.array([1.0, 0.0])
    for _ in range(25):
        expected = 1 / (1 + np.exp(-np.clip(columns @ found, -30, 30)))
        slope = columns.T @ (counts * (toxic - expected)) - 0.01 * (found - [1.0, 0.0])
        bend = (columns * (counts * expected * (1 - expected))[:, None]).T @ columns + 0.01 * np.eye(2)
        found = found + np.clip(np.linalg.solve(bend, slope), -1, 1)
    return float(np.clip(found[0], 0.1, 3)), float(np.clip(found[1], -4, 4))


def _calibrated(weights: Weights, languages: Sequence[str], rows: Sequence[Row]) -> Weights:
    """The same weights, their log-odds fitted language by language on texts that were not learnt."""
    model = embedded.EmbeddedModel(weights, {"languages": list(languages)})
    calibration = weights.calibration.copy()
    for number, language in enumerate(languages):
        held = [row for row in rows if row.language == language]
        toxic = np.array([row.toxic for row in held], dtype=bool)
        if toxic.any() and not toxic.all():
            odds = np.array([embedded.joined(*model.opinions(row.text, language)) for row in held])
            calibration[number] = _believable(odds, toxic)
    calibration[-1] = calibration[:-1].mean(axis=0)
    return replace(weights, calibration=calibration)


def learn(rows: Sequence[Row], languages: Sequence[str], seed: int, write: Write) -> Weights:
    """The compressed weights learnt from the rows; randomness comes from the seed alone."""
    learnt = [row for row in rows if row.split == "train"]
    dropped = contradicted(learnt, seed)
    write(f"{len(dropped)} rows left out whose label another fold contradicts")
    known = [row for index, row in enumerate(learnt) if index not in dropped]
    weights = _heard(known, languages, seed, write)
    write("calibrating")
    return _calibrated(weights, languages, [row for row in rows if row.split == "dev"])


def train(corpus: Path, out: Path, sources: Sources, seed: int, write: Write) -> None:
    """Learn from the training split of the corpus and write the model to `out`."""
    rows = [row for row in read(corpus, sources, LANGUAGES) if row.split in ("train", "dev")]
    if not any(row.split == "train" for row in rows):
        raise FileNotFoundError(f"No training text in {corpus}.")
    languages = sorted({row.language for row in rows})
    rows += [*everyday(frozenset(languages)), *own(frozenset(languages))]
    weights = learn(rows, languages, seed, write)
    learnt_from = sorted({row.source for row in rows if row.split == "train"})
    save(out, weights, {"sources": str(sources), "seed": seed, "learnt_from": learnt_from, "languages": languages})
    write(f"{out} written, {out.stat().st_size:,} bytes, sha256 {digest_of(out)}")
