"""The public account in words. A number that is about a few people is never told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.errors import Sentence, say
from server.review.models import RestrictionKind
from server.review.words import REMOVAL_REASONS
from server.transparency import desks
from server.transparency.queries import Account, Appeals, Machine, Wait, account
from server.web.visit import Visit
from server.web.words import decimal, number, percent

PERIOD = timedelta(days=90)
ROUNDED = 10
"""So many messages more can be read before the page says another number."""
OTHER = say("Another reason")
NOTICED: Mapping[str, Sentence] = {
    "member": say("a member's flag"),
    "machine": say("the machine"),
    "words": say("a list of words"),
    "rules": say("read first by rule"),
}
ACTIONS: Mapping[str, Sentence] = {
    "redact": say("Parts were covered"),
    "return": say("Given back to be changed"),
    "hide": say("Hidden for a time"),
    "escalate": say("Handed to hosts"),
    "measures": say("Measures without removing"),
}
RESTRICTIONS: Mapping[str, Sentence] = {
    RestrictionKind.LIMIT: say("Every message read first, for some days"),
    RestrictionKind.PAUSE: say("No writing for some days"),
    RestrictionKind.SUSPENSION: say("No writing for longer, agreed by two people"),
}


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """Why texts were taken out, and who noticed."""

    reason: str
    noticed: str
    count: str


@dataclass(frozen=True, slots=True)
class WaitLine:
    """The waits of one language; `width` is how long its bar is, of 100."""

    language: str
    median: str
    most: str
    late: str
    width: int


@dataclass(frozen=True, slots=True)
class MachineLine:
    """The machine in one language."""

    language: str
    looked_at: str
    scored: bool
    held: str
    wrong: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything that the page shows."""

    since: str
    published: str
    waited: str
    reasons: Sequence[ReasonLine]
    waits: Sequence[WaitLine]
    open: str
    overdue: str
    machine: Sequence[MachineLine]
    unscored: Sequence[str]
    uncovered: Sequence[str]
    appeals: str
    overturned: str
    upheld: str
    appeal_days: str
    strikes: str
    restrictions: Sequence[tuple[str, str]]
    not_confirmed: str
    policies: Sequence[tuple[str, str]]
    heads: Sequence[tuple[str, str]]
    desks: Sequence[Mapping[str, str]]
    desks_overdue: tuple[str, str] | None


def account_view(visit: Visit) -> AccountView:
    """Count, and put it into words."""
    until = last_monday(visit.now)
    since, policy = until - PERIOD, visit.policies.openness
    found = account(visit.snapshot, since=since, until=until, policy=policy)
    return replace(_Teller(visit, policy.least_told).view(found, since), **_desks(visit))


def _desks(visit: Visit) -> Mapping[str, Any]:
    """What the private room has published, in words."""
    said, folder = visit.services.pages.catalogues.said, visit.services.told_dir
    late = desks.overdue(folder)
    return {
        "desks": [
            {
                "month": line.month,
                **{name: said(getattr(line, name)) for name in ("desk", "outcome", "soon", "band")},
            }
            for line in desks.lines(folder)
        ],
        "desks_overdue": None if late is None else (late[0], said(late[1])),
    }


def last_monday(now: datetime) -> datetime:
    """The account is told by the week: what changes from one look to the next would tell of single events.

    An hour after the week has ended at the earliest, so that nothing is told that can still be undone.
    """
    told = now - timedelta(hours=1)
    return (told - timedelta(days=told.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


class _Teller:
    """Says numbers, and never one below the least that may be told."""

    def __init__(self, visit: Visit, least: int) -> None:
        self._catalogues = visit.services.pages.catalogues
        self._least = least

    def view(self, found: Account, since: datetime) -> AccountView:
        day, said = self._catalogues.day, self._catalogues.said
        many = {line.language for line in found.machine if line.looked_at >= self._least}
        longest = max((wait.most for wait in found.waits if wait.decided >= self._least), default=0.0)
        return AccountView(
            since=day(since),
            published=self.told(found.published - found.published % ROUNDED),
            waited=self.told(found.waited),
            reasons=[
                ReasonLine(self._reason(reason), said(NOTICED[by]), self.told(count))
                for reason, by, count in found.reasons
            ],
            waits=[self._wait(wait, longest) for wait in found.waits if wait.decided >= self._least],
            open=self.told(found.open),
            overdue=self.told(found.overdue),
            machine=[self._machine(line) for line in found.machine if line.looked_at >= self._least],
            unscored=[code for code in found.unscored if code in many],
            uncovered=[code for code in found.uncovered if code in many],
            appeals=self.told(found.appeals.made),
            overturned=self._part(found.appeals.overturned, found.appeals),
            upheld=self._part(found.appeals.upheld, found.appeals),
            appeal_days=decimal(found.appeals.median_days) if found.appeals.made >= self._least else "",
            strikes=self.told(found.strikes),
            restrictions=[(said(RESTRICTIONS[kind]), self.told(found.restrictions[kind])) for kind in RESTRICTIONS],
            not_confirmed=self.told(found.not_confirmed),
            policies=[(version, day(first)) for version, first in found.policies],
            heads=[(day(until), seal.hex()) for until, seal in found.heads],
            desks=(),
            desks_overdue=None,
        )

    def told(self, count: int) -> str:
        """The number; "fewer than 5" where it could point at somebody. Nothing is nothing, and may be said."""
        if 0 < count < self._least:
            return self._catalogues.gettext("fewer than %(num)s") % {"num": number(self._least)}
        return number(count)

    def _part(self, count: int, appeals: Appeals) -> str:
        """A part of the appeals; none is told when it would give a small one away."""
        parts = (appeals.overturned, appeals.upheld, appeals.made - appeals.overturned - appeals.upheld)
        return self.told(count) if all(part == 0 or part >= self._least for part in parts) else "–"

    def _reason(self, reason: str) -> str:
        sentence = {str(key): value for key, value in REMOVAL_REASONS.items()} | dict(ACTIONS)
        return self._catalogues.said(sentence.get(reason, OTHER))

    def _wait(self, wait: Wait, longest: float) -> WaitLine:
        width = round(100 * wait.most / longest) if longest else 0
        late = self.told(wait.late)
        return WaitLine(wait.language, self._hours(wait.median), self._hours(wait.most), late, max(1, width))

    def _machine(self, line: Machine) -> MachineLine:
        wrong = ""
        parts = (line.let_through, line.judged - line.let_through)
        if line.judged >= self._least and all(part == 0 or part >= self._least for part in parts):
            wrong = percent(line.let_through / line.judged)
        return MachineLine(line.language, self.told(line.looked_at), line.scored > 0, self.told(line.held), wrong)

    def _hours(self, hours: float) -> str:
        if hours < 1:
            return self._catalogues.gettext("less than an hour")
        if hours < 48:
            rounded = round(hours)
            return self._catalogues.ngettext("%(num)s hour", "%(num)s hours", rounded) % {"num": number(rounded)}
        rounded = round(hours / 24)
        return self._catalogues.ngettext("%(num)s day", "%(num)s days", rounded) % {"num": number(rounded)}
