"""What moderators do with a case. Every act names the version that was on the screen: of two, one wins.

A decision is one transaction: the text's state, the decision, the notices. Undoing is one transaction too.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from moderation.states import ContentState, IllegalMove, Move, moved
from server.accounts.models import Membership, NoticeKind
from server.accounts.rules import count_released, tell, untell
from server.content import Case, CaseState, hold_still, open_case
from server.database import Transaction, changed
from server.errors import Refused, say
from server.events import MODERATORS, MessageReleased, MessageRemoved
from server.finding.rules import learn_message, unlearn_message
from server.forum.models import Flag, Message
from server.forum.rules import recount
from server.forum.telling import forget_answer, tell_of_answer
from server.policies import ModerationPolicy
from server.review.models import Action, Decision
from server.review.queries import CaseRow, DecisionRow

COLLEAGUE = say("A colleague is looking at this one.")
CHANGED = say("This case has changed in the meantime. Please look again.")
OWN_TEXT = say("This is your own message. A colleague must decide.")
NOT_NOW = say("This cannot be done any more.")
TOO_LATE = say("It is too late to undo: the author has been told.")


def claim(tx: Transaction, case: CaseRow, member_id: int, *, version: int, at: datetime, minutes: int) -> None:
    """Take a case for some minutes, so that no colleague works on it too. Raises Refused when one does."""
    _not_own(case, member_id)
    free = col(Case.claimed_by).is_(None) | (col(Case.claimed_until) < at) | (col(Case.claimed_by) == member_id)
    taken = tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.state) == CaseState.OPEN, col(Case.version) == version, free)
        .values(claimed_by=member_id, claimed_until=at + timedelta(minutes=minutes), version=version + 1)
    )
    if changed(taken) != 1:
        raise Refused(COLLEAGUE)


def unclaim(tx: Transaction, case: CaseRow, member_id: int, *, version: int) -> None:
    """Give a case back."""
    tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.claimed_by) == member_id, col(Case.state) == CaseState.OPEN)
        .where(col(Case.version) == version)
        .values(claimed_by=None, claimed_until=None, version=col(Case.version) + 1)
    )


def release(
    tx: Transaction, case: CaseRow, member_id: int, *, version: int, at: datetime, policy: ModerationPolicy
) -> Decision:
    """Let the text be read (or stay), and tell its author and whoever flagged it."""
    decision = _decide(tx, case, member_id, Action.RELEASE, version=version, reason="", at=at)
    if case.message_state != ContentState.PUBLISHED:
        _move(tx, case, Move.RELEASE, was_public=True)
        count_released(tx, case.membership_id, 1)
        _tell_author(tx, case, decision, NoticeKind.RELEASED, reason=None, due_at=at)
        tell_of_answer(tx, case.message_public_id, at=at)
        tx.announce(MessageReleased(MODERATORS, case.message_public_id))
    _tell_flaggers(tx, case, decision, NoticeKind.FLAG_NOT_UPHELD, due_at=undo_ends(at, policy))
    recount(tx, case.topic_id)
    return decision


def remove(
    tx: Transaction,
    case: CaseRow,
    member_id: int,
    *,
    version: int,
    reason: str,
    at: datetime,
    policy: ModerationPolicy,
) -> Decision:
    """Take the text out. Its author is told why, once the time to undo is over."""
    decision = _decide(tx, case, member_id, Action.REMOVE, version=version, reason=reason, at=at)
    _move(tx, case, Move.REMOVE, was_public=None)
    due_at = undo_ends(at, policy)
    _tell_author(tx, case, decision, NoticeKind.REMOVED, reason=reason, due_at=due_at)
    _tell_flaggers(tx, case, decision, NoticeKind.FLAG_UPHELD, due_at=due_at)
    forget_answer(tx, case.message_public_id)
    tx.announce(MessageRemoved(MODERATORS, case.message_public_id))
    recount(tx, case.topic_id)
    return decision


def undo(
    tx: Transaction,
    case: CaseRow,
    decision: DecisionRow,
    member_id: int,
    *,
    version: int,
    at: datetime,
    policy: ModerationPolicy,
) -> None:
    """Put everything back as it was, notices and counts included. Raises Refused once the author was told."""
    if decision.member_id != member_id:
        raise Refused(COLLEAGUE)
    if at >= undo_ends(decision.decided_at, policy):
        raise Refused(TOO_LATE)
    hold_still(tx, case.message_id)
    newer = _newer_signals(tx, case)
    undone = tx.session.execute(
        update(Decision).where(col(Decision.id) == decision.id, col(Decision.undone_at).is_(None)).values(undone_at=at)
    )
    reopened = tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.state) == CaseState.DECIDED, col(Case.version) == version)
        .values(state=CaseState.OPEN, claimed_by=None, claimed_until=None, version=col(Case.version) + 1)
    )
    unlearn_message(tx, case.message_id)
    restored = tx.session.execute(
        update(Message)
        .where(col(Message.id) == case.message_id, col(Message.version) == case.message_version)
        .where(col(Message.state) == _state_after(decision))
        .values(state=decision.state_before, version=case.message_version + 1)
    )
    if not changed(undone) == changed(reopened) == changed(restored) == 1:
        raise Refused(NOT_NOW)
    learn_message(tx, case.message_id)
    if decision.action == Action.RELEASE and decision.state_before != ContentState.PUBLISHED:
        count_released(tx, case.membership_id, -1)
    if newer:
        rules, weight = newer
        open_case(
            tx,
            message_id=case.message_id,
            space_id=case.space.id,
            language=case.language,
            rules=rules,
            weight=weight,
            at=at,
        )
    if decision.action == Action.RELEASE:
        forget_answer(tx, case.message_public_id)
    untell(tx, decision.id)
    recount(tx, case.topic_id)


def _newer_signals(tx: Transaction, case: CaseRow) -> tuple[list[str], float] | None:
    """Flags that came after the decision opened a case of their own: it closes, and its signals come along."""
    found = tx.session.execute(
        update(Case)
        .where(col(Case.message_id) == case.message_id, col(Case.state) == CaseState.OPEN)
        .values(state=CaseState.CLOSED, claimed_by=None, claimed_until=None, version=col(Case.version) + 1)
        .returning(col(Case.rules), col(Case.weight))
    ).first()
    return None if found is None else (list(found.rules), found.weight)


def _state_after(decision: DecisionRow) -> ContentState:
    return ContentState.PUBLISHED if decision.action == Action.RELEASE else ContentState.REMOVED


def _decide(
    tx: Transaction,
    case: CaseRow,
    member_id: int,
    action: Action,
    *,
    version: int,
    reason: str,
    at: datetime,
) -> Decision:
    """Close the case for one decision. Of two who press at once, the second is refused."""
    _not_own(case, member_id)
    hold_still(tx, case.message_id)
    free = col(Case.claimed_by).is_(None) | (col(Case.claimed_until) < at) | (col(Case.claimed_by) == member_id)
    closed = tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.state) == CaseState.OPEN, col(Case.version) == version, free)
        .values(state=CaseState.DECIDED, claimed_by=None, claimed_until=None, version=version + 1)
    )
    if changed(closed) != 1:
        raise Refused(CHANGED if case.version != version or case.state != CaseState.OPEN else COLLEAGUE)
    decision = Decision(
        case_id=case.id,
        member_id=member_id,
        action=action,
        reason=reason,
        state_before=case.message_state,
        decided_at=at,
    )
    tx.session.add(decision)
    tx.session.flush()
    return decision


def _move(tx: Transaction, case: CaseRow, move: Move, *, was_public: bool | None) -> None:
    """Change the text's state, unless its author changed or took it back at the same moment."""
    try:
        state = moved(case.message_state, move)
    except IllegalMove:
        raise Refused(CHANGED) from None
    values: dict[str, object] = {"state": state, "version": case.message_version + 1}
    if was_public is not None:
        values["was_public"] = was_public
    unlearn_message(tx, case.message_id)
    done = tx.session.execute(
        update(Message)
        .where(col(Message.id) == case.message_id, col(Message.version) == case.message_version)
        .values(**values)
    )
    if changed(done) != 1:
        raise Refused(CHANGED)
    learn_message(tx, case.message_id)


