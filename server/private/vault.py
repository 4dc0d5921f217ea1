"""The locks of the room: which key opens which box.

Everything of a case lies under its shred key, kept in one small file outside the database and its backups; what
the room knows of the case needs PEPPER as well. Without its shred key a case is noise, whoever holds the rest.
"""

import hashlib
from contextlib import AbstractContextManager
from uuid import UUID

from server.crypto.sealed import boxes
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.shredding import Disk, ShredKeys
from server.errors import NotFound
from server.private import facts
from server.private.alone import alone
from server.private.facts import Facts

FACTS_STEP = 2048
LOCK_NAME, UNFINISHED = "filing.lock", "filing.unfinished"


class Vault:
    """Opens and closes what lies in the database."""

    def __init__(self, pepper: bytes, shred: ShredKeys) -> None:
        self.pepper = pepper
        self.shred = shred
        self._new: dict[UUID, bytes] = {}
        self._disk, self._unfinished = Disk(), shred.folder / UNFINISHED
        self._unfinished_key = boxes.derived(pepper, "unfinished")
        self._facts_key = boxes.derived(pepper, "case-facts")
        self._papers_key = boxes.derived(pepper, "papers")

    def filing(self) -> AbstractContextManager[None]:
        """Held from a case's row to its key, and from its key's end to its row's: in between neither is missing.

        Among processes too: an operator's command looks at the cases while others are being filed.
        """
        return alone(self.shred.folder / LOCK_NAME)

    def new_case(self, case: UUID) -> None:
        """Make the key that a case lies under. It is in this process only, until `keep_case`; and, closed, in a file
        for whoever comes after a crash."""
        key = self._new[case] = boxes.new_key()
        self._disk.write(self._unfinished, boxes.locked(self._unfinished_key, case.bytes + key, about=_UNFINISHED))

    def keep_case(self, case: UUID) -> None:
        """The case's rows are in the database: keep its key. A key without rows then means that they were taken."""
        self.shred.add(case, self._new[case])
        self.give_up(case)

    def give_up(self, case: UUID) -> None:
        """It came to nothing, or to its end."""
        self._new.pop(case, None)
        self._disk.wipe(self._unfinished)

    def unfinished(self) -> UUID | None:
        """The case that was being filed when a process was killed, if there is one. Its key is ready to be kept.

        To be asked while `filing` is held: then nobody is just filing it.
        """
        try:
            raw = boxes.unlocked(self._unfinished_key, self._unfinished.read_bytes(), about=_UNFINISHED)
        except FileNotFoundError:
            return None
        except Damaged:  # it was not written to its end, so nothing came after it
            self._disk.wipe(self._unfinished)
            return None
        case = UUID(bytes=raw[:16])
        self._new[case] = raw[16:]
        return case

    def lock_facts(self, case: UUID, known: Facts) -> bytes:
        """What the room knows of a case, in steps of one size."""
        return boxes.locked(self._for_facts(case), _stepped(facts.written(known)), about=b"facts" + case.bytes)

    def open_facts(self, case: UUID, box: bytes) -> Facts:
        """The same again. Raises Damaged, and NotFound when the case is erased."""
        return facts.read(_unstepped(boxes.unlocked(self._for_facts(case), box, about=b"facts" + case.bytes)))

    def lock(self, case: UUID, raw: bytes, *, about: bytes) -> bytes:
        """One more layer around a sealed box: it goes when the case is erased."""
        return boxes.locked(self._of(case), raw, about=about + case.bytes)

    def open(self, case: UUID, box: bytes, *, about: bytes) -> bytes:
        """Take that layer off. Raises Damaged, and NotFound when the case is erased."""
        return boxes.unlocked(self._of(case), box, about=about + case.bytes)

    def lock_paper(self, raw: bytes, *, about: bytes) -> bytes:
        """What belongs to no case: certificates, accounts."""
        return boxes.locked(self._papers_key, _stepped(raw), about=about)

    def open_paper(self, box: bytes, *, about: bytes) -> bytes:
        """The same again. Raises Damaged."""
        return _unstepped(boxes.unlocked(self._papers_key, box, about=about))

    def lookup(self, purpose: str, text: str) -> bytes:
        """A keyed hash that only this room can make, to find something by."""
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=boxes.derived(self.pepper, purpose)).digest()[:32]

    def has_key(self, case: UUID) -> bool:
        """Whether the case is not erased."""
        return case in self._new or self.shred.key(case) is not None

    def _of(self, case: UUID) -> bytes:
        key = self._new.get(case) or self.shred.key(case)
        if key is None:
            raise NotFound
        return key

    def _for_facts(self, case: UUID) -> bytes:
        return hashlib.blake2b(self._of(case), key=self._facts_key, digest_size=32).digest()


_UNFINISHED = b"unfinished"


def _stepped(raw: bytes) -> bytes:
    """Filled up to the next step, so that a length tells little."""
    whole = len(raw).to_bytes(4, "big") + raw
    return whole + bytes(-len(whole) % FACTS_STEP)


def _unstepped(raw: bytes) -> bytes:
    length = int.from_bytes(raw[:4], "big")
    if length > len(raw) - 4:
        raise Damaged
    return raw[4 : 4 + length]
