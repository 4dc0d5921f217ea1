"""A reader's keys are changed every few months, at the first unlock after their time.

Every case that the old key opened gets new keys of its own, so that an old copy of the database and the reader's words
together open nothing that came later. What is only kept for the reader, and not open to them yet, is handed on closed.
Then the old key is destroyed. If the process dies in between, the next unlock goes on where it ended.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from server.crypto.sealed import boxes, slots, successors
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.successors import Successor
from server.database import Database
from server.errors import NotFound, Refused
from server.private import records
from server.private.audit_trail import AuditTrail
from server.private.casework import Casework
from server.private.desks import Reporting
from server.private.forgetting import Forgetting
from server.private.people import People, Ring, Unlocked
from server.private.records import Case
from server.private.roster import Roster
from server.private.succession import Succession
from server.private.vault import Vault


class Rotating:
    """Opens a reader's keys, and changes them when it is time."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        roster: Roster,
        reporting: Reporting,
        people: People,
        casework: Casework,
        succession: Succession,
        trail: AuditTrail,
        forgetting: Forgetting,
    ) -> None:
        self._db = db
        self._vault = vault
        self._roster = roster
        self._reporting = reporting
        self._people = people
        self._casework = casework
        self._succession = succession
        self._trail = trail
        self._forgetting = forgetting

    def unlock(self, person: UUID, passphrase: str, *, at: datetime) -> Unlocked:
        """The keys of this visit. Slow; very slow when they are changed. Raises Invalid."""
        ring = self._people.opened(person, passphrase)
        if ring.before is None and not self._is_time(ring.now, at):
            self._renewed(ring.now, at)
            return ring.now
        if ring.before is None:
            ring = self._people.begin_change(person, passphrase)
        if not self._follow(ring, at):
            return ring.now  # both keys stay under the words until a new paper is there
        keep = self._closed_anew(ring, at)
        now = self._people.end_change(person, passphrase, keep=keep)
        with self._db.transaction() as tx:
            self._trail.note(tx, "keys changed", at=at, by=str(person))
        return now

    def _renewed(self, me: Unlocked, at: datetime) -> None:
        """Cases whose last signer was revoked get new keys now: until then their reporters can add nothing."""
        if not self._roster.somebody_is_revoked():
            return
        for line in self._casework.work_list(me, at=at):
            with suppress(Refused, NotFound, Damaged):  # something is wrong with it, which its page will say
                if self._casework.looked_at(me, line.alias, at=at).stale:
                    self._succession.rekey(me, line.alias, at=at)

    def _is_time(self, keys: Unlocked, at: datetime) -> bool:
        """Whoever is not certified waits: officers are looking at these keys, perhaps, and would sign for no others."""
        known = self._people.by_id(keys.person)
        days = timedelta(days=self._reporting.keeping.keys_days)
        old = known is not None and known.keys_since < at.date() - days
        return old and self._roster.holds(keys.person, keys.verify)

    def _follow(self, ring: Ring, at: datetime) -> bool:
        """The old keys vouch for the new ones: whether everything is sealed to these from now on.

        Not if the paper has ended while the keys were being changed: then nothing opens, and nothing is closed anew.
        That the old keys are over is written outside the database too, before anything else is done.
        """
        old, new = ring.before, ring.now
        assert old is not None
        if not self._roster.named(new.person, new.verify):
            step = Successor(new.person, old.verify, boxes.public_of(new.box_secret), new.verify, at.date())
            self._roster.follow(successors.written(step, old_seed=old.signing_seed, new_seed=new.signing_seed))
        self._forgetting.refresh()
        return self._roster.holds(new.person, new.verify)

    def _closed_anew(self, ring: Ring, at: datetime) -> list[bytes]:
        """Gives the box keys that are to be kept: halves of originals in cases that open later are closed for these."""
        assert ring.before is not None
        between = replace(ring.now, box_secret=ring.before.box_secret)
        changed = {line.alias for line in self._casework.work_list(ring.now, at=at)}  # before it was cut off
        for line in self._casework.work_list(between, at=at):
            try:
                self._succession.rekey(between, line.alias, at=at)
            except (Refused, NotFound, Damaged):
                continue  # something is wrong with it, which the reader will be told; the slot is handed on as it is
            changed.add(line.alias)
        with self._db.reading() as tx:
            cases = records.every_case(tx, self._vault)
        for case in cases:
            self._hand_on(case, ring)
        handed_on = any(self._is_mine(case, ring.now) for case in cases if case.facts.alias not in changed)
        return [ring.before.box_secret, *ring.now.earlier] if handed_on else []

    def _hand_on(self, case: Case, ring: Ring) -> None:
        """The reader's slots in a case that has its old keys still: closed as they are, for the new key."""
        assert ring.before is not None
        tags = list(self._tags(case, ring.now.person))
        with self._db.transaction() as tx:
            for tag, locked in records.slots_by_tag(tx, tags).items():
                try:
                    box = self._vault.open(case.id, locked, about=records.SLOT + tag)
                except (Damaged, NotFound):
                    continue
                handed = slots.handed_on(box, ring.before.box_secret, boxes.public_of(ring.now.box_secret))
                if handed is not None:
                    records.replace_slot(tx, self._vault, case.id, tag, handed)
                    tx.erases = True

    def _is_mine(self, case: Case, me: Unlocked) -> bool:
        """Whether my place in this case is a true one, open or not."""
        tags = list(self._tags(case, me.person))
        with self._db.reading() as tx:
            found = records.slots_by_tag(tx, tags)
        for tag, locked in found.items():
            with suppress(Damaged, NotFound):
                if boxes.unsealed(me.box_secret, self._vault.open(case.id, locked, about=records.SLOT + tag)):
                    return True
        return False

    def _tags(self, case: Case, person: UUID) -> Iterator[bytes]:
        for place in (case.facts.epoch, case.facts.epoch | records.RECOVERED):
            yield slots.tag(self._vault.pepper, person, case.id, place)
