"""The page of a hall, for somebody with a seat in it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from server.database import Transaction
from server.townhall.asking import queries, views
from server.townhall.asking.rules import author_key
from server.townhall.halls import queries as halls
from server.townhall.halls import telling
from server.townhall.halls.queries import HallFound, HallRow, SeatRow
from server.townhall.halls.rules import VOTES_KEY
from server.townhall.halls.states import Act, Channel, HallState, SessionKind, of_seat
from server.townhall.halls.views import HallView, SessionView, hall_view
from server.web.fields import FormState
from server.web.visit import Visit
from server.web.words import read_in, reading, zone


def shown_hall(visit: Visit, found: HallFound) -> HallView:
    """The hall in the page's language and in its own time."""
    there = zone(found.hall.timezone)
    read_in(replace(reading(), zone=there, today=visit.now.astimezone(there).date()))
    return hall_view(visit.snapshot, found.hall, reading().language.code)


def listed(tx: Transaction, hall: HallRow, seat: SeatRow | None, language: str) -> Sequence[views.QuestionView]:
    """Every question that can be read now, with the marks of this seat; none while the hall is stopped."""
    if not hall.allows(Act.READ):
        return []
    rows = queries.public_questions(tx, hall.id)
    key = halls.key_of(tx, hall.id, VOTES_KEY) if seat else None
    mine = queries.endorsed_by(tx, key, seat.id, rows) if seat and key else set[int]()
    return views.question_views(tx, rows, language, mine=mine)


def own(tx: Transaction, hall: HallRow, seat: SeatRow) -> Sequence[views.OwnView]:
    """What was asked from this seat; nothing any more once the hall's key is destroyed."""
    if halls.key_of(tx, hall.id, "seats") is None:
        return []
    return views.own_views(tx, queries.own_questions(tx, hall.id, author_key(tx, hall, seat)))


def position(tx: Transaction, hall: HallRow, seat: SeatRow) -> str:
    """How much of its channels a page has seen: "pub:12,me:3"; whoever listens goes on from there."""
    public = telling.last_of(tx, hall.id, Channel.PUBLIC)
    own = telling.last_of(tx, hall.id, of_seat(str(seat.public_id)))
    return f"{Channel.PUBLIC}:{public},{Channel.SEAT}:{own}"


def ask_form(form: FormState) -> FormState:
    """The box for a question, with a number of its own."""
    values = {"text": "", "session": "", "language": "", "command": str(uuid4()), **form.values}
    return FormState(values, form.errors, form.summary)


def can_be_asked_about(hall: HallView) -> Sequence[SessionView]:
    """Items of the agenda that take questions."""
    return [item for item in hall.agenda if item.kind == SessionKind.QUESTIONS and item.state != "over"]


def may_take_part(hall: HallRow) -> bool:
    """Whether one can endorse and vote just now."""
    return hall.allows(Act.TAKE_PART)


def is_away(hall: HallRow) -> bool:
    """Whether the public text is withdrawn."""
    return hall.state == HallState.STOPPED
