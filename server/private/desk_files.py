"""Files at the desk: who reads a case opens the safe copies; an original takes two, a reason, and a day.

One asks: the halves that she holds are sealed to her colleagues. Another opens within a day: only then, and only for
as long as the file goes out, do the two halves meet. Both acts are noted for the officers, and the reporter is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate
from server.database import Database, Transaction
from server.errors import NotFound, Refused, say
from server.private import files, originals
from server.private.casework import Casework, Opened
from server.private.facts import asking_until, half_day
from server.private.files import Asked, Sent, Stored
from server.private.letters import Letter
from server.private.originals import Holders
from server.private.people import Unlocked
from server.private.roster import Roster
from server.private.vault import Vault

ASKED_HALVES = 2
"""An original can be opened in the half-day in which somebody asked, and in the next: within a day."""
NO_PARTNER = say("Nobody else who reads this case could open the original with you.")
NOT_ASKED = say("Nobody has asked for this original in the last day. Ask for it, and let a colleague open it.")
OWN_ASKING = say("You asked for this original yourself. A colleague must open it.")
ASKED, OPENED, DROPPED = "original_asked", "original_opened", "original_dropped"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a case, as somebody sees it who reads the case. `number` is its name outside this house."""

    number: int
    sent: Sent
    gone: bool
    may_ask: bool
    """Whether there is an original, and somebody to open it with."""
    asked_by: str = ""
    """Who has asked for the original and waits for a colleague: for me, if I did not ask myself."""
    reason: str = ""
    may_open: bool = False
    opened: bool = False
    """Whether two have opened it already, as was asked; the same can fetch it once more that day, if the line broke."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way out, a piece at a time."""

    name: str
    media_type: str
    size: int
    pieces: Iterator[bytes]


