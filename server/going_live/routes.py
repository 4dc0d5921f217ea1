"""The list that stewards go through before the first space opens."""

from dataclasses import dataclass

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.database import Transaction
from server.going_live import queries, rules, views
from server.going_live.checklist import states
from server.going_live.forms import ConfirmForm
from server.going_live.models import Line
from server.permissions import INSTALLATION, Permission, Place
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class OneLine:
    """The line in the address."""

    line: Line
    place: Place = INSTALLATION


def the_line(tx: Transaction, visit: Visit) -> OneLine | None:
    """The line of this name."""
    name = visit.request.path_params["line"]
    return OneLine(Line(name)) if name in list(Line) else None


@page("/steward/ready", name="ready", needs=Permission.STEWARD)
def ready_page(visit: Visit, found: Anywhere) -> Response:
    """Every line, and what is missing."""
    tx = visit.snapshot
    found_states = states(tx, views.looked(visit), visit.policies, on=visit.now.date())
    return visit.page(
        "going_live/list.html",
        lines=[views.line_view(visit, state) for state in found_states],
        open_lines=sum(not state.done for state in found_states),
        begun=queries.has_begun(tx),
    )


@page("/steward/ready/{line}", name="ready_line", needs=Permission.STEWARD, at=the_line)
def line_page(visit: Visit, found: OneLine, form: FormState = BLANK) -> Response:
    """What a line means, how it stands, who stood for it."""
    tx = visit.snapshot
    found_states = states(tx, views.looked(visit), visit.policies, on=visit.now.date())
    line = next(views.line_view(visit, state) for state in found_states if state.line == found.line)
    every = [views.given_view(visit, row) for row in queries.confirmations(tx) if row.line == found.line]
    return visit.page(
        "going_live/line.html",
        line=line,
        earlier=[given for given in every if given.over],
        own=any(given.own for given in line.given),
        form=FormState({"role": "", **form.values}, form.errors, form.summary),
    )


@action(
    "/steward/ready/{line}",
    name="confirm_line",
    needs=Permission.STEWARD,
    form=ConfirmForm,
    at=the_line,
    again=line_page,
)
def confirm(visit: Visit, found: OneLine, form: ConfirmForm) -> Response:
    """Stand for it."""
    with visit.transaction() as tx:
        rules.confirm(tx, found.line, member_key(visit), form.role, on=visit.now.date())
    return visit.redirect_to("ready_line", {"done": "line_confirmed"}, line=str(found.line))


@action(
    "/steward/ready/{line}/take-back",
    name="take_line_back",
    needs=Permission.STEWARD,
    at=the_line,
    again=line_page,
)
def take_back(visit: Visit, found: OneLine, form: Form) -> Response:
    """It is not true any more."""
    with visit.transaction() as tx:
        rules.take_back(tx, found.line, member_key(visit), on=visit.now.date())
    return visit.redirect_to("ready_line", {"done": "line_taken_back"}, line=str(found.line))


routes = [ready_page, line_page, confirm, take_back]
