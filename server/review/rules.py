"""What moderators do with a case. Every act names the version that was on the screen: of two, one wins.

A decision is one transaction: the text's state, the decision, the notices, and a book of all its effects, so that
undoing is one transaction too.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from moderation.states import ContentState, IllegalMove, Move, moved
from server.accounts.models import Membership, NoticeKind
from server.accounts.rules import tell
from server.content import Case, CaseState, Lane, hold_author_still, hold_still
from server.database import Transaction, changed, metadata
from server.errors import Refused, say
from server.events import MODERATORS, MessageReleased, MessageRemoved
from server.forum.models import Flag
from server.forum.rules import recount
from server.forum.telling import tell_of_answer
from server.ledger.models import Hand
from server.ledger.rules import record
from server.policies import ModerationPolicy
from server.review import measures, reverting
from server.review.acts import Act, Measures
from server.review.effects import Book
from server.review.models import ENDS_THE_CASE, Action, Decision, EffectKind
from server.review.queries import CaseRow, DecisionRow
from server.review.redaction import redacted
from server.review.reverting import NOT_NOW
from server.web.text import rendered

COLLEAGUE = say("A colleague is looking at this one.")
CHANGED = say("This case has changed in the meantime. Please look again.")
OWN_TEXT = say("This is your own message. A colleague must decide.")
TOO_LATE = say("It is too late to undo: the author has been told.")
NOTHING = say("Please choose what shall happen.")
HANDED_UP = say("This case is with other people already.")


def claim(tx: Transaction, case: CaseRow, member_id: int, *, version: int, at: datetime, minutes: int) -> None:
    """Take a case for some minutes, so that no colleague works on it too. Raises Refused when one does."""
    _not_own(case, member_id)
    taken = tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.state) == CaseState.OPEN, col(Case.version) == version)
        .where(_is_free(member_id, at))
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


def decide(
    tx: Transaction, case: CaseRow, member_id: int, act: Act, *, version: int, at: datetime, policy: ModerationPolicy
) -> Decision:
    """Do what a moderator asks for with a text, and whatever they ask for besides, as one decision.

    The author and whoever flagged are told once the time to undo is over; a release is told at once.
    Raises Refused when a colleague has the case, when it has changed, or when the act does not fit the text.
    """
    reverting.forget(tx, at=at)
    if act.action is Action.MEASURES and not act.measures.any_without_strike:
        raise Refused(NOTHING)
    decision = _begun(tx, case, member_id, act, version=version, at=at)
    assert decision.id is not None
    book, due_at = Book(tx, decision.id, act.reason, at), undo_ends(at, policy)
    _ON_TEXT[act.action](book, case, act, at, due_at)
    measures.take(book, case, member_id, act.measures, reason=act.reason, at=at, due_at=due_at, policy=policy)
    recount(tx, case.topic_id)
    return decision


def release(
    tx: Transaction, case: CaseRow, member_id: int, *, version: int, at: datetime, policy: ModerationPolicy
) -> Decision:
    """Let the text be read (or stay), and tell its author and whoever flagged it."""
    return decide(tx, case, member_id, Act(Action.RELEASE), version=version, at=at, policy=policy)


def remove(
    tx: Transaction,
    case: CaseRow,
    member_id: int,
    *,
    version: int,
    reason: str,
    at: datetime,
    policy: ModerationPolicy,
    strike: bool = False,
) -> Decision:
    """Take the text out. Its author is told why, once the time to undo is over."""
    act = Act(Action.REMOVE, reason, measures=Measures(strike=strike))
    return decide(tx, case, member_id, act, version=version, at=at, policy=policy)


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
    if at >= undo_ends(decision.decided_at, policy) or _answers_an_appeal(tx, case, decision):
        raise Refused(TOO_LATE)
    lost = reverting.revert(tx, case, decision, by=member_id, at=at, version=version)
    if EffectKind.MESSAGE in lost:
        raise Refused(NOT_NOW)


def _answers_an_appeal(tx: Transaction, case: CaseRow, decision: DecisionRow) -> bool:
    """Whether it was made with the answer to an appeal, which its author has been told already."""
    appeals = metadata.tables["appeal"]
    found = select(appeals.c.id).where(
        appeals.c.decided_at == decision.decided_at,
        appeals.c.decision_id.in_(select(col(Decision.id)).where(col(Decision.case_id) == case.id)),
    )
    return tx.look(found).first() is not None


def undo_ends(at: datetime, policy: ModerationPolicy) -> datetime:
    """Until then a decision made at this moment can be undone; then the author is told."""
    return at + timedelta(minutes=policy.undo_minutes)


# What each act does with the text ----------------------------------------------------------------------------


def _released(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    if case.message_state != ContentState.PUBLISHED:
        _move(book, case, Move.RELEASE, was_public=True)
        if not case.was_public:
            book.count_one_released(case.membership_id)
        _tell_author(book, case, NoticeKind.RELEASED, act, due_at=at)
        tell_of_answer(book.tx, case.message_public_id, at=at)
        book.tx.announce(MessageReleased(MODERATORS, case.message_public_id))
    _tell_flaggers(book, case, NoticeKind.FLAG_NOT_UPHELD, due_at=due_at)


def _removed(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    _move(book, case, Move.REMOVE)
    _tell_author(book, case, NoticeKind.REMOVED, act, due_at=due_at)
    _tell_flaggers(book, case, NoticeKind.FLAG_UPHELD, due_at=due_at)
    book.drop_answer(case.message_public_id, case.message_id)
    book.tx.announce(MessageRemoved(MODERATORS, case.message_public_id))


def _partly_hidden(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    """The marked words go from the text and the index at once, and from the book when nobody can undo any more."""
    text, title = redacted(case.text, case.title, act.parts)
    published = case.message_state == ContentState.PUBLISHED
    state = case.message_state if published else _after(case.message_state, Move.RELEASE)
    words = {"text": text, "html": str(rendered(text)), "title": title}
    edited = None if case.edited_at is None else int(case.edited_at.timestamp())
    _change(book, case, words_edited=edited, wipe_at=due_at, state=state, was_public=True, **words)
    book.empty_quotations(case.message_id, text, wipe_at=due_at)
    book.tx.erases = True
    if not published:
        if not case.was_public:
            book.count_one_released(case.membership_id)
        tell_of_answer(book.tx, case.message_public_id, at=at)
        book.tx.announce(MessageReleased(MODERATORS, case.message_public_id))
    _tell_author(book, case, NoticeKind.REDACTED, act, due_at=due_at)
    _tell_flaggers(book, case, NoticeKind.FLAG_UPHELD, due_at=due_at)


def _given_back(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    """The author may change it and send it again; until then it waits, and nobody looks."""
    state = case.message_state
    if state == ContentState.HIDDEN:
        state = _after(state, Move.RELEASE)
    _change(book, case, state=_after(state, Move.HOLD), returned=True)
    _tell_author(book, case, NoticeKind.RETURNED, act, due_at=due_at)
    _tell_flaggers(book, case, NoticeKind.FLAG_UPHELD, due_at=due_at)
    book.drop_answer(case.message_public_id, case.message_id)


def _hidden(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    """Nobody reads it until somebody has decided; the case goes on waiting."""
    _move(book, case, Move.HIDE)
    book.drop_answer(case.message_public_id, case.message_id)
    if case.lane == Lane.FLAGGED:
        book.change_lane(case.id, Lane.HELD)


def _handed_up(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    """Hosts and stewards have it now."""
    if case.lane in (Lane.ESCALATED, Lane.AROUND, Lane.PROTECTION):
        raise Refused(HANDED_UP)
    book.change_lane(case.id, Lane.ESCALATED)


def _untouched(book: Book, case: CaseRow, act: Act, at: datetime, due_at: datetime) -> None:
    """Only measures: the text stays as it is, and the case waits."""


_ON_TEXT: dict[Action, Callable[[Book, CaseRow, Act, datetime, datetime], None]] = {
    Action.RELEASE: _released,
    Action.REMOVE: _removed,
    Action.REDACT: _partly_hidden,
    Action.RETURN: _given_back,
    Action.HIDE: _hidden,
    Action.ESCALATE: _handed_up,
    Action.MEASURES: _untouched,
}


# How a decision begins, and what it tells --------------------------------------------------------------------


def _begun(tx: Transaction, case: CaseRow, member_id: int, act: Act, *, version: int, at: datetime) -> Decision:
    """Close the case, unless the act leaves it open. Of two who press at once, the second is refused."""
    _not_own(case, member_id)
    hold_still(tx, case.message_id)
    hold_author_still(tx, case.membership_id)
    values: dict[str, object] = {"version": version + 1}
    if act.action in ENDS_THE_CASE:
        values |= {"state": CaseState.DECIDED, "claimed_by": None, "claimed_until": None}
    elif act.action is Action.ESCALATE:
        values |= {"claimed_by": None, "claimed_until": None}
    done = tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.state) == CaseState.OPEN, col(Case.version) == version)
        .where(_is_free(member_id, at))
        .values(**values)
    )
    if changed(done) != 1:
        raise Refused(CHANGED if case.version != version or case.state != CaseState.OPEN else COLLEAGUE)
    decision = Decision(
        case_id=case.id,
        member_id=member_id,
        action=act.action,
        reason=act.reason,
        note=act.note,
        state_before=case.message_state,
        decided_at=at,
    )
    tx.session.add(decision)
    tx.session.flush()
    return decision


def _is_free(member_id: int, at: datetime) -> Any:
    return col(Case.claimed_by).is_(None) | (col(Case.claimed_until) < at) | (col(Case.claimed_by) == member_id)


def _after(state: ContentState, move: Move) -> ContentState:
    try:
        return moved(state, move)
    except IllegalMove:
        raise Refused(CHANGED) from None


def _move(book: Book, case: CaseRow, move: Move, **more: Any) -> None:
    _change(book, case, state=_after(case.message_state, move), **more)


def _change(
    book: Book, case: CaseRow, *, words_edited: int | None = None, wipe_at: datetime | None = None, **after: Any
) -> None:
    """Change the text, unless its author changed or took it back at the same moment."""
    if not book.change_message(
        case.message_id, case.message_version, words_edited=words_edited, wipe_at=wipe_at, after=after
    ):
        raise Refused(CHANGED)
    record(
        book.tx,
        message_id=case.message_id,
        public_id=case.message_public_id,
        before=case.message_state,
        after=after.get("state", case.message_state),
        hand=Hand.MODERATOR,
        reason=book.reason,
        at=book.at,
    )


def _tell_author(book: Book, case: CaseRow, kind: NoticeKind, act: Act, *, due_at: datetime) -> None:
    tell(
        book.tx,
        case.membership_id,
        kind,
        message=case.message_public_id,
        reason=act.reason or None,
        due_at=due_at,
        decision_id=book.decision_id,
        note=act.note,
    )


def _tell_flaggers(book: Book, case: CaseRow, kind: NoticeKind, *, due_at: datetime) -> None:
    """Everybody who flagged learns the outcome; nobody learns who else did."""
    flaggers = book.tx.session.execute(
        select(col(Flag.membership_id))
        .join(Membership, col(Membership.id) == col(Flag.membership_id))
        .where(col(Flag.message_id) == case.message_id)
        .order_by(col(Flag.id))
    ).scalars()
    for membership_id in flaggers:
        tell(
            book.tx,
            membership_id,
            kind,
            message=case.message_public_id,
            reason=None,
            due_at=due_at,
            decision_id=book.decision_id,
        )


def _not_own(case: CaseRow, member_id: int) -> None:
    if case.author_id == member_id:
        raise Refused(OWN_TEXT)
