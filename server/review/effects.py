"""The book of what a decision changes. Whatever is written down here can be put back by `reverting.revert`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from server.accounts.models import Membership, Notice, NoticeKind
from server.accounts.rules import count_released
from server.content import Case, Lane
from server.database import Transaction
from server.finding.rules import learn_message, unlearn_message
from server.forum.models import Message, Topic
from server.forum.telling import forget_answer
from server.review.models import DecisionEffect, EffectKind

WORDS = ("text", "html", "title")
HIDDEN = (*WORDS, "quoted")
"""What a redaction keeps in the book until it can no longer be undone."""

_TEXT_COLUMNS = frozenset({"state", "was_public", "returned"})
_TRUST = frozenset({"released", "released_days"})
_TOPIC = frozenset({"closed", "slow_minutes"})
NAMES: Mapping[EffectKind, tuple[frozenset[str], frozenset[str]]] = {
    EffectKind.MESSAGE: (_TEXT_COLUMNS | set(WORDS), _TEXT_COLUMNS | {"edited", "words"}),
    EffectKind.TRUST: (_TRUST, _TRUST),
    EffectKind.STRIKE: (frozenset(), frozenset({"weight"})),
    EffectKind.RESTRICTION: (frozenset(), frozenset({"membership_id"})),
    EffectKind.TOPIC: (_TOPIC, _TOPIC),
    EffectKind.NOTICE: (frozenset({"public_id", "membership_id", "due_at", "message"}), frozenset()),
    EffectKind.QUOTATION: (frozenset({"quoted"}), frozenset({"quoted"})),
    EffectKind.CASE: (frozenset({"lane"}), frozenset({"lane"})),
}
"""What may stand in the book before and after. Nothing else is written there, and nothing else is put back."""


@dataclass(frozen=True, slots=True)
class Book:
    """Writes down the effects of one decision."""

    tx: Transaction
    decision_id: int
    reason: str
    at: datetime

    def note(
        self,
        kind: EffectKind,
        target: int,
        before: dict[str, Any],
        after: dict[str, Any],
        *,
        wipe_at: datetime | None = None,
    ) -> None:
        """One thing that was changed, as JSON on both sides."""
        assert before.keys() <= NAMES[kind][0]
        assert after.keys() <= NAMES[kind][1]
        self.tx.session.add(
            DecisionEffect(
                decision_id=self.decision_id, kind=kind, target=target, before=before, after=after, wipe_at=wipe_at
            )
        )
        self.tx.session.flush()

    def change_message(
        self,
        message_id: int,
        version: int,
        *,
        after: dict[str, Any],
        words_edited: int | None = None,
        wipe_at: datetime | None = None,
    ) -> bool:
        """Change columns of a message, if it is still the one that was on the screen. The index follows.

        Where its words change, the book keeps the former ones until `wipe_at`, and of the new ones only when the
        author last changed them (`words_edited`, in seconds).
        """
        before = _values(self.tx, Message, message_id, after)
        edited_at: datetime | None = self.tx.session.execute(
            select(col(Message.edited_at)).where(col(Message.id) == message_id)
        ).scalar_one()
        unlearn_message(self.tx, message_id)
        done = self.tx.session.execute(
            update(Message)
            .where(col(Message.id) == message_id, col(Message.version) == version)
            .values(version=version + 1, **after)
            .returning(col(Message.id))
        ).first()
        learn_message(self.tx, message_id)
        if done is None:
            return False
        written = _plain({name: value for name, value in after.items() if name not in WORDS})
        written["edited"] = None if edited_at is None else int(edited_at.timestamp())
        if "text" in after:
            written["words"] = words_edited
        self.note(EffectKind.MESSAGE, message_id, before, written, wipe_at=wipe_at)
        return True

    def count_one_released(self, membership_id: int) -> None:
        """A message of theirs was let through: it counts for being known here."""
        names = {"released": 0, "released_days": 0}
        before = _values(self.tx, Membership, membership_id, names)
        count_released(self.tx, membership_id, 1)
        self.note(EffectKind.TRUST, membership_id, before, _values(self.tx, Membership, membership_id, names))

    def change_topic(self, topic_id: int, **after: Any) -> None:
        """Lock a topic, or slow it down."""
        before = _values(self.tx, Topic, topic_id, after)
        self.tx.session.execute(update(Topic).where(col(Topic.id) == topic_id).values(**after))
        self.note(EffectKind.TOPIC, topic_id, before, _plain(after))

    def change_lane(self, case_id: int, lane: Lane) -> None:
        """Hand the case to other people."""
        before = _values(self.tx, Case, case_id, {"lane": ""})
        self.tx.session.execute(update(Case).where(col(Case.id) == case_id).values(lane=lane))
        self.note(EffectKind.CASE, case_id, before, {"lane": str(lane)})

    def drop_answer(self, message: Any, message_id: int) -> None:
        """Nobody is led to an answer that cannot be read; the notice of it comes back if the decision is reverted."""
        rows = self.tx.session.execute(
            select(col(Notice.public_id), col(Notice.membership_id), col(Notice.due_at)).where(
                col(Notice.kind) == NoticeKind.ANSWERED, col(Notice.message_public_id) == message
            )
        ).all()
        for public_id, membership_id, due_at in rows:
            kept = {"public_id": str(public_id), "membership_id": membership_id, "due_at": int(due_at.timestamp())}
            self.note(EffectKind.NOTICE, message_id, {**kept, "message": str(message)}, {})
        forget_answer(self.tx, message)

    def empty_quotations(self, message_id: int, text: str, *, wipe_at: datetime) -> None:
        """Whatever quotes words of the message that shall not be read any more quotes nothing."""
        stands = " ".join(text.split())
        rows = self.tx.session.execute(
            select(col(Message.id), col(Message.quoted)).where(
                col(Message.reply_to_id) == message_id, col(Message.quoted) != ""
            )
        ).all()
        for answer, quoted in rows:
            if answer is not None and " ".join(quoted.split()) not in stands:
                self.tx.session.execute(update(Message).where(col(Message.id) == answer).values(quoted=""))
                self.note(EffectKind.QUOTATION, answer, {"quoted": quoted}, {"quoted": ""}, wipe_at=wipe_at)


def _values(tx: Transaction, kind: Any, key: int, names: dict[str, Any]) -> dict[str, Any]:
    """What these columns of a row hold now, ready for JSON."""
    tx.flush()
    row = tx.session.execute(select(*(getattr(kind, name) for name in names)).where(kind.id == key)).one()
    return _plain(dict(zip(names, row, strict=True)))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Enums as their words."""
    return {name: str(value) if isinstance(value, str) else value for name, value in values.items()}
