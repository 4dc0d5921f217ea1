"""A space as its pages show it, in the reader's language and in the space's own time."""

from dataclasses import replace

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
