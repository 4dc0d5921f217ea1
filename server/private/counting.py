"""What is told of the desks: once a month, in bands, of what was closed, and never of fewer than ten.

Three things keep a single case out of every number. A case from which somebody was left out is not counted at all, so
that nobody at a desk can hold the numbers against their own list. And each counted case stands in one number only, so
that no two numbers can be taken from each other: a month is told once and never again, and a desk is told in the
finest way in which every number is large enough. And that a month was told is noted elsewhere, too: whoever takes the
published file away does not get a second one, to hold against the first.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from server import whole_files
from server.database import Database
from server.private import records
from server.private.desks import Reporting
from server.private.facts import Facts, State, half_day, month_of
from server.private.forgetting import Forgetting
from server.private.tracks import due
from server.private.vault import Vault

FILE_NAME = "desks.json"
MOST_BYTES = 1_000_000
LEAST = 10
BANDS = ((100, "100+"), (50, "50-99"), (20, "20-49"), (LEAST, "10-19"))
MONTHS_KEPT = 24
Cell = tuple[str, str]
"""What became of it, and how soon somebody answered; empty where that is not told."""


def band(count: int) -> str:
    """A number as it is told; nothing when it is too small."""
    return next((words for least, words in BANDS if count >= least), "")


@dataclass(frozen=True, slots=True)
class Told:
    """One month, as it was published."""

    month: str
    desks: Mapping[str, Sequence[tuple[str, str, str]]]
    """By desk: what became of it, how soon, and the band."""
    overdue: str

    def content(self) -> dict[str, Any]:
        """As JSON has it."""
        desks = {code: [list(line) for line in lines] for code, lines in sorted(self.desks.items())}
        return {"month": self.month, "desks": desks, "overdue": self.overdue}


class Counting:
    """Publishes the account of the desks into the folder that the community reads."""

    def __init__(self, db: Database, vault: Vault, reporting: Reporting, forgetting: Forgetting, folder: Path) -> None:
        self._db = db
        self._vault = vault
        self._reporting = reporting
        self._forgetting = forgetting
        self._path = folder / FILE_NAME

    def run(self, at: datetime) -> None:
        """Publish the month that has passed, once; empty or not, so that the file says nothing by itself."""
        month = last_month(at.date())
        known = published(self._path)
        was_told = self._forgetting.was_told(month)
        if was_told or any(entry.get("month") == month for entry in known):
            if not was_told:
                self._forgetting.note_told(month)
            return
        known = [*known[-MONTHS_KEPT + 1 :], self.account(month, at=at).content()]
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        # The community may run as another user, in the same group, and somebody may have got into it.
        whole_files.laid(self._path, (json.dumps(known, indent=1) + "\n").encode(), mode=0o640)
        self._forgetting.note_told(month)

    def account(self, month: str, *, at: datetime) -> Told:
        """What is told of a month."""
        with self._db.reading() as tx:
            counted = [case.facts for case in records.every_case(tx, self._vault) if case.facts.counts]
        closed = [known for known in counted if _closed_in(known, month)]
        desks = {
            desk.code: told
            for desk in self._reporting.desks
            if (told := _finest([known for known in closed if known.desk == desk.code]))
        }
        now = half_day(at)
        late = [known for known in counted if due(known, self._reporting.desk(known.desk), now=now).late]
        return Told(month, desks, band(len(late)))


def last_month(today: date) -> str:
    """The month that has passed, as 2026-02."""
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def published(path: Path) -> list[dict[str, Any]]:
    """The months that were published; a file that is not ours counts as none."""
    try:
        found: Any = json.loads(whole_files.read(path, most=MOST_BYTES))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []  # pyright: ignore[reportUnknownVariableType]


def _closed_in(known: Facts, month: str) -> bool:
    return known.closed is not None and not known.is_open and not known.told and month_of(known.closed) == month


def _finest(cases: Sequence[Facts]) -> list[tuple[str, str, str]]:
    """The finest of three ways in which no number is too small; nothing when even the desk's own is."""
    for cell in _WAYS:
        counts = Counter(cell(known) for known in cases)
        if counts and all(count >= LEAST for count in counts.values()):
            return sorted((outcome, soon, band(count)) for (outcome, soon), count in counts.items())
    return []


_WAYS: Sequence[Callable[[Facts], Cell]] = (
    lambda known: (_outcome(known), _soon(known)),
    lambda known: ("", _soon(known)),
    lambda _: ("", ""),
)


def _outcome(known: Facts) -> str:
    return "withdrawn" if known.state is State.WITHDRAWN else known.outcome or "answered"


def _soon(known: Facts) -> str:
    if known.acknowledged is None:
        return "later"
    days = (known.acknowledged - known.opened) / 2
    return "2_days" if days <= 2 else "7_days" if days <= 7 else "later"
