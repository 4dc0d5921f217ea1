"""What may be done in the forum. Screening has happened before; no lock is held while a model thinks."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from moderation.states import ContentState, IllegalMove, Move, moved
from moderation.verdict import Outcome, Reason, Rule, Verdict
from server.accounts.pauses import refuse_while_paused
from server.content import (
    case_has_changed,
    close_case,
    forget_verdicts,
    hold_still,
    open_case,
    record_verdict,
)
from server.database import Transaction, metadata
from server.errors import Refused, say
from server.events import MODERATORS, MessageHeld, SpaceChanged, TopicChanged, space_audience, topic_audience
from server.finding.rules import learn_message, unlearn_message
from server.forum.models import Flag, Message, Topic
from server.forum.queries import OwnMessage
from server.forum.quotations import check_quotations
from server.forum.telling import forget_answer
from server.ledger.models import Hand
from server.ledger.rules import record
from server.permissions import Standing
from server.pictures import rules as pictures
from server.pictures.rules import NewPicture
from server.spaces.queries import SpaceRow
from server.spaces.rules import as_it_stands
from server.web.text import RENDERER, rendered

CLOSED = say("This topic is closed. You can read it, but not write in it.")
READ_ONLY = say("This space can only be read just now.")
STALE = say("This message was changed in the meantime. Please look at it again before you send yours.")
GONE = say("This message cannot be changed any more.")
OWN = say("This is your own message. You can change it or take it back.")
NOT_PUBLIC = say("This message is not public just now.")
PICTURE_WEIGHT = 0.5
CHANGED_WORDS = "changed"
"""The rule of a case that is there because a waiting text was changed, and nothing else speaks against it."""
LIMITED = "limited"
"""Stands where a part of the text would stand, when messages of this member are read first for some days."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a text."""

    message: UUID
    topic: UUID
    held: bool


@dataclass(frozen=True, slots=True)
class Writing:
    """A text on its way in, with what the machine said of it."""

    text: str
    language: str
    verdict: Verdict
    html: str
    picture: NewPicture | None = None
    lasts_days: int | None = None

    @classmethod
    def of(cls, text: str, language: str, verdict: Verdict) -> Self:
        """Rendered at once, before any lock is held."""
        return cls(text, language, verdict, str(rendered(text)))

    def lasting(self, days: int | None) -> Self:
        """The same words, forgotten after so many days."""
        return replace(self, lasts_days=days)

    def with_picture(self, picture: NewPicture, *, waits: bool) -> Self:
        """The same words with a picture; when it waits, all of it waits."""
        told = self.waiting_for_its_picture() if waits else self
        return replace(told, picture=picture)

    def waiting_for_its_picture(self) -> Self:
        """A person must look first, because no machine looks at pictures."""
        reasons = (*self.verdict.reasons, Reason(Rule.PICTURE, "", PICTURE_WEIGHT))
        return replace(self, verdict=replace(self.verdict, outcome=Outcome.HOLD, raised=False, reasons=reasons))

    @property
    def held(self) -> bool:
        """Whether a person must look first."""
        return self.verdict.outcome is Outcome.HOLD

    def read_first(self, why: str = "") -> Self:
        """The same text, waiting for a person whatever the machine says of it."""
        reasons = (*self.verdict.reasons, Reason(Rule.PREMODERATED, why, 0.0))
        return replace(self, verdict=replace(self.verdict, outcome=Outcome.HOLD, raised=False, reasons=reasons))


