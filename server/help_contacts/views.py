"""What the templates of help contacts are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.errors import Sentence, say
from server.help_contacts import telephones
from server.help_contacts.models import Cost, HelpKind
from server.help_contacts.queries import ContactRow
from server.web.visit import Visit
from server.web.words import full_day, language_dir, language_name, nearest_language, reading

KINDS: Mapping[HelpKind, Sentence] = {
    HelpKind.EMERGENCY: say("Emergency"),
    HelpKind.HEALTH: say("Health care"),
    HelpKind.WOMEN: say("Women's support"),
    HelpKind.CHILDREN: say("Help for children"),
    HelpKind.LEGAL: say("Papers and law"),
    HelpKind.POLICE: say("Police"),
    HelpKind.OTHER: say("Other help"),
}
COSTS: Mapping[Cost, Sentence] = {
    Cost.FREE: say("It is free"),
    Cost.COSTS: say("It costs money"),
    Cost.UNKNOWN: say("We do not know whether it costs money"),
}


@dataclass(frozen=True, slots=True)
class Telephone:
    """A number as it is read and as it is dialled."""

    shown: str
    href: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """A place or a number as people see it."""

    id: UUID
    kind: str
    urgent: bool
    name: str
    hours: str
    about: str
    note: str
    language: str
    dir: str
    area: str
    telephones: Sequence[Telephone]
    languages: str
    cost: str
    checked: str
    stale: bool
    hidden: bool


def contact_view(visit: Visit, row: ContactRow) -> ContactView:
    """A contact in the language nearest to the reader's, and how old our knowledge of it is."""
    said, policy = visit.services.pages.catalogues.said, visit.policies.information
    code = nearest_language(reading().language.code, row.words)
    words, age = row.words[code], row.age(visit.now.date())
    return ContactView(
        id=row.public_id,
        kind=said(KINDS[HelpKind(row.kind)]),
        urgent=row.kind == HelpKind.EMERGENCY,
        name=words.name,
        hours=words.hours,
        about=words.about,
        note=words.note,
        language=code,
        dir=language_dir(code),
        area=row.area,
        telephones=[Telephone(telephones.shown(number), f"tel:{number}") for number in row.telephones],
        languages=" · ".join(language_name(spoken) for spoken in row.languages),
        cost=said(COSTS[Cost(row.cost)]) if row.cost != Cost.UNKNOWN else "",
        checked=full_day(row.checked_on),
        stale=age > policy.help_check_days,
        hidden=age > policy.help_hide_days,
    )


def near(visit: Visit, rows: Sequence[ContactRow], *, area: str, language: str) -> list[ContactView]:
    """What the public sees. What is too old is left out; an emergency number is there whatever one chose."""
    shown = [row for row in rows if row.kind == HelpKind.EMERGENCY or _fits(row, area=area, language=language)]
    return [view for view in (contact_view(visit, row) for row in shown) if not view.hidden]


def _fits(row: ContactRow, *, area: str, language: str) -> bool:
    """What is for everywhere fits every area."""
    return (not area or row.area in ("", area)) and (not language or language in row.languages)


def areas(rows: Sequence[ContactRow]) -> list[str]:
    """The places that one can choose."""
    return sorted({row.area for row in rows if row.area}, key=str.casefold)


def spoken(rows: Sequence[ContactRow]) -> list[tuple[str, str]]:
    """The languages that one can choose, by their names."""
    codes = {code for row in rows for code in row.languages}
    return sorted(((code, language_name(code)) for code in codes), key=lambda pair: pair[1].casefold())
