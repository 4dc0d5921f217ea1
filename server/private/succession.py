"""New keys for a case: when somebody leaves it, when somebody comes to it, when the office outside takes it over.

The secret of the epoch before is sealed to the new one, so whoever has the newest key reads everything; all older
slots are gone. Only somebody who can read the case now can do this, and signs for it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from server.crypto.sealed import boxes, envelopes, manifests, slots
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.envelopes import Envelope
from server.crypto.sealed.slots import Binding
from server.database import Database, Transaction
from server.errors import NotFound, Refused, say
from server.private import epochs, originals, records
from server.private.casework import Casework, Opened
from server.private.consents import Consent
from server.private.desks import INDEPENDENT
from server.private.epochs import Beginning, Epoch
from server.private.facts import Facts, asking_until
from server.private.letters import NOT_WHOLE, excluded_in
from server.private.people import Unlocked
from server.private.records import Link
from server.private.roster import Roster
from server.private.routing import interprets
from server.private.vault import Vault

NOBODY_LEFT = say(
    "Nobody else may read this case, so it cannot be left. Ask the recovery officers for another person first."
)
LOOK_DAYS = 14
"""So long a case that a colleague gave somebody is marked on their list, until they write in it."""
NO_SUCH_READER = say("This person cannot read for this desk, or must not read this case.")


@dataclass(frozen=True, slots=True)
class _New:
    """Who reads from now on, and what the case is told of it."""

    readers: Collection[UUID]
    body: dict[str, object]
    then: Callable[[Facts], Facts]
    comes: Certificate | None = None
    """Somebody to whom whoever changes the keys passes their halves of the key for originals."""


class Succession:
    """Changes who can read a case."""

    def __init__(self, db: Database, vault: Vault, roster: Roster, casework: Casework) -> None:
        self._db = db
        self._vault = vault
        self._roster = roster
        self._casework = casework

    def recuse(self, me: Unlocked, alias: str, *, at: datetime) -> None:
        """ "I must not read this": everybody else who reads it goes on, under new keys. Raises Refused."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            if not self.may_leave(me, found):
                raise Refused(NOBODY_LEFT)
            left = self.readers_of(found) - {me.person}
            body: dict[str, object] = {"kind": "succession", "why": "recused", "left": str(me.person)}
            self._renew(tx, me, found, _New(left, body, lambda known: known), at)
            self._casework.trace(tx, "recused", me, found, at)

    def may_leave(self, me: Unlocked, found: Opened) -> bool:
        """Whether somebody else would go on with it: somebody who reads, not one who interprets."""
        left = self.readers_of(found) - {me.person}
        return any(one.person in left and not interprets(one) for one in self._casework.unbarred(found))

    def hand_over(self, me: Unlocked, alias: str, to: UUID, reason: str, *, at: datetime) -> None:
        """Let one more person of the desk read it: somebody new, or who lost their words. Raises Refused."""
        self._casework.refuse_interpreter(me)
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            readers = self.readers_of(found)
            comes = next((one for one in self._eligible(found) if one.person == to), None)
            if comes is None:
                raise Refused(NO_SUCH_READER, field="person")
            body: dict[str, object] = {"kind": "succession", "why": "handed_over", "text": reason}
            waits = asking_until(at, days=LOOK_DAYS)
            self._renew(tx, me, found, _New(readers | {to}, body, lambda known: known.asking(waits), comes), at)
            self._casework.trace(tx, "handed over", me, found, at)

    def take_over(self, me: Unlocked, alias: str, *, at: datetime) -> None:
        """Somebody has opened a case for the first time who was not among its readers: the office outside after a
        release, or a successor to whom two officers gave it. It becomes theirs too, and the release key is gone."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            readers = self.readers_of(found)
            body: dict[str, object]
            if found.missing:
                return  # who left it may be what is missing: it is read, and its page says so, but nobody gets new keys
            lapsed = found.stale or self._named(found) - readers
            if me.person in readers:
                if lapsed or self._owed_outside(found):
                    body = {"kind": "succession", "why": "revoked" if lapsed else "outside"}
                    self._renew(tx, me, found, _New(readers, body, lambda known: known), at)
                return
            outside = {one.person for one in self._outside(found)}
            released = me.person in outside and bool(found.case.facts.release_key)
            new = readers | (outside if released else {me.person})
            body = {"kind": "succession", "why": "released" if released else "recovered"}
            then: Callable[[Facts], Facts] = _released if released else lambda known: known
            self._renew(tx, me, found, _New(new, body, then, self._own(me, found)), at)
            self._casework.trace(tx, "taken over", me, found, at)

    def rekey(self, me: Unlocked, alias: str, *, at: datetime) -> None:
        """New keys for the same readers, one of whom has changed their own. Raises Refused when it looks wrong."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            readers = self.readers_of(found)
            if found.missing or me.person not in readers:
                raise Refused(NO_SUCH_READER)
            body: dict[str, object] = {"kind": "succession", "why": "keys"}
            self._renew(tx, me, found, _New(readers, body, lambda known: known, self._own(me, found)), at)

    def readers_of(self, found: Opened) -> set[UUID]:
        """Who reads the case, as it says itself: its first envelope, and every change since."""
        return self._named(found) & {one.person for one in self._casework.unbarred(found)}

    def _own(self, me: Unlocked, found: Opened) -> Certificate | None:
        """My own paper: what I hold of the key for originals is closed for the keys that I have now."""
        return next((one for one in self._casework.unbarred(found) if one.person == me.person), None)

    def _named(self, found: Opened) -> set[UUID]:
        readers: set[UUID] = set()
        for letter in found.letters:
            named = letter.body.get("readers")
            if isinstance(named, list):
                readers = {UUID(str(one)) for one in cast("list[object]", named)}
        return readers

    def could_read(self, found: Opened) -> list[Certificate]:
        """Who of this desk could be given the case, and does not read it yet."""
        readers = self.readers_of(found)
        return [one for one in self._eligible(found) if one.person not in readers]

    def _eligible(self, found: Opened) -> list[Certificate]:
        return [one for one in self._casework.unbarred(found) if one.desk == found.desk.code]

    def _outside(self, found: Opened) -> list[Certificate]:
        """The office outside, without those whom the reporter has barred."""
        return [one for one in self._casework.unbarred(found) if one.desk == INDEPENDENT]

    def _owed_outside(self, found: Opened) -> list[Certificate]:
        """The office outside, when the reporter said yes to it and has no key yet: nobody was certified there when it
        was filed, or the yes came later. Whether the yes counts already is looked at when somebody there opens it.

        The yes is read from the reporter's own letters; it counts once.
        """
        said = _said_outside(found)
        released = any(letter.body.get("why") == "released" for letter in found.letters)
        if not said or released or found.case.facts.release_key or found.desk.code == INDEPENDENT:
            return []
        return self._outside(found)

    def _renew(self, tx: Transaction, me: Unlocked, found: Opened, new: _New, at: datetime) -> None:
        case, known = found.case, found.case.facts
        if not self._roster.holds(me.person, me.verify):
            raise NotFound
        if found.missing:
            raise Refused(NOT_WHOLE)
        after = new.then(known)
        if not after.release_key and new.body["why"] != "released" and self._owed_outside(found):
            after = after.changed(release_key=boxes.new_key())
        outside = {one.person for one in self._outside(found)} if after.release_key else set[UUID]()

        def slot(one: Certificate, secret: bytes, binding: Binding) -> bytes:
            if one.person in new.readers:
                return slots.slot(one.public, secret, binding)
            if one.person in outside and new.body.get("left") != str(one.person):
                return slots.locked_slot(one.public, secret, binding, after.release_key)
            return slots.dummy()

        number, previous = known.epoch + 1, found.manifest.hash()
        began = Beginning(case.id, number, known.reporter_public, known.reporter_verify, previous)
        epoch = epochs.begun(self._vault, self._roster, began, excluded_in(found.letters), slot)
        stay = {*new.readers, *outside} - ({me.person} - set(new.readers))
        held = originals.after(originals.told_in(found.letters), case.id, me, stay, new.comes)
        self._put(tx, me, found, epoch)
        manifest = epoch.manifest
        envelope = Envelope(
            case=case.id,
            message=uuid4(),
            seq=known.sent,
            direction="note",
            author=me.verify,
            day=at.date(),
            manifest=manifest.hash(),
            body={**new.body, "readers": sorted(str(person) for person in new.readers), **held},
        )
        box = boxes.sealed(manifest.case_public, envelopes.closed(envelope, me.signing_seed))
        records.put_entry(tx, self._vault, case.id, envelope.message, for_desk=box, for_reporter=b"")
        records.keep(
            tx,
            self._vault,
            case,
            after.changed(epoch=number, case_public=manifest.case_public, sent=known.sent + 1),
        )
        tx.erases = True

    def _put(self, tx: Transaction, me: Unlocked, found: Opened, epoch: Epoch) -> None:
        """In the place of the keys before, which from now on are reached through these only."""
        case = found.case.id
        records.drop_slots(tx, case)
        records.drop_pairs(tx, case)
        records.put_slots(tx, self._vault, case, epoch.slots)
        records.put_pairs(tx, self._vault, case, epoch.pairs)
        signed = manifests.signed(epoch.manifest, me.signing_seed, before=found.secret)
        before = boxes.sealed(epoch.manifest.case_public, found.secret)
        records.put_link(tx, self._vault, case, Link(signed, before))


def _released(known: Facts) -> Facts:
    return known.changed(release_key=b"", released=True)


def _said_outside(found: Opened) -> bool:
    """What the reporter said last about the office outside."""
    said = False
    for body in (letter.body for letter in found.letters if letter.inward):
        if body.get("kind") == "concern":
            said = body.get("may_release") is True
        elif body.get("kind") == "consent" and body.get("name") == Consent.OUTSIDE.value:
            said = body.get("value") is True
    return said
