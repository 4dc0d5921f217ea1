"""What the facilitator does with questions that everybody can read, and with the agenda while it runs."""

from starlette.responses import Response

from server.database import Transaction
from server.permissions import Permission, Role
from server.townhall.asking import staging
from server.townhall.halls import arranging, rules
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.team import Acting, acting
from server.townhall.running.forms import FloorForm
from server.townhall.running.routes import console_page
from server.web.fields import Form
from server.web.rooms import action
from server.web.visit import Visit


def _by(visit: Visit, found: HallFound, tx: Transaction) -> Acting:
    return acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)


def _back(visit: Visit, found: HallFound) -> Response:
    return visit.redirect(visit.url("hall_console", code=found.hall.code) + "#readable")


@action(
    "/h/{code}/questions/{question}/stage",
    name="bring_on_stage",
    needs=Permission.RUN_HALL,
    form=FloorForm,
    at=the_hall,
    again=console_page,
)
def bring_on_stage(visit: Visit, found: HallFound, form: FloorForm) -> Response:
    """It is answered now."""
    with visit.transaction() as tx:
        by, question = _by(visit, found, tx), visit.reference("question")
        staging.bring_on_stage(tx, found.hall, question, by, version=form.version)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/unstage",
    name="leave_stage",
    needs=Permission.RUN_HALL,
    form=FloorForm,
    at=the_hall,
    again=console_page,
)
def leave_stage(visit: Visit, found: HallFound, form: FloorForm) -> Response:
    """Back to the others."""
    with visit.transaction() as tx:
        by, question = _by(visit, found, tx), visit.reference("question")
        staging.leave_stage(tx, found.hall, question, by, version=form.version)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/answered",
    name="question_answered",
    needs=Permission.RUN_HALL,
    form=FloorForm,
    at=the_hall,
    again=console_page,
)
def question_answered(visit: Visit, found: HallFound, form: FloorForm) -> Response:
    """It was answered; what was said can be written down."""
    hall = found.hall
    language = form.language if form.language in hall.languages else hall.base_language
    with visit.transaction() as tx:
        by, question = _by(visit, found, tx), visit.reference("question")
        staging.answer(tx, hall, question, language, form.said, by, version=form.version)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/later",
    name="answer_later",
    needs=Permission.RUN_HALL,
    form=FloorForm,
    at=the_hall,
    again=console_page,
)
def answer_later(visit: Visit, found: HallFound, form: FloorForm) -> Response:
    """After the hall."""
    with visit.transaction() as tx:
        by, question = _by(visit, found, tx), visit.reference("question")
        staging.answer_later(tx, found.hall, question, by, version=form.version)
    return _back(visit, found)


@action(
    "/h/{code}/agenda/{item}/begin",
    name="begin_item",
    needs=Permission.RUN_HALL,
    at=the_hall,
    again=console_page,
)
def begin_item(visit: Visit, found: HallFound, form: Form) -> Response:
    """This item is on now."""
    with visit.transaction() as tx:
        by = _by(visit, found, tx)
        session = arranging.session_by_id(tx, found.hall.id, visit.reference("item"))
        rules.begin_session(tx, found.hall, session, by)
    return visit.redirect(visit.url("hall_console", code=found.hall.code) + "#hall")


routes = [bring_on_stage, leave_stage, question_answered, answer_later, begin_item]
