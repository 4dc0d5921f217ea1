"""Who may read a concern: decided from the officers' certificates and from what the reporter asked, by nothing else."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from server.crypto.sealed.certificates import Certificate
from server.private.desks import INDEPENDENT, Desk, Reporting, Topic


class Placed(Protocol):
    """Somebody who works somewhere: a focal point, a recovery officer."""

    @property
    def organisation(self) -> str: ...  # noqa: D102
    @property
    def site(self) -> str: ...  # noqa: D102
    @property
    def ties(self) -> Sequence[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Excluded:
    """Who must not read it, as the reporter said: an office, or everybody but the office outside."""

    organisation: str = ""
    site: str = ""
    role: str = ""
    only_independent: bool = False

    def bars(self, reader: Placed) -> bool:
        """Whether this reader must not see it.

        A named office bars all who work there, whatever their role: colleagues talk. A role by itself bars
        everybody who has it. Somebody with a tie to the office is barred like its own people.
        """
        if self.organisation:
            everywhere = not self.site or not reader.site  # whoever is said to be nowhere in particular is everywhere
            theirs = _is(self.organisation, reader.organisation) and (everywhere or _is(self.site, reader.site))
            return theirs or self._tied(reader) or self._of_that_role(reader)
        if self.site and (_is(self.site, reader.site) or self._tied(reader)):
            return True
        return self._of_that_role(reader)

    def _of_that_role(self, reader: Placed) -> bool:
        """A role as people write it: "managers" and "the manager" bar a manager."""
        roles = reader.roles if isinstance(reader, Certificate) else ()
        wanted = plain(self.role)
        return bool(wanted) and any(plain(role) in wanted or wanted in plain(role) for role in roles if plain(role))

    def _tied(self, reader: Placed) -> bool:
        named = [part for part in (self.organisation, self.site) if part]
        return any(_is(part, tie) for part in named for tie in reader.ties)


INTERPRETER = "interpreter"
"""The role of somebody who reads only with the reporter's consent, and only to put it into another language."""
INTAKE = "intake"
"""The role of somebody who writes down what others say, on the telephone or in person, and reads nothing."""


def interprets(paper: Certificate) -> bool:
    """Whether this paper makes an interpreter."""
    return INTERPRETER in map(plain, paper.roles)


def takes_in(paper: Certificate) -> bool:
    """Whether this paper lets somebody write for others, and read nothing."""
    return INTAKE in map(plain, paper.roles)


def reads(paper: Certificate) -> bool:
    """Whether this paper makes a reader in the full sense."""
    return not (takes_in(paper) or interprets(paper))


@dataclass(frozen=True, slots=True)
class Route:
    """The desk that reads a case, its readers, and who reads it if nobody answers."""

    desk: Desk
    readers: Sequence[Certificate]
    outside: Sequence[Certificate]

    def reads(self, person: UUID) -> bool:
        """Whether this person is one of the readers."""
        return any(reader.person == person for reader in self.readers)


def in_force(certificates: Collection[Certificate], today: date) -> list[Certificate]:
    """Those that hold today."""
    return [one for one in certificates if one.starts <= today <= one.ends]


def unbarred(certificates: Collection[Certificate], excluded: Excluded) -> list[Certificate]:
    """The papers of those who may read it. Whoever holds one paper that is barred is barred with all the others."""
    barred = {one.person for one in certificates if excluded.bars(one)}
    if excluded.only_independent:
        barred |= {one.person for one in certificates if one.desk != INDEPENDENT}
    return [one for one in certificates if one.person not in barred]


def route(
    reporting: Reporting,
    certificates: Collection[Certificate],
    *,
    topic: Topic,
    excluded: Excluded,
    today: date,
    interpreted: str = "",
) -> Route | None:
    """Where a concern goes. None when nobody may read it: never to nobody, and never to everybody.

    When too few are left at the desk, it goes to the office outside, and nobody inside learns of it. `interpreted`
    is the language in which a certified interpreter may read along, if nobody at the desk reads it.
    """
    holding = unbarred(in_force(certificates, today), excluded)
    holding = [one for one in holding if not takes_in(one)]
    interpreters = [one for one in holding if interprets(one) and interpreted in one.languages]
    holding = [one for one in holding if not interprets(one)]
    outside = [one for one in holding if one.desk == INDEPENDENT]
    independent = reporting.desk(INDEPENDENT)
    wanted = reporting.desk_for(topic)
    inside = [one for one in holding if one.desk == wanted.code]
    if not excluded.only_independent and _enough(wanted, inside):
        return Route(wanted, _with(inside, interpreters, wanted, interpreted), outside)
    if not _enough(independent, outside):
        return None
    return Route(independent, _with(outside, interpreters, independent, interpreted), ())


def _with(
    readers: Sequence[Certificate], interpreters: Sequence[Certificate], desk: Desk, language: str
) -> Sequence[Certificate]:
    """The readers, and the desk's interpreters of that language when no reader knows it."""
    if not language or any(language in one.languages for one in readers):
        return readers
    return [*readers, *(one for one in interpreters if one.desk == desk.code)]


def open_topics(reporting: Reporting, certificates: Collection[Certificate], today: date) -> list[Topic]:
    """What can be talked about today: topics that somebody would read."""
    return [
        topic
        for topic in Topic
        if route(reporting, certificates, topic=topic, excluded=Excluded(), today=today) is not None
    ]


def staffed(reporting: Reporting, certificates: Collection[Certificate], today: date) -> dict[str, bool]:
    """By desk: whether it has as many readers, of as many organisations, as it was promised."""
    readers = [one for one in in_force(certificates, today) if reads(one)]
    return {desk.code: _enough(desk, [one for one in readers if one.desk == desk.code]) for desk in reporting.desks}


def _enough(desk: Desk, readers: Sequence[Certificate]) -> bool:
    people = {reader.person for reader in readers}
    organisations = {" ".join(reader.organisation.casefold().split()) for reader in readers}
    return len(people) >= desk.readers and len(organisations) >= desk.organisations


def _is(one: str, other: str) -> bool:
    return plain(one) == plain(other)


def plain(word: str) -> str:
    """A name without regard to case, spaces and forms of letters."""
    return " ".join(unicodedata.normalize("NFKC", word).casefold().split())
