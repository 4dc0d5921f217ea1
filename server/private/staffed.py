"""Tells the community which desks have enough readers: what the door shows too, and nothing about a case."""

import json
from datetime import datetime
from pathlib import Path

from server.private.desks import Reporting
from server.private.roster import Roster
from server.private.routing import staffed

FILE_NAME = "staffed.json"


class Staffed:
    """Writes it into the folder that the community reads."""

    def __init__(self, reporting: Reporting, roster: Roster, folder: Path) -> None:
        self._reporting = reporting
        self._roster = roster
        self._path = folder / FILE_NAME

    def run(self, at: datetime) -> None:
        """Write the state of the day; not again when the process begins anew and nothing changed."""
        desks = staffed(self._reporting, self._roster.certificates(), at.date())
        told = json.dumps({"day": at.date().isoformat(), "desks": desks}) + "\n"
        if self._path.is_file() and self._path.read_text("ascii", "replace") == told:
            return
        part = self._path.with_name(FILE_NAME + ".part")
        part.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        part.write_text(told, "ascii")
        part.chmod(0o640)  # the community may run as another user, in the same group
        part.replace(self._path)