def edit(
    tx: Transaction, message: OwnMessage, author: Standing, writing: Writing, *, title: str, version: int, at: datetime
) -> Posted:
    """New words for an own message. They are looked at like new ones; a held message stays held.

    Raises Refused when the message was changed or decided in the meantime.
    """
    writing = admitted(tx, message.topic.space, author, writing, at)
    if message.topic.closed:
        raise Refused(CLOSED)
    hold_still(tx, message.id)
    unlearn_message(tx, message.id)
    if message.state == ContentState.HELD and pictures.is_there(tx, message.id):
        writing = writing.waiting_for_its_picture()
    hold = writing.held or message.state != ContentState.PUBLISHED
    state = _moved(message.state, Move.HOLD if hold else Move.PUBLISH)
    changed = tx.session.execute(
        update(Message)
        .where(col(Message.id) == message.id, col(Message.version) == version, col(Message.state) == message.state)
        .values(
            text=writing.text,
            html=writing.html,
            renderer=RENDERER,
            title=title if message.opens_topic else "",
            state=state,
            edited_at=at,
            returned=False,
            version=version + 1,
        )
        .returning(col(Message.id))
    ).first()
    if changed is None:
        raise Refused(STALE)
    tx.erases = True
    record(
        tx,
        message_id=message.id,
        public_id=message.public_id,
        before=message.state,
        after=state,
        hand=Hand.MACHINE,
        reason=first_rule(writing.verdict),
        policy_version=writing.verdict.policy_version,
        at=at,
    )
    learn_message(tx, message.id)
    check_quotations(tx, message.id)
    case_has_changed(tx, message.id)
    record_verdict(tx, message.id, writing.verdict, at=at)
    if hold or writing.verdict.raised:
        put_in_queue(tx, message.id, message.public_id, message.topic.space.id, writing, at=at, again=hold)
    recount(tx, message.topic.id)
    return Posted(message.public_id, message.topic.public_id, hold)


def withdraw(tx: Transaction, message: OwnMessage, *, at: datetime) -> None:
    """Take an own message back. Its words are gone at once, everywhere; only the place stays, if others saw it."""
    before = ContentState(state_now(tx, message.id))
    state = _moved(before, Move.WITHDRAW)
    record(
        tx,
        message_id=message.id,
        public_id=message.public_id,
        before=before,
        after=state,
        hand=Hand.AUTHOR,
        at=at,
    )
    unlearn_message(tx, message.id)
    tx.session.execute(
        update(Message)
        .where(col(Message.id) == message.id)
        .values(text="", html="", title="", quoted="", state=state, edited_at=None, version=col(Message.version) + 1)
    )
    tx.erases = True
    pictures.erase(tx, message.id)
    forget_verdicts(tx, message.id)
    forget_kept_words(tx, message.id)
    check_quotations(tx, message.id)
    forget_answer(tx, message.public_id)
    close_case(tx, message.id)
    tx.session.execute(update(Flag).where(col(Flag.message_id) == message.id).values(note=""))
    recount(tx, message.topic.id)


def forget_kept_words(tx: Transaction, message_id: int) -> None:
    """What decisions keep of these words to be able to put them back goes too, quotations of them included."""
    effects = metadata.tables["decision_effect"]
    answers = select(col(Message.id)).where(col(Message.reply_to_id) == message_id)
    rows = tx.session.execute(
        select(effects.c.id, effects.c.before).where(
            ((effects.c.kind == "message") & (effects.c.target == message_id))
            | ((effects.c.kind == "quotation") & effects.c.target.in_(answers))
        )
    ).all()
    for key, before in rows:
        rest = {name: value for name, value in before.items() if name not in ("text", "html", "title", "quoted")}
        tx.session.execute(update(effects).where(effects.c.id == key).values(before=rest, wipe_at=None))


