"""The addresses of somebody in a hall. Every act is a form; the socket only says what changed."""

from starlette.responses import Response

from server.errors import NotFound
from server.permissions import Permission
from server.townhall.asking import rules
from server.townhall.asking.models import QuestionState
from server.townhall.asking.together import TOGETHER, Together
from server.townhall.attending import acts, views
from server.townhall.attending.forms import AskForm
from server.townhall.halls import seats
from server.townhall.halls.addresses import seat_in, the_hall, the_seat, works_in
from server.townhall.halls.queries import HallFound
from server.townhall.halls.states import Act, HallState
from server.townhall.polling.queries import has_open_poll
from server.townhall.polling.views import poll_views
from server.web.cookies import drop_seat, set_seat
from server.web.fields import BLANK, Form, FormState
from server.web.headers import FRAMED
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading

SOONEST_SECONDS, LATEST_SECONDS = 15, 30
"""How often the list fetches itself anew where there is no script: seldom enough for small purses, see `_every`."""
LIST_BYTES_AN_HOUR, AROUND_BYTES = 650_000, 2_000
"""What the list may cost in an hour, and what goes around it each time: headers of the request and the answer."""


@page("/h/{code}", name="hall", needs=Permission.ENTER_HALL, at=the_hall)
def hall_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The hall; before somebody has a seat, what one should know before coming in."""
    hall = views.shown_hall(visit, found)
    team = works_in(visit, found)
    if views.is_away(found.hall):
        return visit.page("townhall/stopped.html", hall=hall, team=team, form=form, seated=found.seat is not None)
    if found.seat is None:
        policy = visit.policies.retention
        return visit.page(
            "townhall/entry.html",
            hall=hall,
            form=FormState({"text": "", **form.values}, form.errors, form.summary),
            may_join=found.hall.allows(Act.JOIN),
            team=team,
            days=policy.hall_days,
            hours=policy.hall_author_hours,
        )
    tx, language = visit.snapshot, reading().language.code
    in_poll = visit.request.path_params.get("poll", "")
    return visit.page(
        "townhall/hall.html",
        hall=hall,
        seat=found.seat,
        form=views.ask_form(BLANK if in_poll else form),
        mistakes=form,
        in_poll=in_poll,
        own=views.own(tx, found.hall, found.seat),
        polls=poll_views(tx, found.hall, language, least=visit.policies.halls.least_told, seat=found.seat),
        questions=views.listed(tx, found.hall, found.seat, language),
        may_ask=found.hall.allows(Act.ASK),
        may_take_part=views.may_take_part(found.hall),
        sessions=views.can_be_asked_about(hall),
        team=team,
        epoch=found.hall.epoch,
    )


@page("/h/{code}/list", name="hall_list", needs=Permission.ENTER_HALL, at=the_hall)
def list_page(visit: Visit, found: HallFound) -> Response:
    """The questions alone, in a frame that fetches itself anew: what is being typed beside it stays."""
    hall = views.shown_hall(visit, found)
    seat = found.seat
    if seat is None:
        raise NotFound
    paused = "paused" in visit.query
    response = visit.page(
        "townhall/list.html",
        hall=hall,
        questions=views.listed(visit.snapshot, found.hall, seat, reading().language.code),
        may_take_part=views.may_take_part(found.hall),
        open_polls=views.may_take_part(found.hall) and has_open_poll(visit.snapshot, found.hall.id),
        paused=paused,
        epoch=found.hall.epoch,
        at=views.position(visit.snapshot, found.hall, seat),
    )
    response.headers["content-security-policy"] = FRAMED
    if found.hall.state == HallState.STOPPED or not (paused or found.hall.state == HallState.CLOSED):
        response.headers["refresh"] = str(_every(len(bytes(response.body))))
    return response


def _every(size: int) -> int:
    """Seconds between two fetchings of a list of this size, so that an hour of them stays cheap."""
    dear = (size + AROUND_BYTES) * 3_600 // LIST_BYTES_AN_HOUR
    return max(SOONEST_SECONDS, min(dear, LATEST_SECONDS))


@action("/h/{code}/join", name="take_seat", needs=Permission.ENTER_HALL, form=Form, at=the_hall, again=hall_page)
def take_seat(visit: Visit, found: HallFound, form: Form) -> Response:
    """Come in: the browser gets a seat with a neutral name."""
    response = visit.redirect_to("hall", code=found.hall.code)
    if found.seat is not None:
        return response
    visit.spend(visit.policies.rates.seat_per_address, "seat", visit.bucket)
    hours = visit.policies.retention.hall_seat_hours
    language = reading().language.code
    with visit.transaction() as tx:
        seated = seats.take_seat(tx, found.hall, language, at=visit.now, policy=visit.policies.halls, hours=hours)
    set_seat(response, seated.token, secure=visit.secure)
    return response


@action("/h/{code}/leave", name="give_up_seat", needs=Permission.ENTER_HALL, form=Form, at=the_hall)
def give_up_seat(visit: Visit, found: HallFound, form: Form) -> Response:
    """Out of the hall: the seat and the browser's cookie are gone."""
    response = visit.redirect_to("halls")
    if found.seat is not None:
        with visit.transaction() as tx:
            seats.give_up_seat(tx, found.seat)
    drop_seat(response, secure=visit.secure)
    return response


