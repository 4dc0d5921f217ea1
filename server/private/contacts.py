"""Help contacts as the community tells them: one public file, read again when it is another."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from server import whole_files

FILE_NAME = "help_contacts.json"
MOST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Contact:
    """Who helps. `words`: by language, then `name`, `hours`, `about` and `note`."""

    kind: str
    area: str
    telephones: Sequence[str]
    languages: Sequence[str]
    cost: str
    checked_on: date
    words: Mapping[str, Mapping[str, str]]

    def told_in(self, language: str) -> tuple[str, Mapping[str, str]]:
        """The language it is told in, and its words: the reader's if there are such, else English, else any."""
        code = next((code for code in (language, "en", *self.words) if code in self.words), "")
        return code, self.words.get(code, {})


class Contacts:
    """The file. When it is missing or cannot be read, there are no contacts, and the page says so."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._edition: tuple[int, int, int] | None = None
        self._read: Sequence[Contact] = ()

    def all(self, *, on: date, hide_days: int) -> Sequence[Contact]:
        """Those that somebody made sure of in the last `hide_days`, the most urgent first."""
        try:
            found = self._path.lstat()
            edition = (found.st_mtime_ns, found.st_size, found.st_ino)
            if edition != self._edition:
                self._read, self._edition = _contacts(self._path), edition
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            self._read, self._edition = (), None
        return [contact for contact in self._read if (on - contact.checked_on).days <= hide_days]


def _contacts(path: Path) -> Sequence[Contact]:
    entries: list[dict[str, Any]] = json.loads(whole_files.read(path, most=MOST_BYTES))
    return [
        Contact(
            kind=entry["kind"],
            area=entry["area"],
            telephones=tuple(entry["telephones"]),
            languages=tuple(entry["languages"]),
            cost=entry["cost"],
            checked_on=date.fromisoformat(entry["checked_on"]),
            words={code: dict(words) for code, words in entry["words"].items()},
        )
        for entry in entries
    ]
