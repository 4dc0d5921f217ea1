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

    def scores(self, texts: Sequence[str]) -> list[Scores]:
        """The scores of each text, in order. Raises Unavailable when it cannot judge."""
        ...

    def explain(self, text: str) -> list[tuple[str, float]]:
        """The words of the text that pushed it towards toxicity, heaviest first."""
        ...
