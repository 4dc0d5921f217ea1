"""Leave: who looks at whose cases while somebody is away, and what happens when nobody is there at all.

The cover reads the cases already, or gets the keys from whoever goes; the clocks of a case go on for the cover. When
everybody of a desk is away, nobody would see that it is late: the office outside can open then what a reporter has
said yes to.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate
from server.errors import Invalid, NotFound, Refused, say
from server.private.casework import Casework
from server.private.people import Away, People, Unlocked
from server.private.roster import Roster
from server.private.routing import reads
from server.private.succession import Succession

MOST_DAYS = 180
AWAY_TOO = say("This person is away then, too. Please choose somebody else.")
NOT_SO = say("The last day must be today or later, not before the first, and at most half a year on.")


class Presence:
    """Who is there, as people say themselves."""

    def __init__(self, people: People, roster: Roster) -> None:
        self._people = people
        self._roster = roster

    def away(self) -> dict[UUID, Away]:
        """Who is away today."""
        today = self._roster.today()
        return {person: away for person, away in self._people.away(since=today).items() if away.on(today)}

    def deserted(self) -> frozenset[str]:
        """The desks of which every reader is away today."""
        away = self.away()
        if not away:
            return frozenset()
        readers = [one for one in self._roster.certificates() if reads(one)]
        there = {one.desk for one in readers if one.person not in away}
        return frozenset({one.desk for one in readers} - there)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """The cases of somebody who goes away: those that nobody who is there reads, and those that the cover does not."""

    nobody: Sequence[str]
    not_cover: Sequence[str]


class Covering:
    """Goes away and comes back."""

    def __init__(self, people: People, roster: Roster, casework: Casework, succession: Succession) -> None:
        self._people = people
        self._roster = roster
        self._casework = casework
        self._succession = succession

    def colleagues(self, person: UUID) -> list[Certificate]:
        """Who could cover: one paper of everybody else who reads at a desk of this person."""
        desks = {one.desk for one in self._roster.of(person) if reads(one)}
        others = [one for one in self._roster.certificates() if reads(one) and one.desk in desks]
        return list({one.person: one for one in others if one.person != person}.values())

    def of(self, person: UUID) -> Away | None:
        """When this person is away, today or later."""
        return self._people.away(since=self._roster.today()).get(person)

    def covered_by(self, person: UUID) -> list[tuple[str, date]]:
        """For whom this person looks today, and until when."""
        today, names = self._roster.today(), {one.person: one.name for one in self._roster.certificates()}
        found = self._people.away(since=today).items()
        return sorted((names.get(who, ""), away.ends) for who, away in found if away.on(today) and away.cover == person)

    def goes(self, me: Unlocked, away: Away, *, why: str, at: datetime) -> "Uncovered":
        """Note it, and give the cover the keys. Gives the cases that are without. Raises Invalid."""
        today = self._roster.today()
        if not (today <= away.ends and away.starts <= away.ends and (away.ends - today).days <= MOST_DAYS):
            raise Invalid(NOT_SO, field="ends")
        others = {who: one for who, one in self._people.away(since=today).items() if who != me.person}
        if any(who == away.cover and one.meets(away) for who, one in others.items()):
            raise Invalid(AWAY_TOO, field="cover")
        gone = {me.person, *(who for who, one in others.items() if one.meets(away))}
        mine = [line.alias for line in self._casework.work_list(me, at=at)]
        if away.cover is not None:
            for alias in mine:
                self._give_key(me, alias, away.cover, why, at)
        self._people.goes_away(me.person, away)
        everybody = {one.person for one in self._roster.certificates()}
        not_cover = everybody - {away.cover} if away.cover is not None else set[UUID]()
        return Uncovered(
            nobody=[alias for alias in mine if self._is_left(me, alias, gone, at)],
            not_cover=[alias for alias in mine if not_cover and self._is_left(me, alias, not_cover, at)],
        )

    def is_back(self, person: UUID) -> None:
        """Before the day, or on it."""
        self._people.goes_away(person, None)

    def _give_key(self, me: Unlocked, alias: str, cover: UUID, why: str, at: datetime) -> None:
        """The cover reads this case from now on, unless they do already or must not."""
        try:
            found = self._casework.looked_at(me, alias, at=at)
        except (Refused, NotFound, Damaged):
            return  # it is named as left
        if found.case.facts.is_open and not found.practice and cover not in self._succession.readers_of(found):
            with suppress(Refused, NotFound, Damaged):
                self._succession.hand_over(me, alias, cover, why, at=at)

    def _is_left(self, me: Unlocked, alias: str, gone: set[UUID], at: datetime) -> bool:
        """Whether nobody is there who reads this case."""
        try:
            found = self._casework.looked_at(me, alias, at=at)
        except (Refused, NotFound, Damaged):
            return True  # what cannot be opened nobody can cover: the person who goes must know
        return found.case.facts.is_open and not found.practice and not self._succession.readers_of(found) - gone