@action("/h/{code}/ask", name="ask", needs=Permission.ATTEND_HALL, form=AskForm, at=the_seat, again=hall_page)
def ask(visit: Visit, found: HallFound, form: AskForm) -> Response:
    """Ask something."""
    written = acts.prepared(visit.services, found.hall, seat_in(found), form, at=visit.now)
    with visit.transaction() as tx:
        asked = written(tx)
    done = "asked" if asked.state == QuestionState.PENDING else "asked_openly"
    return visit.redirect(visit.url("hall", {"done": done}, code=found.hall.code) + f"#own-{asked.question}")


@action(
    "/h/{code}/questions/{question}/endorse",
    name="endorse",
    needs=Permission.ATTEND_HALL,
    form=Form,
    at=the_seat,
    again=hall_page,
)
async def endorse(visit: Visit, found: HallFound, form: Form) -> Response:
    """Want to hear the answer too. Many who press within a moment are kept in one visit."""
    seat = seat_in(found)
    visit.spend(visit.policies.rates.endorse_per_seat, "endorse", str(seat.public_id))
    together: Together = visit.request.scope[TOGETHER]
    await together.endorse(found.hall.id, seat.id, visit.reference("question"))
    return _back_to_list(visit, found)


@action(
    "/h/{code}/questions/{question}/endorse-no-more",
    name="endorse_no_more",
    needs=Permission.ATTEND_HALL,
    form=Form,
    at=the_seat,
    again=hall_page,
)
def endorse_no_more(visit: Visit, found: HallFound, form: Form) -> Response:
    """Take that back."""
    seat = seat_in(found)
    visit.spend(visit.policies.rates.endorse_per_seat, "endorse", str(seat.public_id))
    with visit.transaction() as tx:
        rules.endorse_no_more(tx, found.hall, seat, visit.reference("question"), at=visit.now)
    return _back_to_list(visit, found)


def _back_to_list(visit: Visit, found: HallFound) -> Response:
    """To the frame, if the form stands in one; else to the page."""
    name = "hall_list" if visit.query.get("in") == "list" else "hall"
    return visit.redirect_to(name, code=found.hall.code)


@action(
    "/h/{code}/questions/{question}/take-back",
    name="take_question_back",
    needs=Permission.ATTEND_HALL,
    form=Form,
    at=the_seat,
    again=hall_page,
)
def take_question_back(visit: Visit, found: HallFound, form: Form) -> Response:
    """Withdraw an own question."""
    with visit.transaction() as tx:
        rules.take_back(tx, found.hall, seat_in(found), visit.reference("question"), at=visit.now)
    return visit.redirect_to("hall", {"done": "taken_back_question"}, code=found.hall.code)


routes = [
    hall_page,
    list_page,
    take_seat,
    give_up_seat,
    ask,
    endorse,
    endorse_no_more,
    take_question_back,
]
