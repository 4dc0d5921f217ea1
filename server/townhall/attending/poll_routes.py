"""Answering polls from a seat."""

from starlette.responses import Response

from moderation.screening import Author
from server.permissions import Permission
from server.townhall.asking import rules as asking
from server.townhall.asking.rules import Asking
from server.townhall.attending.routes import hall_page
from server.townhall.halls.addresses import seat_in, the_seat
from server.townhall.halls.queries import HallFound
from server.townhall.polling import rules
from server.townhall.polling.forms import AnswerForm, ChosenForm, VoteForm, chosen
from server.web.rooms import action
from server.web.visit import Visit


@action(
    "/h/{code}/polls/{poll}/vote",
    name="vote",
    needs=Permission.ATTEND_HALL,
    form=VoteForm,
    at=the_seat,
    again=hall_page,
)
def vote(visit: Visit, found: HallFound, form: ChosenForm) -> Response:
    """Answer a poll, or answer it otherwise."""
    seat = seat_in(found)
    visit.spend(visit.policies.rates.endorse_per_seat, "endorse", str(seat.public_id))
    poll = visit.reference("poll")
    with visit.transaction() as tx:
        rules.vote(tx, found.hall, seat, poll, chosen(form), at=visit.now)
    return visit.redirect(visit.url("hall", {"done": "voted"}, code=found.hall.code) + f"#poll-{poll}")


@action(
    "/h/{code}/polls/{poll}/answer",
    name="answer_poll",
    needs=Permission.ATTEND_HALL,
    form=AnswerForm,
    at=the_seat,
    again=hall_page,
)
def answer_poll(visit: Visit, found: HallFound, form: AnswerForm) -> Response:
    """Answer in own words; a moderator reads it first, as every question."""
    seat = seat_in(found)
    visit.spend(visit.policies.rates.ask_per_seat, "ask", str(seat.public_id))
    verdict = visit.screen(form.text, Author(known=False, vouched=True, pseudonym=seat.name))
    language = form.language if form.language in found.hall.languages else verdict.language
    with visit.transaction() as tx:
        poll = rules.answering_in_words(tx, found.hall, visit.reference("poll"))
        said = Asking(form.text, language, verdict, poll.session_id, poll.id, quote_ok=False, command=form.command)
        asked = asking.ask(tx, found.hall, asking.seat_asker(tx, found.hall, seat), said, at=visit.now)
        rules.tell_answers(tx, found.hall, asked.question, at=visit.now)
    return visit.redirect(visit.url("hall", {"done": "asked"}, code=found.hall.code) + f"#own-{asked.question}")


routes = [vote, answer_poll]
