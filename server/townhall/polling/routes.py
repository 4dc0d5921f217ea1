"""The addresses of whoever runs polls, and of helpers who count hands."""

from starlette.responses import Response

from server.errors import NotFound
from server.permissions import Permission, Role
from server.townhall.halls import queries as halls
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.states import Results
from server.townhall.halls.team import acting
from server.townhall.halls.views import hall_view
from server.townhall.polling import rules, views
from server.townhall.polling.forms import (
    POLL_WORDS,
    ConfirmedForm,
    HandsForm,
    NewPollForm,
    PollForm,
    PreparedForm,
    hands,
    options_in,
)
from server.townhall.polling.models import PollKind
from server.townhall.polling.rules import NewPoll
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.tongues import labels, tongues, written
from server.web.visit import Visit
from server.web.words import reading


@page("/h/{code}/polls", name="hall_polls", needs=Permission.RUN_HALL, at=the_hall)
def polls_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Every poll, and the form of a new one."""
    tx, hall, said = visit.snapshot, found.hall, visit.services.pages.catalogues.said
    usual = {"kind": str(PollKind.SINGLE), "results": str(Results.AFTER_CLOSING), "session": ""}
    shown = FormState({**usual, **form.values}, form.errors, form.summary)
    parts = tongues(visit, shown, POLL_WORDS, first=list(hall.languages))
    return visit.page(
        "townhall/polls.html",
        hall=hall_view(tx, hall, reading().language.code),
        polls=views.all_polls(tx, hall, reading().language.code, least=visit.policies.halls.least_told),
        form=shown,
        tongues=parts,
        labels=labels(parts),
        kinds=[(str(kind), said(views.KINDS[kind])) for kind in PollKind],
        results=[(str(when), said(views.RESULTS[when])) for when in Results],
        poll_states=views.POLL_STATES,
        results_said=views.RESULTS,
    )


@action(
    "/h/{code}/polls",
    name="prepare_poll",
    needs=Permission.RUN_HALL,
    form=NewPollForm,
    at=the_hall,
    again=polls_page,
)
def prepare_poll(visit: Visit, found: HallFound, form: PreparedForm) -> Response:
    """Prepare a poll."""
    typed = written(form, POLL_WORDS, first=found.hall.base_language)
    with visit.transaction() as tx:
        agenda = halls.sessions_of(tx, found.hall.id)
        new = NewPoll(
            kind=form.kind,
            results=form.results,
            sensitive=form.sensitive,
            titles={code: words["title"] for code, words in typed.items()},
            options=options_in(typed),
            session_id=next((item.id for item in agenda if item.public_id == form.session), None),
        )
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        rules.prepare(tx, found.hall, new, by, most=visit.policies.halls.options)
    return visit.redirect_to("hall_polls", {"done": "poll_prepared"}, code=found.hall.code)


@action(
    "/h/{code}/polls/{poll}/open",
    name="open_poll",
    needs=Permission.RUN_HALL,
    form=PollForm,
    at=the_hall,
    again=polls_page,
)
def open_poll(visit: Visit, found: HallFound, form: PollForm) -> Response:
    """People can answer."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        rules.open_poll(tx, found.hall, visit.reference("poll"), form.version, by)
    return visit.redirect_to("hall_polls", code=found.hall.code)


@action(
    "/h/{code}/polls/{poll}/close",
    name="close_poll",
    needs=Permission.RUN_HALL,
    form=PollForm,
    at=the_hall,
    again=polls_page,
)
def close_poll(visit: Visit, found: HallFound, form: PollForm) -> Response:
    """Nobody answers any more; the ballots are gone."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        rules.close_poll(tx, found.hall, visit.reference("poll"), form.version, by)
    return visit.redirect_to("hall_polls", {"done": "poll_closed"}, code=found.hall.code)


def _shown(visit: Visit, found: HallFound, form: PollForm, *, shown: bool) -> Response:
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        rules.show(tx, found.hall, visit.reference("poll"), form.version, by, shown=shown)
    return visit.redirect_to("hall_polls", code=found.hall.code)


@action(
    "/h/{code}/polls/{poll}/show",
    name="show_poll",
    needs=Permission.RUN_HALL,
    form=PollForm,
    at=the_hall,
    again=polls_page,
)
def show_poll(visit: Visit, found: HallFound, form: PollForm) -> Response:
    """On the screens."""
    return _shown(visit, found, form, shown=True)


@action(
    "/h/{code}/polls/{poll}/hide",
    name="hide_poll",
    needs=Permission.RUN_HALL,
    form=PollForm,
    at=the_hall,
    again=polls_page,
)
def hide_poll(visit: Visit, found: HallFound, form: PollForm) -> Response:
    """Off the screens."""
    return _shown(visit, found, form, shown=False)


@action(
    "/h/{code}/polls/{poll}/results",
    name="poll_results_later",
    needs=Permission.RUN_HALL,
    form=PollForm,
    at=the_hall,
    again=polls_page,
)
def poll_results_later(visit: Visit, found: HallFound, form: PollForm) -> Response:
    """Show the numbers later than was said."""
    if form.results is None:
        raise NotFound
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        rules.results_later(tx, found.hall, visit.reference("poll"), form.version, form.results, by)
    return visit.redirect_to("hall_polls", code=found.hall.code)


@page("/h/{code}/hands", name="hall_hands", needs=Permission.ENTER_FOR_OTHERS, at=the_hall)
def hands_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Open polls for which hands in a room are counted."""
    tx, hall = visit.snapshot, found.hall
    polls = views.poll_views(tx, hall, reading().language.code, least=visit.policies.halls.least_told)
    return visit.page(
        "townhall/hands.html",
        hall=hall_view(tx, hall, reading().language.code),
        polls=[poll for poll in polls if poll.state == "open" and not poll.sensitive and poll.kind != PollKind.OPEN],
        own={f"{duty.role} {duty.number}" for duty in found.duties},
        form=form,
    )


@action(
    "/h/{code}/hands/{poll}",
    name="count_hands",
    needs=Permission.ENTER_FOR_OTHERS,
    form=HandsForm,
    at=the_hall,
    again=hands_page,
)
def count_hands(visit: Visit, found: HallFound, form: Form) -> Response:
    """Hands, as one helper counted them."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.HELPER, at=visit.now)
        rules.count_hands(tx, found.hall, visit.reference("poll"), hands(form), by)
    return visit.redirect_to("hall_hands", {"done": "hands_counted"}, code=found.hall.code)


@action(
    "/h/{code}/hands/{poll}/confirm",
    name="confirm_hands",
    needs=Permission.ENTER_FOR_OTHERS,
    form=ConfirmedForm,
    at=the_hall,
    again=hands_page,
)
def confirm_hands(visit: Visit, found: HallFound, form: ConfirmedForm) -> Response:
    """Another helper saw the same."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.HELPER, at=visit.now)
        rules.confirm_hands(tx, found.hall, visit.reference("poll"), form.label, by)
    return visit.redirect_to("hall_hands", {"done": "hands_confirmed"}, code=found.hall.code)


routes = [
    polls_page,
    prepare_poll,
    open_poll,
    close_poll,
    show_poll,
    hide_poll,
    poll_results_later,
    hands_page,
    count_hands,
    confirm_hands,
]
