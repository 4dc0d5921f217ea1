"""What the templates of announcements are given: the words nearest to the reader, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from uuid import UUID

from markupsafe import Markup

from server.announcements import queries
from server.announcements.models import AnnouncementKind
from server.announcements.queries import AnnouncementRow, Words
from server.announcements.rules import Draft
from server.errors import say
from server.spaces.queries import SpaceRow
from server.spaces.views import in_the_time_of
from server.web.text import rendered, stored
from server.web.visit import Visit
from server.web.words import (
    exact_time,
    full_day,
    language_dir,
    nearest_language,
    own_name,
    read_in,
    reading,
    zone,
    zone_name,
)

LATEST_CLOCK = timedelta(hours=12)
"""Nowhere is it earlier than so many hours before UTC: what may still hold in some space is looked at."""


@dataclass(frozen=True, slots=True)
class LineView:
    """An item in a list. Without a title it was taken back."""

    id: UUID
    title: str
    language: str
    dir: str
    sender: str
    published: str
    kind: str
    state: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """A link to the same item in another language."""

    code: str
    dir: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Link:
    """Another item that this one is about."""

    href: str
    title: str
    language: str
    dir: str
    when: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """The item that is open, in one language."""

    id: UUID
    kind: str
    title: str
    language: str
    dir: str
    html: Markup
    truth: Markup
    sender: str
    badge: str
    badge_until: str
    published: str
    zone: str
    valid_until: str
    state: str
    pinned: bool
    others: Sequence[OtherLanguage]
    corrects: Link | None
    corrected: Link | None
    taken_back: str


@dataclass(frozen=True, slots=True)
class Preview:
    """How one language of a draft will look."""

    language: str
    dir: str
    title: str
    html: Markup
    truth: Markup


def in_time(visit: Visit, space: SpaceRow | None) -> date:
    """From here on times are those of the space; without one, UTC. Gives today there."""
    if space is not None:
        in_the_time_of(visit, space)
    else:
        read_in(replace(reading(), zone=UTC, today=visit.now.date()))
    return reading().today


def lines(visit: Visit, rows: Sequence[AnnouncementRow]) -> list[LineView]:
    """Items in a list, each in the language nearest to the reader's."""
    words = queries.words_of(visit.snapshot, [row.id for row in rows])
    return [_line(visit, row, words.get(row.id, {})) for row in rows]


def pinned(visit: Visit, space: SpaceRow | None) -> list[LineView]:
    """What stands on top of the space, or, without one, of the whole place."""
    count = visit.policies.information.pinned_at_once
    today = reading().today
    return lines(visit, queries.pinned(visit.snapshot, space.id if space else None, on=today, count=count))


def news(visit: Visit) -> Markup:
    """For one's own page: the newest that hold in one's spaces. Nobody keeps who has read them."""
    earliest = (visit.now - LATEST_CLOCK).date()
    rows = queries.newest(visit.snapshot, sorted(visit.viewer.standings), on=earliest)
    holding = [row for row in rows if row.holds(_today_at(visit, row.space))]
    if not holding:
        return Markup()
    return visit.fragment("announcements/_news.html", announcements=lines(visit, holding), language=reading().language)


def _today_at(visit: Visit, space: SpaceRow | None) -> date:
    return visit.now.astimezone(zone(space.timezone)).date() if space else visit.now.date()


def item_view(visit: Visit, row: AnnouncementRow) -> ItemView:
    """The item in the language that is asked for, else nearest to the reader's."""
    return item_views(visit, [row])[0]


def item_views(visit: Visit, rows: Sequence[AnnouncementRow]) -> list[ItemView]:
    """Items with all their words; their words are asked for at once."""
    asked = (item for row in rows for item in (row.id, row.corrects, row.corrected_by) if item is not None)
    words = queries.words_of(visit.snapshot, asked)
    return [_item(visit, row, words) for row in rows]


