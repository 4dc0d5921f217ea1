"""What the desk's addresses point at, for those who may know of it."""

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.content import PROTECTIVE, Lane
from server.database import Transaction
from server.permissions import Viewer
from server.review import queries, shifts, waiting
from server.review.queries import CaseRow, ProposalRow
from server.review.rules import undo_ends
from server.review.waiting import OwnQueue, own_queue
from server.web.visit import Visit


def the_queue(tx: Transaction, visit: Visit) -> OwnQueue | None:
    """The viewer's own queue."""
    return own_queue(visit.viewer)


def the_case(tx: Transaction, visit: Visit) -> CaseRow | None:
    """The case in the address, for those whose lane it is in; never one about a text of their own.

    Whoever has just decided sees it until they can no longer undo, although it may have gone to others by that.
    """
    case = queries.case_by_id(tx, visit.reference("case"))
    viewer = visit.viewer
    if case is None or not viewer.signed_in or case.author_id == viewer.member_id:
        return None
    mine = _is_mine_to_undo(tx, visit, case)
    if waiting.is_skipped(tx, case.id, viewer.member_id) and not mine:
        return None
    reach = waiting.reach_of(tx, viewer)
    others = queries.lanes_about(tx, case.message_id) - {str(case.lane)}
    if not all(reach.may_open(case.space.id, lane) for lane in others):
        return None
    return case if mine or (reach.may_open(case.space.id, case.lane) and _is_for(viewer, case)) else None


def _is_for(viewer: Viewer, case: CaseRow) -> bool:
    """A complaint about a moderator in which somebody also tells of harm needs training, or the steward."""
    tells_of_harm = case.lane == Lane.AROUND and PROTECTIVE.intersection(case.rules)
    return not tells_of_harm or viewer.stewards or viewer.is_trained(case.space.id)


def _is_mine_to_undo(tx: Transaction, visit: Visit, case: CaseRow) -> bool:
    if case.space.id not in visit.viewer.spaces_reviewed() | visit.viewer.spaces_hosted():
        return False
    last = queries.last_decision(tx, case.id)
    if last is None or last.member_id != visit.viewer.member_id:
        return False
    return visit.now < undo_ends(last.decided_at, visit.policies.moderation)


def the_proposal(tx: Transaction, visit: Visit) -> ProposalRow | None:
    """A suspension that waits, for those who may open its case; never for whom it is about."""
    found = queries.proposal_by_id(tx, visit.reference("proposal"))
    if found is None or found.author_id == visit.viewer.member_id:
        return None
    return found if waiting.reach_of(tx, visit.viewer).may_open(found.space.id, found.lane) else None


def conduct_first(visit: Visit, case: CaseRow) -> Response | None:
    """The way to the code of conduct, unless it was read for this shift."""
    shift = shifts.shift_of(visit.snapshot, visit.viewer)
    if shift.is_on(visit.policies.moderation.shift, at=visit.now):
        return None
    return visit.redirect_to("conduct", {"case": case.public_id})


def moderator_key(visit: Visit) -> int:
    """The key of the moderator who acts."""
    return member_key(visit)
