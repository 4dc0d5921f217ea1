"""Halls are found by a code, or in the space that holds them; hosts and facilitators begin them."""

from starlette.responses import Response

from server.database import Transaction
from server.errors import Invalid, Sentence, say
from server.permissions import Permission, Role
from server.spaces.queries import SpaceRow, all_spaces, space_by_slug
from server.spaces.views import shown_space
from server.townhall.halls import queries, rules, views
from server.townhall.halls.forms import HALL_WORDS, BegunForm, CodeForm, NewHallForm
from server.townhall.halls.states import HallState, Risk
from server.townhall.halls.team import acting, note
from server.web.fields import BLANK, FormState
from server.web.rooms import Anywhere, action, page
from server.web.tongues import labels, tongues, written
from server.web.visit import Visit
from server.web.words import reading

NO_HALL = say("There is no hall with this code. Please look at it again.")
RISKS: dict[Risk, Sentence] = {
    Risk.ORDINARY: say("Ordinary: people can speak about this openly where they live"),
    Risk.HIGH: say(
        "High: somebody could be harmed for what is asked. Every question is read first, and this stays so."
    ),
}


def the_space(tx: Transaction, visit: Visit) -> SpaceRow | None:
    """The space in the address."""
    return space_by_slug(tx, visit.request.path_params["space"])


@page("/halls", name="halls", needs=Permission.ENTER)
def halls_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """The box for a code, and the halls of the spaces that this viewer may read."""
    tx, viewer = visit.snapshot, visit.viewer
    spaces = [space for space in all_spaces(tx) if viewer.may(Permission.READ_SPACE, space.place)]
    shown = (HallState.EARLY, HallState.OPEN, HallState.PAUSED, HallState.FROZEN, HallState.CLOSED)
    lines = [
        views.hall_view(tx, hall, reading().language.code)
        for space in spaces
        for hall in queries.halls_of(tx, space.id)
        if hall.state in shown and not hall.rehearsal and hall.risk != Risk.HIGH
    ]
    own = [space for space in spaces if viewer.may(Permission.START_HALL, space.place)]
    return visit.page(
        "townhall/halls.html",
        form=FormState({"code": "", **form.values}, form.errors, form.summary),
        halls=lines,
        spaces=[shown_space(visit, space) for space in own],
    )


@action("/halls", name="find_hall", needs=Permission.ENTER, form=CodeForm, again=halls_page)
def find_hall(visit: Visit, found: Anywhere, form: CodeForm) -> Response:
    """To the hall of a code."""
    visit.spend(visit.policies.rates.code_per_address, "hall-code", visit.bucket)
    with visit.services.db.reading() as tx:
        hall = queries.hall_by_code(tx, form.code)
    if hall is None or hall.state == HallState.PREPARING:
        raise Invalid(NO_HALL, field="code")
    return visit.redirect_to("hall", code=hall.code)


@page("/s/{space}/halls/new", name="new_hall", needs=Permission.START_HALL, at=the_space)
def new_hall_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """What a hall needs to be begun."""
    said = visit.services.pages.catalogues.said
    shown = FormState({"risk": str(Risk.ORDINARY), **form.values}, form.errors, form.summary)
    parts = tongues(visit, shown, HALL_WORDS, first=list(space.languages))
    return visit.page(
        "townhall/new_hall.html",
        space=shown_space(visit, space),
        form=shown,
        tongues=parts,
        labels=labels(parts),
        risks=[(str(risk), said(sentence)) for risk, sentence in RISKS.items()],
    )


@action(
    "/s/{space}/halls/new",
    name="begin_hall",
    needs=Permission.START_HALL,
    form=NewHallForm,
    at=the_space,
    again=new_hall_page,
)
def begin_hall(visit: Visit, space: SpaceRow, form: BegunForm) -> Response:
    """Begin to prepare a hall."""
    typed = written(form, HALL_WORDS, first=space.languages[0])
    base = space.languages[0] if space.languages[0] in typed else next(iter(typed))
    new = rules.NewHall(
        languages=list(typed),
        base_language=base,
        titles={code: words["title"] for code, words in typed.items()},
        purposes={code: words["purpose"] for code, words in typed.items()},
        risk=form.risk,
        rehearsal=form.rehearsal,
        timezone=space.timezone,
    )
    with visit.transaction() as tx:
        hall = rules.begin(tx, space.id, new)
        note(tx, hall, acting(tx, hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now), "begun")
    return visit.redirect_to("hall_console", code=hall.code)


routes = [halls_page, find_hall, new_hall_page, begin_hall]
