"""The list itself: what each line needs, what is missing, and whether the first space may open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.accounts.roles import ready_holders
from server.database import Transaction
from server.errors import Sentence, say
from server.going_live import queries
from server.going_live.facts import Facts
from server.going_live.models import Line
from server.going_live.queries import ConfirmationRow
from server.help_contacts.queries import all_contacts
from server.permissions import Role
from server.policies import Policies
from server.spaces.models import SpaceState
from server.spaces.queries import SpaceRow, all_spaces, hours_of

PEOPLE: Mapping[Line, int] = {
    Line.ASSESSMENT: 2,
    Line.CONTACTS: 1,
    Line.MODERATORS: 1,
    Line.CHANNEL: 0,
    Line.DISK: 1,
    Line.BACKUPS: 1,
    Line.EXIT: 1,
}
"""How many different stewards must confirm a line."""
NO_SPACE = say("No space is being prepared yet.")
NO_MODERATOR = say("/s/%(space)s has no moderator with a second factor.")
NO_HOURS = say("Nobody has said when somebody reads %(language)s in /s/%(space)s.")
NOT_CONFIRMED = say("In reporting.toml nobody stands for the deadlines of the private channel.")
NOT_SIGNED = say("In reporting.toml no language of the private channel is signed.")
NO_CONTACTS = say("“Help near you” has no entry that was checked in the last %(days)s days.")
CHANNEL_SILENT = say("The private channel has not told for days who answers there. Is it running?")
DESK_EMPTY = say("The desk “%(desk)s” has too few readers whose papers hold. See: baraza desk people")
NO_BACKUPS = say("BARAZA_BACKUP_DIR is not set.")
OLD_BACKUP = say("There is no backup of the last two days.")


@dataclass(frozen=True, slots=True)
class LineState:
    """How a line stands."""

    line: Line
    people: int
    given: Sequence[ConfirmationRow]
    """Confirmations that hold today."""
    lacks: Sequence[Sentence]
    """What the server misses by itself."""

    @property
    def done(self) -> bool:
        """Nothing is missing, and enough people stand for it."""
        return not self.lacks and len(self.given) >= self.people


def states(tx: Transaction, facts: Facts, policies: Policies, *, on: date) -> list[LineState]:
    """Every line, for all spaces that are being prepared."""
    preparing = [space for space in all_spaces(tx) if space.state == SpaceState.PREPARING]
    return _states(tx, preparing, facts, policies, on)


def missing(tx: Transaction, space: SpaceRow, facts: Facts, policies: Policies, *, on: date) -> list[Line]:
    """What keeps this space from being the first that opens; nothing once any space was open here."""
    if queries.has_begun(tx):
        return []
    return [state.line for state in _states(tx, [space], facts, policies, on) if not state.done]


def _states(tx: Transaction, spaces: Sequence[SpaceRow], facts: Facts, policies: Policies, on: date) -> list[LineState]:
    days = policies.hosting.confirmation_days
    holding = [row for row in queries.confirmations(tx) if row.holds(on, days=days)]
    lacks: dict[Line, list[Sentence]] = {
        Line.CONTACTS: _contacts(tx, facts, policies.information.help_check_days, on),
        Line.MODERATORS: _moderators(tx, spaces),
        Line.CHANNEL: _channel(facts),
        Line.BACKUPS: _backups(facts),
    }
    return [
        LineState(line, PEOPLE[line], [row for row in holding if row.line == line], lacks.get(line, []))
        for line in Line
    ]


def _contacts(tx: Transaction, facts: Facts, days: int, on: date) -> list[Sentence]:
    found = [] if facts.deadlines_confirmed else [NOT_CONFIRMED]
    found += [] if facts.languages_signed else [NOT_SIGNED]
    checked = any(contact.age(on) <= days for contact in all_contacts(tx))
    return found if checked else [*found, Sentence(NO_CONTACTS.english, {"days": days})]


def _moderators(tx: Transaction, spaces: Sequence[SpaceRow]) -> list[Sentence]:
    if not spaces and not queries.has_begun(tx):
        return [NO_SPACE]
    found: list[Sentence] = []
    for space in spaces:
        if not ready_holders(tx, Role.MODERATOR, space.id):
            found.append(Sentence(NO_MODERATOR.english, {"space": space.slug}))
        read = {duty.language for duty in hours_of(tx, space.id)}
        found += [
            Sentence(NO_HOURS.english, {"language": code, "space": space.slug})
            for code in space.languages
            if code not in read
        ]
    return found


def _channel(facts: Facts) -> list[Sentence]:
    if facts.desks_without_readers is None:
        return [CHANNEL_SILENT]
    return [Sentence(DESK_EMPTY.english, {"desk": code}) for code in facts.desks_without_readers]


def _backups(facts: Facts) -> list[Sentence]:
    if not facts.backups_are_set:
        return [NO_BACKUPS]
    return [] if facts.backup_is_fresh else [OLD_BACKUP]
