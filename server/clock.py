"""The one place that knows what time it is, so that tests can hold it still."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that can tell the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


def rounded_to_the_hour(moment: datetime) -> datetime:
    """The start of the hour: fine enough for a rule, too coarse to follow a person."""
    return moment.replace(minute=0, second=0, microsecond=0)


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)
