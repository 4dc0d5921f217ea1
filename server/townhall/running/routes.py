"""The console: what facilitators and moderators see while a hall runs, and how they hold and stop it."""

from starlette.responses import Response

from server.errors import Refused, say
from server.permissions import Permission, Role
from server.townhall.asking import queries
from server.townhall.asking.models import Reason
from server.townhall.asking.views import REASONS
from server.townhall.halls import backstage, rules
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.states import MOVES as LEADS_TO
from server.townhall.halls.states import HallState
from server.townhall.halls.team import acting
from server.townhall.halls.views import hall_view
from server.townhall.polling.views import POLL_STATES, all_polls
from server.townhall.running import closing, readiness, views
from server.townhall.running.forms import CloseForm, MoveForm, NoteForm, PaceForm
from server.townhall.running.words import MOVES, STATES
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import language_name, reading

EVERYBODY = (Role.FACILITATOR, Role.MODERATOR, Role.PROTECTION, Role.HELPER, Role.CAPTIONER, Role.COUNSELLOR)
HOLDING = (Role.FACILITATOR, Role.MODERATOR, Role.PROTECTION)
WATCHED_SECONDS = 60
SURE = say("Please tick that you are sure: there is no way back.")
LONGEST_PAUSE = 3600
NOT_SO_LONG = say("Please choose a time of at most an hour.")


@page("/h/{code}/console", name="hall_console", needs=Permission.WORK_IN_HALL, at=the_hall)
def console_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """What waits, what can be read, and where the hall stands."""
    tx, hall, said = visit.snapshot, found.hall, visit.services.pages.catalogues.said
    language, part = reading().language.code, views.part_of(visit, found)
    views.in_halls_time(visit, hall)
    rows = queries.waiting_questions(tx, hall.id, at=visit.now)
    may_read = part.looks_after and part.signed
    _is_watched(visit, found, part)
    readable = views.readable(tx, hall, language)
    return visit.page(
        "townhall/console.html",
        hall=hall_view(tx, hall, language),
        form=form,
        asked_about=visit.request.path_params.get("question", ""),
        part=part,
        state_words=STATES[HallState(hall.state)],
        moves=_moves(visit, found, part),
        paused_alone=hall.paused_alone,
        may_agree=hall.reopening_by is not None and hall.reopening_by != visit.viewer.member_id,
        asked_to_reopen=hall.reopening_by is not None,
        waiting=views.waiting(visit, found, part, rows) if may_read else [],
        count=len(rows),
        readable=readable,
        others=[(str(row.shown.id), row.shown.number, views.start_of(row.shown.words.text)) for row in readable],
        reasons=[(str(reason), said(REASONS[reason])) for reason in Reason],
        spoken=[(code, language_name(code)) for code in hall.languages],
        timer=views.timer(tx, hall, visit.now),
        notes=views.notes(tx, hall),
        lines=views.lines(tx, hall),
        people=views.about_there(tx, hall),
        polls=all_polls(tx, hall, language, least=visit.policies.halls.least_told) if part.runs else [],
        poll_states=POLL_STATES,
        steps=readiness.steps(tx, hall) if hall.state in (HallState.PREPARING, HallState.EARLY) else [],
    )


def _moves(visit: Visit, found: HallFound, part: views.Part) -> list[tuple[str, str]]:
    """The buttons that this viewer has."""
    said = visit.services.pages.catalogues.said
    if found.hall.state == HallState.STOPPED or not part.holds:
        return []
    offered = [to for to in MOVES if to in LEADS_TO[HallState(found.hall.state)]]
    return [(str(to), said(MOVES[to])) for to in offered if _who_may(found, to) != (Role.FACILITATOR,) or part.runs]


def _who_may(found: HallFound, to: HallState) -> tuple[Role, ...]:
    """Everybody who holds a hall can make it stiller. It is opened for the first time by whoever runs it."""
    if to in (HallState.PAUSED, HallState.FROZEN):
        return HOLDING
    running = found.hall.state in (HallState.PAUSED, HallState.FROZEN)
    return (Role.FACILITATOR, Role.MODERATOR) if to == HallState.OPEN and running else (Role.FACILITATOR,)


