"""What a copy of the private room forgets before anybody is served: erased cases, revoked papers, used codes."""

from collections.abc import Iterator
from datetime import datetime

from server import places
from server.clock import Clock
from server.crypto.sealed.forget_lists import ForgetList
from server.crypto.second_factor import STEP_SECONDS
from server.database import Database
from server.errors import BootRefused, Refused
from server.private import desks, keys, records
from server.private.daily import published
from server.private.work import Costs, Work, made
from server.settings import Settings


class _At(Clock):
    """The moment of the restoring."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """That moment."""
        return self._at


def room_laid_over(chosen: Settings, db: Database, found: ForgetList | None, *, at: datetime) -> Iterator[str]:
    """Make the copy current, and say what was found. Raises BootRefused."""
    own = keys.load(chosen.private_dir, pepper_file=chosen.pepper_file).newest
    work = made(chosen.private_dir, desks.load(places.policies(chosen.data_dir)), db, own, _At(at), Costs())
    try:
        _erased(work, found)
        _revoked(work, found)
        work.people.codes_used(step=int(at.timestamp()) // STEP_SECONDS + 1)
        wrong = work.trail.check(published=published(chosen.private_dir)).wrong
    finally:
        work.filing_pool.close()
    yield (
        "private: numbers that reporters changed and answers that they erased after this copy was made are as before:"
        " an old number opens its case again."
    )
    yield f"private: the trail {'is whole' if not wrong else 'has faults: see baraza audit verify'}."


def _erased(work: Work, found: ForgetList | None) -> None:
    """Whatever was erased since goes again, and whatever has no key any more."""
    with work.db.reading() as tx:
        cases = records.names_of_cases(tx).keys()
    held = work.vault.shred.keys().keys()
    alone = [case for case in held if case not in cases]  # told after the copy had read the rows
    gone = [case for case in cases if case not in held or (found and work.forgetting.knows(found, case))]
    work.forgetting.note(gone)
    if found is not None:
        work.forgetting.take_in(found)
    work.vault.shred.forget(*gone, *alone)
    with work.db.transaction() as tx:
        for case in gone:
            records.drop_case(tx, case)


def _revoked(work: Work, found: ForgetList | None) -> None:
    known = set(work.roster.revocations())
    for text in sorted(found.papers - known) if found else ():
        try:
            work.roster.revoke(text)
        except Refused:
            raise BootRefused("The forget list has a paper that no recovery officer signed.") from None
