"""What people and the machine leave behind at the desk and on one's own page: each with its days."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlmodel import col

from server.accounts.models import AccountSession, Invitation, Member, Notice
from server.appeals.models import Appeal, AppealState
from server.content import Case, CaseState, Screening
from server.database import Transaction, changed
from server.forum.models import Draft, Flag
from server.letters.models import Conversation, Letter
from server.policies import Retention
from server.retention.step import BATCH, Step, rows
from server.review import reverting
from server.review.models import CaseSkip, Decision, DecisionEffect, Restriction, RestrictionState, Strike
from server.spaces.models import Hold


def steps(kept: Retention) -> list[Step]:
    """In this order: what hangs on a row goes before it."""

    return [
        Step("decision_effect", "decisions_days", lambda tx, at: reverting.forget(tx, at=at), _hidden_words),
        rows(
            "screening", "scores_days", col(Screening.id), lambda at: _older(Screening.judged_at, at, kept.scores_days)
        ),
        rows("flag", "flags_days", col(Flag.id), lambda at: _older(Flag.flagged_at, at, kept.flags_days)),
        rows("notice", "notices_days", col(Notice.id), lambda at: _older(Notice.due_at, at, kept.notices_days)),
        _told_ways(kept),
        rows(
            "draft", "drafts_days", col(Draft.id), lambda at: col(Draft.saved_on) < before(at, kept.drafts_days).date()
        ),
        rows("letter", "letters_days", col(Letter.id), lambda at: _older(Letter.written_at, at, kept.letters_days)),
        rows("conversation", "letters_days", col(Conversation.id), lambda at: _silent(before(at, kept.letters_days))),
        rows(
            "account_session", "session_days", col(AccountSession.id), lambda at: col(AccountSession.expires_at) <= at
        ),
        rows("invitation", "row", col(Invitation.id), lambda at: col(Invitation.expires_on) < at.date()),
        rows("space_hold", "decisions_days", col(Hold.id), lambda at: _over(at, kept.decisions_days)),
        _answered_appeals(kept),
        _decisions(kept),
        _cases(kept),
    ]


def before(at: datetime, days: int) -> datetime:
    """So many days earlier."""
    return at - timedelta(days=days)


def _older(column: Any, at: datetime, days: int) -> ColumnElement[bool]:
    return col(column) < at - timedelta(days=days)


def _over(at: datetime, days: int) -> ColumnElement[bool]:
    """Ended, or past its day, or never agreed to: its day is the last of these."""
    return col(Hold.until) < (at - timedelta(days=days)).date()


def _silent(since: datetime) -> ColumnElement[bool]:
    return (col(Conversation.last_at) < since) & ~exists().where(col(Letter.conversation_id) == col(Conversation.id))


def _hidden_words(tx: Transaction, at: datetime) -> int:
    return int(tx.look(select(func.count()).where(col(DecisionEffect.wipe_at) <= at)).scalar_one())


def _told_ways(kept: Retention) -> Step:
    """That a way into an account changed: told long enough."""

    def old(at: datetime) -> ColumnElement[bool]:
        return col(Member.way_changed_on) < before(at, kept.notices_days).date()

    def part(tx: Transaction, at: datetime) -> int:
        keys = tx.look(select(col(Member.id)).where(old(at)).limit(BATCH)).scalars().all()
        tx.erases = tx.erases or bool(keys)
        return changed(tx.run(update(Member).where(col(Member.id).in_(keys)).values(way_changed_on=None)))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Member).where(old(at))).scalar_one())

    return Step("member", "notices_days", part, due)


def _answered_appeals(kept: Retention) -> Step:
    """What was said in an appeal and in its answer; that there was one stays as long as the decision."""

    def old(at: datetime) -> ColumnElement[bool]:
        said = or_(col(Appeal.text).is_not(None), col(Appeal.answer).is_not(None))
        return (col(Appeal.state) != AppealState.OPEN) & _older(Appeal.decided_at, at, kept.appeals_days) & said

    def part(tx: Transaction, at: datetime) -> int:
        keys = tx.look(select(col(Appeal.id)).where(old(at)).limit(BATCH)).scalars().all()
        tx.erases = tx.erases or bool(keys)
        return changed(tx.run(update(Appeal).where(col(Appeal.id).in_(keys)).values(text=None, answer=None)))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Appeal).where(old(at))).scalar_one())

    return Step("appeal", "appeals_days", part, due)


def _decisions(kept: Retention) -> Step:
    """Decisions without text, and all that hangs on them; not while something of them is still in force."""

    def old(at: datetime) -> ColumnElement[bool]:
        counts = (col(Strike.decision_id) == col(Decision.id)) & (col(Strike.expires_at) > at)
        holds = (col(Restriction.decision_id) == col(Decision.id)) & or_(
            col(Restriction.until) > at, col(Restriction.state) == RestrictionState.PROPOSED
        )
        asked = (col(Appeal.decision_id) == col(Decision.id)) & (col(Appeal.state) == AppealState.OPEN)
        aged = _older(Decision.decided_at, at, kept.decisions_days)
        return aged & ~exists().where(counts) & ~exists().where(holds) & ~exists().where(asked)

    def part(tx: Transaction, at: datetime) -> int:
        keys = tx.look(select(col(Decision.id)).where(old(at)).limit(BATCH)).scalars().all()
        if not keys:
            return 0
        for table in (DecisionEffect, Strike, Restriction, Appeal, Notice):
            tx.run(delete(table).where(col(table.decision_id).in_(keys)))
        tx.erases = True
        return changed(tx.run(delete(Decision).where(col(Decision.id).in_(keys))))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Decision).where(old(at))).scalar_one())

    return Step("decision", "decisions_days", part, due)


def _cases(kept: Retention) -> Step:
    """Cases that are over and of which no decision is left."""

    def old(at: datetime) -> ColumnElement[bool]:
        over = (col(Case.state) != CaseState.OPEN) & _older(Case.opened_at, at, kept.decisions_days)
        return over & ~exists().where(col(Decision.case_id) == col(Case.id))

    def part(tx: Transaction, at: datetime) -> int:
        keys = tx.look(select(col(Case.id)).where(old(at)).limit(BATCH)).scalars().all()
        if not keys:
            return 0
        tx.run(delete(CaseSkip).where(col(CaseSkip.case_id).in_(keys)))
        return changed(tx.run(delete(Case).where(col(Case.id).in_(keys))))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Case).where(old(at))).scalar_one())

    return Step("review_case", "decisions_days", part, due)
