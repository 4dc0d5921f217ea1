"""What is kept, for people: one short row for each kind of thing, made from the maps that the server obeys.

The privacy page, the register of processing and the assessment show these rows, so none of them can say anything
else than the maps do. Only the names and the reasons are written here; lifetimes and endings come from the files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

from server import kept_files, privacy
from server.errors import Sentence, say
from server.policies import Retention
from server.privacy import ColumnEntry, DataMap, Ending, Kind, Maker, TableEntry

PARTS: Sequence[tuple[Sentence, Sequence[Kind]]] = (
    (
        say("You and what you write"),
        (
            Kind.ACCOUNT,
            Kind.SIGN_INS,
            Kind.NAMES,
            Kind.MESSAGES,
            Kind.OWN_NOTES,
            Kind.LETTERS,
            Kind.NOTICES,
        ),
    ),
    (
        say("What moderators and the machine do"),
        (Kind.SCREENINGS, Kind.FLAGS, Kind.DECISIONS, Kind.APPEALS, Kind.LEDGER),
    ),
    (
        say("Town halls"),
        (
            Kind.HALL_SEATS,
            Kind.HALL_QUESTIONS,
            Kind.HALL_VOTES,
            Kind.HALL_TEXTS,
            Kind.HALL_TEAM,
            Kind.HALL_RECORDS,
        ),
    ),
    (say("“Talk to us”: the private channel"), (Kind.CASES, Kind.READERS, Kind.TRAIL)),
    (
        say("This place"),
        (Kind.SPACES, Kind.ANNOUNCEMENTS, Kind.ROLES, Kind.INVITATIONS, Kind.CONFIRMATIONS, Kind.HELP, Kind.WORKS),
    ),
)
"""The order in which people read them; every kind stands in one part."""

WHAT: Mapping[Kind, Sentence] = {
    Kind.ACCOUNT: say("Your account: scrambled sign-in name, words and codes, passkeys, language"),
    Kind.SIGN_INS: say("Browsers that are signed in"),
    Kind.NAMES: say("Your name in each space, and what holds for you there"),
    Kind.MESSAGES: say("Messages, pictures, and the index of their words for the search"),
    Kind.OWN_NOTES: say("What you keep for yourself: drafts, marks, people you do not want to read"),
    Kind.LETTERS: say("Letters between you and the moderators"),
    Kind.NOTICES: say("News for you about decisions"),
    Kind.SCREENINGS: say("What the machine said about a message"),
    Kind.FLAGS: say("Flags: who asked a moderator to look, and why"),
    Kind.DECISIONS: say("Decisions of moderators and what followed, without your words"),
    Kind.APPEALS: say("Appeals and their answers"),
    Kind.LEDGER: say("The ledger of what was decided, without words and names"),
    Kind.HALL_SEATS: say("Seats in a hall, and what a phone needs to catch up"),
    Kind.HALL_QUESTIONS: say("Questions in a hall"),
    Kind.HALL_VOTES: say("Choices in a poll, support for a question, a call for a counsellor"),
    Kind.HALL_TEXTS: say("The hall itself: agenda, answers, polls, captions"),
    Kind.HALL_TEAM: say("What the team of a hall did"),
    Kind.HALL_RECORDS: say("The record of a hall: answers, rounded numbers, promises"),
    Kind.CASES: say("What somebody told us there, and files that came with it"),
    Kind.READERS: say("Who answers there: their accounts and the papers for their keys"),
    Kind.TRAIL: say("A sealed trail of who opened what there"),
    Kind.SPACES: say("Spaces: name, rules, duty hours, and who changed them"),
    Kind.ANNOUNCEMENTS: say("Announcements, and who may speak for an organisation"),
    Kind.ROLES: say("Who moderates, hosts or runs this place"),
    Kind.INVITATIONS: say("Codes to join"),
    Kind.CONFIRMATIONS: say("What stewards stood for before this place opened"),
    Kind.HELP: say("Places that help, and their numbers"),
    Kind.WORKS: say("What the server needs to run: edition of the tables, counts of what was erased"),
}
WHY: Mapping[Kind, Sentence] = {
    Kind.ACCOUNT: say("So that only you can sign in."),
    Kind.SIGN_INS: say("So that you need not sign in for each page, and can end it."),
    Kind.NAMES: say("So that others know whom they answer, and nobody takes your name."),
    Kind.MESSAGES: say("So that others can read and find what you wrote."),
    Kind.OWN_NOTES: say("So that you find it again. Only you see it."),
    Kind.LETTERS: say("So that you can talk about a decision."),
    Kind.NOTICES: say("So that you learn what was decided about your message."),
    Kind.SCREENINGS: say("So that people can check the machine."),
    Kind.FLAGS: say("So that a person looks at what may do harm."),
    Kind.DECISIONS: say("So that a decision can be explained, appealed and put right."),
    Kind.APPEALS: say("So that somebody else looks at a decision again."),
    Kind.LEDGER: say("So that nobody can change unnoticed what was decided."),
    Kind.HALL_SEATS: say("So that you can take part without an account, on a bad line too."),
    Kind.HALL_QUESTIONS: say("So that questions are answered in the hall."),
    Kind.HALL_VOTES: say("So that each seat counts once, and help comes to the right person."),
    Kind.HALL_TEXTS: say("So that people can follow, in their language."),
    Kind.HALL_TEAM: say("So that the team can answer for what it did."),
    Kind.HALL_RECORDS: say("So that promises are not forgotten."),
    Kind.CASES: say("So that somebody who is trained can answer and act."),
    Kind.READERS: say("So that only the right people can open it."),
    Kind.TRAIL: say("So that whoever looks without need is found."),
    Kind.SPACES: say("So that rules are not changed by one person alone or unseen."),
    Kind.ANNOUNCEMENTS: say("So that you know what is true and who says it."),
    Kind.ROLES: say("So that only people with a duty see what needs a duty."),
    Kind.INVITATIONS: say("So that a code lets one person in. It links to nobody."),
    Kind.CONFIRMATIONS: say("So that somebody answers for it."),
    Kind.HELP: say("So that you find help. It is about offices, not about people."),
    Kind.WORKS: say("So that the server knows its own state. It is about nobody."),
}
BACKUPS = say("Copies for repair (backups), which only two officers together can open")
WHY_BACKUPS = say("So that nothing is lost when a disk breaks.")

LASTS: Mapping[str, Sentence] = {
    "messages_days": say("%(messages_days)s days (a topic: after its last message)"),
    "removed_days": say("what was taken away: %(removed_days)s days"),
    "decisions_days": say("%(decisions_days)s days"),
    "scores_days": say("%(scores_days)s days"),
    "appeals_days": say("%(appeals_days)s days after the answer"),
    "ledger_days": say("%(ledger_days)s days"),
    "flags_days": say("%(flags_days)s days"),
    "notices_days": say("%(notices_days)s days"),
    "drafts_days": say("drafts: %(drafts_days)s days"),
    "letters_days": say("%(letters_days)s days"),
    "session_days": say("%(session_days)s days"),
    "session_most_days": say("in use: at most %(session_most_days)s days"),
    "staff_session_hours": say("for moderators, hosts and stewards: %(staff_session_hours)s hours"),
    "backups_days": say("%(backups_days)s days"),
    "hall_days": say("%(hall_days)s days after the hall"),
    "hall_declined_days": say("not taken: %(hall_declined_days)s days"),
    "hall_author_hours": say("%(hall_author_hours)s hours after the hall"),
    "hall_seat_hours": say("%(hall_seat_hours)s hours"),
    "hall_log_days": say("%(hall_log_days)s days"),
    "hall_event_minutes": say("what a phone catches up with: %(hall_event_minutes)s minutes"),
    "hall_command_minutes": say("a form that was sent: %(hall_command_minutes)s minutes"),
    "account": say("as long as the account"),
    "membership": say("as long as the name in the space"),
    "space": say("as long as the space"),
    "installation": say("as long as this place"),
    "case": say("until the case is erased"),
    "row": say("until it is used or its last day is over"),
}
"""Every lifetime that a map may name, in words. The numbers are those of retention.toml."""
ENDS: Mapping[Ending, Sentence] = {
    Ending.DELETE: say("It is erased."),
    Ending.ANONYMISE: say("Parts of it are emptied; the rest stays for its time."),
    Ending.CRYPTO_SHRED: say("Its key is destroyed, and then nobody can read it."),
}
_ORDER = [*(field.name for field in fields(Retention)), "account", "membership", "space", "installation", "case", "row"]
_ENDINGS = list(Ending)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One kind of thing: what it is, why it is kept, how long at most, and what happens then."""

    kind: str
    what: Sentence
    why: Sentence
    lasts: Sequence[Sentence]
    ends: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class KeptPart:
    """Rows under one heading."""

    title: Sentence
    rows: Sequence[KeptRow]


