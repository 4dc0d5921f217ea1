"""Copies end after the days that the privacy page promises, whoever made them."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from server.errors import BootRefused
from server.remarks import Remark

STALE = {"forgotten-community.list": timedelta(hours=3)}
"""The community writes its list every hour; every other one is written once a day."""
STALE_DAILY = timedelta(hours=26)
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


def newest_backup(folder: Path | None, *, now: datetime) -> str:
    """For `baraza check`: how old the newest copy is. Raises BootRefused when there is none of these two days, or when
    the lists beside the copies stand still: what was erased since would be there again after `baraza restore`."""
    today = now.date()
    if folder is None:
        return Remark("BARAZA_BACKUP_DIR is not set: nobody here knows whether there are copies")
    day = newest(folder)
    if day is None or today - day > timedelta(days=2):
        raise BootRefused(f"There is no backup of these two days in {folder}. Let a timer run: baraza backup")
    for path in sorted(folder.glob("forgotten-*.list")):
        if now.timestamp() - path.stat().st_mtime > STALE.get(path.name, STALE_DAILY).total_seconds():
            raise BootRefused(f"The server does not keep {path.name} in {folder}. Does it run, and may it write there?")
    return f"the newest is of the {day.isoformat()}"


def _day(name: str) -> date | None:
    found = _NAME.match(name)
    try:
        return None if found is None else date.fromisoformat(found[1])
    except ValueError:
        return None
