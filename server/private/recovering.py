"""When nobody is left who reads a case: what two recovery officers need, and what comes back from them."""

from uuid import UUID

from server.crypto.sealed import recovery, slots
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.slots import Binding
from server.private import records
from server.private.records import Case
from server.private.work import Work


class Recovering:
    """Hands out pairs, and lays slots in. It opens neither."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def bundle(self) -> str:
        """Of every case the officers' boxes, noise among them, as one text."""
        with self._work.db.reading() as tx:
            cases = records.every_case(tx, self._work.vault)
            return recovery.bundle(
                (_binding(case), records.pairs(tx, self._work.vault, case.id)) for case in cases if case.facts.is_open
            )

    def lay_in(self, text: str, person: UUID) -> int:
        """What the second officer wrote. Raises Damaged. A slot that is not what it says does not open."""
        found = recovery.read(text)
        if found.stage != recovery.SLOTS or not any(one.person == person for one in self._work.roster.people()):
            raise Damaged
        laid = 0
        with self._work.db.transaction() as tx:
            for part in found.parts:
                case = records.case_by_id(tx, self._work.vault, part.binding.case)
                if case is None or _binding(case) != part.binding:
                    continue  # it has newer keys, or has ended
                if case.facts.desk not in {one.desk for one in self._work.roster.of(person)}:
                    continue  # a successor of one desk is none of another
                place = case.facts.epoch | records.RECOVERED
                tag = slots.tag(self._work.vault.pepper, person, case.id, place)
                records.replace_slot(tx, self._work.vault, case.id, tag, part.boxes[0])
                laid += 1
            self._work.trail.note(tx, "keys laid in by two officers", at=self._work.now(), to=str(person))
        return laid


def _binding(case: Case) -> Binding:
    known = case.facts
    return Binding(case.id, known.epoch, slots.reporter_of(known.reporter_public, known.reporter_verify))
