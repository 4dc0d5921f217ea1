"""The room's forget list: which cases were erased, which papers revoked, and which keys followed on which.

No older copy brings back what stands here, and nobody who takes a row out of the database makes an old key count
again. Written by the daily work, always, at the same hour and in few sizes: it tells nothing of what came or went.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from server import whole_files
from server.crypto.sealed import boxes, forget_lists
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.forget_lists import ForgetList, name_of, united
from server.private.alone import alone

log = logging.getLogger("baraza")

PART = "private"
FILE_NAME = f"forgotten-{PART}.list"
LOCK_NAME = "forgetting.lock"
CASE, MONTH, NUMBER, ANSWER = "case", "month", "number", "answer"


class Forgetting:
    """Keeps the list in the room's folder, and a copy wherever backups are kept."""

    def __init__(
        self,
        folder: Path,
        pepper: bytes,
        *,
        now: Callable[[], datetime],
        revocations: Callable[[], Sequence[str]],
        successions: Callable[[], Sequence[str]],
    ) -> None:
        self._path = folder / FILE_NAME
        self._lock = folder / LOCK_NAME
        self._key = boxes.derived(pepper, "copies")
        self._now = now
        self._revocations = revocations
        self._successions = successions

    def note(self, cases: Iterable[UUID]) -> None:
        """These cases are erased: written before their keys go."""
        self._rewrite({name_of(self._key, CASE, case.bytes) for case in cases})

    def note_number(self, receipt_id: bytes) -> None:
        """This number was changed for another: it must not open its case again."""
        self._rewrite({name_of(self._key, NUMBER, receipt_id)})

    def note_answers(self, messages: Iterable[UUID]) -> None:
        """A reporter has erased these on their side."""
        self._rewrite({name_of(self._key, ANSWER, message.bytes) for message in messages})

    def note_told(self, month: str) -> None:
        """The account of this month is published, and is never worked out again."""
        self._rewrite({name_of(self._key, MONTH, month.encode())})

    def was_told(self, month: str) -> bool:
        """Whether it was, as far back as anybody asks: the month that has passed."""
        known = self._read(self._path)
        return known is not None and name_of(self._key, MONTH, month.encode()) in known.gone

    def once_a_day(self) -> None:
        """The list as of today. Not again when the process begins anew: the file's time would tell of a visit."""
        today = self._now().date()
        written = self._read(self._path)
        if written is None or written.at.date() != today:
            self.refresh()

    def refresh(self) -> None:
        """The same list as of now, with the papers that were revoked and the keys that were followed by others."""
        self._rewrite(set())

    def copied_to(self, folder: Path) -> None:
        """Lay it beside the copies, unless this very list is there; what only the list there says, both say then."""
        target = folder / FILE_NAME
        with alone(self._lock):
            there, here = self._read(target), self._read(self._path)
            if there is not None and (here is None or united([here, there]) != here):
                self._written(united([there] if here is None else [here, there]))  # ours first
            raw = self._path.read_bytes() if self._path.is_file() else b""
            if raw and not (target.is_file() and target.read_bytes() == raw):
                whole_files.laid(target, raw)

    def take_in(self, found: ForgetList, followed: Iterable[str]) -> None:
        """What a list said that an older copy was held against: the next copy is held against it too.

        `followed`: what it says of keys, as far as the copy has those keys; nothing else that was written here counts.
        """
        with alone(self._lock):
            known = self._read(self._path)
            whole = united([ForgetList(self._now()), found, *([] if known is None else [known])])
            self._written(replace(whole, followed=frozenset(followed)))

    def papers(self) -> frozenset[str]:
        """The revocations and the successors on the list, whatever has become of their rows."""
        known = self._read(self._path)
        return frozenset() if known is None else known.papers | known.followed

    def knows(self, found: ForgetList, case: UUID) -> bool:
        """Whether the list says that this case was erased."""
        return name_of(self._key, CASE, case.bytes) in found.gone

    def knows_number(self, found: ForgetList, receipt_id: bytes) -> bool:
        """Whether the list says that this number was changed."""
        return name_of(self._key, NUMBER, receipt_id) in found.gone

    def knows_answer(self, found: ForgetList, message: UUID) -> bool:
        """Whether the list says that its reporter has erased this."""
        return name_of(self._key, ANSWER, message.bytes) in found.gone

    def _rewrite(self, names: set[bytes]) -> None:
        with alone(self._lock):
            today = self._now().date()
            known = self._read(self._path)
            new = ForgetList(self._now(), dict.fromkeys(names, today))
            self._written(new if known is None else replace(united([new, known]), followed=known.followed))

    def _written(self, found: ForgetList) -> None:
        """As of now, without lines that no copy can need any more."""
        at = self._now()
        papers, followed = found.papers.union(self._revocations()), found.followed.union(self._successions())
        found = forget_lists.younger(replace(found, at=at, papers=papers, followed=followed), at.date())
        whole_files.laid(self._path, forget_lists.closed(found, self._key, part=PART))

    def _read(self, path: Path) -> ForgetList | None:
        """None when there is none, or it does not open: what it said is in the list beside the copies."""
        try:
            return forget_lists.opened(path.read_bytes(), self._key, part=PART)
        except FileNotFoundError:
            return None
        except Damaged:
            log.error("a forget list does not open; what it said is taken from the one beside the copies")
            return None
