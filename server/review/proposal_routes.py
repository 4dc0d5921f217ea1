"""Longer suspensions, which begin only when a second person agrees."""

from starlette.responses import Response

from server.permissions import Permission
from server.review import measures, views
from server.review.finding import moderator_key, the_proposal
from server.review.queries import ProposalRow
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.visit import Visit


@page("/review/proposals/{proposal}", name="proposal", needs=Permission.OPEN_CASES, at=the_proposal)
def proposal_page(visit: Visit, found: ProposalRow, form: FormState = BLANK) -> Response:
    """Whom it is about, why, for how long, and who must agree."""
    return visit.page("review/proposal.html", proposal=views.proposal_view(visit, found), form=form)


@action(
    "/review/proposals/{proposal}/agree",
    name="confirm_proposal",
    needs=Permission.OPEN_CASES,
    at=the_proposal,
    again=proposal_page,
)
def confirm(visit: Visit, found: ProposalRow, form: Form) -> Response:
    """Be the second person."""
    with visit.transaction() as tx:
        measures.confirm(tx, found, moderator_key(visit), at=visit.now, policy=visit.policies.moderation)
    return visit.redirect_to("review", {"done": "suspended"})


@action(
    "/review/proposals/{proposal}/put-away",
    name="put_proposal_away",
    needs=Permission.OPEN_CASES,
    at=the_proposal,
    again=proposal_page,
)
def put_away(visit: Visit, found: ProposalRow, form: Form) -> Response:
    """Nothing comes of it."""
    with visit.transaction() as tx:
        measures.put_away(tx, found)
    return visit.redirect_to("review", {"done": "put_away"})


routes = [proposal_page, confirm, put_away]
