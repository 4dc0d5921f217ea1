"""What any judge of texts promises, whatever stands behind it."""

from collections.abc import Sequence
from typing import Protocol

Scores = dict[str, float]
"""Probability in [0, 1] for each verdict.Label, by its value."""


class Unavailable(Exception):
    """The judge cannot work: its weights are missing, damaged, or of another version."""


class Classifier(Protocol):
    """Gives each text its scores, and says which words weighed most."""

    @property
    def name(self) -> str:
        """Which model, and which weights, as written into every verdict."""
        ...

    def scores(self, texts: Sequence[str], language: str) -> list[Scores]:
        """The scores of each text, in order. Raises Unavailable when it cannot judge.

        `language` is the code that was recognised, or empty.
        """
        ...

    def sits(self, language: str) -> "Classifier":
        """The judge of one text in this language: itself, or whoever stands in for it."""
        ...

    def explain(self, text: str, language: str) -> list[tuple[str, float]]:
        """The words of the text that pushed it towards toxicity, heaviest first."""
        ...
