"""Afterwards: the record for everybody who may read the space, and the page on which facilitators write it."""

import csv
import io
from dataclasses import dataclass

from starlette.responses import Response

from server.database import Transaction
from server.errors import NotFound
from server.permissions import Permission, Place, Role
from server.spaces.queries import space_by_id
from server.townhall.asking import staging
from server.townhall.asking.models import QuestionState
from server.townhall.asking.views import QuestionView, question_views
from server.townhall.halls.addresses import the_hall, works_in
from server.townhall.halls.queries import HallFound, HallRow, held_alone
from server.townhall.halls.states import HallState
from server.townhall.halls.team import Acting, acting
from server.townhall.halls.views import hall_view
from server.townhall.record import queries, rules, views
from server.townhall.record.forms import (
    ANSWER,
    OWNER,
    PROMISE,
    UNTIL,
    LateAnswerForm,
    OwedForm,
    PromisedForm,
    PromiseForm,
)
from server.townhall.record.models import Standing
from server.townhall.record.queries import PromiseWords
from server.townhall.record.rules import Promise
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.tongues import blank, labels, tongues, written
from server.web.visit import Visit
from server.web.words import reading

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by some programs that open tables."""


@dataclass(frozen=True)
class RecordFound:
    """The hall of a record that this visit may read, or is told that there is none yet."""

    found: HallFound
    readable: bool

    @property
    def hall(self) -> HallRow:
        """The hall itself."""
        return self.found.hall

    @property
    def place(self) -> Place:
        """Where it is, for the permission table."""
        return self.found.place


def the_record(tx: Transaction, visit: Visit) -> RecordFound | None:
    """The record in the address: for seats, the team, and everybody who may read the hall's space."""
    found = the_hall(tx, visit)
    if found is None:
        return None
    space = space_by_id(tx, found.hall.space_id)
    reads = space is not None and visit.viewer.may(Permission.READ_SPACE, space.place)
    return RecordFound(found, reads or found.seat is not None or works_in(visit, found))


@page("/h/{code}/record", name="hall_record", needs=Permission.ENTER_HALL, at=the_record)
def record_page(visit: Visit, found: RecordFound) -> Response:
    """What was asked and answered, and what is done about it."""
    view = _published(visit, found)
    return visit.page(
        "townhall/record.html",
        hall=hall_view(visit.snapshot, found.hall, reading().language.code),
        record=view,
        edits=visit.viewer.may(Permission.RUN_HALL, found.place),
        kept=found.hall.captions_kept,
    )


@page("/h/{code}/record/table", name="record_table", needs=Permission.ENTER_HALL, at=the_record)
def record_table(visit: Visit, found: RecordFound) -> Response:
    """The same as a table in the reader's language, for a spreadsheet."""
    view = _published(visit, found)
    if view is None:
        raise NotFound
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([list(map(_cell, line)) for line in views.table(view)])
    name = f"record-{found.hall.code}-{reading().language.code}.csv"
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff".encode() + out.getvalue().encode("utf-8"), 200, headers, media_type="text/csv")


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _published(visit: Visit, found: RecordFound) -> views.RecordView | None:
    """None while it is not published. Raises NotFound for those who may not read the space."""
    if not found.readable:
        raise NotFound
    view = views.record_view(visit.snapshot, found.hall, reading().language.code, today=visit.now.date())
    return view if view is not None and view.published_at is not None else None


# Writing it ----------------------------------------------------------------------------------------------


@page("/h/{code}/record/edit", name="edit_record", needs=Permission.RUN_HALL, at=the_hall)
def edit_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The promises, the questions that still need an answer, and the button that publishes.

    One form at a time: for a new promise, for the one that is chosen, or for the question that is chosen.
    """
    tx, hall, language = visit.snapshot, found.hall, reading().language.code
    promises = views.promise_views(tx, hall, language, today=visit.now.date())
    owed = _owed(tx, hall, language, promises)
    question = next((pair for pair in owed if str(pair[0].id) == _chosen(visit, "question")), None)
    mine = question[1] if question else None
    chosen = mine or next((view for view in promises if str(view.id) == _chosen(visit, "commitment")), None)
    shown = FormState({**_given(tx, hall, chosen), **form.values}, form.errors, form.summary)
    parts = tongues(visit, shown, ANSWER if question else PROMISE, first=list(hall.languages))
    said = visit.services.pages.catalogues.said
    return visit.page(
        "townhall/record_edit.html",
        hall=hall_view(tx, hall, language),
        record=queries.record_of(tx, hall.id),
        form=shown,
        labels={"owner": said(OWNER), "due_on": said(UNTIL), **labels(parts)},
        tongues=parts,
        standings=[(str(standing), said(word)) for standing, word in views.STANDINGS.items()],
        promises=[view for view in promises if not view.number],
        chosen=chosen,
        question=question[0] if question else None,
        owed=owed,
        over=hall.state == HallState.CLOSED,
    )


def _chosen(visit: Visit, name: str) -> str:
    """What the page's one form is about: named in the address of the page, or of the form that came back."""
    return str(visit.request.path_params.get(name, "") or visit.query.get(name, ""))


