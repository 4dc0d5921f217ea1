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

RAISE_FALSE_ALARMS, HOLD_FALSE_ALARMS = 0.15, 0.01
"""Share of harmless development texts that may be raised, and held."""
PROBES = Path(__file__).with_name("probes.toml")
CASES = Path(__file__).with_name("cases")
NEUTRAL_RAISED, CALM_RAISED, CALM_HELD = 0.03, 0.04, 0.0
"""The same of our own harmless probes and cases: identity, forum, testimony and criticism of agencies."""
NEUTRAL_KINDS = ("identity", "forum")
CALM_KINDS = (*NEUTRAL_KINDS, "testimony", "criticism")
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


def _gate(text: str) -> tuple[str, bool]:
    """The language as which the text is measured, and whether screening would have it scored at all."""
    found = detect(Folded(text))
    if found.code in LANGUAGES and found.confidence >= LEAST_CONFIDENCE:
        return found.code, True
    return found.guess, False


def _line(model: EmbeddedModel, rows: Sequence[Row], neutral: Sequence[str], quiet: Sequence[str]) -> Line:
    gates = [_gate(row.text) for row in rows]
    scores = np.array([model.toxicity(row.text, code) for row, (code, _) in zip(rows, gates, strict=True)])
    toxic = np.array([row.toxic for row in rows], dtype=bool)
    test = np.array([row.split == "test" for row in rows], dtype=bool)
    scored = np.array([is_scored for _, is_scored in gates], dtype=bool)
    plain, calm = (np.array([model.toxicity(text, rows[0].language) for text in texts]) for texts in (neutral, quiet))
    threshold = _threshold(scores[~test & ~toxic & scored], plain, calm)
    return _measured(scores[test], toxic[test], threshold, _share(scored[test]))


def _threshold(harmless: Array, neutral: Array, calm: Array) -> Threshold:
    """The lowest pair that keeps false alarms rare, on development texts and on our own sentences."""
    raised = threshold_at(harmless, RAISE_FALSE_ALARMS)
    hold = threshold_at(harmless, HOLD_FALSE_ALARMS)
    if calm.size:
        raised = max(raised, _above(neutral, NEUTRAL_RAISED), _above(calm, CALM_RAISED))
        hold = max(hold, _above(calm, CALM_HELD))
    return Threshold(raised=raised, hold=max(hold, raised))


def _above(calm: Array, share: float) -> float:
    """The lowest score, in thousandths, that at most this share of few sentences reaches: counted, not smoothed."""
    allowed = int(calm.size * share)
    return min(1.0, math.floor(float(np.sort(calm)[::-1][allowed]) * 1000 + 1) / 1000)


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
    neutral, quiet = calm_sentences(NEUTRAL_KINDS), calm_sentences(CALM_KINDS)
    return {
        language: _line(model, rows, neutral.get(language, []), quiet.get(language, []))
        for language, rows in sorted(held_out.items())
        if {"dev", "test"} <= {row.split for row in rows}
    }


def cases() -> dict[str, dict[str, dict[str, list[str]]]]:
    """The functional cases: by language, by "harmless" or "harmful", by kind."""
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.toml"))}


def calm_sentences(kinds: Sequence[str] = CALM_KINDS) -> dict[str, list[str]]:
    """The sentences on which a threshold must stay quiet, by language: probes and cases of these kinds."""
    found: dict[str, list[str]] = {}
    for language, held in probes().items():
        found.setdefault(language, []).extend(text for kind in kinds for text in held.get(kind, []))
    for language, sides in cases().items():
        found.setdefault(language, []).extend(text for kind in kinds for text in sides["harmless"].get(kind, []))
    return found


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One language's cases: the share of each kind that is raised or held, and the mean of both sides right."""

    balanced: float
    auc: float
    harmful: Mapping[str, float]
    harmless: Mapping[str, float]


def case_lines(model: EmbeddedModel, thresholds: Mapping[str, Threshold]) -> dict[str, CaseLine]:
    """How the cases of each language come out at its raise threshold."""
    found: dict[str, CaseLine] = {}
    for language, sides in cases().items():
        if language not in thresholds:
            continue
        scores = {
            side: {kind: np.array([model.toxicity(text, language) for text in texts]) for kind, texts in kinds.items()}
            for side, kinds in sides.items()
        }
        limit = thresholds[language].raised
        bad, good = (np.concatenate(list(scores[side].values())) for side in ("harmful", "harmless"))
        labels = np.concatenate([np.ones(bad.size, dtype=bool), np.zeros(good.size, dtype=bool)])
        found[language] = CaseLine(
            balanced=(_share(bad >= limit) + _share(good < limit)) / 2,
            auc=auc(labels, np.concatenate([bad, good])),
            harmful={kind: _share(each >= limit) for kind, each in scores["harmful"].items()},
            harmless={kind: _share(each >= limit) for kind, each in scores["harmless"].items()},
        )
    return found


def probes() -> dict[str, dict[str, list[str]]]:
    """Harmless sentences by language and kind."""
    return tomllib.loads(PROBES.read_text(encoding="utf-8"))


def probe(model: EmbeddedModel, thresholds: Mapping[str, Threshold]) -> dict[str, ProbeLine]:
    """False alarms on the probe sentences, at the thresholds of each language."""
    found: dict[str, ProbeLine] = {}
    for language, kinds in sorted(probes().items()):
        if language not in thresholds:
            continue
        scores = {kind: np.array([model.toxicity(each, language) for each in listed])
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


def case_table(lines: Mapping[str, CaseLine]) -> Iterator[str]:
    """The cases as a Markdown table: kinds down, languages across, shares that are raised."""
    if not lines:
        return
    yield "| raised of | " + " | ".join(lines) + " |"
    yield "|---" * (1 + len(lines)) + "|"
    first = next(iter(lines.values()))
    for side in ("harmful", "harmless"):
        for kind in getattr(first, side):
            cells = [f"{getattr(line, side).get(kind, math.nan):.0%}" for line in lines.values()]
            yield f"| {side}: {kind.replace('_', ' ')} | " + " | ".join(cells) + " |"
    yield "| balanced accuracy | " + " | ".join(f"{line.balanced:.1%}" for line in lines.values()) + " |"
    yield "| AUC | " + " | ".join(f"{line.auc:.2f}" for line in lines.values()) + " |"


def evaluate(model: EmbeddedModel, corpus: Path, write: Callable[[str], object]) -> None:
    """Write the tables for the model: languages, false alarms on probes, functional cases."""
    lines = measure(model, corpus)
    thresholds = {name: line.threshold for name, line in lines.items()}
    for part in (table(lines), probe_table(probe(model, thresholds)), case_table(case_lines(model, thresholds))):
        for row in part:
            write(row)
        write("")
