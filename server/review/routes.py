"""The desk's addresses."""

from datetime import datetime
from functools import partial

from starlette.responses import Response

from server.database import Transaction
from server.errors import Refused
from server.letters.queries import team_of, waiting_letters
from server.permissions import Permission
from server.review import proposal_routes, queries, reverting, rules, shift_routes, shifts, views, waiting
from server.review.acts import Act
from server.review.finding import conduct_first, moderator_key, the_case, the_queue
from server.review.forms import CaseForm, RedactForm, RemoveForm, ReturnForm, SkipForm
from server.review.models import Action
from server.review.queries import CaseRow
from server.review.redaction import parts_in
from server.review.shift_routes import onward
from server.review.waiting import OwnQueue, Show
from server.web.fields import BLANK, FormState
from server.web.pager import pager, wanted_page
from server.web.rooms import action, page
from server.web.visit import Visit


@page("/review", name="review", needs=Permission.OPEN_CASES, at=the_queue)
def review(visit: Visit, found: OwnQueue) -> Response:
    """One queue, the most urgent first; no text is shown before it is opened."""
    tx, viewer = visit.snapshot, visit.viewer
    reach, show = waiting.reach_of(tx, viewer), _shown(visit)
    count = waiting.waiting_count(tx, viewer, reach, show)
    pages = max(1, -(-count // waiting.CASES_PER_PAGE))
    number = wanted_page(visit, pages)
    if reverting.has_to_forget(tx, at=visit.now):
        visit.afterwards = partial(_forgets, at=visit.now)
    return visit.page(
        "review/queue.html",
        cases=views.case_lines(visit, waiting.queue(tx, viewer, reach, show, page=number), reach),
        count=views.count_sentence(visit, count),
        filters=views.filters(visit, reach, show),
        letters=waiting_letters(tx, team_of(viewer)),
        proposals=views.proposal_lines(visit, reach),
        untrained=views.nobody_is_trained(visit, reach),
        pause=views.break_is_due(visit),
        undo=views.undo_view(visit),
        pager=pager(visit, "review", number, pages, query={"show": str(show)} if show else None),
    )


def _shown(visit: Visit) -> Show:
    asked = visit.query.get("show", "")
    return Show(asked) if asked in list(Show) else Show.ALL


def _forgets(tx: Transaction, at: datetime) -> None:
    """Wipe what must not be kept, once the page is on its way."""
    reverting.forget(tx, at=at)


@page("/review/{case}", name="case", needs=Permission.OPEN_CASES, at=the_case)
def case_page(visit: Visit, case: CaseRow, form: FormState = BLANK) -> Response:
    """A case with its text, what stands around it, and why it is here."""
    first = conduct_first(visit, case)
    if first is not None:
        return first
    said = queries.machine_said(visit.snapshot, case.message_id)
    usual = {"strike": "", "parts": "\n".join(views.private_parts(said))}
    blank = dict.fromkeys(("reason", "note", "author", "days", "topic", "advice", "advice_note", "why"), "")
    return visit.page(
        "review/case.html",
        case=views.case_view(visit, case, said),
        choices=views.choices(visit),
        goes_on=bool(visit.query.get("on") or form.values.get("on")),
        pause=views.break_is_due(visit),
        typed=[words for name in ("note", "parts", "advice_note") if (words := form.values.get(name, "").strip())],
        undo=views.undo_view(visit, but=case.public_id),
        form=FormState({**blank, **usual, **form.values}, form.errors, form.summary),
    )


@action("/review/{case}/claim", name="claim", needs=Permission.OPEN_CASES, form=CaseForm, at=the_case, again=case_page)
def claim(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Take the case."""
    policy = visit.policies.moderation
    with visit.transaction() as tx:
        _read_conduct(tx, visit)
        rules.claim(tx, case, moderator_key(visit), version=form.version, at=visit.now, minutes=policy.claim_minutes)
        shifts.opened(tx, visit.viewer, case.severity, policy.shift)
    return visit.redirect_to("case", case=case.public_id)


@action(
    "/review/{case}/unclaim", name="unclaim", needs=Permission.OPEN_CASES, form=CaseForm, at=the_case, again=case_page
)
def unclaim(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Give it back."""
    with visit.transaction() as tx:
        rules.unclaim(tx, case, moderator_key(visit), version=form.version)
    return visit.redirect_to("review")


@action(
    "/review/{case}/release", name="release", needs=Permission.OPEN_CASES, form=CaseForm, at=the_case, again=case_page
)
def release(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Let it be read, or stay."""
    return _decided(visit, case, form, Act(Action.RELEASE), "released")


@action(
    "/review/{case}/remove", name="remove", needs=Permission.OPEN_CASES, form=RemoveForm, at=the_case, again=case_page
)
def remove(visit: Visit, case: CaseRow, form: RemoveForm) -> Response:
    """Take it out, with a reason, and whatever shall happen besides."""
    besides = form.measures(visit.policies.moderation.measures, strike=form.strike)
    return _decided(visit, case, form, Act(Action.REMOVE, form.reason, form.note, measures=besides), "removed")


@action(
    "/review/{case}/measures",
    name="measures",
    needs=Permission.OPEN_CASES,
    form=RemoveForm,
    at=the_case,
    again=case_page,
)
def take_measures(visit: Visit, case: CaseRow, form: RemoveForm) -> Response:
    """Something about the author or the topic only; the message waits on."""
    besides = form.measures(visit.policies.moderation.measures, strike=False)
    return _decided(visit, case, form, Act(Action.MEASURES, form.reason, form.note, measures=besides), "measures")


@action(
    "/review/{case}/redact", name="redact", needs=Permission.OPEN_CASES, form=RedactForm, at=the_case, again=case_page
)
def redact(visit: Visit, case: CaseRow, form: RedactForm) -> Response:
    """Hide some words, and let the rest be read."""
    return _decided(visit, case, form, Act(Action.REDACT, parts=parts_in(form.parts)), "redacted")


@action(
    "/review/{case}/return",
    name="give_back",
    needs=Permission.OPEN_CASES,
    form=ReturnForm,
    at=the_case,
    again=case_page,
)
def give_back(visit: Visit, case: CaseRow, form: ReturnForm) -> Response:
    """Ask the author to change it."""
    return _decided(visit, case, form, Act(Action.RETURN, form.advice, form.advice_note), "given_back")


@action("/review/{case}/hide", name="hide", needs=Permission.OPEN_CASES, form=CaseForm, at=the_case, again=case_page)
def hide(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Nobody reads it until it is decided."""
    return _decided(visit, case, form, Act(Action.HIDE), "hidden")


@action(
    "/review/{case}/escalate", name="escalate", needs=Permission.OPEN_CASES, form=CaseForm, at=the_case, again=case_page
)
def escalate(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Hand it up."""
    return _decided(visit, case, form, Act(Action.ESCALATE), "escalated")


@action("/review/{case}/undo", name="undo", needs=Permission.OPEN_CASES, form=CaseForm, at=the_case, again=case_page)
def undo(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Put everything back."""
    policy = visit.policies.moderation
    with visit.transaction() as tx:
        decision = queries.last_decision(tx, case.id)
        if decision is None:
            raise Refused(rules.NOT_NOW)
        rules.undo(tx, case, decision, moderator_key(visit), version=form.version, at=visit.now, policy=policy)
    return visit.redirect_to("case", {"done": "undone"}, case=case.public_id)


@action("/review/{case}/skip", name="skip", needs=Permission.OPEN_CASES, form=SkipForm, at=the_case, again=case_page)
def skip(visit: Visit, case: CaseRow, form: SkipForm) -> Response:
    """Leave a case to others."""
    with visit.transaction() as tx:
        shifts.skip(tx, case, moderator_key(visit), form.why, at=visit.now)
    return visit.redirect_to("review", {"done": "left"})


def _decided(visit: Visit, case: CaseRow, form: CaseForm, act: Act, done: str) -> Response:
    """Do it, and go on: to the next case, or back to this one."""
    policy, viewer = visit.policies.moderation, visit.viewer
    with visit.transaction() as tx:
        _read_conduct(tx, visit)
        rules.decide(tx, case, moderator_key(visit), act, version=form.version, at=visit.now, policy=policy)
        if case.claimed_by != viewer.member_id:
            shifts.opened(tx, viewer, case.severity, policy.shift)
    return onward(visit, case, done, goes_on=form.on)


def _read_conduct(tx: Transaction, visit: Visit) -> None:
    if not shifts.shift_of(tx, visit.viewer).is_on(visit.policies.moderation.shift, at=visit.now):
        raise Refused(shifts.READ_FIRST)


routes = [
    review,
    *shift_routes.routes,
    *proposal_routes.routes,
    case_page,
    claim,
    unclaim,
    release,
    remove,
    take_measures,
    redact,
    give_back,
    hide,
    escalate,
    undo,
    skip,
]
