"""The way back: everything that one decision did is put back in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership, Notice, NoticeKind
from server.accounts.rules import count_released, tell, untell
from server.content import Case, CaseState, Screening, hold_author_still, hold_still, open_case
from server.database import Transaction, changed
from server.errors import Refused, say
from server.finding.rules import learn_message, unlearn_message
from server.forum.models import Message, Topic
from server.forum.quotations import check_quotations
from server.forum.rules import recount
from server.forum.telling import forget_answer
from server.ledger.models import Hand
from server.ledger.rules import record
from server.review.effects import HIDDEN, NAMES, WORDS
from server.review.measures import in_force_until
from server.review.models import ENDS_THE_CASE, Action, Decision, DecisionEffect, EffectKind, Restriction, Strike
from server.review.queries import CaseRow, DecisionRow

NOT_NOW = say("This cannot be done any more.")
_Answer = aliased(Message)


@dataclass(frozen=True, slots=True)
class _Effect:
    """A line of the book."""

    kind: EffectKind
    target: int
    before: dict[str, Any]
    after: dict[str, Any]


def revert(
    tx: Transaction,
    case: CaseRow,
    decision: DecisionRow,
    *,
    by: int,
    at: datetime,
    version: int | None = None,
    reopen: bool = True,
    hand: Hand = Hand.MODERATOR,
) -> frozenset[EffectKind]:
    """Put back everything that a decision did, at any time: text and state, counts, strike, limit, pause or
    suspension (proposed or confirmed), lock and slow mode, lane, quotations, notices. One transaction.

    `by` is whoever undoes or overturns it; the decision stays as a row, marked with who and when. `version` is the
    version of the case on the screen, if there was one. With `reopen` a case that the decision ended waits again in
    its place, together with whatever was flagged since; without, it stays decided. An appeal lets it wait again and
    releases it at once. `hand` is who does it, for the ledger.

    What somebody else has changed since is not overwritten: a text that its author took back stays taken back, and
    words that the author changed stay changed. The kinds of effect that could not be put back are returned; the
    hidden words of a redaction can be put back until they are wiped (`forget`).
    Raises Refused when the decision was undone already, or the case is not as it was on the screen.
    """
    hold_still(tx, case.message_id)
    hold_author_still(tx, case.membership_id)
    state_before = _state(tx, case.message_id)
    _mark(tx, decision, by, at)
    newer = _newer_signals(tx, case) if reopen and decision.action in ENDS_THE_CASE else None
    _move_case(tx, case, decision, version, reopen=reopen)
    effects = _effects_of(tx, decision, case)
    first = [effect for effect in effects if effect.kind == EffectKind.MESSAGE]
    later = [effect for effect in reversed(effects) if effect.kind != EffectKind.MESSAGE]
    lost = frozenset(effect.kind for effect in [*first, *later] if not _BACK[effect.kind](tx, effect))
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
    state_after = _state(tx, case.message_id)
    record(
        tx,
        message_id=case.message_id,
        public_id=case.message_public_id,
        before=state_before,
        after=state_after,
        hand=hand,
        reason="put_back",
        at=at,
    )
    if state_after != ContentState.PUBLISHED:
        forget_answer(tx, case.message_public_id)
    untell(tx, decision.id)
    recount(tx, case.topic_id)
    return lost


def forget(tx: Transaction, *, at: datetime) -> int:
    """Wipe the words that were hidden in messages, once their decisions cannot be undone any more; gives how many.

    What the machine quoted of these texts goes with them. Called with every decision and every look at the queue.
    """
    rows = tx.session.execute(
        select(col(DecisionEffect.id), col(DecisionEffect.kind), col(DecisionEffect.target), col(DecisionEffect.before))
        .where(col(DecisionEffect.wipe_at) <= at)
        .limit(100)
    ).all()
    for key, kind, message_id, before in rows:
        rest = {name: value for name, value in before.items() if name not in HIDDEN}
        tx.session.execute(
            update(DecisionEffect).where(col(DecisionEffect.id) == key).values(before=rest, wipe_at=None)
        )
        if kind == EffectKind.MESSAGE:
            tx.session.execute(update(Screening).where(col(Screening.message_id) == message_id).values(reasons=[]))
        tx.erases = True
    return len(rows)


def has_to_forget(tx: Transaction, *, at: datetime) -> bool:
    """Whether words wait to be wiped: a look at the queue writes only then."""
    return tx.look(select(col(DecisionEffect.id)).where(col(DecisionEffect.wipe_at) <= at).limit(1)).first() is not None


def _mark(tx: Transaction, decision: DecisionRow, by: int, at: datetime) -> None:
    done = tx.session.execute(
        update(Decision)
        .where(col(Decision.id) == decision.id, col(Decision.undone_at).is_(None))
        .values(undone_at=at, undone_by=by)
    )
    if changed(done) != 1:
        raise Refused(NOT_NOW)


def _move_case(tx: Transaction, case: CaseRow, decision: DecisionRow, version: int | None, *, reopen: bool) -> None:
    ended = decision.action in ENDS_THE_CASE
    here = [col(Case.id) == case.id]
    if version is not None:
        here += [col(Case.version) == version, col(Case.state) == (CaseState.DECIDED if ended else CaseState.OPEN)]
    values: dict[str, object] = {"version": col(Case.version) + 1}
    if ended and reopen:
        here.append(col(Case.state) == CaseState.DECIDED)
        values |= {"state": CaseState.OPEN, "claimed_by": None, "claimed_until": None}
    done = changed(tx.session.execute(update(Case).where(*here).values(**values)))
    if done != 1 and (version is not None or ended):
        raise Refused(NOT_NOW)


def _newer_signals(tx: Transaction, case: CaseRow) -> tuple[list[str], float] | None:
    """Flags that came after the decision opened a case of their own: it closes, and its signals come along."""
    found = tx.session.execute(
        update(Case)
        .where(col(Case.message_id) == case.message_id, col(Case.state) == CaseState.OPEN)
        .values(state=CaseState.CLOSED, claimed_by=None, claimed_until=None, version=col(Case.version) + 1)
        .returning(col(Case.rules), col(Case.weight))
    ).first()
    return None if found is None else (list(found.rules), found.weight)


def _effects_of(tx: Transaction, decision: DecisionRow, case: CaseRow) -> list[_Effect]:
    """What the decision wrote down; for one from before there was a book, what is known of it."""
    rows = tx.session.execute(
        select(
            col(DecisionEffect.kind), col(DecisionEffect.target), col(DecisionEffect.before), col(DecisionEffect.after)
        )
        .where(col(DecisionEffect.decision_id) == decision.id)
        .order_by(col(DecisionEffect.id))
    ).all()
    if rows or decision.action not in (Action.RELEASE, Action.REMOVE) or decision.state_before == _after(decision):
        return [_effect(EffectKind(kind), target, before, after) for kind, target, before, after in rows]
    before, after = {"state": str(decision.state_before)}, {"state": str(_after(decision))}
    return [_Effect(EffectKind.MESSAGE, case.message_id, before, after)]


def _effect(kind: EffectKind, target: int, before: dict[str, Any], after: dict[str, Any]) -> _Effect:
    """A line of the book with the columns of its kind only: whatever else stands there is never written anywhere."""
    was, then = NAMES[kind]
    return _Effect(
        kind,
        target,
        {name: value for name, value in before.items() if name in was},
        {name: value for name, value in after.items() if name in then},
    )


def _after(decision: DecisionRow) -> ContentState:
    return ContentState.PUBLISHED if decision.action == Action.RELEASE else ContentState.REMOVED


def _state(tx: Transaction, message_id: int) -> ContentState:
    return ContentState(
        tx.session.execute(select(col(Message.state)).where(col(Message.id) == message_id)).scalar_one()
    )


# One way back for each kind: False when somebody changed it since --------------------------------------------


def _message_back(tx: Transaction, effect: _Effect) -> bool:
    row = tx.session.execute(
        select(col(Message.state), col(Message.edited_at), col(Message.text)).where(col(Message.id) == effect.target)
    ).one()
    if row.state == ContentState.REMOVED and not row.text:
        return False  # kept long enough: the words are gone, and an empty message is not published
    edited = None if row.edited_at is None else int(row.edited_at.timestamp())
    changed_since = edited != effect.after.get("edited", edited)
    if row.state != effect.after.get("state", row.state):
        return False
    if changed_since and effect.before.get("state") == ContentState.PUBLISHED:
        return False  # nobody has read the new words: they wait
    values = {name: value for name, value in effect.before.items() if name not in WORDS}
    if values.get("was_public") is False and _was_answered(tx, effect.target):
        del values["was_public"]  # its place must stay where others answered it
    if "words" in effect.after and edited == effect.after["words"] and "text" in effect.before:
        values |= {name: effect.before[name] for name in WORDS}
    unlearn_message(tx, effect.target)
    tx.session.execute(
        update(Message).where(col(Message.id) == effect.target).values(version=col(Message.version) + 1, **values)
    )
    learn_message(tx, effect.target)
    return "words" not in effect.after or "text" in values


def _was_answered(tx: Transaction, message_id: int) -> bool:
    answer = exists().where(col(_Answer.reply_to_id) == message_id)
    return bool(tx.session.execute(select(answer)).scalar_one())


def _trust_back(tx: Transaction, effect: _Effect) -> bool:
    row = tx.session.execute(
        select(col(Membership.released), col(Membership.released_days)).where(col(Membership.id) == effect.target)
    ).one()
    if (row.released, row.released_days) == (effect.after["released"], effect.after["released_days"]):
        tx.session.execute(update(Membership).where(col(Membership.id) == effect.target).values(**effect.before))
    else:
        count_released(tx, effect.target, -1)
    return True


def _strike_back(tx: Transaction, effect: _Effect) -> bool:
    tx.session.execute(delete(Strike).where(col(Strike.id) == effect.target))
    return True


def _restriction_back(tx: Transaction, effect: _Effect) -> bool:
    tx.session.execute(delete(Restriction).where(col(Restriction.id) == effect.target))
    in_force_until(tx, effect.after["membership_id"])
    return True


def _topic_back(tx: Transaction, effect: _Effect) -> bool:
    return _columns_back(tx, Topic, effect)


def _case_back(tx: Transaction, effect: _Effect) -> bool:
    return _columns_back(tx, Case, effect)


def _quotation_back(tx: Transaction, effect: _Effect) -> bool:
    """The quoted words, unless they were wiped; what the message does not say any more goes again."""
    if "quoted" not in effect.before:
        return False
    done = _columns_back(tx, Message, effect)
    answered = tx.session.execute(select(col(Message.reply_to_id)).where(col(Message.id) == effect.target)).scalar_one()
    if answered is not None:
        check_quotations(tx, answered)
    return done


def _columns_back(tx: Transaction, kind: Any, effect: _Effect) -> bool:
    """Write the values from before, if what the decision put there still stands there."""
    here = [kind.id == effect.target, *(getattr(kind, name) == value for name, value in effect.after.items())]
    return changed(tx.session.execute(update(kind).where(*here).values(**effect.before))) == 1


def _notice_back(tx: Transaction, effect: _Effect) -> bool:
    """The notice of an answer that could not be read for a while."""
    if _state(tx, effect.target) != ContentState.PUBLISHED:
        return False
    kept, due_at = effect.before, datetime.fromtimestamp(effect.before["due_at"], UTC)
    there = select(col(Notice.id)).where(
        col(Notice.kind) == NoticeKind.ANSWERED, col(Notice.message_public_id) == UUID(kept["message"])
    )
    if tx.session.execute(there).first() is None:
        message = UUID(kept["message"])
        tell(
            tx,
            kept["membership_id"],
            NoticeKind.ANSWERED,
            message=message,
            reason=None,
            due_at=due_at,
            decision_id=None,
        )
    return True


_BACK: dict[EffectKind, Callable[[Transaction, _Effect], bool]] = {
    EffectKind.MESSAGE: _message_back,
    EffectKind.TRUST: _trust_back,
    EffectKind.STRIKE: _strike_back,
    EffectKind.RESTRICTION: _restriction_back,
    EffectKind.TOPIC: _topic_back,
    EffectKind.NOTICE: _notice_back,
    EffectKind.QUOTATION: _quotation_back,
    EffectKind.CASE: _case_back,
}
