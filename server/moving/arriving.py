"""What a row is here: nothing comes from after the day of the import, words about the old machine end with it, and what
people read is made from the text beside it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Table

from server.going_live.models import Line
from server.moving.lines import HTML, Record, Wrong
from server.web.text import RENDERER, rendered

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
    _shown(record, HTML.get(table.name, {}))
    if table.name == "decision_effect" and "html" in record["before"]:
        _shown(record["before"], HTML["message"])
    return record


def _shown(row: dict[str, Any], made_from: Mapping[str, str]) -> None:
    """HTML that the sanitiser lets pass can still say what nobody wrote, show a link as another's, or lead into this
    site. It costs a tenth of a second for a thousand messages."""
    for html, text in made_from.items():
        row[html] = str(rendered(row[text]))
    if "renderer" in row:
        row["renderer"] = RENDERER