class DeskFiles:
    """What a desk does with files."""

    def __init__(self, db: Database, vault: Vault, roster: Roster, casework: Casework) -> None:
        self._db = db
        self._vault = vault
        self._roster = roster
        self._casework = casework

    def listed(self, me: Unlocked, found: Opened, *, at: datetime) -> list[Listed]:
        """The files of a case in the order in which they came."""
        sent = files_in(found.letters)
        if not sent:
            return []
        held = originals.told_in(found.letters)
        with self._db.reading() as tx:
            there = files.present(tx, found.case.id)
            asked = {one.copy.id: self._asked(tx, found, one, at) for one in sent}
        alone = held is None or not self._partners(held, me, found)
        return [
            self._line(me, found, number, one, asked[one.copy.id], gone=one.copy.id not in there, alone=alone)
            for number, one in enumerate(sent, 1)
        ]

    def copy(self, me: Unlocked, alias: str, number: int, *, at: datetime) -> Download:
        """The safe copy. Raises NotFound."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            stored = self._sent(found, number).copy
            download = self._download(tx, found, number, stored, stored.key)
            self._casework.trace(tx, "file read", me, found, at)
        return download

    def ask(self, me: Unlocked, alias: str, number: int, reason: str, *, at: datetime) -> None:
        """Ask a colleague to open an original with me: hand my halves on, sealed. Raises NotFound, Refused."""
        found = self._casework.looked_at(me, alias, at=at)
        stored, held = self._original(found, number)
        partners = self._partners(held, me, found)
        if not partners:
            raise Refused(NO_PARTNER)
        try:
            given = originals.handed(held, found.case.id, stored.id, me, partners)
        except Damaged:
            raise Refused(NO_PARTNER) from None  # my halves were closed for keys that I had before
        body = {"kind": ASKED, "file": str(stored.id), "by": str(me.person), "text": reason}
        waits = asking_until(at, days=0)
        self._casework.write(me, alias, body, at=at, then=lambda known: known.asking(waits))
        with self._db.transaction() as tx:
            what = Asked(half_day(at), me.person, tuple(given))
            files.ask(tx, self._vault, found.case.id, stored.id, what)

    def drop(self, me: Unlocked, alias: str, number: int, *, at: datetime) -> None:
        """Nobody needs the original after all: the halves that were handed on are gone at once. Raises Refused.

        Whoever asked takes it back; a colleague says that it is not needed.
        """
        self._casework.refuse_interpreter(me)
        found = self._casework.looked_at(me, alias, at=at)
        sent = self._sent(found, number)
        with self._db.reading() as tx:
            asked = self._asked(tx, found, sent, at)
        if asked is None or sent.original is None:
            raise Refused(NOT_ASKED)
        stored = sent.original
        self._casework.write(me, alias, {"kind": DROPPED, "file": str(stored.id)}, at=at)
        with self._db.transaction() as tx:
            files.ask(tx, self._vault, found.case.id, stored.id, Asked())

    def original(self, me: Unlocked, alias: str, number: int, *, at: datetime) -> Download:
        """The original, with the colleague who asked; the reporter is told. Raises NotFound, Refused."""
        found = self._casework.looked_at(me, alias, at=at)
        sent = self._sent(found, number)
        stored, held = self._original(found, number)
        with self._db.reading() as tx:
            asked = self._asked(tx, found, sent, at)
        if asked is None:
            raise Refused(NOT_ASKED)
        if asked.by == me.person:
            raise Refused(OWN_ASKING)
        letter = self._letter(found, stored, asked)
        if letter is None:
            raise Refused(NOT_ASKED)
        try:
            secret = originals.secret_of(held, found.case.id, stored.id, me, asked.boxes)
            key = files.original_key(stored, found.case.id, secret)
        except Damaged:
            raise Refused(NO_PARTNER) from None
        with self._db.reading() as tx:
            download = self._download(tx, found, number, stored, key)
        body = {
            "kind": OPENED,
            "file": str(stored.id),
            "asked": str(letter.id),
            "text": str(letter.body.get("text", "")),
        }
        if _is_opened(found, letter):
            with self._db.transaction() as tx:  # once more, because a line broke: the reporter knows of it
                self._casework.trace(tx, OPENED, me, found, at)
        else:
            self._casework.write(me, alias, body, at=at, to_reporter=True)
        return download

    def _line(
        self, me: Unlocked, found: Opened, number: int, one: Sent, asked: Asked | None, *, gone: bool, alone: bool
    ) -> Listed:
        has = one.original is not None and not gone
        letter = self._letter(found, one.original, asked) if has and one.original and asked else None
        if letter is None or asked is None:
            return Listed(number, one, gone, may_ask=has and not alone)
        others = asked.by != me.person
        reason = str(letter.body.get("text", ""))
        done = _is_opened(found, letter)
        return Listed(number, one, gone, not others, letter.name, reason, others and not alone, done)

    def _sent(self, found: Opened, number: int) -> Sent:
        sent = files_in(found.letters)
        if not 1 <= number <= len(sent):
            raise NotFound
        return sent[number - 1]

    def _original(self, found: Opened, number: int) -> tuple[Stored, Holders]:
        stored, held = self._sent(found, number).original, originals.told_in(found.letters)
        if stored is None or held is None:
            raise NotFound
        return stored, held

    def _download(self, tx: Transaction, found: Opened, number: int, stored: Stored, key: bytes) -> Download:
        if stored.id not in files.present(tx, found.case.id):
            raise NotFound
        pieces = files.pieces(self._db, found.case.id, stored.id, key)
        return Download(f"file-{number}.{stored.suffix}", stored.media_type, stored.size, pieces)

    def _asked(self, tx: Transaction, found: Opened, sent: Sent, at: datetime) -> Asked | None:
        """What was asked of this file's original, if that holds today."""
        if sent.original is None:
            return None
        try:
            asked = files.asked(tx, self._vault, found.case.id, sent.original.id)
        except Damaged:
            return None
        return asked if asked.boxes and 0 <= half_day(at) - asked.since < ASKED_HALVES else None

    def _letter(self, found: Opened, stored: Stored, asked: Asked) -> Letter | None:
        """The signed letter in which somebody asked who is still at a desk: without one nobody has."""
        if not self._roster.of(asked.by):
            return None
        for letter in reversed(found.letters):
            body = letter.body
            told = (body.get("kind"), body.get("file"), body.get("by"))
            if told == (ASKED, str(stored.id), str(asked.by)) and self._roster.person_of(letter.author) == asked.by:
                return letter
        return None

    def _partners(self, held: Holders, me: Unlocked, found: Opened) -> list[Certificate]:
        """Colleagues who hold fitting halves and still have papers."""
        fitting = {one.person for one in held.partners(me.person)}
        return [one for one in self._roster.people() if one.person in fitting]


def _is_opened(found: Opened, asked: Letter) -> bool:
    """Whether two have opened what this letter asked for."""
    return any(one.body.get("kind") == OPENED and one.body.get("asked") == str(asked.id) for one in found.letters)


def files_in(letters: Sequence[Letter]) -> list[Sent]:
    """All files of a case: only the reporter sends any."""
    return [sent for letter in letters if letter.inward for sent in files.read(letter.body)]


def forget_asked(db: Database, vault: Vault, *, at: datetime) -> int:
    """Handed halves whose day is over are gone, whether somebody used them or not."""
    now = half_day(at)
    with db.reading() as tx:
        ended = [one for one in files.every(tx) if _is_old(tx, vault, *one, now)]
    for case, file in ended:
        with db.transaction() as tx:
            if _is_old(tx, vault, case, file, now):  # somebody may have asked anew meanwhile
                files.ask(tx, vault, case, file, Asked())
    return len(ended)


def _is_old(tx: Transaction, vault: Vault, case: UUID, file: UUID, now: int) -> bool:
    try:
        asked = files.asked(tx, vault, case, file)
    except (Damaged, NotFound):
        return False  # damaged, or erased meanwhile: nothing is handed on by it
    return bool(asked.boxes) and not 0 <= now - asked.since < ASKED_HALVES
