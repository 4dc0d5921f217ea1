"""The team of a hall, and the links of its screens. Names are typed here, and shown nowhere."""

from starlette.responses import Response

from server.errors import Refused, say
from server.permissions import HALL_ROLES, Permission, Role
from server.townhall.halls import arranging, team
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.team import acting
from server.townhall.halls.views import hall_view
from server.townhall.running.forms import DismissForm, RoleForm, ScreenForm
from server.townhall.running.stage_routes import LINK
from server.townhall.running.views import in_halls_time
from server.townhall.running.words import ROLES, label_words
from server.web.fields import BLANK, CHOOSE, Form, FormState
from server.web.qr import qr
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import language_name, reading

IN_WHICH_LANGUAGE = say("Please choose the language in which this person writes.")


@page("/h/{code}/team", name="hall_team", needs=Permission.RUN_HALL, at=the_hall)
def team_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Who does what, by role and number."""
    tx, hall, said = visit.snapshot, found.hall, visit.services.pages.catalogues.said
    rows = team.team_of(tx, hall.id)
    usual = {"role": str(Role.MODERATOR), "language": "", "pseudonym": ""}
    return visit.page(
        "townhall/team.html",
        hall=hall_view(tx, hall, reading().language.code),
        form=FormState({**usual, **form.values}, form.errors, form.summary),
        team=[(row, label_words(f"{row.role} {row.number}"), row.member_id == visit.viewer.member_id) for row in rows],
        roles=[(str(role), said(sentence)) for role, sentence in ROLES.items() if role in HALL_ROLES],
        spoken=[("", "—"), *((code, language_name(code)) for code in hall.languages)],
    )


@action("/h/{code}/team", name="give_role", needs=Permission.RUN_HALL, form=RoleForm, at=the_hall, again=team_page)
def give_role(visit: Visit, found: HallFound, form: RoleForm) -> Response:
    """A role in this hall, for a member of the space."""
    hall = found.hall
    if form.role not in HALL_ROLES:
        raise Refused(CHOOSE, field="role")
    language = form.language if form.language in hall.languages and form.role == Role.CAPTIONER else ""
    if form.role == Role.CAPTIONER and not language:
        raise Refused(IN_WHICH_LANGUAGE, field="language")
    with visit.transaction() as tx:
        by = acting(tx, hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        team.appoint(tx, hall, team.member_named(tx, hall, form.pseudonym), form.role, language, by)
    return visit.redirect_to("hall_team", {"done": "role_given"}, code=hall.code)


@action(
    "/h/{code}/team/take", name="take_hall_role", needs=Permission.RUN_HALL, form=DismissForm, at=the_hall,
    again=team_page,
)  # fmt: skip
def take_hall_role(visit: Visit, found: HallFound, form: DismissForm) -> Response:
    """It counts for nothing from now on."""
    hall = found.hall
    with visit.transaction() as tx:
        by = acting(tx, hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        which = (str(form.role), form.number, form.language)
        rows = [row for row in team.team_of(tx, hall.id) if row.given]
        row = next((row for row in rows if (row.role, row.number, row.language) == which), None)
        if row is None:
            raise Refused(team.NO_SUCH_ROLE)
        team.dismiss(tx, hall, row.member_id, form.role, form.language, by)
    return visit.redirect_to("hall_team", {"done": "hall_role_taken"}, code=hall.code)


@page("/h/{code}/screens", name="hall_screens", needs=Permission.RUN_HALL, at=the_hall)
def screens_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The links that open the stage."""
    tx, hall = visit.snapshot, found.hall
    in_halls_time(visit, hall)
    return visit.page(
        "townhall/screens.html",
        hall=hall_view(tx, hall, reading().language.code),
        form=FormState({"language": hall.base_language, **form.values}, form.errors, form.summary),
        screens=arranging.screens_of(tx, hall.id, at=visit.now),
        spoken=[(code, language_name(code)) for code in hall.languages],
        hours=visit.policies.halls.screen_hours,
    )


@action(
    "/h/{code}/screens", name="make_screen", needs=Permission.RUN_HALL, form=ScreenForm, at=the_hall,
    again=screens_page,
)  # fmt: skip
def make_screen(visit: Visit, found: HallFound, form: ScreenForm) -> Response:
    """A link; it is in this answer only."""
    hall, hours = found.hall, visit.policies.halls.screen_hours
    with visit.transaction() as tx:
        by = acting(tx, hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        token = arranging.make_screen(tx, hall, form.language, by, hours=hours)
    address = visit.base + visit.url("hall_stage", code=hall.code).partition("?")[0] + f"?{LINK}={token}"
    return visit.page("townhall/screen.html", code=hall.code, address=address, qr=qr(address), hours=hours)


@action(
    "/h/{code}/screens/{screen}/take-back",
    name="take_screen_back",
    needs=Permission.RUN_HALL,
    at=the_hall,
    again=screens_page,
)
def take_screen_back(visit: Visit, found: HallFound, form: Form) -> Response:
    """The link opens nothing any more."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        arranging.take_screen_back(tx, found.hall, visit.reference("screen"), by)
    return visit.redirect_to("hall_screens", {"done": "screen_back"}, code=found.hall.code)


routes = [
    team_page,
    give_role,
    take_hall_role,
    screens_page,
    make_screen,
    take_screen_back,
]
