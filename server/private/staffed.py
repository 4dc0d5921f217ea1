"""Tells the community which desks have enough readers: what the door shows too, and nothing about a case."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from server import whole_files
from server.private.desks import Reporting
from server.private.roster import Roster
from server.private.routing import staffed

FILE_NAME = "staffed.json"
MOST_BYTES = 100_000


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
        with suppress(OSError):
            if whole_files.read(self._path, most=MOST_BYTES) == told.encode():
                return
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        # The community may run as another user, in the same group, and somebody may have got into it.
        whole_files.laid(self._path, told.encode(), mode=0o640)
