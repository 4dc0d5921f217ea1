"""Small stand-ins, written by hand."""

from datetime import UTC, datetime, timedelta

from moderation.screening import Author
from moderation.verdict import Outcome, Reason, Rule, Verdict
from server.crypto.passwords import Passwords


class StillClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at

    def goes_on(self, **by: float) -> None:
        """Let so much time pass."""
        self.at += timedelta(**by)


class WordScreen:
    """A machine that holds a first message, and any text with the word "idiot" in it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fails = False
        self.idiots = True

    def __call__(self, text: str, author: Author | None) -> Verdict:
        """The verdict, by two simple rules."""
        self.seen.append(text)
        reasons: list[Reason] = []
        if self.fails:
            reasons.append(Reason(Rule.JUDGE_FAILED, "", 1.0))
        if author is not None and not author.known and not author.vouched:
            reasons.append(Reason(Rule.FIRST_MESSAGE, "", 0.1))
        if "idiot" in text and self.idiots:
            reasons.append(Reason(Rule.TOXICITY, "idiot", 0.9))
        raised = "stupid" in text
        if raised and not reasons:
            reasons.append(Reason(Rule.TOXICITY, "stupid", 0.6))
            return Verdict(Outcome.PUBLISH, True, "en", True, {"toxicity": 0.6}, tuple(reasons), "test", "words")
        outcome = Outcome.HOLD if reasons else Outcome.PUBLISH
        return Verdict(outcome, bool(reasons), "en", True, {"toxicity": 0.2}, tuple(reasons), "test", "words")


def quick_passwords(pepper: bytes) -> Passwords:
    """The same code with the least memory, so that a test signs in at once."""
    return Passwords(pepper, memory_kib=8, passes=1)
