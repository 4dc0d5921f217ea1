"""Detoxify as a judge of texts, with the embedded model beside it for whatever it cannot do."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from moderation.classifier import Classifier, Scores, Unavailable
from moderation.detoxified.folder import Imported, whole
from moderation.detoxified.worker import Worker
from moderation.policy import DetoxifyPolicy, ScreeningPolicy, Threshold
from moderation.verdict import Label

OURS: Mapping[str, tuple[str, ...]] = {
    Label.TOXICITY: ("toxicity",),
    Label.INSULT: ("insult",),
    Label.THREAT: ("threat",),
    Label.IDENTITY_ATTACK: ("identity_attack",),
    Label.PROFANITY: ("obscene", "sexual_explicit"),
}
"""Which of its labels stand for ours; the highest counts. Severe toxicity is part of toxicity."""


def _on_our_scale(toxicity: float, theirs: DetoxifyPolicy, ours: Threshold) -> float:
    """Its raise and hold points laid over those of the language, and straight lines between them."""
    return float(np.interp(toxicity, [0, theirs.raised, theirs.hold, 1], [0, ours.raised, ours.hold, 1]))


class DetoxifyJudge:
    """Judges its own languages in a child process; the others, and all when it fails, go to `other`."""

    def __init__(self, imported: Imported, worker: Worker, other: Classifier, policy: ScreeningPolicy) -> None:
        self._imported = imported
        self._worker = worker
        self._other = other
        self._policy = policy

    @property
    def name(self) -> str:
        """Which weights."""
        return self._imported.name

    def judges(self, language: str) -> bool:
        """Whether this language is one of its own."""
        return language in self._imported.languages and language in self._policy.thresholds

    def sits(self, language: str) -> Classifier:
        """The judge of one text: the other one from the start, or this one until it fails."""
        return Sitting(self, self._other) if self.judges(language) else self._other.sits(language)

    def scores(self, texts: Sequence[str], language: str) -> list[Scores]:
        """The scores of each text, toxicity on the scale of the language's thresholds. Raises Unavailable."""
        if not self.judges(language):
            raise Unavailable("Detoxify does not know this language.")
        threshold = self._policy.thresholds[language]
        return [self._named(row, threshold) for row in self._worker.ask(texts)]

    def _named(self, row: Sequence[float], threshold: Threshold) -> Scores:
        theirs = dict(zip(self._imported.labels, row, strict=False))
        scores = {str(label): max(theirs.get(name, 0.0) for name in names) for label, names in OURS.items()}
        scores[Label.TOXICITY] = _on_our_scale(scores[Label.TOXICITY], self._policy.detoxify, threshold)
        return scores

    def explain(self, text: str, language: str) -> list[tuple[str, float]]:
        """The words by the embedded model: this one cannot name any."""
        return self._other.explain(text, language)

    def close(self) -> None:
        """End the child."""
        self._worker.close()


class Sitting:
    """One text before Detoxify. Once it fails, the embedded model takes over, and the name says so."""

    def __init__(self, first: DetoxifyJudge, other: Classifier) -> None:
        self._first = first
        self._other = other
        self._has_failed = False

    @property
    def name(self) -> str:
        """Who judged this text."""
        return f"{self._other.name} in place of {self._first.name}" if self._has_failed else self._first.name

    def sits(self, language: str) -> "Sitting":
        """A sitting goes on."""
        return self

    def scores(self, texts: Sequence[str], language: str) -> list[Scores]:
        """The scores by the first who can."""
        if not self._has_failed:
            try:
                return self._first.scores(texts, language)
            except Unavailable:
                self._has_failed = True
        return self._other.scores(texts, language)

    def explain(self, text: str, language: str) -> list[tuple[str, float]]:
        """The words by the embedded model."""
        return self._other.explain(text, language)


def load(folder: Path, other: Classifier, policy: ScreeningPolicy) -> DetoxifyJudge:
    """The judge over an imported folder, its child starting in the background. Raises Unavailable."""
    imported = whole(folder)
    return DetoxifyJudge(imported, Worker(folder.resolve(), policy.detoxify), other, policy)
