"""What the server can see by itself: the signed deadlines, the desks of the private channel, the newest backup."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from server import whole_files
from server.pruning import newest

STAFFED_FILE = "staffed.json"
"""Written by the private room once a day: which desks have enough readers whose papers are in force."""
MOST_BYTES = 100_000
STALE = timedelta(days=3)
"""What the room said longer ago says nothing about today."""
FRESH_BACKUP = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Facts:
    """How things stand on this machine today."""

    deadlines_confirmed: bool
    languages_signed: bool
    desks_without_readers: Sequence[str] | None
    """None when the private room has said nothing for days."""
    backups_are_set: bool
    backup_is_fresh: bool


def look(*, policies: Path, told_dir: Path, backup_dir: Path | None, today: date) -> Facts:
    """Look at the files. What cannot be read counts as missing."""
    reporting = _reporting(policies)
    day = None if backup_dir is None else newest(backup_dir)
    return Facts(
        deadlines_confirmed=bool(reporting.get("confirmed_by")) and bool(reporting.get("confirmed_on")),
        languages_signed=bool(reporting.get("signed")),
        desks_without_readers=_unstaffed(told_dir, today),
        backups_are_set=backup_dir is not None,
        backup_is_fresh=day is not None and today - day <= FRESH_BACKUP,
    )


def _reporting(policies: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((policies / "reporting.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _unstaffed(folder: Path, today: date) -> list[str] | None:
    try:
        raw: Any = json.loads(whole_files.read(folder / STAFFED_FILE, most=MOST_BYTES))
        told_on = date.fromisoformat(raw["day"])
        desks = cast("dict[str, object]", dict(raw["desks"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if not desks or not timedelta(0) <= today - told_on <= STALE:
        return None
    return [code for code, enough in desks.items() if enough is not True]
