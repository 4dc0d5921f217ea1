"""What a steward does with spaces: begins them, appoints hosts, and is the second person where there is one host.

A steward reads no closed circle: these pages show what a space says of itself, and nothing that people wrote in it.
"""

from dataclasses import dataclass

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.database import Transaction
from server.hosting import queries, rules, views
from server.hosting.finding import Proposed, the_change, the_space
from server.hosting.forms import StartForm
from server.hosting.people_routes import link_page, linked
from server.permissions import Permission, Role
from server.spaces.queries import SpaceRow, all_spaces, space_by_slug, space_names
from server.spaces.rules import missing, start_space
from server.spaces.safety import Safety
from server.spaces.views import shown_space
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit
from server.web.words import language_dir, reading


@dataclass(frozen=True, slots=True)
class SpaceLine:
    """A space as a steward sees it in the list."""

    slug: str
    name: str
    language: str
    dir: str
    state: str
    hosts: int
    proposals: int


@page("/steward", name="steward", needs=Permission.STEWARD)
def steward_page(visit: Visit, found: Anywhere) -> Response:
    """What a steward can do."""
    return visit.page("hosting/steward.html", spaces=_lines(visit.snapshot, visit))


def _lines(tx: Transaction, visit: Visit) -> list[SpaceLine]:
    spaces = all_spaces(tx)
    named = space_names(tx, reading().language.code, spaces)
    hosts = queries.hosts_by_space(tx)
    waiting = queries.proposals_by_space(tx, since=views.oldest_proposal(visit))
    lines: list[SpaceLine] = []
    for space in spaces:
        name, _, language = named[space.id]
        count, open_now = hosts.get(space.id, 0), waiting.get(space.id, 0)
        lines.append(
            SpaceLine(
                space.slug,
                name,
                language,
                language_dir(language),
                space.state,
                count,
                open_now if count == 1 else 0,
            )
        )
    return lines


@page("/steward/spaces/new", name="start_space", needs=Permission.STEWARD)
def start_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """The beginning of a space: where it is, who answers for it, and how safe it must be."""
    values = {"slug": "", "host": "", "languages": "", "timezone": "", "safety": str(Safety.CIRCLE), **form.values}
    return visit.page(
        "hosting/start.html",
        choices=views.safety_choices(visit),
        form=FormState(values, form.errors, form.summary),
    )


@action("/steward/spaces/new", name="do_start_space", needs=Permission.STEWARD, form=StartForm, again=start_page)
def do_start(visit: Visit, found: Anywhere, form: StartForm) -> Response:
    """Begin it; its first host gets a link."""
    with visit.transaction() as tx:
        start_space(
            tx,
            slug=form.slug,
            host=form.host,
            languages=form.languages,
            timezone=form.timezone,
            safety=form.safety,
        )
        space = space_by_slug(tx, form.slug)
    assert space is not None
    return _host_link(visit, space)


def _host_link(visit: Visit, space: SpaceRow) -> Response:
    code = linked(visit, space, Role.HOST)
    return link_page(visit, space, Role.HOST, code, back=visit.url("steward_space", space=space.slug))


@page("/steward/spaces/{space}", name="steward_space", needs=Permission.STEWARD, at=the_space)
def space_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """How a space stands: its hosts, what it lacks, and what waits for a second person."""
    tx = visit.snapshot
    team = queries.team_of(tx, space.id)
    rows = queries.pending(tx, space.id, since=views.oldest_proposal(visit))
    hosts = queries.hosts_by_space(tx).get(space.id, 0)
    return visit.page(
        "hosting/steward_space.html",
        space=shown_space(visit, space),
        hosts=hosts,
        moderators=team.moderators,
        lacks=[views.said(visit, views.MISSING[part]) for part in missing(tx, space, team)],
        proposals=[views.change_view(visit, row) for row in rows],
        second_person=hosts == 1,
        safety=views.said(visit, views.SAFETY_NAMES[space.safety]),
        form=form,
    )


@action(
    "/steward/spaces/{space}/host",
    name="appoint_host",
    needs=Permission.STEWARD,
    at=the_space,
    again=space_page,
)
def appoint_host(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """A one-time link for a host."""
    return _host_link(visit, space)


@action(
    "/steward/spaces/{space}/changes/{change}/agree",
    name="steward_agrees",
    needs=Permission.STEWARD,
    at=the_change,
    again=space_page,
)
def steward_agrees(visit: Visit, found: Proposed, form: Form) -> Response:
    """Be the second person of a space that has one host."""
    change, policy = found.change.public_id, visit.policies.hosting
    with visit.transaction() as tx:
        rules.agree(tx, found.space.id, member_key(visit), change, at=visit.now, policy=policy)
    return visit.redirect_to("steward_space", {"done": "agreed"}, space=found.space.slug)


routes = [steward_page, start_page, do_start, space_page, appoint_host, steward_agrees]
