"""Reproducible training of the embedded model: same corpus and seed, same file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation import embedded
from moderation.corpus import AUGMENTED, SUB_LABELS, Row, Sources, everyday, read
from moderation.features import BUCKETS_BITS, LABEL_BITS, WORD_WEIGHT, Buckets, buckets_of
from moderation.normalise import Folded, judged

LANGUAGES = frozenset(["en", "ar", "tr", "fa", "hi", "bn", "ru", "am", "de", "es", "it", "pt", "fr", "ur-Latn"])
"""Languages with an honest test. Others are neither learnt nor scored, see the model card."""

TOXIC_PRIOR = 0.40
"""Each language is weighted to this share, so that a script is no sign of toxicity by itself."""
PRIOR_CLIP = (0.2, 6.0)
KIND_WEIGHT, UNKIND_WEIGHT = 3.0, 1.5
"""How much our own neutral and our own toxic sentences count beside one collected row."""
EPOCHS = 12
PRUNED = 0.4
"""Share of the smallest toxicity weights set to nothing; costs no AUC."""
LABELS_PRUNED = 0.6
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


def prior_weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    """A weight per row that gives every language the same share of toxic text."""
    counts: dict[tuple[str, bool], int] = {}
    for row in rows:
        if not row.source.startswith(AUGMENTED):
            counts[row.language, row.toxic] = counts.get((row.language, row.toxic), 0) + 1
    return np.array([_weight(row, counts) for row in rows])


def _weight(row: Row, counts: dict[tuple[str, bool], int]) -> float:
    if row.source.startswith(AUGMENTED):
        return UNKIND_WEIGHT if row.toxic else KIND_WEIGHT
    same = counts[row.language, row.toxic]
    share = same / (same + counts.get((row.language, not row.toxic), 0))
    wanted = TOXIC_PRIOR if row.toxic else 1 - TOXIC_PRIOR
    return float(np.clip(wanted / share, *PRIOR_CLIP))


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
        alpha=1 / (8 * rows.size),
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


def learn(rows: Sequence[Row], seed: int, write: Write) -> embedded.Weights:
    """The compressed weights learnt from the rows; randomness comes from the seed alone."""
    write(f"features of {len(rows):,} texts")
    matrix = features([row.text for row in rows])
    toxic = np.array([row.toxic for row in rows], dtype=bool)
    write("toxicity")
    main, bias = _fit(matrix, toxic, prior_weights(rows), 1 << BUCKETS_BITS, seed)
    heads = [_fit_label(rows, matrix, label, seed) for label in range(len(SUB_LABELS))]
    write("compressing")
    return embedded.compressed((main, bias), heads, main_pruned=PRUNED, labels_pruned=LABELS_PRUNED)


def train(corpus: Path, out: Path, sources: Sources, seed: int, write: Write) -> None:
    """Learn from the training split of the corpus and write the model to `out`."""
    rows = [row for row in read(corpus, sources, LANGUAGES) if row.split == "train"]
    if not rows:
        raise FileNotFoundError(f"No training text in {corpus}.")
    rows += everyday(LANGUAGES)
    weights = learn(rows, seed, write)
    learnt_from = sorted({row.source for row in rows})
    embedded.save(out, weights, sources=str(sources), seed=seed, learnt_from=learnt_from)
    write(f"{out} written, {out.stat().st_size:,} bytes, sha256 {embedded.digest_of(out)}")
