"""What the day of the import has a say in: nothing comes from after it, and words about the old machine end with it."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Table

from server.going_live.models import Line
from server.moving.lines import Record, Wrong

_ABOUT_THE_MACHINE = frozenset({Line.DISK, Line.BACKUPS, Line.EXIT})
_NOT_BEFORE_IT_COMES: Mapping[str, Sequence[str]] = {
    "space_hold": ("asked_on", "agreed_on", "ended_on"),
    "confirmation": ("confirmed_on", "ended_on"),
}
"""Days from which something counts: one that is still to come would make it last as long as somebody likes."""


def arrived(table: Table, record: Record, *, today: date, from_anybody: bool) -> Record:
    """The row as it is here. Raises Wrong for what somebody is said to have done in days to come.

    `from_anybody`: no key shows who made the folder. Then no steward of this installation stands by any line.
    """
    for name in _NOT_BEFORE_IT_COMES.get(table.name, ()):
        if record[name] is not None and record[name] > today:
            raise Wrong(f"{name} is a day that has not come yet")
    ends = table.name == "confirmation" and (from_anybody or record["line"] in _ABOUT_THE_MACHINE)
    if ends and record["ended_on"] is None:
        record["ended_on"] = today
    return record
