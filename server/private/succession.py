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
from server.crypto.sealed.manifests import Manifest
from server.crypto.sealed.slots import Binding
from server.database import Database, Transaction
from server.errors import NotFound, Refused, say
from server.private import records
from server.private.casework import Casework, Opened, excluded_in
from server.private.consents import Consent
from server.private.desks import INDEPENDENT
from server.private.facts import Facts
from server.private.people import Unlocked
from server.private.records import Link
from server.private.roster import Roster
from server.private.routing import INTERPRETER, unbarred
from server.private.vault import Vault

NOBODY_LEFT = say(
    "Nobody else may read this case, so it cannot be left. Ask the recovery officers for another person first."
)
NO_SUCH_READER = say("This person cannot read for this desk, or must not read this case.")


@dataclass(frozen=True, slots=True)
class _New:
    """Who reads from now on, and what the case is told of it."""

    readers: Collection[UUID]
    body: dict[str, object]
    then: Callable[[Facts], Facts]


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
            left = self.readers_of(found) - {me.person}
            if not any(one.person in left and INTERPRETER not in one.roles for one in self._unbarred(found)):
                raise Refused(NOBODY_LEFT)
            body: dict[str, object] = {"kind": "succession", "why": "recused"}
            self._renew(tx, me, found, _New(left, body, lambda known: known), at)
        self._casework.trace("recused", me, found, at)

    def hand_over(self, me: Unlocked, alias: str, to: UUID, reason: str, *, at: datetime) -> None:
        """Let one more person of the desk read it: somebody new, or who lost their words. Raises Refused."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            readers = self.readers_of(found)
            if to not in {one.person for one in self._eligible(found)}:
                raise Refused(NO_SUCH_READER, field="person")
            body: dict[str, object] = {"kind": "succession", "why": "handed_over", "text": reason}
            self._renew(tx, me, found, _New(readers | {to}, body, lambda known: known), at)
        self._casework.trace("handed over", me, found, at)

    def take_over(self, me: Unlocked, alias: str, *, at: datetime) -> None:
        """Somebody has opened a case for the first time who was not among its readers: the office outside after a
        release, or a successor to whom two officers gave it. It becomes theirs too, and the release key is gone."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            readers = self.readers_of(found)
            body: dict[str, object]
            if me.person not in {one.person for one in self._unbarred(found)}:
                raise NotFound  # whoever must not read it does not, whatever key was laid for them
            lapsed = self._named(found) - readers
            if me.person in readers and not found.stale and not lapsed:
                return
            if me.person in readers:
                body = {"kind": "succession", "why": "revoked"}
                self._renew(tx, me, found, _New(readers, body, lambda known: known), at)
                return
            outside = {one.person for one in self._outside(found)}
            released = me.person in outside and bool(found.case.facts.release_key)
            new = readers | (outside if released else {me.person})
            body = {"kind": "succession", "why": "released" if released else "recovered"}
            self._renew(
                tx, me, found, _New(new, body, lambda known: known.changed(release_key=b"") if released else known), at
            )
        self._casework.trace("taken over", me, found, at)

    def rekey(self, me: Unlocked, alias: str, *, at: datetime) -> None:
        """New keys for the same readers, one of whom has changed their own. Raises Refused when it looks wrong."""
        with self._db.transaction() as tx:
            found = self._casework.read(tx, me, alias, at)
            readers = self.readers_of(found)
            if found.missing or me.person not in readers:
                raise Refused(NO_SUCH_READER)
            body: dict[str, object] = {"kind": "succession", "why": "keys"}
            self._renew(tx, me, found, _New(readers, body, lambda known: known), at)

    def readers_of(self, found: Opened) -> set[UUID]:
        """Who reads the case, as it says itself: its first envelope, and every change since."""
        return self._named(found) & {one.person for one in self._unbarred(found)}

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
        return [one for one in self._unbarred(found) if one.desk == found.desk.code]

    def _outside(self, found: Opened) -> list[Certificate]:
        """The office outside, without those whom the reporter has barred."""
        return [one for one in self._unbarred(found) if one.desk == INDEPENDENT]

    def _unbarred(self, found: Opened) -> list[Certificate]:
        """Who may read it: nobody whom the reporter left out, and no interpreter without the reporter's yes."""
        yes = self._casework.said_yes(found, Consent.INTERPRETER)
        holding = unbarred(self._roster.certificates(), excluded_in(found.letters))
        return [one for one in holding if yes or INTERPRETER not in one.roles]

    def _renew(self, tx: Transaction, me: Unlocked, found: Opened, new: _New, at: datetime) -> None:
        case, known = found.case, found.case.facts
        if not self._roster.holds(me.person, me.verify):
            raise NotFound
        secret = boxes.new_key()
        reporter = slots.reporter_of(known.reporter_public, known.reporter_verify)
        binding = Binding(case.id, known.epoch + 1, reporter)
        after = new.then(known)
        outside = {one.person for one in self._outside(found)} if after.release_key else set[UUID]()

        def slot(one: Certificate) -> bytes:
            if one.person in new.readers:
                return slots.slot(one.public, secret, binding)
            if one.person in outside and one.person != me.person:  # whoever leaves a case does not come back to it
                return slots.locked_slot(one.public, secret, binding, after.release_key)
            return slots.dummy()

        tagged = {
            slots.tag(self._vault.pepper, one.person, case.id, binding.epoch): slot(one)
            for one in self._roster.people()
        }
        pairs = self._roster.pair_blobs(secret, binding, excluded_in(found.letters))
        manifest = Manifest(
            case=case.id,
            epoch=binding.epoch,
            case_public=boxes.public_of(secret),
            reporter_public=known.reporter_public,
            reporter_verify=known.reporter_verify,
            blobs=manifests.blobs_of([*tagged.values(), *pairs]),
            previous=found.manifest.hash(),
        )
        records.drop_slots(tx, case.id)
        records.drop_pairs(tx, case.id)
        records.put_slots(tx, self._vault, case.id, tagged)
        records.put_pairs(tx, self._vault, case.id, pairs)
        before = boxes.sealed(manifest.case_public, found.secret)
        records.put_link(tx, self._vault, case.id, Link(manifests.signed(manifest, me.signing_seed), before))
        envelope = Envelope(
            case=case.id,
            message=uuid4(),
            seq=known.sent,
            direction="note",
            author=me.verify,
            day=at.date(),
            manifest=manifest.hash(),
            body={**new.body, "readers": sorted(str(person) for person in new.readers)},
        )
        box = boxes.sealed(manifest.case_public, envelopes.closed(envelope, me.signing_seed))
        records.put_entry(tx, self._vault, case.id, envelope.message, for_desk=box, for_reporter=b"")
        records.keep(
            tx,
            self._vault,
            case,
            after.changed(epoch=binding.epoch, case_public=manifest.case_public, sent=known.sent + 1),
        )
        tx.erases = True
