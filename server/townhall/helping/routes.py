"""The helper's desk, and the page where a receipt says what became of a question."""

from dataclasses import replace
from uuid import uuid4

from starlette.responses import Response

from moderation.screening import Author
from server.database import Transaction
from server.errors import Invalid, say
from server.permissions import Permission, Role
from server.townhall.asking.models import QuestionState, Source
from server.townhall.asking.rules import Asking
from server.townhall.asking.views import STATES, own_views
from server.townhall.halls import queries
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.states import Act, HallState, SessionKind
from server.townhall.halls.team import Acting, acting
from server.townhall.halls.views import hall_view
from server.townhall.helping import rules
from server.townhall.helping.forms import EnterForm, MessageForm, ReceiptForm
from server.townhall.helping.messages import Command, Wanted, command
from server.web.fields import BLANK, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading

HANDS = say("Votes in a poll are counted as hands in the room, not one message at a time.")
NO_MESSAGE = say("A message begins with Q, V, P or ?: “Q When does the water come?”, “V 82”, “? 82”.")
NO_RECEIPT = say("Nothing is known under this code. Please look at it again. A day after the hall no code works.")
SOURCES = {
    Source.HELPER: say("one person tells it to me"),
    Source.ROOM: say("people in a room ask it together"),
    Source.SMS: say("it came as a text message"),
}


@page("/h/{code}/help-desk", name="help_desk", needs=Permission.ENTER_FOR_OTHERS, at=the_hall)
def desk_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """One form to enter a question quickly, one to paste a text message."""
    said = visit.services.pages.catalogues.said
    hall = hall_view(visit.snapshot, found.hall, reading().language.code)
    values = {"text": "", "session": "", "language": "", "people": "", "source": str(Source.HELPER), "message": ""}
    return visit.page(
        "townhall/help_desk.html",
        hall=hall,
        form=FormState({**values, "command": str(uuid4()), **form.values}, form.errors, form.summary),
        sources=[(str(source), said(sentence)) for source, sentence in SOURCES.items()],
        sessions=[item for item in hall.agenda if item.kind == SessionKind.QUESTIONS and item.state != "over"],
        may_ask=found.hall.allows(Act.ASK),
        message_command=str(uuid4()),
    )


def _helper(tx: Transaction, visit: Visit, found: HallFound) -> Acting:
    return acting(tx, found.hall, visit.viewer.member_id, Role.HELPER, at=visit.now)


@action(
    "/h/{code}/help-desk",
    name="enter_question",
    needs=Permission.ENTER_FOR_OTHERS,
    form=EnterForm,
    at=the_hall,
    again=desk_page,
)
def enter_question(visit: Visit, found: HallFound, form: EnterForm) -> Response:
    """Ask for somebody, and give them a receipt."""
    asking = _asking(visit, found, form.text, form.language)
    asking = replace(asking, quote_ok=form.quote_ok, command=form.command)
    with visit.transaction() as tx:
        agenda = queries.sessions_of(tx, found.hall.id)
        session = next((item.id for item in agenda if item.public_id == form.session), None)
        asking = replace(asking, session_id=session)
        return _entered(visit, found, tx, asking, form.source, form.people)


def _asking(visit: Visit, found: HallFound, text: str, language: str) -> Asking:
    verdict = visit.screen(text, Author(known=False, vouched=True))
    spoken = language if language in found.hall.languages else verdict.language
    return Asking(text=text, language=spoken, verdict=verdict)


def _entered(visit: Visit, found: HallFound, tx: Transaction, asking: Asking, source: Source, people: int) -> Response:
    """The receipt is shown once, on this page, and stands in no address."""
    entered = rules.enter(tx, found.hall, asking, source=source, people=people, by=_helper(tx, visit, found))
    return visit.page(
        "townhall/help_desk_receipt.html",
        hall=hall_view(tx, found.hall, reading().language.code),
        receipt=entered.receipt,
        waits=entered.asked.state == QuestionState.PENDING,
        address=f"{visit.base}{visit.url('receipt', code=found.hall.code)}",
        hours=visit.policies.retention.hall_author_hours,
    )


@action(
    "/h/{code}/help-desk/message",
    name="enter_message",
    needs=Permission.ENTER_FOR_OTHERS,
    form=MessageForm,
    at=the_hall,
    again=desk_page,
)
def enter_message(visit: Visit, found: HallFound, form: MessageForm) -> Response:
    """Do what a text message asks for."""
    wanted = command(form.message, code=found.hall.code)
    if wanted is None:
        raise Invalid(NO_MESSAGE, field="message")
    if wanted.wanted is Wanted.ANSWER_POLL:
        raise Invalid(HANDS, field="message")
    if wanted.wanted is Wanted.ASK:
        asking = replace(_asking(visit, found, wanted.text, ""), command=form.command)
        with visit.transaction() as tx:
            return _entered(visit, found, tx, asking, Source.SMS, 1)
    return _told(visit, found, form, wanted)


def _told(visit: Visit, found: HallFound, form: MessageForm, wanted: Command) -> Response:
    """What became of a question that everybody can read, to be told to whoever sent the message."""
    with visit.transaction() as tx:
        by = _helper(tx, visit, found)
        if wanted.wanted is Wanted.ENDORSE:
            rules.endorse_for(tx, found.hall, wanted.number, form.command or uuid4(), by)
        question = rules.readable_by_number(tx, found.hall, wanted.number)
        return visit.page(
            "townhall/help_desk_told.html",
            hall=hall_view(tx, found.hall, reading().language.code),
            number_of=wanted.number,
            told=STATES[QuestionState(question.state)],
            counted=wanted.wanted is Wanted.ENDORSE,
        )


@page("/h/{code}/receipt", name="receipt", needs=Permission.ENTER_HALL, at=the_hall)
def receipt_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The box for the code that a helper wrote on paper."""
    return _receipt(visit, found, visit.snapshot, FormState({"receipt": "", **form.values}, form.errors, form.summary))


@action(
    "/h/{code}/receipt",
    name="ask_with_receipt",
    needs=Permission.ENTER_HALL,
    form=ReceiptForm,
    at=the_hall,
    again=receipt_page,
)
def ask_with_receipt(visit: Visit, found: HallFound, form: ReceiptForm) -> Response:
    """What became of the question of this receipt. The code stands in no address."""
    visit.spend(visit.policies.rates.code_per_address, "hall-receipt", visit.bucket)
    with visit.services.db.reading() as tx:
        rows = rules.of_receipt(tx, found.hall, form.receipt)
        if not rows:
            raise Invalid(NO_RECEIPT, field="receipt")
        shown = own_views(tx, rows) if found.hall.state != HallState.STOPPED else []
        return _receipt(visit, found, tx, FormState({"receipt": form.receipt}), shown)


def _receipt(visit: Visit, found: HallFound, tx: Transaction, form: FormState, own: object = ()) -> Response:
    return visit.page(
        "townhall/receipt.html",
        hall=hall_view(tx, found.hall, reading().language.code),
        form=form,
        own=own,
    )


routes = [desk_page, enter_question, enter_message, receipt_page, ask_with_receipt]
