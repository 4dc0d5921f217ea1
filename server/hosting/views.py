"""What the templates of hosts and stewards are given, and the words for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from markupsafe import Markup

from server.database import Transaction
from server.errors import Sentence, say
from server.going_live import checklist
from server.going_live.views import TITLES, looked
from server.hosting.forms import LONGEST
from server.hosting.queries import ChangeRow, Holder
from server.permissions import Role
from server.spaces.lives import SPACE_DAYS, offered
from server.spaces.models import ChangeKind, LockReason
from server.spaces.queries import SpaceRow, SpaceWords, words_of
from server.spaces.rules import Missing
from server.spaces.safety import Safety
from server.web.text import rendered
from server.web.visit import Visit
from server.web.words import language_dir, language_name

SAFETY_NAMES: Mapping[str, Sentence] = {
    Safety.OPEN: say("Open: anyone can read, and anyone can join"),
    Safety.MEMBERS: say("Members: only members can read, and anyone can join"),
    Safety.CIRCLE: say("Circle: only people with an invitation, and no list shows its name"),
    Safety.GUARDED: say("Guarded circle: the same, and a person reads every message first"),
}
LOCK_REASONS: Mapping[str, Sentence] = {
    LockReason.DANGER: say("somebody could be in danger"),
    LockReason.SCAM: say("somebody sends tricks to get money"),
    LockReason.HATE: say("there are insults and hate"),
    LockReason.PAUSE: say("the moderators need a pause"),
}
DAYS_LONG = say("%(days)s days after it was written")
AS_EVERYWHERE = say("as long as everywhere here: %(days)s days after the last message of the topic")
CHANGES: Mapping[str, Sentence] = {
    ChangeKind.OPENED: say("The space was opened"),
    ChangeKind.WORDS: say("New words in %(language)s: name, purpose or rules"),
    ChangeKind.SAFETY: say("Another level of safety: %(level)s"),
    ChangeKind.ARCHIVE: say("The space is archived"),
    ChangeKind.LOCKED: say("The space was locked: %(reason)s"),
    ChangeKind.UNLOCKED: say("The space was unlocked"),
    ChangeKind.ROLE_TAKEN: say("A role was taken away: %(role)s"),
    ChangeKind.CARDS: say("Invitation cards were made: %(count)s"),
    ChangeKind.EXPORTED: say("A copy of the words of the space was downloaded"),
    ChangeKind.LIFETIME: say("How long messages last: %(lifetime)s"),
    ChangeKind.HELD: say("What is written here is kept until %(day)s, for %(office)s"),
    ChangeKind.HOLD_ENDED: say("It is no longer kept for %(office)s"),
}
ROLES: Mapping[str, Sentence] = {
    Role.HOST: say("host"),
    Role.MODERATOR: say("moderator"),
    Role.STEWARD: say("steward"),
}
MISSING: Mapping[str, Sentence] = {
    Missing.WORDS: say("Write the name, the purpose and the rules in one language"),
    Missing.HOST: say("A host must set up the app that gives codes"),
    Missing.MODERATOR: say("Invite a moderator, who must set up the app that gives codes"),
    Missing.HOURS: say("Say when somebody usually looks"),
}
MISSING_AT: Mapping[str, str] = {
    Missing.WORDS: "host_words",
    Missing.HOST: "host_people",
    Missing.MODERATOR: "host_people",
    Missing.HOURS: "host_hours",
}
LANGUAGES = ("ar", "en", "es", "fa", "fr", "my", "ps", "ru", "so", "sw", "ti", "uk")
"""Offered as links for new words; any other language can be written in the address."""


@dataclass(frozen=True, slots=True)
class WordsView:
    """Name, purpose and rules as they are read."""

    language: str
    dir: str
    name: str
    purpose: str
    rules: Markup


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change as hosts, stewards and readers see it."""

    id: UUID
    kind: str
    title: str
    proposed: datetime
    decided: datetime | None
    by: str
    name: str
    agreed_by: str
    ends: datetime
    own: bool
    before: WordsView | None
    after: WordsView | None
    opens_up: bool


@dataclass(frozen=True, slots=True)
class LanguageLine:
    """A language in which a space is described, or should be."""

    code: str
    complete: bool
    offered: bool


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do, and where."""

    sentence: str
    href: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody of the team."""

    membership: UUID
    pseudonym: str
    role: str
    role_name: str
    second_factor: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Card:
    """An invitation to be printed."""

    code: str
    address: str
    qr: Markup


def said(visit: Visit, sentence: Sentence) -> str:
    """The sentence in the language of the page."""
    return visit.services.pages.catalogues.said(sentence)


def safety_choices(visit: Visit) -> list[tuple[str, str]]:
    """Every level with what it does."""
    return [(str(level), said(visit, SAFETY_NAMES[level])) for level in Safety]