def _item(visit: Visit, row: AnnouncementRow, words: Mapping[int, Mapping[str, Words]]) -> ItemView:
    own = words.get(row.id, {})
    shown = _chosen(own, visit.query.get("language", ""))
    until = _speaks_until(visit, row)
    later = exact_time(row.corrected_at) if row.corrected_at else ""
    return ItemView(
        id=row.public_id,
        kind=str(row.kind),
        title=shown.title if shown else "",
        language=shown.language if shown else reading().language.code,
        dir=language_dir(shown.language) if shown else reading().language.dir,
        html=stored(shown.html if shown else ""),
        truth=stored(shown.truth_html if shown else ""),
        sender=_sender(visit, row),
        badge=row.organisation if until else "",
        badge_until=until,
        published=exact_time(row.published_at),
        zone=zone_name(row.published_at),
        valid_until=full_day(row.valid_until) if row.valid_until else "",
        state=_state(row, reading().today),
        pinned=row.pinned,
        others=_others(visit, row, own, shown),
        corrects=_link(visit, row.corrects_public, words.get(row.corrects or 0, {}), ""),
        corrected=_link(visit, row.corrected_public, words.get(row.corrected_by or 0, {}), later),
        taken_back=exact_time(row.withdrawn_at) if row.withdrawn_at else "",
    )


def _speaks_until(visit: Visit, row: AnnouncementRow) -> str:
    """The last day on which the author may still speak for the organisation; empty when that has ended."""
    if not row.organisation or row.verified_as != row.organisation:
        return ""
    if row.verified_until is None or row.verified_until <= visit.now:
        return ""
    return full_day((row.verified_until - timedelta(seconds=1)).astimezone(reading().zone).date())


def previews(draft: Draft) -> list[Preview]:
    """How the draft will look in each of its languages."""
    return [
        Preview(code, language_dir(code), parts["title"], rendered(parts["text"]), rendered(parts.get("truth", "")))
        for code, parts in draft.words.items()
    ]


def typed_again(words: Mapping[str, Words]) -> dict[str, str]:
    """The words of an item as the fields of a form, to be corrected."""
    values: dict[str, str] = {}
    for code, said in words.items():
        values |= {f"title_{code}": said.title, f"text_{code}": said.text, f"truth_{code}": said.truth}
    return values


def _line(visit: Visit, row: AnnouncementRow, words: Mapping[str, Words]) -> LineView:
    shown = _chosen(words, "")
    return LineView(
        id=row.public_id,
        title=shown.title if shown else "",
        language=shown.language if shown else reading().language.code,
        dir=language_dir(shown.language) if shown else reading().language.dir,
        sender=_sender(visit, row),
        published=exact_time(row.published_at),
        kind=str(row.kind),
        state=_state(row, reading().today),
        pinned=row.pinned,
    )


def _chosen(words: Mapping[str, Words], asked: str) -> Words | None:
    if not words:
        return None
    return words[asked] if asked in words else words[nearest_language(reading().language.code, words)]


def _sender(visit: Visit, row: AnnouncementRow) -> str:
    """Who speaks: an organisation, the operator for a steward, or the team, whose members are not named."""
    if row.organisation:
        return row.organisation
    if row.kind == AnnouncementKind.SCAM_ALERT:
        return visit.services.pages.catalogues.said(say("The team of this place"))
    return visit.services.operator


def _state(row: AnnouncementRow, today: date) -> str:
    if row.withdrawn_at is not None:
        return "taken_back"
    if row.corrected_by is not None:
        return "corrected"
    return "holds" if row.holds(today) else "over"


def _others(visit: Visit, row: AnnouncementRow, words: Mapping[str, Words], shown: Words | None) -> list[OtherLanguage]:
    def link(code: str) -> str:
        return visit.url("announcement", {"language": code}, announcement=row.public_id)

    others = [code for code in words if shown is not None and code != shown.language]
    return [OtherLanguage(code, language_dir(code), own_name(code), link(code)) for code in others]


def _link(visit: Visit, public_id: UUID | None, words: Mapping[str, Words], when: str) -> Link | None:
    if public_id is None:
        return None
    shown = _chosen(words, "")
    href = visit.url("announcement", announcement=public_id)
    if shown is None:
        return Link(href, "", reading().language.code, reading().language.dir, when)
    return Link(href, shown.title, shown.language, language_dir(shown.language), when)
