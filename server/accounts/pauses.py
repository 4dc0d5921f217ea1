"""What somebody who is paused cannot do, whatever they write."""

from datetime import datetime

from server.errors import Refused, say

PAUSED = say("You cannot write in this space until %(day)s. You can still read, and take back your messages.")


def refuse_while_paused(until: datetime | None, *, at: datetime) -> None:
    """Raises Refused before `until`, the moment to which a membership is suspended; None when it is not."""
    if until is not None and until > at:
        raise Refused(say(PAUSED.english, day=until.date().isoformat()))