def lifetime_name(visit: Visit, days: str) -> str:
    """A lifetime in words; the longest is the one of the whole place."""
    if days:
        return said(visit, say(DAYS_LONG.english, days=int(days)))
    return said(visit, say(AS_EVERYWHERE.english, days=visit.policies.retention.messages_days))


def lifetime_choices(visit: Visit) -> list[tuple[str, str]]:
    """What a host can choose, the shortest first; nothing is longer than the longest time."""
    shorter = offered(SPACE_DAYS, below=visit.policies.retention.messages_days + 1)
    return [*((str(days), lifetime_name(visit, str(days))) for days in shorter), (LONGEST, lifetime_name(visit, ""))]


def oldest_proposal(visit: Visit) -> datetime:
    """Proposals made before this moment have expired."""
    return visit.now - timedelta(days=visit.policies.hosting.proposal_days)


def change_view(visit: Visit, row: ChangeRow) -> ChangeView:
    """A change in words, with what stood there before and what stands there after."""
    return ChangeView(
        id=row.public_id,
        kind=row.kind,
        title=_title(visit, row),
        proposed=row.proposed_at,
        decided=row.decided_at,
        by=said(visit, ROLES[row.proposed_role]),
        name=row.proposer or "",
        agreed_by=said(visit, ROLES[row.agreed_role]) if row.agreed_role else "",
        ends=row.proposed_at + timedelta(days=visit.policies.hosting.proposal_days),
        own=row.proposed_by is not None and row.proposed_by == visit.viewer.member_id,
        before=_words(row.language, row.before),
        after=_words(row.language, row.after),
        opens_up=row.after.get("safety") == Safety.OPEN,
    )


def _title(visit: Visit, row: ChangeRow) -> str:
    """The sentence of the kind, with what it needs to be whole."""
    after = row.after
    parts = {
        ChangeKind.WORDS: lambda: {"language": language_name(row.language or "")},
        ChangeKind.SAFETY: lambda: {"level": said(visit, SAFETY_NAMES[after["safety"]])},
        ChangeKind.LOCKED: lambda: {"reason": said(visit, LOCK_REASONS[after["reason"]])},
        ChangeKind.ROLE_TAKEN: lambda: {"role": said(visit, ROLES[after["role"]])},
        ChangeKind.CARDS: lambda: {"count": after["count"]},
        ChangeKind.LIFETIME: lambda: {"lifetime": lifetime_name(visit, after["days"])},
        ChangeKind.HELD: lambda: {"day": _date(visit, after["until"]), "office": after["office"]},
        ChangeKind.HOLD_ENDED: lambda: {"office": after["office"]},
    }
    params = parts[row.kind]() if row.kind in parts else {}
    return said(visit, Sentence(CHANGES[row.kind].english, {**params}))


def _date(visit: Visit, written: str) -> str:
    return visit.services.pages.catalogues.date_of(date.fromisoformat(written))


def _words(language: str | None, words: Mapping[str, str]) -> WordsView | None:
    if language is None or "rules" not in words:
        return None
    direction = language_dir(language)
    return WordsView(language, direction, words["name"], words["purpose"], rendered(words["rules"]))


def language_lines(space: SpaceRow, written: Mapping[str, SpaceWords]) -> list[LanguageLine]:
    """The languages of the space, wanted and written."""
    codes = [*space.languages, *(code for code in written if code not in space.languages)]
    return [LanguageLine(code, code in written and written[code].complete, code in space.languages) for code in codes]


def other_languages(space: SpaceRow, written: Mapping[str, SpaceWords]) -> list[str]:
    """Languages in which nothing is written yet."""
    return [code for code in LANGUAGES if code not in written and code not in space.languages]


def missing_tasks(visit: Visit, space: SpaceRow, missing: Sequence[Missing]) -> list[Task]:
    """What is missing before the opening, each with the page where it is done."""
    tasks: list[Task] = []
    for part in missing:
        place: dict[str, object] = {"space": space.slug}
        if part is Missing.WORDS:
            place["language"] = space.languages[0]
        tasks.append(Task(said(visit, MISSING[part]), visit.url(MISSING_AT[part], None, **place)))
    return tasks


def before_the_first(visit: Visit, space: SpaceRow) -> list[Sentence]:
    """What stewards still have to do before this space can be the first one that opens; nothing for later spaces."""
    lines = checklist.missing(visit.snapshot, space, looked(visit), visit.policies, on=visit.now.date())
    return [TITLES[line] for line in lines]


def person_line(visit: Visit, holder: Holder) -> PersonLine:
    """Somebody of the team, with the role in words."""
    own = holder.member_id == visit.viewer.member_id
    name = said(visit, ROLES[holder.role])
    return PersonLine(holder.membership, holder.pseudonym, holder.role, name, holder.second_factor, own)


def written_in(tx: Transaction, space: SpaceRow, language: str) -> SpaceWords:
    """The words in a language; empty ones where nothing is written yet."""
    return words_of(tx, space.id).get(language) or SpaceWords(language, "", "", "")
