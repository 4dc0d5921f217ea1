"""The desk: what moderators decide on questions. Each form carries the version that was on the screen."""

from starlette.responses import Response

from server.database import Transaction
from server.errors import Refused
from server.notice_board.routes import policy_text
from server.permissions import Permission, Role
from server.townhall.asking import moderating
from server.townhall.halls import backstage
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.team import Acting, acting
from server.townhall.polling.rules import tell_answers
from server.townhall.running.forms import DecisionForm, QuietForm, RemovalForm
from server.townhall.running.routes import console_page
from server.web.fields import BLANK, CHOOSE, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit

MOST_QUIET_MINUTES = 24 * 60


@page("/h/{code}/conduct", name="hall_conduct", needs=Permission.DECIDE_IN_HALL, at=the_hall)
def conduct_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """What moderators promise, once for each hall."""
    title, body = policy_text(visit, "code-of-conduct.md")
    return visit.page("townhall/conduct.html", code=found.hall.code, heading=title, body=body, form=form)


@action("/h/{code}/conduct", name="sign_conduct", needs=Permission.DECIDE_IN_HALL, at=the_hall, again=conduct_page)
def sign_conduct(visit: Visit, found: HallFound, form: Form) -> Response:
    """Promise it."""
    with visit.transaction() as tx:
        backstage.sign_conduct(tx, found.hall, _one_who_decides(visit, found, tx))
    return visit.redirect_to("hall_console", code=found.hall.code)


def _one_who_decides(visit: Visit, found: HallFound, tx: Transaction) -> Acting:
    return acting(tx, found.hall, visit.viewer.member_id, Role.MODERATOR, Role.PROTECTION, at=visit.now)


def _deciding(visit: Visit, found: HallFound, tx: Transaction) -> Acting:
    """Whoever decides on questions, and has promised to do it well."""
    return backstage.has_promised(tx, found.hall, _one_who_decides(visit, found, tx))


def _back(visit: Visit, found: HallFound) -> Response:
    return visit.redirect(visit.url("hall_console", code=found.hall.code) + "#waiting")


@action(
    "/h/{code}/questions/{question}/claim",
    name="claim_question",
    needs=Permission.DECIDE_IN_HALL,
    at=the_hall,
    again=console_page,
)
def claim_question(visit: Visit, found: HallFound, form: Form) -> Response:
    """Keep it for oneself, for a minute."""
    with visit.transaction() as tx:
        by, seconds = _deciding(visit, found, tx), visit.policies.halls.claim_seconds
        moderating.claim(tx, found.hall, visit.reference("question"), by, seconds=seconds)
    return visit.redirect(visit.url("hall_console", code=found.hall.code) + f"#w-{visit.reference('question')}")


@action(
    "/h/{code}/questions/{question}/approve",
    name="approve_question",
    needs=Permission.DECIDE_IN_HALL,
    form=DecisionForm,
    at=the_hall,
    again=console_page,
)
def approve_question(visit: Visit, found: HallFound, form: DecisionForm) -> Response:
    """Let everybody read it, as it is or without private details."""
    question = visit.reference("question")
    with visit.transaction() as tx:
        by = _deciding(visit, found, tx)
        moderating.approve(tx, found.hall, question, form.version, by, public_text=form.text)
        tell_answers(tx, found.hall, question, at=visit.now)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/decline",
    name="decline_question",
    needs=Permission.DECIDE_IN_HALL,
    form=DecisionForm,
    at=the_hall,
    again=console_page,
)
def decline_question(visit: Visit, found: HallFound, form: DecisionForm) -> Response:
    """Do not take it; its author is told why."""
    with visit.transaction() as tx:
        by, question = _deciding(visit, found, tx), visit.reference("question")
        moderating.decline(tx, found.hall, question, form.version, form.reason, form.note, by)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/merge",
    name="merge_question",
    needs=Permission.DECIDE_IN_HALL,
    form=DecisionForm,
    at=the_hall,
    again=console_page,
)
def merge_question(visit: Visit, found: HallFound, form: DecisionForm) -> Response:
    """It asks the same as another one."""
    if form.into is None:
        raise Refused(CHOOSE, field="into")
    with visit.transaction() as tx:
        by = _deciding(visit, found, tx)
        moderating.merge(tx, found.hall, visit.reference("question"), form.version, form.into, by)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/divert",
    name="divert_question",
    needs=Permission.DECIDE_IN_HALL,
    form=DecisionForm,
    at=the_hall,
    again=console_page,
)
def divert_question(visit: Visit, found: HallFound, form: DecisionForm) -> Response:
    """Show its author the private door; the words go."""
    with visit.transaction() as tx:
        by = _deciding(visit, found, tx)
        moderating.divert(tx, found.hall, visit.reference("question"), form.version, by)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/remove",
    name="remove_question",
    needs=Permission.MODERATE_HALL,
    form=RemovalForm,
    at=the_hall,
    again=console_page,
)
def remove_question(visit: Visit, found: HallFound, form: RemovalForm) -> Response:
    """Take out what everybody could read."""
    question = visit.reference("question")
    with visit.transaction() as tx:
        by = backstage.has_promised(tx, found.hall, _moderator(visit, found, tx))
        moderating.remove(tx, found.hall, question, form.reason, form.note, by)
        tell_answers(tx, found.hall, question, at=visit.now)
    return _back(visit, found)


@action(
    "/h/{code}/questions/{question}/quieten",
    name="quieten_seat",
    needs=Permission.MODERATE_HALL,
    form=QuietForm,
    at=the_hall,
    again=console_page,
)
def quieten_seat(visit: Visit, found: HallFound, form: QuietForm) -> Response:
    """Whoever asked it asks nothing for a while; nobody learns who it is."""
    minutes = min(max(1, form.minutes), MOST_QUIET_MINUTES)
    with visit.transaction() as tx:
        by = backstage.has_promised(tx, found.hall, _moderator(visit, found, tx))
        moderating.quieten(tx, found.hall, visit.reference("question"), minutes, by)
    return _back(visit, found)


def _moderator(visit: Visit, found: HallFound, tx: Transaction) -> Acting:
    return acting(tx, found.hall, visit.viewer.member_id, Role.MODERATOR, at=visit.now)


routes = [
    conduct_page,
    sign_conduct,
    claim_question,
    approve_question,
    decline_question,
    merge_question,
    divert_question,
    remove_question,
    quieten_seat,
]
