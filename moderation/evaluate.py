"""How well a model does, per language: on held-out text, and on harmless probe sentences."""

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.corpus import Row, Sources, read
from moderation.embedded import EmbeddedModel
from moderation.language import detect
from moderation.normalise import Folded
from moderation.policy import Threshold
from moderation.train import LANGUAGES

RAISE_FALSE_ALARMS, HOLD_FALSE_ALARMS = 0.05, 0.01
"""Share of harmless development texts that may be raised, and held."""
PROBES = Path(__file__).with_name("probes.toml")
LEAST_CONFIDENCE = 0.5
"""As in the policy that ships: below it a text is not scored."""

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Line:
    """One language on its test split; the language gate lets the share `reached` through."""

    texts: int
    toxic: float
    auc: float
    f1: float
    false_alarms: float
    threshold: Threshold
    raised_recall: float
    raised_false_alarms: float
    held_recall: float
    held_false_alarms: float
    reached: float


@dataclass(frozen=True, slots=True)
class ProbeLine:
    """One language's probe sentences: how many, and which shares would be raised and held."""

    sentences: int
    raised: Mapping[str, float]
    held: Mapping[str, float]


def auc(toxic: Mask, scores: Array) -> float:
    """The chance that a toxic text scores above a harmless one; ties count half."""
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    positives = int(toxic.sum())
    negatives = toxic.size - positives
    if not positives or not negatives:
        return math.nan
    total = float(middle[ranks][toxic].sum())
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def threshold_at(harmless: Array, share: float) -> float:
    """The lowest score, in thousandths, that at most this share of harmless texts reaches."""
    if not harmless.size:
        return 1.0
    return min(1.0, math.floor(float(np.quantile(harmless, 1 - share)) * 1000 + 1) / 1000)


def _line(model: EmbeddedModel, rows: Sequence[Row]) -> Line:
    scores = np.array([model.toxicity(row.text) for row in rows])
    toxic = np.array([row.toxic for row in rows], dtype=bool)
    test = np.array([row.split == "test" for row in rows], dtype=bool)
    harmless = scores[~test & ~toxic]
    threshold = Threshold(
        raised=threshold_at(harmless, RAISE_FALSE_ALARMS),
        hold=threshold_at(harmless, HOLD_FALSE_ALARMS),
    )
    reached = [_is_scored(row) for row in rows if row.split == "test"]
    return _measured(scores[test], toxic[test], threshold, float(np.mean(reached)))


def _is_scored(row: Row) -> bool:
    found = detect(Folded(row.text))
    return found.code in LANGUAGES and found.confidence >= LEAST_CONFIDENCE


def _share(chosen: Mask) -> float:
    return float(chosen.mean()) if chosen.size else math.nan


def _measured(scores: Array, toxic: Mask, threshold: Threshold, reached: float) -> Line:
    called = scores >= 0.5
    hits = int((called & toxic).sum())
    return Line(
        texts=scores.size,
        toxic=_share(toxic),
        auc=auc(toxic, scores),
        f1=2 * hits / max(1, int(called.sum() + toxic.sum())),
        false_alarms=_share(called[~toxic]),
        threshold=threshold,
        raised_recall=_share(scores[toxic] >= threshold.raised),
        raised_false_alarms=_share(scores[~toxic] >= threshold.raised),
        held_recall=_share(scores[toxic] >= threshold.hold),
        held_false_alarms=_share(scores[~toxic] >= threshold.hold),
        reached=reached,
    )


def measure(model: EmbeddedModel, corpus: Path) -> dict[str, Line]:
    """Each covered language of the corpus: thresholds from its dev split, numbers from test."""
    held_out: dict[str, list[Row]] = {}
    for row in read(corpus, Sources.ALL, LANGUAGES):
        if row.split in ("dev", "test"):
            held_out.setdefault(row.language, []).append(row)
    return {
        language: _line(model, rows)
        for language, rows in sorted(held_out.items())
        if {"dev", "test"} <= {row.split for row in rows}
    }


def probes() -> dict[str, dict[str, list[str]]]:
    """Harmless sentences by language and kind."""
    return tomllib.loads(PROBES.read_text(encoding="utf-8"))


def probe(model: EmbeddedModel, thresholds: Mapping[str, Threshold]) -> dict[str, ProbeLine]:
    """False alarms on the probe sentences, at the thresholds of each language."""
    found: dict[str, ProbeLine] = {}
    for language, kinds in sorted(probes().items()):
        if language not in thresholds:
            continue
        scores = {kind: np.array([model.toxicity(each) for each in listed])
                  for kind, listed in kinds.items()}  # fmt: skip
        pair = thresholds[language]
        found[language] = ProbeLine(
            sentences=sum(len(listed) for listed in kinds.values()),
            raised={kind: _share(each >= pair.raised) for kind, each in scores.items()},
            held={kind: _share(each >= pair.hold) for kind, each in scores.items()},
        )
    return found


COLUMNS = "| lang | n | % toxic | AUC | F1@0.5 | FPR@0.5 | raise | recall | FPR | hold | recall | FPR | % scored |"


def table(lines: Mapping[str, Line]) -> Iterator[str]:
    """The measured languages as a Markdown table, the plain mean of the AUCs below it."""
    yield COLUMNS
    yield "|---" * 13 + "|"
    for language, line in lines.items():
        yield (
            f"| {language} | {line.texts:,} | {line.toxic:.0%} | {line.auc:.3f} | {line.f1:.3f} "
            f"| {line.false_alarms:.2f} | {line.threshold.raised:.3f} | {line.raised_recall:.2f} "
            f"| {line.raised_false_alarms:.3f} | {line.threshold.hold:.3f} "
            f"| {line.held_recall:.2f} | {line.held_false_alarms:.3f} | {line.reached:.0%} |"
        )
    yield ""
    yield f"Mean AUC over languages: {mean_auc(lines):.3f}."


def mean_auc(lines: Mapping[str, Line]) -> float:
    """The plain mean over languages, large or small."""
    return float(np.mean([line.auc for line in lines.values()])) if lines else math.nan


def probe_table(lines: Mapping[str, ProbeLine]) -> Iterator[str]:
    """False alarms on probes as a Markdown table: raised, and in brackets held."""
    kinds = ("identity", "forum", "testimony")
    yield "| lang | sentences | " + " | ".join(kinds) + " |"
    yield "|---" * (2 + len(kinds)) + "|"
    for language, line in lines.items():
        cells = [f"{line.raised.get(kind, 0):.0%} ({line.held.get(kind, 0):.0%})" for kind in kinds]
        yield f"| {language} | {line.sentences} | " + " | ".join(cells) + " |"


def evaluate(model: EmbeddedModel, corpus: Path, write: Callable[[str], object]) -> None:
    """Write both tables for the model."""
    lines = measure(model, corpus)
    for row in table(lines):
        write(row)
    write("")
    for row in probe_table(probe(model, {name: line.threshold for name, line in lines.items()})):
        write(row)
