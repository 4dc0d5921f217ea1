"""What a moderator asks for, as data: one act on a text, and measures about its author or its topic."""

from dataclasses import dataclass

from server.review.models import Action


@dataclass(frozen=True, slots=True)
class Measures:
    """What shall happen besides. A strike goes with a removal; days and minutes of 0 ask for nothing."""

    strike: bool = False
    warn: bool = False
    limit_days: int = 0
    pause_days: int = 0
    suspend_days: int = 0
    lock: bool = False
    slow_minutes: int | None = None
    """None leaves the topic as it is; 0 ends the slow mode."""

    @property
    def any_without_strike(self) -> bool:
        """Whether anything is asked for that can stand alone."""
        days = self.limit_days or self.pause_days or self.suspend_days
        return bool(self.warn or days or self.lock or self.slow_minutes is not None)


NOTHING_MORE = Measures()


@dataclass(frozen=True, slots=True)
class Act:
    """What is done with the text: `reason` is one word of a list, `note` own words, `parts` the words to hide."""

    action: Action
    reason: str = ""
    note: str = ""
    parts: tuple[str, ...] = ()
    measures: Measures = NOTHING_MORE
