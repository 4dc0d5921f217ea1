"""A page for whoever asks for a counsellor, and one for the counsellors."""

from starlette.responses import Response

from server.permissions import Permission, Role
from server.townhall.calling import queries, rules
from server.townhall.calling.forms import AnswerCallForm
from server.townhall.halls.addresses import seat_in, the_hall, the_seat
from server.townhall.halls.queries import HallFound
from server.townhall.halls.team import acting
from server.townhall.halls.views import hall_view
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading


@page("/h/{code}/counsellor", name="counsellor", needs=Permission.ENTER_HALL, at=the_hall)
def counsellor_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Whom one can speak to, here and elsewhere; for somebody with a seat."""
    tx, hall = visit.snapshot, found.hall
    key = rules.caller_key(tx, hall, found.seat) if found.seat is not None else b""
    return visit.page(
        "townhall/counsellor.html",
        hall=hall_view(tx, hall, reading().language.code),
        form=form,
        seated=found.seat is not None,
        on_duty=queries.somebody_on_duty(tx, hall.id),
        call=queries.own_call(tx, hall.id, key) if key else None,
    )


@action(
    "/h/{code}/counsellor",
    name="call_counsellor",
    needs=Permission.ATTEND_HALL,
    form=Form,
    at=the_seat,
    again=counsellor_page,
)
def call_counsellor(visit: Visit, found: HallFound, form: Form) -> Response:
    """Ask for a counsellor."""
    seat = seat_in(found)
    visit.spend(visit.policies.rates.ask_per_seat, "call", str(seat.public_id))
    with visit.transaction() as tx:
        rules.call(tx, found.hall, seat, at=visit.now)
    return visit.redirect_to("counsellor", code=found.hall.code)


@action(
    "/h/{code}/counsellor/no-more",
    name="call_no_more",
    needs=Permission.ATTEND_HALL,
    form=Form,
    at=the_seat,
    again=counsellor_page,
)
def call_no_more(visit: Visit, found: HallFound, form: Form) -> Response:
    """Take the call back."""
    with visit.transaction() as tx:
        rules.call_no_more(tx, found.hall, seat_in(found), at=visit.now)
    return visit.redirect_to("counsellor", code=found.hall.code)


@page("/h/{code}/calls", name="calls", needs=Permission.ANSWER_CALLS, at=the_hall)
def calls_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Who asks for a counsellor."""
    tx, hall = visit.snapshot, found.hall
    calls = queries.calls_of(tx, hall.id)
    return visit.page("townhall/calls.html", hall=hall_view(tx, hall, reading().language.code), form=form, calls=calls)


@action(
    "/h/{code}/calls/{call}",
    name="answer_call",
    needs=Permission.ANSWER_CALLS,
    form=AnswerCallForm,
    at=the_hall,
    again=calls_page,
)
def answer_call(visit: Visit, found: HallFound, form: AnswerCallForm) -> Response:
    """Say where one can be found, or that it is over."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.COUNSELLOR, Role.PROTECTION, at=visit.now)
        rules.answer(tx, found.hall, visit.reference("call"), form.note, by)
    return visit.redirect_to("calls", code=found.hall.code)


routes = [counsellor_page, call_counsellor, call_no_more, calls_page, answer_call]