def _is_watched(visit: Visit, found: HallFound, part: views.Part) -> None:
    """A moderator looks: without one the hall pauses by itself."""
    before, now = found.hall.watched_at, visit.now
    if part.moderates and (before is None or (now - before).total_seconds() >= WATCHED_SECONDS):
        visit.afterwards = lambda tx: rules.watched(tx, found.hall, now)


@action("/h/{code}/move", name="move_hall", needs=Permission.HOLD_HALL, form=MoveForm, at=the_hall, again=console_page)
def move_hall(visit: Visit, found: HallFound, form: MoveForm) -> Response:
    """Open, pause or hold."""
    if form.to not in MOVES:
        raise Refused(rules.NOT_FROM_HERE)
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *_who_may(found, form.to), at=visit.now)
        rules.move(tx, found.hall, form.to, by, reason=form.reason)
    return visit.redirect_to("hall_console", code=found.hall.code)


@action("/h/{code}/stop", name="stop_hall", needs=Permission.HOLD_HALL, form=Form, at=the_hall, again=console_page)
def stop_hall(visit: Visit, found: HallFound, form: Form) -> Response:
    """Take everything public away at once; the reason can be written afterwards."""
    with visit.transaction() as tx:
        rules.stop(tx, found.hall, acting(tx, found.hall, visit.viewer.member_id, *HOLDING, at=visit.now))
    return visit.redirect_to("hall_console", code=found.hall.code)


@action("/h/{code}/reopen", name="reopen_hall", needs=Permission.HOLD_HALL, at=the_hall, again=console_page)
def reopen_hall(visit: Visit, found: HallFound, form: Form) -> Response:
    """The first of two people asks to open again after a stop, the second agrees."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *HOLDING, at=visit.now)
        if found.hall.reopening_by in (None, by.member_id):
            rules.ask_to_reopen(tx, found.hall, by)
        else:
            rules.agree_to_reopen(tx, found.hall, by)
    return visit.redirect_to("hall_console", code=found.hall.code)


@action(
    "/h/{code}/close", name="close_hall", needs=Permission.RUN_HALL, form=CloseForm, at=the_hall, again=console_page
)
def close_hall(visit: Visit, found: HallFound, form: CloseForm) -> Response:
    """The end. A rehearsal vanishes instead."""
    if not form.sure:
        raise Refused(SURE, field="sure")
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)
        closing.close(tx, found.hall, by, reason=form.reason)
    if found.hall.rehearsal:
        return visit.redirect_to("halls", {"done": "rehearsal_gone"})
    return visit.redirect_to("hall_console", {"done": "hall_closed"}, code=found.hall.code)


@action("/h/{code}/pace", name="set_pace", needs=Permission.HOLD_HALL, form=PaceForm, at=the_hall, again=console_page)
def set_pace(visit: Visit, found: HallFound, form: PaceForm) -> Response:
    """Slow down, or no more."""
    if form.seconds > LONGEST_PAUSE:
        raise Refused(NOT_SO_LONG, field="seconds")
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *HOLDING, at=visit.now)
        rules.slow_down(tx, found.hall, form.seconds, by)
    return visit.redirect_to("hall_console", code=found.hall.code)


@action(
    "/h/{code}/notes", name="write_note", needs=Permission.WORK_IN_HALL, form=NoteForm, at=the_hall, again=console_page
)
def write_note(visit: Visit, found: HallFound, form: NoteForm) -> Response:
    """A message to the others of the team."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *EVERYBODY, at=visit.now)
        backstage.write_note(tx, found.hall, form.message, by, urgent=form.urgent)
    return visit.redirect_to("hall_console", code=found.hall.code)


@action("/h/{code}/notes/{note}/read", name="note_read", needs=Permission.HOLD_HALL, at=the_hall, again=console_page)
def note_read(visit: Visit, found: HallFound, form: Form) -> Response:
    """It was read."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *HOLDING, at=visit.now)
        backstage.note_read(tx, found.hall, visit.reference("note"), by)
    return visit.redirect_to("hall_console", code=found.hall.code)


routes = [
    console_page,
    move_hall,
    stop_hall,
    reopen_hall,
    close_hall,
    set_pace,
    write_note,
    note_read,
]
