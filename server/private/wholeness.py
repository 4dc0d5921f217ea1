"""Whether every case still has its row and its key: whoever destroys a case must not do it unseen.

Rows are written before their key, and a key is erased before its rows. So a key without rows means that somebody took
them; rows without a key mean that somebody destroyed it, because what a crash left without one is given it at the next
look; rows that their key does not open were changed. A case with fewer letters or keys than it says itself is told of
too, but never erased for it. Which cases these are nobody is told: the people at a desk must not learn of a case that
is not theirs.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from server.crypto.sealed import manifests
from server.crypto.sealed.boxes import Damaged
from server.database import Database, Transaction
from server.errors import NotFound
from server.private import models, records
from server.private.records import Case
from server.private.vault import Vault

BETWEEN_LOOKS = 3.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is not whole."""

    keys_alone: Sequence[UUID] = ()
    rows_alone: Sequence[UUID] = ()
    changed: Sequence[UUID] = ()
    thinned: Sequence[UUID] = ()
    """What is left of these can still be read, so it stays."""
    torn: Sequence[UUID] = ()
    """Found while working: something in it does not open. What else is in it may be read still: never settled."""

    @property
    def not_whole(self) -> frozenset[UUID]:
        """All of these cases."""
        return frozenset((*self.keys_alone, *self.rows_alone, *self.changed))

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not (self.not_whole or self.torn or self.thinned)


class Wholeness:
    """Holds the rows of cases against their keys."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault
        self._torn: Sequence[UUID] = ()
        self.last = Found()
        """What the last look found: for the people at the desks, who are told that something is wrong, no more."""

    def look(self) -> Found:
        """Look at everything. Raises Damaged when the file of the keys itself is broken."""
        self._db.forget_log_when_due()
        with self._vault.filing():
            records.come_to_an_end(self._db, self._vault)
        with self._vault.filing(), self._db.reading() as tx:
            rows, keys = records.names_of_cases(tx), self._vault.shred.keys()
            opened = {case.id: case.facts.alias for case in records.every_case(tx, self._vault)}
        with self._db.reading() as tx:  # slower, so nobody who files waits for it
            thinned = self._thinned(tx)
        self.last = Found(
            keys_alone=[case for case in keys if case not in rows],
            rows_alone=[case for case in rows if case not in keys],
            changed=[case for case in rows if case in keys and not self._is_right(rows[case], opened.get(case))],
            torn=[case for case in self._torn if case in rows],
            thinned=thinned,
        )
        return self.last

    def is_told_of(self, torn: Sequence[UUID]) -> None:
        """What the daily work could not open, until it looks again: the desks are told as of anything else."""
        self._torn = torn
        self.last = replace(self.last, torn=torn)

    def settle(self, *, wait: Callable[[float], None] = time.sleep) -> None:
        """Erase what is left of such cases, once an officer has looked into it, so that the desks are told no more.

        Only what was not whole in two looks, some seconds apart.
        """
        first = self.look().not_whole
        if first:
            wait(BETWEEN_LOOKS)
        lost = first & self.look().not_whole
        with self._vault.filing():
            self._vault.shred.forget(*lost)
            with self._db.transaction() as tx:
                for case in lost:
                    records.drop_case(tx, case)
        self.look()

    def _thinned(self, tx: Transaction) -> list[UUID]:
        cases = records.every_case(tx, self._vault)
        letters, places, pairs = (records.counts(tx, table) for table in (models.Entry, models.Slot, models.Pair))
        held = {case.id: places.get(case.id, 0) + pairs.get(case.id, 0) for case in cases}
        return [
            case.id
            for case in cases
            if letters.get(case.id, 0) < case.facts.sent or not self._has_keys(tx, case, held[case.id])
        ]

    def _has_keys(self, tx: Transaction, case: Case, held: int) -> bool:
        """Whether every epoch of its keys is there, and as many places and pairs as the newest one names."""
        try:
            found = [manifests.read(link.manifest)[1] for link in records.links(tx, self._vault, case.id)]
        except NotFound:
            return True  # its key has gone meanwhile: it was erased
        except Damaged:
            return False
        newest = [len(one.blobs) for one in found if one.epoch == case.facts.epoch]
        return len(found) == case.facts.epoch + 1 and bool(newest) and held >= newest[0]

    def _is_right(self, alias_key: bytes, alias: str | None) -> bool:
        return alias is not None and self._vault.lookup("alias", alias) == alias_key


def told(wholeness: Wholeness) -> str:
    """One sentence for the operator, without a number. Gives nothing when all is well."""
    try:
        found = wholeness.look()
    except Damaged:
        return "The file of the shred keys is broken."
    parts = {
        "the rows of a case are gone": found.keys_alone,
        "a case's key is gone": found.rows_alone,
        "a case's row was changed": (*found.changed, *found.torn),
        "something of a case is gone": found.thinned,
    }
    return "; ".join(part for part, cases in parts.items() if cases)
