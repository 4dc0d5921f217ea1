"""A space as its pages show it, in the reader's language and in the space's own time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from server.spaces.holds import ALL_REASONS
from server.spaces.queries import SpaceRow, SpaceView, space_view
from server.web.visit import Visit
from server.web.words import read_in, reading, zone


def shown_space(visit: Visit, space: SpaceRow) -> SpaceView:
    """The space in the page's language; made once for each edition."""
    in_the_time_of(visit, space)
    language = reading().language.code
    key = ("space", space.id, space.version, language)
    return visit.services.fragments.get_or_make(key, lambda: space_view(visit.snapshot, space, language))


def in_the_time_of(visit: Visit, space: SpaceRow) -> None:
    """From here on "today" is today in the space."""
    there = zone(space.timezone)
    read_in(replace(reading(), zone=there, today=visit.now.astimezone(there).date()))


@dataclass(frozen=True, slots=True)
class HoldView:
    """What is kept longer than usual, as its readers are told."""

    topic: UUID | None
    until: str
    office: str
    reason: str


def holds_shown(visit: Visit, space: SpaceView, topic: UUID | None = None) -> Sequence[HoldView]:
    """What stands today: everything in the space, or, on a page of a topic, what is about this topic."""
    catalogues, today = visit.services.pages.catalogues, reading().today
    return [
        HoldView(hold.topic, catalogues.date_of(hold.until), hold.office, catalogues.said(ALL_REASONS[hold.reason]))
        for hold in space.holds
        if hold.until >= today and (topic is None or hold.topic in (None, topic))
    ]
