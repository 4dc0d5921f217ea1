"""The addresses of a space's hosts and moderators."""

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.errors import Invalid
from server.going_live.views import looked
from server.hosting import (
    card_routes,
    change_routes,
    export_routes,
    hold_routes,
    people_routes,
    queries,
    rules,
    steward_routes,
    views,
)
from server.hosting.finding import the_space
from server.hosting.forms import NO_TIME, HoursForm, LockForm
from server.permissions import Permission
from server.spaces.models import LockReason, SpaceState
from server.spaces.queries import Duty, SpaceRow, hours_of, words_of
from server.spaces.rules import missing
from server.spaces.views import shown_space
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import language_name


@page("/s/{space}/host", name="host", needs=Permission.TEND_SPACE, at=the_space)
def host_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """Everything that a host or a moderator does with a space, and what waits for them."""
    tx, leads = visit.snapshot, visit.viewer.may(Permission.HOST_SPACE, space.place)
    written = words_of(tx, space.id)
    preparing = space.state == SpaceState.PREPARING
    lacks = missing(tx, space, queries.team_of(tx, space.id)) if leads and preparing else []
    proposals = queries.pending(tx, space.id, since=views.oldest_proposal(visit)) if leads else []
    past = queries.history(tx, space.id) if leads else []
    return visit.page(
        "hosting/host.html",
        space=shown_space(visit, space),
        form=form,
        leads=leads,
        preparing=preparing,
        tasks=views.missing_tasks(visit, space, lacks),
        before_the_first=views.before_the_first(visit, space) if leads and preparing else [],
        proposals=[views.change_view(visit, row) for row in proposals],
        history=[views.change_view(visit, row) for row in past],
        cases=queries.cases_waiting(tx, space.id),
        reviews=visit.viewer.may(Permission.OPEN_CASES, space.place),
        people=[views.person_line(visit, holder) for holder in queries.people_of(tx, space.id)] if leads else [],
        languages=views.language_lines(space, written),
        others=views.other_languages(space, written),
        safety=views.said(visit, views.SAFETY_NAMES[space.safety]),
        lock_reasons=[(str(reason), views.said(visit, views.LOCK_REASONS[reason])) for reason in LockReason],
    )


@action("/s/{space}/host/open", name="open_space", needs=Permission.HOST_SPACE, at=the_space, again=host_page)
def open_space(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """Let people in."""
    facts = looked(visit)
    with visit.transaction() as tx:
        rules.open_space(tx, space.id, member_key(visit), at=visit.now, facts=facts, policies=visit.policies)
    return visit.redirect_to("host", {"done": "space_opened"}, space=space.slug)


@action(
    "/s/{space}/host/lock", name="lock_space", needs=Permission.TEND_SPACE, form=LockForm, at=the_space, again=host_page
)
def lock(visit: Visit, space: SpaceRow, form: LockForm) -> Response:
    """Nobody can write from this moment on."""
    with visit.transaction() as tx:
        rules.lock(tx, space.id, member_key(visit), form.reason, at=visit.now)
    return visit.redirect_to("host", {"done": "locked"}, space=space.slug)


@action("/s/{space}/host/unlock", name="unlock_space", needs=Permission.TEND_SPACE, at=the_space, again=host_page)
def unlock(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """People can write again."""
    with visit.transaction() as tx:
        rules.unlock(tx, space.id, member_key(visit), at=visit.now)
    return visit.redirect_to("host", {"done": "unlocked"}, space=space.slug)


@page("/s/{space}/host/hours", name="host_hours", needs=Permission.TEND_SPACE, at=the_space)
def hours_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """When somebody usually looks, for each language."""
    codes = [*space.languages, *(code for code in views.LANGUAGES if code not in space.languages)]
    values = {"language": codes[0], "starts": "", "ends": "", **form.values}
    return visit.page(
        "hosting/hours.html",
        space=shown_space(visit, space),
        hours=hours_of(visit.snapshot, space.id),
        timezone=space.timezone,
        choices=[(code, language_name(code)) for code in codes],
        form=FormState(values, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/hours",
    name="add_hours",
    needs=Permission.TEND_SPACE,
    form=HoursForm,
    at=the_space,
    again=hours_page,
)
def add_hours(visit: Visit, space: SpaceRow, form: HoursForm) -> Response:
    """Say when."""
    if form.starts == form.ends:
        raise Invalid(NO_TIME, field="ends")
    with visit.transaction() as tx:
        hours = Duty(form.language, form.starts, form.ends)
        rules.add_hours(tx, space.id, member_key(visit), hours, at=visit.now)
    return visit.redirect_to("host_hours", {"done": "hours_kept"}, space=space.slug)


@action(
    "/s/{space}/host/hours/remove",
    name="remove_hours",
    needs=Permission.TEND_SPACE,
    form=HoursForm,
    at=the_space,
    again=hours_page,
)
def remove_hours(visit: Visit, space: SpaceRow, form: HoursForm) -> Response:
    """Take hours out."""
    with visit.transaction() as tx:
        hours = Duty(form.language, form.starts, form.ends)
        rules.remove_hours(tx, space.id, member_key(visit), hours, at=visit.now)
    return visit.redirect_to("host_hours", {"done": "hours_kept"}, space=space.slug)


routes = [
    host_page,
    open_space,
    lock,
    unlock,
    hours_page,
    add_hours,
    remove_hours,
    *change_routes.routes,
    *people_routes.routes,
    *card_routes.routes,
    *export_routes.routes,
    *steward_routes.routes,
    *hold_routes.routes,
]
