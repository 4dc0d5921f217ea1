"""What somebody sends is tried again when the database is busy: a line that was held by others must not lose words."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from server.errors import Refused, say

Result = TypeVar("Result")
PAUSES = (0.5, 2.0)
"""Seconds. Each try waits for some seconds by itself already; the browser waits a hundred."""
NOT_KEPT = say("It could not be kept just now. Your text is still here. Please send it once more.")


def insisting(
    work: Callable[[], Result], *, pauses: Sequence[float] = PAUSES, wait: Callable[[float], None] = time.sleep
) -> Result:
    """Do it, and again if somebody held a row or the file meanwhile. Raises Refused when that goes on."""
    for pause in pauses:
        try:
            return work()
        except OperationalError:
            wait(pause)
    try:
        return work()
    except OperationalError:
        raise Refused(NOT_KEPT) from None
