"""The room's forget list: which cases were erased and which papers revoked, so that no older copy brings them back.

Written by the daily work, always, at the same hour and in few sizes: it tells nothing of what came or went.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from server.crypto.sealed import boxes, forget_lists
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.forget_lists import ForgetList, name_of, united
from server.private.alone import alone

log = logging.getLogger("baraza")

PART = "private"
FILE_NAME = f"forgotten-{PART}.list"
LOCK_NAME = "forgetting.lock"
CASE = "case"


class Forgetting:
    """Keeps the list in the room's folder, and a copy wherever backups are kept."""

    def __init__(
        self, folder: Path, pepper: bytes, *, now: Callable[[], datetime], revocations: Callable[[], Sequence[str]]
    ) -> None:
        self._path = folder / FILE_NAME
        self._lock = folder / LOCK_NAME
        self._key = boxes.derived(pepper, "copies")
        self._now = now
        self._revocations = revocations

    def note(self, cases: Iterable[UUID]) -> None:
        """These cases are erased: written before their keys go."""
        self._rewrite({name_of(self._key, CASE, case.bytes) for case in cases})

    def once_a_day(self) -> None:
        """The list as of today. Not again when the process begins anew: the file's time would tell of a visit."""
        today = self._now().date()
        written = self._read(self._path)
        if written is None or written.at.date() != today:
            self.refresh()

    def refresh(self) -> None:
        """The same list as of now, with the papers that were revoked."""
        self._rewrite(set())

    def copied_to(self, folder: Path) -> None:
        """Lay it beside the copies, unless this very list is there; what only the list there says, both say then."""
        target = folder / FILE_NAME
        with alone(self._lock):
            there, here = self._read(target), self._read(self._path)
            if there is not None and (here is None or united([here, there]) != here):
                self._written(united([there] if here is None else [here, there]))
            raw = self._path.read_bytes() if self._path.is_file() else b""
            if raw and not (target.is_file() and target.read_bytes() == raw):
                forget_lists.laid(target, raw)

    def take_in(self, found: ForgetList) -> None:
        """What a list said that an older copy was held against: the next copy is held against it too."""
        self._rewrite(set(), found)

    def revocations(self) -> frozenset[str]:
        """The revocations on the list, whatever has become of their rows."""
        known = self._read(self._path)
        return frozenset() if known is None else known.papers

    def knows(self, found: ForgetList, case: UUID) -> bool:
        """Whether the list says that this case was erased."""
        return name_of(self._key, CASE, case.bytes) in found.gone

    def _rewrite(self, names: set[bytes], *more: ForgetList) -> None:
        with alone(self._lock):
            today = self._now().date()
            known = self._read(self._path)
            new = ForgetList(self._now(), dict.fromkeys(names, today))
            self._written(united([new, *more, *([] if known is None else [known])]))

    def _written(self, found: ForgetList) -> None:
        """As of now, without lines that no copy can need any more."""
        at = self._now()
        papers = found.papers | frozenset(self._revocations())
        found = forget_lists.younger(replace(found, at=at, papers=papers), at.date())
        forget_lists.laid(self._path, forget_lists.closed(found, self._key, part=PART))

    def _read(self, path: Path) -> ForgetList | None:
        """None when there is none, or it does not open: what it said is in the list beside the copies."""
        try:
            return forget_lists.opened(path.read_bytes(), self._key, part=PART)
        except FileNotFoundError:
            return None
        except Damaged:
            log.error("a forget list does not open; what it said is taken from the one beside the copies")
            return None
