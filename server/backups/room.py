"""What a copy of the private room forgets before anybody is served: erased cases, revoked papers, used codes."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from server import places
from server.clock import Clock
from server.crypto.sealed import successors
from server.crypto.sealed.forget_lists import ForgetList
from server.crypto.second_factor import STEP_SECONDS
from server.database import Database
from server.errors import BootRefused, Refused
from server.private import desks, keys, records
from server.private.daily import publish, published
from server.private.work import Costs, Work, made
from server.settings import Settings


class _At(Clock):
    """The moment of the restoring."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """That moment."""
        return self._at


def room_laid_over(
    chosen: Settings, db: Database, found: ForgetList | None, *, since: datetime, at: datetime
) -> Iterator[str]:
    """Make the copy, which was made at `since`, current, and say what was found. Raises BootRefused."""
    own = keys.load(chosen.private_dir, pepper_file=chosen.pepper_file).newest
    work = made(chosen.private_dir, desks.load(places.policies(chosen.data_dir)), db, own, _At(at), Costs())
    try:
        _erased(work, found)
        _revoked(work, found)
        work.people.codes_used(step=int(at.timestamp()) // STEP_SECONDS + 1)
        noted = published(chosen.private_dir)
        later = _closed_later(noted, {day for day, _ in work.trail.heads()}, since)
        held = {day: head for day, head in noted.items() if day not in later}
        wrong = work.trail.check(published=held).wrong
    finally:
        work.close()
    if found is None:
        yield (
            "private: numbers that reporters changed and answers that they erased after this copy was made are as"
            " before: an old number opens its case again."
        )
    else:
        yield (
            "private: numbers that reporters changed after this copy was made open nothing, neither the old nor the new"
            " ones: these reporters must write to you again."
        )
    if later and not wrong:
        publish(chosen.private_dir, held)
        yield (
            f"private: the trail's days from {min(later).isoformat()} to {max(later).isoformat()} were published and"
            " are not in this copy, which was made before them. Tell whoever notes the heads down."
        )
    yield f"private: the trail {'is whole' if not wrong else 'has faults: see baraza audit verify'}."


def _closed_later(noted: Collection[date], closed: Collection[date], since: datetime) -> set[date]:
    """Published days that a copy of then cannot have: its own, those after it, and the day before, which is closed in
    the course of the day. Any other day that it lacks was taken out of it."""
    first = since.date() - timedelta(days=1)
    return {day for day in noted if day >= first and day not in closed}


def _erased(work: Work, found: ForgetList | None) -> None:
    """Whatever was erased since goes again, and whatever has no key any more."""
    with work.db.reading() as tx:
        cases = records.names_of_cases(tx).keys()
    held = work.vault.shred.keys().keys()
    alone = [case for case in held if case not in cases]  # told after the copy had read the rows
    gone = [case for case in cases if case not in held or (found and work.forgetting.knows(found, case))]
    work.forgetting.note(gone)
    if found is not None:
        work.forgetting.take_in(found, _followed(work, found))
    work.vault.shred.forget(*gone, *alone)
    with work.db.transaction() as tx:
        for case in gone:
            records.drop_case(tx, case)
        if found is not None:
            known, knows = found, work.forgetting
            records.forgotten_by_reporters(
                tx,
                work.vault,
                number=lambda number: knows.knows_number(known, number),
                answer=lambda message: knows.knows_answer(known, message),
            )


def _followed(work: Work, found: ForgetList) -> list[str]:
    """What the list says of the keys that this copy has. Of those that came after it nothing is left: whose keys were
    changed since has the earlier ones again, and changes them once more."""
    by_text = {text: successors.read(text) for text in found.followed}
    ends = {(one.id, one.verify) for one in work.people.everybody()}
    kept = successors.leading_to(ends, by_text.values())
    return [text for text, step in by_text.items() if step in kept]


def _revoked(work: Work, found: ForgetList | None) -> None:
    known = set(work.roster.revocations())
    for text in sorted(found.papers - known) if found else ():
        try:
            work.roster.revoke(text)
        except Refused:
            raise BootRefused("The forget list has a paper that no recovery officer signed.") from None
