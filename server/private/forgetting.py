"""The room's forget list: which cases were erased and which papers revoked, so that no older copy brings them back.

Written by the daily work, always, at the same hour and in few sizes: it tells nothing of what came or went.
"""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from server.crypto.sealed import boxes, forget_lists
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.forget_lists import ForgetList, name_of

PART = "private"
FILE_NAME = f"forgotten-{PART}.list"
CASE = "case"


class Forgetting:
    """Keeps the list in the room's folder, and a copy wherever backups are kept."""

    def __init__(
        self, folder: Path, pepper: bytes, *, now: Callable[[], datetime], revocations: Callable[[], Sequence[str]]
    ) -> None:
        self._path = folder / FILE_NAME
        self._key = boxes.derived(pepper, "copies")
        self._now = now
        self._revocations = revocations
        self._lock = threading.Lock()

    def note(self, cases: Iterable[UUID]) -> None:
        """These cases are erased: written before their keys go."""
        self._rewrite({name_of(self._key, CASE, case.bytes) for case in cases})

    def once_a_day(self) -> None:
        """The list as of today. Not again when the process begins anew: the file's time would tell of a visit."""
        today = self._now().date()
        try:
            written = forget_lists.opened(self._path.read_bytes(), self._key, part=PART).at.date()
        except (FileNotFoundError, Damaged):
            written = None
        if written != today:
            self.refresh()

    def refresh(self) -> None:
        """The same list as of now, with the papers that were revoked."""
        self._rewrite(set())

    def copied_to(self, folder: Path) -> None:
        """Lay it beside the copies, unless this very list is there."""
        raw, target = self._path.read_bytes() if self._path.is_file() else b"", folder / FILE_NAME
        if raw and not (target.is_file() and target.read_bytes() == raw):
            _write(target, raw)

    def revocations(self) -> frozenset[str]:
        """The revocations on the list, whatever has become of their rows."""
        return self._known(self._now()).papers

    def knows(self, found: ForgetList, case: UUID) -> bool:
        """Whether the list says that this case was erased."""
        return name_of(self._key, CASE, case.bytes) in found.gone

    def _rewrite(self, names: set[bytes]) -> None:
        at = self._now()
        with self._lock:
            known = forget_lists.younger(self._known(at), at.date())
            gone = {**dict.fromkeys(names, at.date()), **known.gone}
            papers = known.papers | frozenset(self._revocations())
            _write(self._path, forget_lists.closed(ForgetList(at, gone, {}, papers), self._key, part=PART))

    def _known(self, at: datetime) -> ForgetList:
        try:
            return replace(forget_lists.opened(self._path.read_bytes(), self._key, part=PART), at=at)
        except FileNotFoundError:
            return ForgetList(at)
        except Damaged:  # a list that does not open says nothing; what it said is in the older copies of it
            return ForgetList(at)


def _write(path: Path, raw: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
