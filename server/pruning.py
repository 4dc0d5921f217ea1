"""Copies end after the days that the privacy page promises, whoever made them."""

import re
from datetime import date, timedelta
from pathlib import Path

from server.errors import BootRefused

_NAME = re.compile(r"^baraza-([0-9]{4}-[0-9]{2}-[0-9]{2})-[0-9a-f]{8}\.backup(\.part)?$")


def prune(folder: Path, *, days: int, today: date) -> int:
    """Take away every backup in the folder that is older; gives how many. Copies of the keys stay."""
    gone = 0
    for path in sorted(folder.glob("baraza-*")):
        day = _day(path.name)
        if day is not None and today - day > timedelta(days=days):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def newest(folder: Path) -> date | None:
    """The day of the newest whole backup there."""
    days = [day for path in folder.glob("baraza-*.backup") if (day := _day(path.name)) is not None]
    return max(days, default=None)


def newest_backup(folder: Path | None, *, today: date) -> str:
    """For `baraza check`: how old the newest copy is. Raises BootRefused when there is none of these two days."""
    if folder is None:
        return "BARAZA_BACKUP_DIR is not set: nobody here knows whether there are copies"
    day = newest(folder)
    if day is None or today - day > timedelta(days=2):
        raise BootRefused(f"There is no backup of these two days in {folder}. Let a timer run: baraza backup")
    return f"the newest is of the {day.isoformat()}"


def _day(name: str) -> date | None:
    found = _NAME.match(name)
    try:
        return None if found is None else date.fromisoformat(found[1])
    except ValueError:
        return None
