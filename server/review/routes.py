"""The desk's addresses."""

from starlette.responses import Response

from server.database import Transaction
from server.errors import NotFound, Refused
from server.letters.queries import waiting_letters
from server.permissions import Permission
from server.review import queries, rules, views
from server.review.forms import CaseForm, RemoveForm
from server.review.models import RemovalReason
from server.review.queries import CaseRow, OwnQueue, own_queue
from server.web.fields import BLANK, FormState
from server.web.pager import pager, wanted_page
from server.web.rooms import action, page
from server.web.visit import Visit


def the_queue(tx: Transaction, visit: Visit) -> OwnQueue | None:
    """The viewer's own queue."""
    return own_queue(visit.viewer)


def the_case(tx: Transaction, visit: Visit) -> CaseRow | None:
    """The case in the address, for moderators of its space; never one about a text of their own."""
    case = queries.case_by_id(tx, visit.reference("case"))
    if case is None or case.space.id not in visit.viewer.spaces_reviewed():
        return None
    return None if case.author_id == visit.viewer.member_id else case


@page("/review", name="review", needs=Permission.REVIEW, at=the_queue)
def review(visit: Visit, found: OwnQueue) -> Response:
    """One queue, the most urgent first; no text is shown before it is opened."""
    count = queries.waiting_count(visit.snapshot, visit.viewer)
    pages = max(1, -(-count // queries.CASES_PER_PAGE))
    number = wanted_page(visit, pages)
    return visit.page(
        "review/queue.html",
        cases=views.case_lines(visit, queries.queue(visit.snapshot, visit.viewer, page=number)),
        count=views.count_sentence(visit, count),
        letters=waiting_letters(visit.snapshot, visit.viewer.spaces_reviewed()),
        pager=pager(visit, "review", number, pages),
    )


@page("/review/{case}", name="case", needs=Permission.REVIEW, at=the_case)
def case_page(visit: Visit, case: CaseRow, form: FormState = BLANK) -> Response:
    """A case with its text, what stands around it, and why it is here."""
    said = visit.services.pages.catalogues.said
    return visit.page(
        "review/case.html",
        case=views.case_view(visit, case),
        choices=[(str(reason), said(views.REMOVAL_REASONS[reason])) for reason in RemovalReason],
        form=FormState({"reason": "", **form.values}, form.errors, form.summary),
    )


@action("/review/{case}/claim", name="claim", needs=Permission.REVIEW, form=CaseForm, at=the_case, again=case_page)
def claim(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Take the case."""
    minutes = visit.policies.moderation.claim_minutes
    with visit.transaction() as tx:
        rules.claim(tx, case, moderator_key(visit), version=form.version, at=visit.now, minutes=minutes)
    return visit.redirect_to("case", case=case.public_id)


@action("/review/{case}/unclaim", name="unclaim", needs=Permission.REVIEW, form=CaseForm, at=the_case, again=case_page)
def unclaim(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Give it back."""
    with visit.transaction() as tx:
        rules.unclaim(tx, case, moderator_key(visit), version=form.version)
    return visit.redirect_to("review")


@action("/review/{case}/release", name="release", needs=Permission.REVIEW, form=CaseForm, at=the_case, again=case_page)
def release(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Let it be read, or stay."""
    policy = visit.policies.moderation
    with visit.transaction() as tx:
        rules.release(tx, case, moderator_key(visit), version=form.version, at=visit.now, policy=policy)
    return visit.redirect_to("case", {"done": "released"}, case=case.public_id)


@action("/review/{case}/remove", name="remove", needs=Permission.REVIEW, form=RemoveForm, at=the_case, again=case_page)
def remove(visit: Visit, case: CaseRow, form: RemoveForm) -> Response:
    """Take it out, with a reason."""
    policy = visit.policies.moderation
    with visit.transaction() as tx:
        rules.remove(
            tx,
            case,
            moderator_key(visit),
            version=form.version,
            reason=form.reason,
            at=visit.now,
            policy=policy,
        )
    return visit.redirect_to("case", {"done": "removed"}, case=case.public_id)


@action("/review/{case}/undo", name="undo", needs=Permission.REVIEW, form=CaseForm, at=the_case, again=case_page)
def undo(visit: Visit, case: CaseRow, form: CaseForm) -> Response:
    """Put everything back."""
    policy = visit.policies.moderation
    with visit.transaction() as tx:
        decision = queries.last_decision(tx, case.id)
        if decision is None:
            raise Refused(rules.NOT_NOW)
        rules.undo(tx, case, decision, moderator_key(visit), version=form.version, at=visit.now, policy=policy)
    return visit.redirect_to("case", {"done": "undone"}, case=case.public_id)


def moderator_key(visit: Visit) -> int:
    """The key of the moderator who acts. Raises NotFound for a guest; the permission table has refused before."""
    if visit.viewer.member_id is None:
        raise NotFound
    return visit.viewer.member_id


routes = [review, case_page, claim, unclaim, release, remove, undo]