@dataclass(frozen=True, slots=True)
class Maps:
    """The three maps of one folder."""

    community: DataMap
    private: DataMap
    files: Sequence[kept_files.KeptFile]

    def of_kind(self, kind: Kind) -> list[tuple[str, TableEntry]]:
        """The tables of this kind, by name, from both databases."""
        every = [*self.community.tables.items(), *self.private.tables.items()]
        return [(name, table) for name, table in every if table.kind == kind]


@lru_cache(maxsize=8)
def maps(folder: Path) -> Maps:
    """Read them, once for each folder. Raises BootRefused naming what is wrong."""
    return Maps(
        privacy.load_map(folder),
        privacy.load_map(folder, privacy.PRIVATE_FILE_NAME),
        kept_files.load(folder),
    )


def kept(found: Maps, retention: Retention) -> list[KeptPart]:
    """Everything that is kept, in the order in which people read it."""
    numbers = numbers_of(retention)
    parts = [KeptPart(title, [_row(found, kind, numbers) for kind in kinds]) for title, kinds in PARTS]
    copies = sorted({one.lifetime for one in found.files if one.lifetime}, key=_ORDER.index)
    row = KeptRow("backups", BACKUPS, WHY_BACKUPS, _said(copies, numbers), [ENDS[Ending.DELETE]])
    return [*parts[:-1], replace(parts[-1], rows=[*parts[-1].rows, row])]


