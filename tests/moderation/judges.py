"""Judges that tests put in the place of the model, and the policy that ships."""

from collections.abc import Sequence
from pathlib import Path

POLICY = Path(__file__).parents[2] / "policies" / "moderation.toml"


class CalmJudge:
    """Finds nothing wrong with anybody."""

    name = "calm"

    def scores(self, texts: Sequence[str], language: str) -> list[dict[str, float]]:
        labels = ("toxicity", "insult", "threat", "identity_attack", "profanity")
        return [dict.fromkeys(labels, 0.01) for _ in texts]

    def sits(self, language: str) -> "CalmJudge":
        return self

    def explain(self, text: str, language: str) -> list[tuple[str, float]]:
        return []
