"""The letters of a case: opened, put in order, and each held against whose words it says it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from server.crypto.sealed import boxes, envelopes
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.envelopes import Envelope
from server.database import Transaction
from server.errors import Refused, say
from server.private import files, records
from server.private.facts import State
from server.private.records import Case
from server.private.roster import Roster
from server.private.routing import Excluded

NOT_WHOLE = say(
    "Something in this case was changed by somebody who may not. Nothing was sent. Tell a recovery officer at once."
)
NEW_NUMBER = "new_number"
"""The kind of letter in which a reporter signs the keys of a new number over."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One envelope, opened."""

    id: UUID
    seq: int
    day: date
    direction: str
    name: str
    body: Mapping[str, object]
    manifest: bytes
    author: bytes
    """The key that signed it; empty when nobody stands for it."""

    @property
    def inward(self) -> bool:
        """Whether the reporter wrote it."""
        return self.direction == "in"


def in_order(opened: Sequence[Envelope], case: Case, roster: Roster) -> tuple[list[Letter], bytes]:
    """All letters in their order, and the key to answer to. Raises Refused.

    A reporter who changes the number signs the new keys with the old ones; from then on only the new ones count.
    """
    public, verify = case.facts.reporter_public, case.facts.reporter_verify
    reporters = {verify}
    letters: list[Letter] = []
    for found in sorted(opened, key=lambda one: one.seq):
        if found.author not in reporters and not roster.could_sign(found.author):
            raise Refused(NOT_WHOLE)
        letter = _letter(found, verify, roster)
        letters.append(letter)
        if letter.inward and letter.body.get("kind") == NEW_NUMBER:
            public, verify = _new_keys(letter)
            reporters.add(verify)
    return letters, public


def _letter(found: Envelope, reporter: bytes, roster: Roster) -> Letter:
    name = roster.name_of(found.author)
    theirs = found.direction != "in" and roster.signed_on(found.author, found.day)
    if not (theirs or (found.direction == "in" and found.author == reporter)):
        # One letter that nobody stands for must not close the case for all: it is shown as what it is.
        return Letter(found.message, found.seq, found.day, "note", "", {"kind": "unproved"}, found.manifest, b"")
    return Letter(found.message, found.seq, found.day, found.direction, name, found.body, found.manifest, found.author)


def opened(entry: records.Entry, case: Case, secrets_by_epoch: Sequence[bytes]) -> Envelope:
    """One letter, opened; whether its author may write here is not looked at yet. Raises Refused."""
    for secret in secrets_by_epoch:
        raw = boxes.unsealed(secret, entry.for_desk)
        if raw is not None:
            try:
                return envelopes.opened(raw, case=case.id, message=entry.id, authors=lambda _: True)
            except Damaged:
                break
    raise Refused(NOT_WHOLE)


def files_are_lost(tx: Transaction, case: Case, letters: Sequence[Letter]) -> bool:
    """Whether a file is gone before its time: nothing erases any of a case that nobody has ever closed."""
    closed = any(letter.body.get("state") == State.CLOSED.value for letter in letters)
    if closed or not case.facts.is_open:
        return False
    sent = [one for letter in letters if letter.inward for one in files.read(letter.body)]
    named = {stored.id for one in sent for stored in (one.copy, one.original) if stored is not None}
    return bool(named - files.present(tx, case.id))


def _new_keys(letter: Letter) -> tuple[bytes, bytes]:
    """The keys that a reporter has signed over: box key and verify key. Raises Refused."""
    try:
        public, verify = (boxes.whole(bytes.fromhex(str(letter.body[name]))) for name in ("public", "verify"))
    except (KeyError, ValueError, Damaged):
        raise Refused(NOT_WHOLE) from None
    return public, verify


def excluded_in(letters: Sequence[Letter]) -> Excluded:
    """Who must not read it, as the reporter said in the first envelope: it holds for everybody who comes later."""
    first = (letter.body for letter in letters if letter.inward and letter.body.get("kind") == "concern")
    said = next((body.get("excluded") for body in first), None)
    if not isinstance(said, dict):
        return Excluded(only_independent=True)
    values = cast("dict[str, object]", said)  # JSON: its keys are text
    return Excluded(
        organisation=str(values.get("organisation", "")),
        site=str(values.get("site", "")),
        role=str(values.get("role", "")),
        only_independent=bool(values.get("only_independent", False)),
    )