def recount(tx: Transaction, topic_id: int) -> None:
    """Count what readers can see, raise the topic's version, and say so.

    A topic is public as long as one of its messages is; otherwise it waits or is gone.
    """
    shown, published, held = tx.session.execute(
        select(
            func.count().filter(_SHOWN),
            func.count().filter(col(Message.state) == ContentState.PUBLISHED),
            func.count().filter(col(Message.state).in_([ContentState.HELD, ContentState.HIDDEN])),
        ).where(col(Message.topic_id) == topic_id)
    ).one()
    newest: datetime | None = tx.session.execute(
        select(col(Message.written_at))
        .where(col(Message.topic_id) == topic_id, col(Message.state) == ContentState.PUBLISHED)
        .order_by(col(Message.id).desc())
        .limit(1)
    ).scalar()
    state = ContentState.PUBLISHED if published else ContentState.HELD if held else ContentState.WITHDRAWN
    values: dict[str, object] = {"messages": shown, "state": state, "version": col(Topic.version) + 1}
    values["title"] = _title_to_read(tx, topic_id, state)
    if newest is not None:
        values["last_message_at"] = newest
    tx.session.execute(update(Topic).where(col(Topic.id) == topic_id).values(**values))
    announce_topic(tx, topic_id)


def _title_to_read(tx: Transaction, topic_id: int, state: ContentState) -> str:
    """The title goes with the opening message: held, removed or taken back, it is no longer there for others."""
    opening = tx.session.execute(
        select(col(Message.title), col(Message.state)).where(
            col(Message.topic_id) == topic_id, col(Message.opens_topic).is_(True)
        )
    ).first()
    if opening is None:
        return ""
    only_for_its_author = state != ContentState.PUBLISHED and opening.state == ContentState.HELD
    return opening.title if opening.state == ContentState.PUBLISHED or only_for_its_author else ""


def announce_topic(tx: Transaction, topic_id: int) -> None:
    """Tell that readers see something else in the topic, and so in its space."""
    space_id = tx.session.execute(select(col(Topic.space_id)).where(col(Topic.id) == topic_id)).scalar_one()
    tx.announce(TopicChanged(topic_audience(topic_id), topic_id))
    tx.announce(SpaceChanged(space_audience(space_id), space_id))


_SHOWN = (col(Message.state) == ContentState.PUBLISHED) | (
    (col(Message.state) == ContentState.WITHDRAWN) & col(Message.was_public)
)


def first_rule(verdict: Verdict) -> str:
    """The rule that weighed first, as the ledger keeps it."""
    return str(verdict.reasons[0].rule) if verdict.reasons else ""


def put_in_queue(
    tx: Transaction,
    message_id: int,
    public_id: UUID,
    space_id: int,
    writing: Writing,
    *,
    at: datetime,
    again: bool = False,
) -> None:
    """Ask for a person, with the machine's reasons. `again`: the words were changed and wait once more."""
    reasons = writing.verdict.reasons
    open_case(
        tx,
        message_id=message_id,
        space_id=space_id,
        language=writing.language,
        rules=[str(reason.rule) for reason in reasons] or ([CHANGED_WORDS] if again else []),
        weight=max((reason.weight for reason in reasons), default=0.0),
        at=at,
    )
    if writing.held:
        tx.announce(MessageHeld(MODERATORS, public_id))


def admitted(tx: Transaction, space: SpaceRow, author: Standing, writing: Writing, at: datetime) -> Writing:
    """The text as the space takes it at this moment, which no lock-down can overtake. Raises Refused."""
    now = as_it_stands(tx, space.id)
    return taken(author, writing, read_only=now.read_only, premoderated=now.premoderated, at=at)


def taken(author: Standing, writing: Writing, *, read_only: bool, premoderated: bool, at: datetime) -> Writing:
    """The text as a space takes it that stands like this. Raises Refused."""
    if read_only:
        raise Refused(READ_ONLY)
    refuse_while_paused(author.suspended_until, at=at)
    if author.limited_until is not None and author.limited_until > at:
        return writing.read_first(LIMITED)
    return writing.read_first() if premoderated else writing


def state_now(tx: Transaction, message_id: int) -> ContentState:
    """Where the message stands at this moment, which no other visit can change until this one ends."""
    hold_still(tx, message_id)
    return tx.session.execute(select(col(Message.state)).where(col(Message.id) == message_id)).scalar_one()


def _moved(state: ContentState, move: Move) -> ContentState:
    try:
        return moved(state, move)
    except IllegalMove:
        raise Refused(GONE) from None
