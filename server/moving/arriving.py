"""What the day of the import has a say in: nothing comes from after it, and words about the old machine end with it."""

from datetime import date

from sqlalchemy import Table

from server.going_live.models import Line
from server.moving.lines import Record, Wrong

_ABOUT_THE_MACHINE = frozenset({Line.DISK, Line.BACKUPS, Line.EXIT})


def arrived(table: Table, record: Record, *, today: date) -> Record:
    """The row as it is here. Raises Wrong for a hold that somebody is said to have asked for in days to come."""
    if table.name == "space_hold":
        for name in ("asked_on", "agreed_on"):
            if record[name] is not None and record[name] > today:
                raise Wrong(f"{name} is a day that has not come yet")
    if table.name == "confirmation" and record["line"] in _ABOUT_THE_MACHINE and record["ended_on"] is None:
        record["ended_on"] = today
    return record
