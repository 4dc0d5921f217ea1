"""The addresses of appeals: for authors, signed in or with a case code; and for whoever looks a second time."""

from dataclasses import dataclass

from starlette.responses import Response

from server.appeals import queries, rules, views
from server.appeals.forms import AnswerForm, AppealForm, CodeForm
from server.appeals.queries import AppealRow, Decided
from server.crypto.case_codes import code_of
from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.permissions import INSTALLATION, Permission, Place
from server.review import queries as review
from server.review.views import case_view
from server.web.fields import BLANK, FormState
from server.web.pager import pager, wanted_page
from server.web.rooms import action, page
from server.web.visit import Visit

UNKNOWN = say("We do not know this code. It has sixteen signs; please look at each of them.")


@dataclass(frozen=True, slots=True)
class SecondLook:
    """The appeals that the viewer may decide; its place is one of the spaces of their team."""

    place: Place


def the_decision(tx: Transaction, visit: Visit) -> Decided | None:
    """What the code in the address opens. Guessing is slow."""
    visit.spend(visit.policies.rates.code_per_address, "code", visit.bucket)
    return queries.decided_by_code(tx, visit.request.path_params["code"])


def the_appeals(tx: Transaction, visit: Visit) -> SecondLook | None:
    """The viewer's own list; a guest is led to the sign-in."""
    if not visit.viewer.signed_in or visit.viewer.stewards:
        return SecondLook(INSTALLATION)
    team = queries.team_of(visit.viewer)
    return SecondLook(Place(min(team), readable=False, listed=False)) if team else None


def the_appeal(tx: Transaction, visit: Visit) -> AppealRow | None:
    """The appeal in the address, for whoever may decide it."""
    found = queries.appeal_by_id(tx, visit.reference("appeal"))
    return found if found is not None and queries.may_decide(tx, visit.viewer, found.id) else None


# For authors -------------------------------------------------------------------------------------------


@page("/appeal", name="case_code", needs=Permission.ENTER)
def code_page(visit: Visit, _found: object, form: FormState = BLANK) -> Response:
    """Where somebody types the code of their case."""
    return visit.page("appeals/code.html", form=form)


@action("/appeal", name="open_case", needs=Permission.ENTER, form=CodeForm, again=code_page)
def open_case(visit: Visit, _found: object, form: CodeForm) -> Response:
    """Go to the decision of this code."""
    visit.spend(visit.policies.rates.code_per_address, "code", visit.bucket)
    with visit.services.db.reading() as tx:
        decided = queries.decided_by_code(tx, form.code)
    if decided is None:
        raise Refused(UNKNOWN, field="code")
    return visit.redirect_to("decision", code=code_of(decided.public_id))


@page("/appeal/{code}", name="decision", needs=Permission.ENTER, at=the_decision)
def decision_page(visit: Visit, decided: Decided, form: FormState = BLANK) -> Response:
    """What was decided and why, the appeal if there is one, and the answer."""
    return visit.page("appeals/decision.html", decided=views.decided_view(visit, decided), form=form)


@action("/appeal/{code}", name="appeal", needs=Permission.ENTER, form=AppealForm, at=the_decision, again=decision_page)
def appeal(visit: Visit, decided: Decided, form: AppealForm) -> Response:
    """Ask that somebody else looks."""
    visit.spend(visit.policies.rates.appeal_per_member, "appeal", str(decided.membership_id))
    with visit.transaction() as tx:
        rules.appeal(tx, decided, form.text, at=visit.now, policies=visit.policies)
    return visit.redirect_to("decision", {"done": "appealed"}, code=code_of(decided.public_id))


# For whoever looks a second time -----------------------------------------------------------------------


@page("/review/appeals", name="appeals", needs=Permission.SECOND_LOOK, at=the_appeals)
def appeals_page(visit: Visit, found: SecondLook) -> Response:
    """The appeals that wait, without those about one's own decisions."""
    tx, viewer = visit.snapshot, visit.viewer
    count = queries.waiting_appeals_count(tx, viewer)
    pages = max(1, -(-count // queries.APPEALS_PER_PAGE))
    number = wanted_page(visit, pages)
    last_after = visit.policies.appeals.lost
    waiting = queries.waiting_appeals(tx, viewer, at=visit.now, last_after=last_after, page=number)
    return visit.page(
        "appeals/list.html", appeals=views.lines(visit, waiting), pager=pager(visit, "appeals", number, pages)
    )


@page("/review/appeals/{appeal}", name="second_look", needs=Permission.SECOND_LOOK, at=the_appeal)
def appeal_page(visit: Visit, found: AppealRow, form: FormState = BLANK) -> Response:
    """The text and the guidelines first; what the first moderator thought comes after."""
    case = review.case_by_id(visit.snapshot, found.case_public_id)
    if case is None:
        raise NotFound
    return visit.page(
        "appeals/second_look.html", appeal=views.appeal_view(visit, found), case=case_view(visit, case, None), form=form
    )


@action(
    "/review/appeals/{appeal}/uphold",
    name="uphold",
    needs=Permission.SECOND_LOOK,
    form=AnswerForm,
    at=the_appeal,
    again=appeal_page,
)
def uphold(visit: Visit, found: AppealRow, form: AnswerForm) -> Response:
    """The decision stays."""
    with visit.transaction() as tx:
        rules.uphold(tx, found, visit.viewer, form.answer, at=visit.now)
    return visit.redirect_to("appeals", {"done": "upheld"})


@action(
    "/review/appeals/{appeal}/overturn",
    name="overturn",
    needs=Permission.SECOND_LOOK,
    form=AnswerForm,
    at=the_appeal,
    again=appeal_page,
)
def overturn(visit: Visit, found: AppealRow, form: AnswerForm) -> Response:
    """Everything is put back."""
    with visit.transaction() as tx:
        rules.overturn(
            tx, found, visit.viewer, form.answer, version=form.version, at=visit.now, policies=visit.policies
        )
    return visit.redirect_to("appeals", {"done": "overturned"})


routes = [code_page, open_case, appeals_page, appeal_page, uphold, overturn, decision_page, appeal]
