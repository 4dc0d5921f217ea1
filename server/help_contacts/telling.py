"""Tells the private room who helps: one public file that it reads, written whenever an entry changes.

It goes in this one direction only. The room asks the community nothing, so no look at its pages can be seen here.
"""

import json
import logging
import threading
from pathlib import Path

from server import whole_files
from server.database import Database
from server.events import Event, HelpContactsChanged
from server.help_contacts.queries import ContactRow, all_contacts

log = logging.getLogger("baraza")

FILE_NAME = "help_contacts.json"


class Told:
    """A listener that keeps the file right."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db, self._path = db, folder / FILE_NAME
        self._writing = threading.Lock()

    def __call__(self, event: Event) -> None:
        """After a commit."""
        if isinstance(event, HelpContactsChanged):
            self.tell()

    def tell(self) -> None:
        """Write what everybody may read anyway. The file is whole at every moment."""
        with self._writing:
            try:
                with self._db.reading() as tx:
                    entries = [_entry(contact) for contact in all_contacts(tx)]
                # One that is there is the operator's: it may be shared by a group of two users, and must stay so.
                self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
                raw = json.dumps(entries, ensure_ascii=False, indent=1).encode()
                whole_files.laid(self._path, raw, mode=0o640)  # the room may run as another user, in the same group
            except OSError as error:
                log.error("the private room cannot be told who helps: %s", type(error).__name__)


def _entry(contact: ContactRow) -> dict[str, object]:
    return {
        "kind": str(contact.kind),
        "area": contact.area,
        "telephones": list(contact.telephones),
        "languages": list(contact.languages),
        "cost": str(contact.cost),
        "checked_on": contact.checked_on.isoformat(),
        "words": {
            code: {"name": words.name, "hours": words.hours, "about": words.about, "note": words.note}
            for code, words in contact.words.items()
        },
    }
