"""Appealing, and deciding an appeal. Nobody decides about a decision of their own, nor about a text of their own."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import NoticeKind
from server.accounts.rules import tell
from server.appeals.models import Appeal, AppealState
from server.appeals.queries import AppealRow, Decided, may_decide
from server.content import CaseState, close_case, hold_still
from server.database import Transaction, changed
from server.errors import Refused, say
from server.ledger.models import Hand
from server.permissions import Viewer
from server.policies import Policies
from server.review import queries as review
from server.review.models import ENDS_THE_CASE, Action, EffectKind
from server.review.reverting import revert
from server.review.rules import CHANGED, release, undo_ends

APPEALABLE = frozenset({Action.REMOVE, Action.REDACT, Action.RETURN, Action.HIDE, Action.MEASURES})
GONE = frozenset({ContentState.WITHDRAWN, ContentState.ERASED})
ONCE = say("There is an appeal about this already. It is answered here.")
TOO_LATE = say("It is too long ago. You can write to the moderators of the space.")
NOTHING = say("Nothing was decided that could be put back.")
NOT_OWN = say("You decided this yourself, or wrote the message. Somebody else must decide.")
ANSWERED = say("A colleague has answered this appeal already.")


def may_appeal(decided: Decided, *, at: datetime, policies: Policies) -> bool:
    """Whether the author can appeal now: they were told, it is not too long ago, nobody put it back, none is made."""
    told = at >= undo_ends(decided.decided_at, policies.moderation)
    return (
        told
        and decided.appeal is None
        and not decided.undone
        and decided.action in APPEALABLE
        and at <= appeals_end(decided.decided_at, policies)
        and decided.message_state not in GONE
    )


def appeals_end(decided_at: datetime, policies: Policies) -> datetime:
    """Until then a decision can be appealed."""
    return decided_at + timedelta(days=policies.appeals.days)


def appeal(tx: Transaction, decided: Decided, text: str, *, at: datetime, policies: Policies) -> None:
    """Ask that somebody else looks again. Raises Refused."""
    if decided.appeal is not None:
        raise Refused(ONCE)
    if at > appeals_end(decided.decided_at, policies):
        raise Refused(TOO_LATE)
    if not may_appeal(decided, at=at, policies=policies):
        raise Refused(NOTHING)
    tx.session.add(
        Appeal(
            decision_id=decided.id,
            membership_id=decided.membership_id,
            space_id=decided.space_id,
            text=text,
            first_decider=decided.member_id,
            made_at=at,
        )
    )


def uphold(tx: Transaction, found: AppealRow, by: Viewer, answer: str, *, at: datetime) -> None:
    """The first decision stays, and its author is told why."""
    _answered(tx, found, by, AppealState.UPHELD, answer, at)
    _tell(tx, found, NoticeKind.APPEAL_UPHELD, at)


def overturn(
    tx: Transaction, found: AppealRow, by: Viewer, answer: str, *, version: int, at: datetime, policies: Policies
) -> None:
    """What the decision did is put back, and the text can be read again; in one transaction.

    Words that their author changed since the page was opened are not published unread: Refused. Words of a redaction
    that were wiped cannot come back; neither is a text that its author has taken back.
    """
    case, decision = _of(tx, found)
    hold_still(tx, case.message_id)
    case, decision = _of(tx, found)
    if case.message_version != version:
        raise Refused(CHANGED)
    member_id = _answered(tx, found, by, AppealState.OVERTURNED, answer, at)
    lost = revert(tx, case, decision, by=member_id, at=at, hand=Hand.APPEAL)
    again = review.case_by_id(tx, found.case_public_id)
    if again is not None and again.state == CaseState.OPEN and decision.action in ENDS_THE_CASE:
        if again.message_state in GONE:
            close_case(tx, again.message_id)  # its author took it back meanwhile: there is nothing to publish
        elif EffectKind.MESSAGE not in lost or again.message_state == ContentState.PUBLISHED:
            release(tx, again, member_id, version=again.version, at=at, policy=policies.moderation)
    _tell(tx, found, NoticeKind.APPEAL_OVERTURNED, at)


def _answered(tx: Transaction, found: AppealRow, by: Viewer, state: AppealState, answer: str, at: datetime) -> int:
    """Write the answer down, once; gives the key of whoever answers. Raises Refused."""
    if by.member_id is None or not may_decide(tx, by, found.id):
        raise Refused(NOT_OWN)
    done = tx.session.execute(
        update(Appeal)
        .where(col(Appeal.id) == found.id, col(Appeal.state) == AppealState.OPEN)
        .values(state=state, decided_by=by.member_id, answer=answer, decided_at=at)
    )
    if changed(done) != 1:
        raise Refused(ANSWERED)
    return by.member_id


def _of(tx: Transaction, found: AppealRow) -> tuple[review.CaseRow, review.DecisionRow]:
    case = review.case_by_id(tx, found.case_public_id)
    decision = review.decision_by_id(tx, found.decision_public_id)
    if case is None or decision is None:
        raise Refused(NOTHING)
    return case, decision


def _tell(tx: Transaction, found: AppealRow, kind: NoticeKind, at: datetime) -> None:
    tell(
        tx,
        found.membership_id,
        kind,
        message=found.message_public_id,
        reason=None,
        due_at=at,
        decision_id=found.decision_id,
    )
