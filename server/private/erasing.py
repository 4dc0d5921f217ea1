"""What is kept ends: first the key of a case, then its rows. What a stolen copy still holds is noise from then on.

Open cases never end by themselves. A closed one loses the reporter's door first, its files next, and at last its key.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.crypto.sealed.boxes import Damaged
from server.database import Database, Transaction
from server.errors import NotFound, Refused
from server.private import records
from server.private.desk_files import forget_asked
from server.private.desks import Reporting
from server.private.facts import State, half_day, halves
from server.private.forgetting import Forgetting
from server.private.records import Case
from server.private.tracks import withdrawal_is_due
from server.private.vault import Vault

PRACTICE_HALVES = halves(days=30)
"""So long somebody practises with one case."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one run did. The numbers stay in this process: a count of cases is nobody's business."""

    withdrawn: int = 0
    doors: int = 0
    files: int = 0
    asked: int = 0
    cases: int = 0
    torn: Sequence[UUID] = ()
    """Cases of which something does not open: the rest of the house goes on without them."""


class Erasing:
    """Ends what is over."""

    def __init__(self, db: Database, vault: Vault, reporting: Reporting, forgetting: Forgetting) -> None:
        self._db = db
        self._vault = vault
        self._reporting = reporting
        self._forgetting = forgetting

    def forget(self, *, at: datetime) -> Forgotten:
        """Everything whose time has come, each case in a visit of its own."""
        with self._db.reading() as tx:
            cases = records.every_case(tx, self._vault)
        now = half_day(at)
        over = [case.id for case in cases if case.facts.practice and now >= case.facts.opened + PRACTICE_HALVES]
        self._gone(over, noted=False)
        cases = [case for case in cases if not case.facts.practice]
        torn: dict[UUID, None] = {}

        def each(work: Callable[[Case, int], int]) -> int:
            done = 0
            for case in cases:
                try:
                    with suppress(Refused, NotFound):  # somebody changed or erased it meanwhile: tomorrow, then
                        done += work(case, now)
                except Damaged:
                    torn[case.id] = None
            return done

        return Forgotten(
            withdrawn=each(self._withdrawn),
            doors=each(self._door_closed),
            files=each(self._files_gone),
            asked=forget_asked(self._db, self._vault, at=at),
            cases=self._gone([case.id for case in cases if self._may_go(case, now, self._reporting.keeping.case_days)]),
            torn=list(torn),
        )

    def erase(self, case: UUID, *, practice: bool = False) -> None:
        """One case, now: its key first, so that a crash in between leaves noise, never a case without an end.

        An invented one leaves no line in the forget list: the file's time would tell when somebody practised.
        """
        self._gone([case], noted=not practice)

    def _withdrawn(self, case: Case, now: int) -> bool:
        hours = self._reporting.form.withdrawal_hours
        if not case.facts.is_open or not withdrawal_is_due(case.facts, now=now, hours=hours):
            return False
        with self._db.transaction() as tx:
            fresh = self._fresh(tx, case)
            records.keep(tx, self._vault, fresh, fresh.facts.changed(state=State.WITHDRAWN, closed=now))
        return True

    def _door_closed(self, case: Case, now: int) -> bool:
        if case.facts.sealed_off or not self._is_over(case, now, self._reporting.keeping.reporter_days):
            return False
        with self._db.transaction() as tx:
            fresh = self._fresh(tx, case)
            records.close_door(tx, self._vault, fresh)
            records.keep(tx, self._vault, fresh, fresh.facts.changed(sealed_off=True))
        return True

    def _files_gone(self, case: Case, now: int) -> int:
        if not self._may_go(case, now, self._reporting.keeping.files_days):
            return 0
        with self._db.transaction() as tx:
            if not self._may_go(self._fresh(tx, case), now, self._reporting.keeping.files_days):
                return 0
            return records.drop_files(tx, case.id)

    def _gone(self, cases: list[UUID], *, noted: bool = True) -> int:
        if cases:
            if noted:
                self._forgetting.note(cases)
            with self._vault.filing():
                self._vault.shred.forget(*cases)
                with self._db.transaction() as tx:
                    for case in cases:
                        records.drop_case(tx, case)
        return len(cases)

    def _may_go(self, case: Case, now: int, days: int) -> bool:
        """Whether its time is over and no law needs it longer. What the reporter's number opens ends in any case."""
        held = case.facts.held_until
        return self._is_over(case, now, days) and (held is None or now >= held)

    def _is_over(self, case: Case, now: int, days: int) -> bool:
        closed = case.facts.closed
        return closed is not None and not case.facts.is_open and now >= closed + halves(days=days)

    def _fresh(self, tx: Transaction, case: Case) -> Case:
        return records.case_by_id(tx, self._vault, case.id) or case
