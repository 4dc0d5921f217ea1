"""Flags: a member asks a person to look. They order the queue and never act, so that nobody is flagged away."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.content import Case, CaseState, open_case
from server.database import Transaction, metadata
from server.errors import Refused
from server.forum.models import Flag, FlagReason
from server.forum.queries import OwnMessage
from server.forum.rules import NOT_PUBLIC, OWN, state_now
from server.permissions import Standing
from server.policies import FlagPolicy, ModerationPolicy, TrustPolicy

TOGETHER = "together"
"""The rule of a case that many new members flagged at once: moderators are told, and the flags weigh little."""
_UPHELD = ("remove", "redact", "return")


def flag(
    tx: Transaction,
    message: OwnMessage,
    by: Standing,
    reason: FlagReason,
    note: str,
    *,
    at: datetime,
    policy: ModerationPolicy,
) -> None:
    """Ask a person to look. Raises Refused for one's own message, or one that is not public."""
    if message.membership_id == by.membership_id:
        raise Refused(OWN)
    if state_now(tx, message.id) != ContentState.PUBLISHED:
        raise Refused(NOT_PUBLIC)
    tx.session.add(Flag(message_id=message.id, membership_id=by.membership_id, reason=reason, note=note, flagged_at=at))
    tx.session.flush()
    new, known = _flaggers(tx, message.id, policy, at)
    together = new >= policy.flags.together and new > known
    open_case(
        tx,
        message_id=message.id,
        space_id=message.topic.space.id,
        language=message.language,
        rules=[f"flag:{reason}", *([TOGETHER] if together else [])],
        weight=0.0 if together and not by.known else weight_of(tx, by, policy.flags),
        at=at,
    )


def weight_of(tx: Transaction, by: Standing, policy: FlagPolicy) -> float:
    """How much a flag moves a case forward: less from somebody new, more from those whose flags proved right."""
    if not by.known:
        return policy.new_percent / 100
    decisions = metadata.tables["decision"]
    upheld, judged = tx.session.execute(
        select(func.count().filter(decisions.c.action.in_(_UPHELD)), func.count())
        .select_from(Flag)
        .join(Case, and_(col(Case.message_id) == col(Flag.message_id), col(Case.state) == CaseState.DECIDED))
        .join(decisions, and_(decisions.c.case_id == col(Case.id), decisions.c.undone_at.is_(None)))
        .where(col(Flag.membership_id) == by.membership_id, decisions.c.action.in_((*_UPHELD, "release")))
    ).one()
    if judged < policy.judged_from:
        return 1.0
    least, most = policy.least_percent / 100, policy.most_percent / 100
    return least + (most - least) * upheld / judged


def _flaggers(tx: Transaction, message_id: int, policy: ModerationPolicy, at: datetime) -> tuple[int, int]:
    """How many new and how many known members flagged the message in these hours."""
    known = _known(policy.trust)
    new, all_ = tx.session.execute(
        select(func.count().filter(~known), func.count())
        .select_from(Flag)
        .join(Membership, col(Membership.id) == col(Flag.membership_id))
        .where(col(Flag.message_id) == message_id)
        .where(col(Flag.flagged_at) > at - timedelta(hours=policy.flags.together_hours))
    ).one()
    return new, all_ - new


def _known(trust: TrustPolicy) -> ColumnElement[bool]:
    enough = and_(col(Membership.released) >= trust.messages, col(Membership.released_days) >= trust.days)
    return or_(col(Membership.vouched).is_(True), enough)