def numbers_of(retention: Retention) -> dict[str, str | int]:
    """The lifetimes, by the names that the sentences use."""
    return {field.name: getattr(retention, field.name) for field in fields(Retention)}


def lifetimes(tables: Iterable[TableEntry]) -> list[str]:
    """How long things of these tables last, the counted ones first. `row` is told only where there is nothing else."""
    found = {column.lifetime for column in columns_of(tables)} | {name for table in tables for name in table.sooner}
    longer = found - {"row"}
    return sorted(longer or found, key=_ORDER.index)


def endings(tables: Iterable[TableEntry]) -> list[Ending]:
    """What happens at the end, in a fixed order."""
    return sorted({column.ends for column in columns_of(tables)}, key=_ENDINGS.index)


def columns_of(tables: Iterable[TableEntry]) -> list[ColumnEntry]:
    """All their columns."""
    return [column for table in tables for column in table.columns.values()]


def _row(found: Maps, kind: Kind, numbers: dict[str, str | int]) -> KeptRow:
    tables = [table for _, table in found.of_kind(kind) if table.made_by is Maker.SERVER]
    return KeptRow(
        kind=str(kind),
        what=WHAT[kind],
        why=WHY[kind],
        lasts=_said(lifetimes(tables), numbers),
        ends=[ENDS[ending] for ending in endings(tables)],
    )


def _said(names: Iterable[str], numbers: dict[str, str | int]) -> list[Sentence]:
    return [replace(LASTS[name], params=numbers) for name in names]
