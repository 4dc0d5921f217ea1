"""Where stewards ask that content is kept longer, agree to it, and end it. They read nothing of it here."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.hosting import holds
from server.hosting.finding import the_space
from server.hosting.forms import HoldForm
from server.hosting.holds import Asked
from server.hosting.views import said
from server.permissions import Permission
from server.spaces.holds import ALL_REASONS, HoldRow, asked_or_standing
from server.spaces.lives import MOST_HELD_DAYS
from server.spaces.models import HoldState
from server.spaces.queries import SpaceRow
from server.spaces.views import shown_space
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold as stewards see it."""

    id: UUID
    reason: str
    office: str
    until: date
    asked_on: date
    stands: bool
    own: bool
    topic: UUID | None


@page("/steward/spaces/{space}/holds", name="holds", needs=Permission.STEWARD, at=the_space)
def holds_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """What is held in a space, what waits for a second steward, and the form to ask."""
    today = visit.now.date()
    since = today - timedelta(days=visit.policies.hosting.proposal_days)
    rows = asked_or_standing(visit.snapshot, space.id, today=today, asked_since=since)
    values = {"reason": "", "office": "", "until": "", "topic": "", **form.values}
    return visit.page(
        "hosting/holds.html",
        space=shown_space(visit, space),
        lines=[_line(visit, row) for row in rows],
        choices=[(code, said(visit, sentence)) for code, sentence in ALL_REASONS.items()],
        latest=today + timedelta(days=MOST_HELD_DAYS),
        form=FormState(values, form.errors, form.summary),
    )


def _line(visit: Visit, row: HoldRow) -> HoldLine:
    return HoldLine(
        row.public_id,
        said(visit, ALL_REASONS[row.reason]),
        row.office,
        row.until,
        row.asked_on,
        row.state == HoldState.STANDS,
        row.asked_by is not None and row.asked_by == visit.viewer.member_id,
        row.topic,
    )


@action(
    "/steward/spaces/{space}/holds",
    name="ask_hold",
    needs=Permission.STEWARD,
    form=HoldForm,
    at=the_space,
    again=holds_page,
)
def ask_hold(visit: Visit, space: SpaceRow, form: HoldForm) -> Response:
    """Ask for a hold; it begins when another steward agrees."""
    assert form.until is not None, "the form asks for it"
    asked = Asked(form.reason, form.office, form.until, form.topic)
    with visit.transaction() as tx:
        holds.ask(tx, space.id, member_key(visit), asked, at=visit.now, policy=visit.policies.hosting)
    return visit.redirect_to("holds", {"done": "proposed"}, space=space.slug)


@action(
    "/steward/spaces/{space}/holds/{hold}/agree",
    name="agree_hold",
    needs=Permission.STEWARD,
    at=the_space,
    again=holds_page,
)
def agree_hold(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """The second steward says yes."""
    hold, policy = visit.reference("hold"), visit.policies.hosting
    with visit.transaction() as tx:
        holds.agree(tx, space.id, member_key(visit), hold, at=visit.now, policy=policy)
    return visit.redirect_to("holds", {"done": "agreed"}, space=space.slug)


@action(
    "/steward/spaces/{space}/holds/{hold}/end",
    name="end_hold",
    needs=Permission.STEWARD,
    at=the_space,
    again=holds_page,
)
def end_hold(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """It ends at once."""
    with visit.transaction() as tx:
        holds.end(tx, space.id, member_key(visit), visit.reference("hold"), at=visit.now)
    return visit.redirect_to("holds", {"done": "kept"}, space=space.slug)


routes = [holds_page, ask_hold, agree_hold, end_hold]