def _tell_author(
    tx: Transaction, case: CaseRow, decision: Decision, kind: NoticeKind, *, reason: str | None, due_at: datetime
) -> None:
    tell(
        tx,
        case.membership_id,
        kind,
        message=case.message_public_id,
        reason=reason,
        due_at=due_at,
        decision_id=decision.id,
    )


def _tell_flaggers(tx: Transaction, case: CaseRow, decision: Decision, kind: NoticeKind, *, due_at: datetime) -> None:
    """Everybody who flagged learns the outcome; nobody learns who else did."""
    flaggers = tx.session.execute(
        select(col(Flag.membership_id))
        .join(Membership, col(Membership.id) == col(Flag.membership_id))
        .where(col(Flag.message_id) == case.message_id)
        .order_by(col(Flag.id))
    ).scalars()
    for membership_id in flaggers:
        tell(
            tx,
            membership_id,
            kind,
            message=case.message_public_id,
            reason=None,
            due_at=due_at,
            decision_id=decision.id,
        )


def _not_own(case: CaseRow, member_id: int) -> None:
    if case.author_id == member_id:
        raise Refused(OWN_TEXT)


def undo_ends(at: datetime, policy: ModerationPolicy) -> datetime:
    """Until then a decision made at this moment can be undone; then the author is told."""
    return at + timedelta(minutes=policy.undo_minutes)