def _owed(
    tx: Transaction, hall: HallRow, language: str, promises: list[views.PromiseView]
) -> list[tuple[QuestionView, views.PromiseView | None]]:
    """Each unanswered question, with the promise of its answer if somebody has made it."""
    rows = [row for row in queries.readable(tx, hall.id) if row.state == QuestionState.LATER]
    by_number = {view.number: view for view in promises if view.number}
    return [(view, by_number.get(view.number)) for view in question_views(tx, rows, language)]


def _given(tx: Transaction, hall: HallRow, chosen: views.PromiseView | None) -> dict[str, str]:
    """The form as it is filled: empty, or with what stands there."""
    empty = {"owner": "", "due_on": "", "standing": str(Standing.PLANNED), **blank(PROMISE), **blank(ANSWER)}
    if chosen is None:
        return empty
    row = next(row for row in queries.commitments_of(tx, hall.id) if row.public_id == chosen.id)
    day = row.due_on.isoformat() if row.due_on else ""
    filled = {**empty, "owner": row.owner, "due_on": day, "standing": str(row.standing)}
    for language, entry in queries.words_of(tx, [row.id]).get(row.id, {}).items():
        filled[f"said_{language}"], filled[f"do_{language}"] = entry.you_said, entry.we_do
        filled[f"because_{language}"] = entry.because
    return filled


def _by(tx: Transaction, visit: Visit, found: HallFound) -> tuple[HallRow, Acting]:
    return held_alone(tx, found.hall.id), acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)


def _promised(form: PromisedForm, base: str) -> Promise:
    typed = written(form, PROMISE, first=base)
    words = {code: PromiseWords(entry["said"], entry["do"], entry["because"]) for code, entry in typed.items()}
    return Promise(words, form.owner, form.due_on, form.standing)


@action(
    "/h/{code}/record/edit",
    name="add_promise",
    needs=Permission.RUN_HALL,
    form=PromiseForm,
    at=the_hall,
    again=edit_page,
)
def add_promise(visit: Visit, found: HallFound, form: PromisedForm) -> Response:
    """One more promise."""
    new = _promised(form, found.hall.base_language)
    with visit.transaction() as tx:
        hall, by = _by(tx, visit, found)
        rules.promise(tx, hall, new, by)
    return visit.redirect_to("edit_record", {"done": "promised"}, code=found.hall.code)


@action(
    "/h/{code}/record/promises/{commitment}",
    name="change_promise",
    needs=Permission.RUN_HALL,
    form=PromiseForm,
    at=the_hall,
    again=edit_page,
)
def change_promise(visit: Visit, found: HallFound, form: PromisedForm) -> Response:
    """Other words, another standing, another day."""
    new = _promised(form, found.hall.base_language)
    with visit.transaction() as tx:
        hall, by = _by(tx, visit, found)
        rules.change(tx, hall, visit.reference("commitment"), new, by)
    return visit.redirect_to("edit_record", {"done": "promised"}, code=found.hall.code)


@action(
    "/h/{code}/record/questions/{question}/owner",
    name="owe_answer",
    needs=Permission.RUN_HALL,
    form=OwedForm,
    at=the_hall,
    again=edit_page,
)
def owe_answer(visit: Visit, found: HallFound, form: OwedForm) -> Response:
    """Who answers it, and until when."""
    assert form.due_on is not None
    with visit.transaction() as tx:
        hall, by = _by(tx, visit, found)
        rules.owe(tx, hall, visit.reference("question"), form.owner, form.due_on, by)
    return visit.redirect_to("edit_record", {"done": "promised"}, code=found.hall.code)


@action(
    "/h/{code}/record/questions/{question}/answer",
    name="answer_afterwards",
    needs=Permission.RUN_HALL,
    form=LateAnswerForm,
    at=the_hall,
    again=edit_page,
)
def answer_afterwards(visit: Visit, found: HallFound, form: Form) -> Response:
    """The answer that came after the hall; it is in the record when that is published again."""
    typed = written(form, ANSWER, first=found.hall.base_language)
    with visit.transaction() as tx:
        hall, by = _by(tx, visit, found)
        for language, entry in typed.items():
            staging.answer(tx, hall, visit.reference("question"), language, entry["answer"], by)
    return visit.redirect_to("edit_record", {"done": "answer_kept"}, code=found.hall.code)


@action("/h/{code}/record/publish", name="publish_record", needs=Permission.RUN_HALL, at=the_hall, again=edit_page)
def publish_record(visit: Visit, found: HallFound, form: Form) -> Response:
    """Let everybody read it who may read the space."""
    with visit.transaction() as tx:
        hall, by = _by(tx, visit, found)
        policies = visit.policies
        rules.publish(tx, hall, by, least=policies.halls.least_told, days=policies.retention.hall_days)
    return visit.redirect_to("hall_record", {"done": "announced"}, code=found.hall.code)


routes = [
    record_page,
    record_table,
    edit_page,
    add_promise,
    change_promise,
    owe_answer,
    answer_afterwards,
    publish_record,
]
