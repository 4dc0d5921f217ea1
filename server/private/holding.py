"""Legal hold: a case that a court or a law needs is kept longer, when two of its readers say so, and for a time only.

One asks and says why, another agrees. It ends by itself; whoever reads the case can end it sooner, and two can begin it
anew. Nothing else of the case stands still meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.errors import Invalid, NotFound, Refused, say
from server.private.casework import Casework, Letter, Opened
from server.private.desks import Reporting
from server.private.facts import Facts, asking_until, half_day, halves
from server.private.people import Unlocked
from server.private.roster import Roster

ASKED, HELD, ENDED = "hold_asked", "hold", "hold_ended"
ASKED_DAYS = 14
"""So long somebody can agree to it."""
TWO_NEEDED = say("Another person who reads this case must agree to it.")
NOTHING_ASKED = say("Nobody asked for this, or too long ago.")
TOO_LONG = say("At most %(days)s days. It can be begun anew.", days=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asks to keep a case: in which letter, who, for how many days, and why."""

    id: UUID
    person: UUID | None
    name: str
    days: int
    reason: str


class Holding:
    """Keeps cases from being erased, for a time."""

    def __init__(self, roster: Roster, reporting: Reporting, casework: Casework) -> None:
        self._roster = roster
        self._reporting = reporting
        self._casework = casework

    def ask(self, me: Unlocked, alias: str, days: int, reason: str, *, at: datetime) -> None:
        """Say why it must be kept; nothing is kept longer yet. Raises Refused."""
        most = self._reporting.keeping.legal_hold_days
        if not 1 <= days <= most:
            raise Invalid(say(TOO_LONG.english, days=most), field="hold_days")
        self._refuse_interpreter(me)
        body: dict[str, object] = {"kind": ASKED, "days": days, "text": reason}
        waits = asking_until(at, days=ASKED_DAYS)
        self._casework.write(me, alias, body, at=at, then=lambda known: known.asking(waits))

    def agree(self, me: Unlocked, alias: str, letter: str, *, at: datetime, to_reporter: bool) -> None:
        """The second person: from now on it is kept, as that letter asks. Raises Refused for the one who asked, and
        when it is not the newest asking: nobody agrees to what they have not seen."""
        found = self._casework.opened(me, alias, at=at)
        asked = self.asked(found, at=at)
        if asked is None or str(asked.id) != letter:
            raise Refused(NOTHING_ASKED)
        self._refuse_interpreter(me)
        if asked.person is None or asked.person == me.person:
            raise Refused(TWO_NEEDED)
        until = half_day(at) + halves(days=asked.days)

        def held(known: Facts) -> Facts:
            return known.changed(held_until=until, held_told=to_reporter)

        body: dict[str, object] = {"kind": HELD, "days": asked.days, "text": asked.reason}
        self._casework.write(me, alias, body, at=at, then=held, to_reporter=to_reporter)

    def end(self, me: Unlocked, alias: str, reason: str, *, at: datetime, to_reporter: bool) -> None:
        """It need not be kept longer. Raises Refused when it is not."""

        def free(known: Facts) -> Facts:
            if known.held_until is None:
                raise Refused(NOTHING_ASKED)
            return known.changed(held_until=None, held_told=False)

        body: dict[str, object] = {"kind": ENDED, "text": reason}
        self._casework.write(me, alias, body, at=at, then=free, to_reporter=to_reporter)

    def asked(self, found: Opened, *, at: datetime) -> Asked | None:
        """What somebody asked for and nobody has answered."""
        last: Letter | None = None
        for letter in found.letters:
            kind = letter.body.get("kind")
            last = letter if kind == ASKED else None if kind in (HELD, ENDED) else last
        if last is None or at.date() - last.day > timedelta(days=ASKED_DAYS):
            return None
        person = self._roster.person_of(last.author)
        return Asked(last.id, person, last.name, _days(last.body), str(last.body.get("text", "")))

    def _refuse_interpreter(self, me: Unlocked) -> None:
        if not self._roster.of(me.person):
            raise NotFound
        if self._roster.only_interprets(me.person):
            raise Refused(TWO_NEEDED)


def _days(body: Mapping[str, object]) -> int:
    days = body.get("days")
    return days if type(days) is int else 0
