"""A moderator's shift: the code of conduct, the next case, breaks, choices, and cases left to others."""

from starlette.responses import Response

from server.notice_board.routes import policy_text
from server.permissions import Permission
from server.review import shifts, views
from server.review.finding import moderator_key, the_queue
from server.review.forms import ConductForm
from server.review.queries import CaseRow
from server.review.shifts import Kind
from server.review.waiting import OwnQueue
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import language_name


@page("/review/conduct", name="conduct", needs=Permission.OPEN_CASES, at=the_queue)
def conduct_page(visit: Visit, found: OwnQueue, form: FormState = BLANK) -> Response:
    """What moderators promise, before the first case of a shift."""
    title, body = policy_text(visit, "code-of-conduct.md")
    case = form.values.get("case", visit.query.get("case", ""))
    return visit.page(
        "review/conduct.html",
        heading=title,
        body=body,
        case=case if views.is_reference(case) else "",
        hours=visit.policies.moderation.shift.hours,
        form=form,
    )


@action(
    "/review/conduct",
    name="do_conduct",
    needs=Permission.OPEN_CASES,
    form=ConductForm,
    at=the_queue,
    again=conduct_page,
)
def do_conduct(visit: Visit, found: OwnQueue, form: ConductForm) -> Response:
    """The shift begins; only this session knows of it."""
    with visit.transaction() as tx:
        shifts.begin(tx, visit.viewer, at=visit.now)
    return visit.redirect_to("case", case=form.case) if form.case else visit.redirect_to("review")


@action("/review/next", name="next_case", needs=Permission.OPEN_CASES, at=the_queue, again=conduct_page)
def next_case(visit: Visit, found: OwnQueue, form: Form) -> Response:
    """The next case that fits, kept for this moderator."""
    with visit.transaction() as tx:
        line = shifts.next_case(tx, visit.viewer, at=visit.now, policy=visit.policies.moderation)
    if line is None:
        return visit.redirect_to("review", {"done": "nothing_fits"})
    return visit.redirect_to("case", {"on": 1}, case=line.public_id)


def onward(visit: Visit, case: CaseRow, done: str, *, goes_on: bool) -> Response:
    """After an act: back to the case, or on to the next one, with the way to undo at its top."""
    if not goes_on:
        return visit.redirect_to("case", {"done": done}, case=case.public_id)
    with visit.transaction() as tx:
        line = shifts.next_case(tx, visit.viewer, at=visit.now, policy=visit.policies.moderation)
    query: dict[str, object] = {"done": done, "undo": case.public_id}
    if line is None:
        return visit.redirect_to("review", query)
    return visit.redirect_to("case", {**query, "on": 1}, case=line.public_id)


@action("/review/break", name="take_break", needs=Permission.OPEN_CASES, at=the_queue)
def take_break(visit: Visit, found: OwnQueue, form: Form) -> Response:
    """Stand up; counting begins anew."""
    with visit.transaction() as tx:
        shifts.rest(tx, visit.viewer, at=visit.now)
    return visit.redirect_to("review", {"done": "rested"})


@page("/review/choices", name="desk_choices", needs=Permission.OPEN_CASES, at=the_queue)
def choices_page(visit: Visit, found: OwnQueue, form: FormState = BLANK) -> Response:
    """Which languages one reads, and what one does not want to be given."""
    chosen = shifts.choice_of(visit.snapshot, visit.viewer.member_id)
    return visit.page(
        "review/choices.html",
        languages=[(code, language_name(code), code in chosen.languages) for code in views.languages_read(visit)],
        kinds=[(str(kind), words, str(kind) in chosen.left_out) for kind, words in views.kinds(visit)],
        form=form,
    )


@action("/review/choices", name="do_desk_choices", needs=Permission.OPEN_CASES, at=the_queue, again=choices_page)
def do_choices(visit: Visit, found: OwnQueue, form: Form) -> Response:
    """Keep them."""
    sent = {name for name, value in visit.pairs if value}
    left_out = [kind for kind in Kind if f"without_{kind}" in sent]
    with visit.transaction() as tx:
        languages = [code for code in views.languages_in(tx, visit) if f"reads_{code}" in sent]
        shifts.choose(tx, moderator_key(visit), languages=languages, left_out=left_out)
    return visit.redirect_to("desk_choices", {"done": "chosen"})


routes = [
    conduct_page,
    do_conduct,
    next_case,
    take_break,
    choices_page,
    do_choices,
]
