"""Search: finds what this viewer may read, keeps nothing of what was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from server.errors import Sentence, say
from server.finding.terms import terms_asked
from server.forum import mutes
from server.forum.found import MOST_TERMS, FoundRow, Part, excerpt, found
from server.permissions import Permission
from server.spaces.queries import SpaceRow, all_spaces, space_names
from server.spaces.views import in_the_time_of
from server.web.fields import FormState, too_long
from server.web.pager import Pager, wanted_page
from server.web.rooms import Anywhere, page
from server.web.visit import Visit
from server.web.words import language_dir, reading

NO_WORDS = say("There is no word in this that can be looked for.")
EVERYWHERE = say("All that you may read")


@dataclass(frozen=True, slots=True)
class FoundView:
    """A result as the page shows it."""

    id: UUID
    title: str
    title_language: str
    title_dir: str
    space: str
    pseudonym: str
    parts: Sequence[Part]
    language: str
    dir: str
    day: str


@page("/search", name="search", needs=Permission.ENTER)
def search_page(visit: Visit, where: Anywhere) -> Response:
    """The box and, when something was asked, what was found."""
    asked = " ".join(visit.query.get("q", "").split())
    readable = [space for space in all_spaces(visit.snapshot) if visit.viewer.may(Permission.READ_SPACE, space.place)]
    names = {key: name for key, (name, _, _) in space_names(visit.snapshot, reading().language.code, readable).items()}
    chosen = visit.query.get("space", "")
    spaces = [space for space in readable if space.slug == chosen] or readable
    limit = visit.policies.text.search_characters
    terms = terms_asked(asked, most=MOST_TERMS) if len(asked) <= limit else []
    by_key = {space.id: space for space in readable}
    rows, more, number = _results(visit, spaces, terms)
    problem = too_long(limit, len(asked)) if len(asked) > limit else NO_WORDS if asked and not terms else None
    return visit.page(
        "forum/search.html",
        422 if problem else 200,
        form=_form(visit, {"q": asked, "space": chosen if len(spaces) < len(readable) else ""}, problem),
        choices=[
            ("", visit.services.pages.catalogues.said(EVERYWHERE)),
            *((s.slug, names[s.id]) for s in readable),
        ],
        asked=bool(terms),
        found=[_view(visit, row, by_key[row.space_id], names, terms) for row in rows],
        pager=_pager(visit, number, more=more),
    )


def _results(visit: Visit, spaces: Sequence[SpaceRow], terms: Sequence[str]) -> tuple[list[FoundRow], bool, int]:
    number = wanted_page(visit, 10)
    if not terms:
        return [], False, number
    viewer, rates = visit.viewer, visit.policies.rates
    if viewer.signed_in:
        visit.spend(rates.search_per_session, "search", viewer.session_key.hex())
    visit.spend(rates.search_per_address, "search", visit.bucket)
    keys = [space.id for space in spaces]
    rows, more = found(visit.snapshot, keys, terms, page=number, without=_unwanted(visit, keys))
    return rows, more, number


def _unwanted(visit: Visit, spaces: Sequence[int]) -> set[int]:
    """Whom the viewer does not want to read. Where they moderate, they find everything: it may be their duty."""
    viewer = visit.viewer
    own = [viewer.standings[key] for key in spaces if key in viewer.standings and key not in viewer.spaces_reviewed()]
    lists = [mutes.muted_by(visit.snapshot, standing.membership_id) for standing in own if standing.has_mutes]
    return set[int]().union(*lists)


def _form(visit: Visit, values: Mapping[str, str], problem: Sentence | None) -> FormState:
    errors = {"q": visit.services.pages.catalogues.said(problem)} if problem else {}
    return FormState(values, errors)


def _view(visit: Visit, row: FoundRow, space: SpaceRow, names: Mapping[int, str], terms: Sequence[str]) -> FoundView:
    in_the_time_of(visit, space)
    return FoundView(
        row.public_id,
        row.topic_title,
        row.topic_language,
        language_dir(row.topic_language),
        names[row.space_id],
        row.pseudonym or "",
        excerpt(row.text, terms),
        row.language,
        language_dir(row.language),
        visit.services.pages.catalogues.day(row.written_at),
    )


def _pager(visit: Visit, number: int, *, more: bool) -> Pager:
    """Newer and older results; how many there are in all is not counted."""

    def link(to: int) -> str:
        query = {name: visit.query[name] for name in ("q", "space") if visit.query.get(name)}
        return visit.url("search", {**query, **({"page": to} if to > 1 else {})})

    return Pager(
        number, number + more, link(number - 1) if number > 1 else None, link(number + 1) if more else None, None
    )


routes = [search_page]
