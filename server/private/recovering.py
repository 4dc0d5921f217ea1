"""When nobody is left who reads a case: what two recovery officers need, and what comes back from them."""

import struct
from datetime import date
from uuid import UUID

from server.crypto.sealed import boxes, recovery, slots
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.slots import Binding
from server.private import records
from server.private.records import Case
from server.private.work import Work

SHORTEST_DAYS, SPREAD_DAYS = 20, 120
"""How long a decoy stays the same: as long as boxes of cases do, or two bundles side by side would tell them apart."""


class Recovering:
    """Hands out pairs, and lays slots in. It opens neither."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def bundle(self) -> str:
        """Of every open case the officers' boxes, noise and decoys among them, as one text."""
        today = self._work.now().date()
        with self._work.db.reading() as tx:
            every = records.every_case(tx, self._work.vault)
            cases = [case for case in every if case.facts.is_open and not case.facts.practice]
            pairs = [box for case in cases for box in records.pairs(tx, self._work.vault, case.id)]
        return recovery.bundle(pairs, lambda number: self._decoy(number, today))

    def lay_in(self, text: str, person: UUID) -> int:
        """What the second officer wrote. Raises Damaged. A slot that is not what it says does not open."""
        found = recovery.read(text)
        if found.stage != recovery.SLOTS or not any(one.person == person for one in self._work.roster.people()):
            raise Damaged
        laid = 0
        with self._work.db.transaction() as tx:
            for part in found.laid:
                case = records.case_by_id(tx, self._work.vault, part.binding.case)
                if case is None or _binding(case) != part.binding:
                    continue  # it has newer keys, or has ended
                if case.facts.desk not in {one.desk for one in self._work.roster.of(person)}:
                    continue  # a successor of one desk is none of another
                place = case.facts.epoch | records.RECOVERED
                tag = slots.tag(self._work.vault.pepper, person, case.id, place)
                records.replace_slot(tx, self._work.vault, case.id, tag, part.box)
                laid += 1
            self._work.trail.note(tx, "keys laid in by two officers", at=self._work.now(), to=str(person))
        return laid

    def _decoy(self, number: int, today: date) -> bytes:
        """The box that stands in this place today: each decoy changes on days of its own, as cases come and go."""
        key = boxes.derived(self._work.vault.pepper, "bundle/decoys")
        own = int.from_bytes(boxes.keyed(key, struct.pack(">I", number), "decoy/days")[:4], "big")
        generation = (today.toordinal() + own) // (SHORTEST_DAYS + own % SPREAD_DAYS)
        return slots.pair_decoy(boxes.keyed(key, struct.pack(">II", number, generation), "decoy"))


def _binding(case: Case) -> Binding:
    known = case.facts
    return Binding(case.id, known.epoch, slots.reporter_of(known.reporter_public, known.reporter_verify))
