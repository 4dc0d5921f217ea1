"""What moderators send."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from server.policies import MeasuresPolicy
from server.review.acts import Measures
from server.review.models import Advice, RemovalReason, SkipReason
from server.web.fields import NOT_UNDERSTOOD, Form, Note, OptionalText, Reference, SmallNumber, Tick, refuse


def _days(value: object) -> int:
    """Empty for the usual number."""
    text = str(value)
    if text and (not text.isascii() or not text.isdigit() or len(text) > 3):
        raise refuse(NOT_UNDERSTOOD)
    return int(text or 0)


Days = Annotated[int, BeforeValidator(_days)]


class AboutAuthor(StrEnum):
    """What shall happen besides with the author."""

    NOTHING = ""
    WARN = "warn"
    LIMIT = "limit"
    PAUSE = "pause"
    SUSPEND = "suspend"


class AboutTopic(StrEnum):
    """What shall happen besides with the topic."""

    NOTHING = ""
    SLOW = "slow"
    FAST = "fast"
    LOCK = "lock"


class CaseForm(Form):
    """An act on a case as it was on the screen; `on` leads to the next case and not back to this one."""

    version: SmallNumber
    on: Tick = False


class RemoveForm(CaseForm):
    """Why a text is taken out, and what shall happen besides; measures alone are sent with it too."""

    reason: RemovalReason
    note: Note = ""
    strike: Tick = False
    author: AboutAuthor = AboutAuthor.NOTHING
    days: Days = 0
    topic: AboutTopic = AboutTopic.NOTHING

    def measures(self, policy: MeasuresPolicy, *, strike: bool) -> Measures:
        """What was asked for, with the usual numbers where none was chosen."""
        who, days = self.author, self.days
        slow = {AboutTopic.SLOW: policy.slow_minutes, AboutTopic.FAST: 0}.get(self.topic)
        return Measures(
            strike=strike,
            warn=who is AboutAuthor.WARN,
            limit_days=(days or policy.limit_days) if who is AboutAuthor.LIMIT else 0,
            pause_days=(days or policy.pause_days) if who is AboutAuthor.PAUSE else 0,
            suspend_days=(days or policy.suspension_days) if who is AboutAuthor.SUSPEND else 0,
            lock=self.topic is AboutTopic.LOCK,
            slow_minutes=slow,
        )


class RedactForm(CaseForm):
    """Which words are hidden, each in a line of its own."""

    parts: OptionalText = ""


class ReturnForm(CaseForm):
    """What the author is asked to change."""

    advice: Advice
    advice_note: Note = ""


class SkipForm(Form):
    """Why a moderator leaves a case to others."""

    why: SkipReason


class ConductForm(Form):
    """The case that was asked for before the code of conduct, if there was one."""

    case: Reference = None
