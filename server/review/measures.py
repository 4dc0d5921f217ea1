"""Strikes and restrictions: what a person may decide about a member, for a while and in one space.

Nothing here happens by itself. Reading, letters, one's own page and leaving are never restricted.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlmodel import col

from server.accounts.models import Membership, NoticeKind
from server.accounts.rules import tell
from server.content import hold_author_still
from server.database import Transaction, changed
from server.errors import NotFound, Refused, say
from server.policies import MeasuresPolicy, ModerationPolicy, StrikePolicy
from server.review.acts import Measures
from server.review.effects import Book
from server.review.models import (
    EffectKind,
    Restriction,
    RestrictionKind,
    RestrictionState,
    Strike,
)
from server.review.queries import CaseRow, ProposalRow

TOO_LONG = say("That is longer than one person may decide.")
OWN_PROPOSAL = say("You proposed this. A second person must agree.")
DECIDED = say("This proposal was decided already.")
TOO_OLD = say("This proposal is too old. Please make a new one if it is still needed.")


class Proposal(StrEnum):
    """What the desk proposes to the moderator, by the strikes that count now. Nothing follows by itself."""

    NOTHING = ""
    WARN = "warn"
    LIMIT = "limit"
    PAUSE = "pause"
    SUSPEND = "suspend"


def proposed(tx: Transaction, membership_id: int, policy: StrikePolicy, *, at: datetime) -> Proposal:
    """What the strikes in force add up to."""
    total: int = tx.session.execute(
        select(func.coalesce(func.sum(col(Strike.weight)), 0)).where(
            col(Strike.membership_id) == membership_id, col(Strike.expires_at) > at
        )
    ).scalar_one()
    steps = (
        (policy.suspend_from, Proposal.SUSPEND),
        (policy.pause_from, Proposal.PAUSE),
        (policy.limit_from, Proposal.LIMIT),
        (policy.warn_from, Proposal.WARN),
    )
    return next((step for least, step in steps if total >= least), Proposal.NOTHING)


def check(asked: Measures, policy: MeasuresPolicy) -> None:
    """Raises Refused for more than the policy allows."""
    pairs = (
        (asked.limit_days, policy.limit_most_days),
        (asked.pause_days, policy.pause_most_days),
        (asked.suspend_days, policy.suspension_most_days),
        (asked.slow_minutes or 0, policy.slow_most_minutes),
    )
    if any(value > most for value, most in pairs):
        raise Refused(TOO_LONG)


def take(
    book: Book,
    case: CaseRow,
    member_id: int,
    asked: Measures,
    *,
    reason: str,
    at: datetime,
    due_at: datetime,
    policy: ModerationPolicy,
) -> None:
    """Carry out what was asked for besides the text; the author is told of each at `due_at`."""
    check(asked, policy.measures)
    if asked.strike:
        _strike(book, case.membership_id, reason, at, policy.strikes)
    if asked.warn:
        _tell(book, case.membership_id, NoticeKind.WARNED, due_at, reason=reason)
    for kind, days in (
        (RestrictionKind.LIMIT, asked.limit_days),
        (RestrictionKind.PAUSE, asked.pause_days),
        (RestrictionKind.SUSPENSION, asked.suspend_days),
    ):
        if days:
            _restrict(book, case.membership_id, member_id, kind, days, reason=reason, at=at, due_at=due_at)
    if asked.lock:
        book.change_topic(case.topic_id, closed=True)
    if asked.slow_minutes is not None:
        book.change_topic(case.topic_id, slow_minutes=asked.slow_minutes)


def _strike(book: Book, membership_id: int, reason: str, at: datetime, policy: StrikePolicy) -> None:
    weight = policy.weights.get(reason, 0)
    if not weight:
        return
    strike = Strike(
        membership_id=membership_id,
        decision_id=book.decision_id,
        weight=weight,
        reason=reason,
        given_at=at,
        expires_at=at + timedelta(days=policy.lasts_days(weight)),
    )
    book.tx.session.add(strike)
    book.tx.session.flush()
    assert strike.id is not None
    book.note(EffectKind.STRIKE, strike.id, {}, {"weight": weight})


def _restrict(
    book: Book,
    membership_id: int,
    member_id: int,
    kind: RestrictionKind,
    days: int,
    *,
    reason: str,
    at: datetime,
    due_at: datetime,
) -> None:
    """Restrict for some days; a suspension only waits for a second person."""
    waits = kind is RestrictionKind.SUSPENSION
    row = Restriction(
        membership_id=membership_id,
        decision_id=book.decision_id,
        kind=kind,
        state=RestrictionState.PROPOSED if waits else RestrictionState.IN_FORCE,
        days=days,
        by_member_id=member_id,
        begun_at=at,
        until=None if waits else at + timedelta(days=days),
    )
    book.tx.session.add(row)
    book.tx.session.flush()
    assert row.id is not None
    book.note(EffectKind.RESTRICTION, row.id, {}, {"membership_id": membership_id})
    if waits:
        return
    in_force_until(book.tx, membership_id)
    told = NoticeKind.LIMITED if kind is RestrictionKind.LIMIT else NoticeKind.PAUSED
    _tell(book, membership_id, told, due_at, reason=reason, until=row.until)


def _tell(
    book: Book, membership_id: int, kind: NoticeKind, due_at: datetime, *, reason: str, until: datetime | None = None
) -> None:
    tell(
        book.tx,
        membership_id,
        kind,
        message=None,
        reason=reason or None,
        due_at=due_at,
        decision_id=book.decision_id,
        until=until,
    )


def in_force_until(tx: Transaction, membership_id: int) -> None:
    """Write to the membership until when its restrictions hold; the rows alone say what is so."""

    def latest(*kinds: RestrictionKind) -> datetime | None:
        return tx.session.execute(
            select(func.max(col(Restriction.until))).where(
                col(Restriction.membership_id) == membership_id,
                col(Restriction.state) == RestrictionState.IN_FORCE,
                col(Restriction.kind).in_(kinds),
            )
        ).scalar_one()

    tx.flush()
    hold_author_still(tx, membership_id)
    tx.session.execute(
        update(Membership)
        .where(col(Membership.id) == membership_id)
        .values(
            limited_until=latest(RestrictionKind.LIMIT),
            suspended_until=latest(RestrictionKind.PAUSE, RestrictionKind.SUSPENSION),
        )
    )


def confirm(tx: Transaction, found: ProposalRow, member_id: int, *, at: datetime, policy: ModerationPolicy) -> None:
    """Be the second person of a suspension: it begins now, and its author is told.

    Raises Refused for whoever proposed it (the table refuses that too), and for one that is too old or decided.
    """
    if member_id == found.by_member_id:
        raise Refused(OWN_PROPOSAL)
    if found.author_id == member_id:
        raise NotFound
    if found.begun_at <= at - timedelta(days=policy.measures.proposal_days):
        raise Refused(TOO_OLD)
    until = at + timedelta(days=found.days)
    hold_author_still(tx, found.membership_id)  # before the row, as whoever puts the decision back does
    done = tx.session.execute(
        update(Restriction)
        .where(col(Restriction.id) == found.id, col(Restriction.state) == RestrictionState.PROPOSED)
        .values(state=RestrictionState.IN_FORCE, confirmed_by=member_id, until=until)
    )
    if changed(done) != 1:
        raise Refused(DECIDED)
    in_force_until(tx, found.membership_id)
    _tell(
        Book(tx, found.decision_id, found.reason, at),
        found.membership_id,
        NoticeKind.PAUSED,
        at + timedelta(minutes=policy.undo_minutes),
        reason=found.reason,
        until=until,
    )


def put_away(tx: Transaction, found: ProposalRow) -> None:
    """Nothing comes of a proposal. Any moderator of the space may say so, whoever proposed it too."""
    done = tx.session.execute(
        update(Restriction)
        .where(col(Restriction.id) == found.id, col(Restriction.state) == RestrictionState.PROPOSED)
        .values(state=RestrictionState.PUT_AWAY)
    )
    if changed(done) != 1:
        raise Refused(DECIDED)
