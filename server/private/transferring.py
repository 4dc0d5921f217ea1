"""A case goes to another organisation: only with the reporter's yes in force, only to a key that officers certified.

It leaves as one sealed file that this server cannot open again. The case stays here, and so does the number: the
reporter is told, and goes on talking to this desk.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from server.crypto.sealed import transfers
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Agency
from server.crypto.sealed.transfers import Item
from server.database import Database
from server.errors import Invalid, NotFound, Refused, say
from server.private import files
from server.private.casework import Casework, Opened
from server.private.consents import Consent
from server.private.desks import INDEPENDENT
from server.private.facts import Facts, State, half_day
from server.private.letters import NOT_WHOLE, Letter, excluded_in
from server.private.parts import chosen_files, conversation, parts_of
from server.private.people import Unlocked
from server.private.roster import Roster
from server.private.tracks import MOVES

NO_YES = say(
    "The reporter has not said yes to this, or the yes does not count yet. Ask in an answer, and wait for it. "
    "Nothing was passed on."
)
NO_SUCH_AGENCY = say(
    "This organisation cannot be given the case: no two officers stand for it, or the reporter barred it."
)
NOTHING_CHOSEN = say("Choose what is passed on: tick at least one thing below.")
KIND = "transferred"
WORDS = "conversation.json"


@dataclass(frozen=True, slots=True)
class Passed:
    """Where a case has gone: the organisation's paper, its name, and what was chosen."""

    agency: UUID
    name: str
    letters: frozenset[UUID]
    without: frozenset[str] = frozenset()
    """The parts of these messages that were left out, by their names."""


class Transferring:
    """Passes cases on."""

    def __init__(self, db: Database, roster: Roster, casework: Casework) -> None:
        self._db = db
        self._roster = roster
        self._casework = casework

    def possible(self, found: Opened) -> list[Agency]:
        """The organisations that could be given this case; none without the reporter's yes."""
        if not self._casework.said_yes(found, Consent.AGENCY):
            return []
        excluded = excluded_in(found.letters)
        inside = {one.organisation.casefold() for one in self._roster.certificates() if one.desk != INDEPENDENT}
        return [
            one
            for one in self._roster.agencies()
            if not excluded.bars(one) and not (excluded.only_independent and one.organisation.casefold() in inside)
        ]

    def pass_on(
        self,
        me: Unlocked,
        alias: str,
        to: UUID,
        chosen: Collection[UUID],
        reason: str,
        *,
        at: datetime,
        without: Collection[str] = (),
    ) -> None:
        """Note it and tell the reporter; the file is made when it is fetched. Raises Refused.

        `without`: parts of the chosen messages that stay here, by their names.
        """
        self._casework.refuse_interpreter(me)
        found = self._casework.opened(me, alias, at=at)
        agency = self._agency(found, to)
        letters = [letter for letter in passable(found.letters) if letter.id in chosen]
        named = {part.name for letter in letters for part in parts_of(letter)}
        if not named - set(without):
            raise Invalid(NOTHING_CHOSEN, field="letter")

        def passed(known: Facts) -> Facts:
            state = State.REFERRED if State.REFERRED in MOVES[known.state] else known.state
            return known.changed(state=state, answered=half_day(at))

        body: dict[str, object] = {
            "kind": KIND,
            "agency": str(agency.serial),
            "name": agency.name,
            "letters": sorted(str(letter.id) for letter in letters),
            "without": sorted(named & set(without)),
            "text": reason,
        }
        self._casework.write(me, alias, body, at=at, to_reporter=True, then=passed)

    def file(self, me: Unlocked, alias: str, to: UUID, *, at: datetime) -> bytes:
        """The sealed file of a case that was passed on. Raises Refused when the yes was taken back since."""
        self._casework.refuse_interpreter(me)
        found = self._casework.opened(me, alias, at=at)
        if found.missing or found.stale:
            raise Refused(NOT_WHOLE)
        agency = self._agency(found, to)
        done = next((one for one in gone_to(found.letters) if one.agency == to), None)
        if done is None or not self._roster.holds(me.person, me.verify):
            raise NotFound
        letters = [letter for letter in passable(found.letters) if letter.id in done.letters]
        items = [Item(WORDS, conversation(letters, done.without)), *_files(self._db, found, letters, done.without)]
        statement = transfers.of(
            items,
            id=uuid4(),
            day=at.date(),
            agency=agency.serial,
            sender=self._roster.paper_of(me.verify),
            said_yes_to=(Consent.AGENCY.value,),
        )
        made = b"".join(transfers.written(statement, items, seed=me.signing_seed, to=agency))
        with self._db.transaction() as tx:
            self._casework.trace(tx, "passed on", me, found, at)
        return made

    def _agency(self, found: Opened, to: UUID) -> Agency:
        if not self._casework.said_yes(found, Consent.AGENCY):
            raise Refused(NO_YES, field="agency")
        agency = next((one for one in self.possible(found) if one.serial == to), None)
        if agency is None:
            raise Refused(NO_SUCH_AGENCY, field="agency")
        return agency


def passable(letters: Sequence[Letter]) -> list[Letter]:
    """What can be passed on: what the reporter wrote, and what was answered. Never notes among readers."""
    return [letter for letter in letters if letter.body.get("kind") in ("concern", "message", "answer")]


def gone_to(letters: Sequence[Letter]) -> list[Passed]:
    """Where a case has gone, the newest last."""
    found = {str(letter.body["agency"]): letter.body for letter in letters if letter.body.get("kind") == KIND}
    return [
        Passed(
            UUID(serial),
            str(body.get("name", "")),
            frozenset(UUID(one) for one in _named(body, "letters")),
            frozenset(_named(body, "without")),
        )
        for serial, body in found.items()
    ]


def _named(body: Mapping[str, object], what: str) -> list[str]:
    names = body.get(what)
    return [str(one) for one in names] if isinstance(names, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _files(db: Database, found: Opened, letters: Sequence[Letter], without: Collection[str]) -> list[Item]:
    """The safe copies of what came with the chosen messages; never an original. Raises Refused for a damaged one."""
    sent = chosen_files(letters, without)
    with db.reading() as tx:
        there = files.present(tx, found.case.id)
    kept = [(number, one) for number, one in enumerate(sent, 1) if one.id in there]
    try:
        return [
            Item(f"file-{number}.{one.suffix}", b"".join(files.pieces(db, found.case.id, one.id, one.key)))
            for number, one in kept
        ]
    except Damaged:
        raise Refused(NOT_WHOLE) from None
