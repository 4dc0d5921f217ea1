"""What may be done in the forum. Screening has happened before; no lock is held while a model thinks."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from moderation.states import ContentState, IllegalMove, Move, moved
from moderation.verdict import Outcome, Reason, Rule, Verdict
from server.accounts.models import Membership
from server.accounts.rules import count_released
from server.content import (
    case_has_changed,
    close_case,
    forget_verdicts,
    hold_still,
    open_case,
    record_verdict,
)
from server.database import Transaction
from server.errors import Refused, say
from server.events import MODERATORS, MessageHeld, SpaceChanged, TopicChanged, space_audience, topic_audience
from server.finding.rules import learn, learn_message, unlearn_message
from server.forum import mutes
from server.forum.models import Flag, FlagReason, Message, Topic
from server.forum.queries import OwnMessage, TopicRow
from server.forum.quotations import check_quotations, quoted_part
from server.forum.telling import forget_answer, tell_of_answer
from server.permissions import Standing
from server.pictures import rules as pictures
from server.pictures.rules import NewPicture
from server.spaces.queries import SpaceRow
from server.spaces.rules import as_it_stands
from server.web.text import RENDERER, rendered

CLOSED = say("This topic is closed. You can read it, but not write in it.")
READ_ONLY = say("This space can only be read just now.")
PAUSED = say("You cannot write in this space until %(day)s. You can still read, and take back your messages.")
STALE = say("This message was changed in the meantime. Please look at it again before you send yours.")
WAITS = say("This topic waits for a moderator. Nobody can write in it yet.")
GONE = say("This message cannot be changed any more.")
OWN = say("This is your own message. You can change it or take it back.")
NOT_PUBLIC = say("This message is not public just now.")
PICTURE_WEIGHT = 0.5
DOUBLE_WINDOW = timedelta(minutes=10)
"""The same words again in this time are one press too many, not another message."""


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

    @classmethod
    def of(cls, text: str, language: str, verdict: Verdict) -> Self:
        """Rendered at once, before any lock is held."""
        return cls(text, language, verdict, str(rendered(text)))

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

    def read_first(self) -> Self:
        """The same text, waiting for a person whatever the machine says of it."""
        reasons = (*self.verdict.reasons, Reason(Rule.PREMODERATED, "", 0.0))
        return replace(self, verdict=replace(self.verdict, outcome=Outcome.HOLD, raised=False, reasons=reasons))


def start_topic(
    tx: Transaction, space: SpaceRow, author: Standing, title: str, writing: Writing, *, at: datetime
) -> Posted:
    """A new topic with its first message; held together if the machine asks for a person."""
    writing = _admitted(tx, space, author, writing, at)
    twin = _same_again(tx, author, writing.text, at, topic_title=title, space_id=space.id)
    if twin is not None:
        return twin
    topic = Topic(
        space_id=space.id,
        membership_id=author.membership_id,
        title=title,
        language=writing.language,
        state=ContentState.HELD if writing.held else ContentState.PUBLISHED,
        last_message_at=at,
    )
    tx.session.add(topic)
    tx.session.flush()
    assert topic.id is not None
    return _written(tx, topic.id, topic.public_id, space.id, author, writing, at=at, reply_to=None, title=title)


def post_message(
    tx: Transaction,
    topic: TopicRow,
    author: Standing,
    writing: Writing,
    *,
    reply_to: UUID | None,
    at: datetime,
    quoted: str = "",
) -> Posted:
    """A message in a topic. The same words again within minutes are taken as the same message.

    Raises Invalid when the quoted words do not stand in the message that is answered.
    """
    writing = _admitted(tx, topic.space, author, writing, at)
    _takes_messages(tx, topic)
    answered = _answered(tx, topic, author, reply_to)
    twin = _same_again(tx, author, writing.text, at, topic_id=topic.id, reply_to=answered)
    if twin is not None and _same_picture(tx, twin, writing):
        return twin
    posted = _written(
        tx,
        topic.id,
        topic.public_id,
        topic.space.id,
        author,
        writing,
        at=at,
        reply_to=answered,
        title="",
        quoted=quoted_part(tx, answered, quoted),
    )
    if answered is not None and not posted.held:
        tell_of_answer(tx, posted.message, at=at)
    return posted


def edit(
    tx: Transaction, message: OwnMessage, author: Standing, writing: Writing, *, title: str, version: int, at: datetime
) -> Posted:
    """New words for an own message. They are looked at like new ones; a held message stays held.

    Raises Refused when the message was changed or decided in the meantime.
    """
    writing = _admitted(tx, message.topic.space, author, writing, at)
    if message.topic.closed:
        raise Refused(CLOSED)
    hold_still(tx, message.id)
    unlearn_message(tx, message.id)
    if message.state == ContentState.HELD and pictures.is_there(tx, message.id):
        writing = writing.waiting_for_its_picture()
    hold = writing.held or message.state != ContentState.PUBLISHED
    changed = tx.session.execute(
        update(Message)
        .where(col(Message.id) == message.id, col(Message.version) == version, col(Message.state) == message.state)
        .values(
            text=writing.text,
            html=writing.html,
            renderer=RENDERER,
            title=title if message.opens_topic else "",
            state=_moved(message.state, Move.HOLD if hold else Move.PUBLISH),
            edited_at=at,
            version=version + 1,
        )
        .returning(col(Message.id))
    ).first()
    if changed is None:
        raise Refused(STALE)
    tx.erases = True
    learn_message(tx, message.id)
    check_quotations(tx, message.id)
    case_has_changed(tx, message.id)
    record_verdict(tx, message.id, writing.verdict, at=at)
    if hold or writing.verdict.raised:
        _queue(tx, message.id, message.public_id, message.topic.space.id, writing, at=at)
    recount(tx, message.topic.id)
    return Posted(message.public_id, message.topic.public_id, hold)


def withdraw(tx: Transaction, message: OwnMessage) -> None:
    """Take an own message back. Its words are gone at once, everywhere; only the place stays, if others saw it."""
    state = _moved(_state_now(tx, message.id), Move.WITHDRAW)
    unlearn_message(tx, message.id)
    tx.session.execute(
        update(Message)
        .where(col(Message.id) == message.id)
        .values(text="", html="", title="", quoted="", state=state, edited_at=None, version=col(Message.version) + 1)
    )
    tx.erases = True
    pictures.erase(tx, message.id)
    forget_verdicts(tx, message.id)
    check_quotations(tx, message.id)
    forget_answer(tx, message.public_id)
    close_case(tx, message.id)
    tx.session.execute(update(Flag).where(col(Flag.message_id) == message.id).values(note=""))
    recount(tx, message.topic.id)


def flag(tx: Transaction, message: OwnMessage, by: Standing, reason: FlagReason, note: str, *, at: datetime) -> None:
    """Ask a person to look. Raises Refused for one's own message, or one that is not public."""
    if message.membership_id == by.membership_id:
        raise Refused(OWN)
    if _state_now(tx, message.id) != ContentState.PUBLISHED:
        raise Refused(NOT_PUBLIC)
    tx.session.add(Flag(message_id=message.id, membership_id=by.membership_id, reason=reason, note=note, flagged_at=at))
    tx.session.flush()
    open_case(
        tx,
        message_id=message.id,
        space_id=message.topic.space.id,
        language=message.language,
        rules=[f"flag:{reason}"],
        weight=1.0 if by.known else 0.5,
        at=at,
    )


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


def _written(
    tx: Transaction,
    topic_id: int,
    topic_public_id: UUID,
    space_id: int,
    author: Standing,
    writing: Writing,
    *,
    at: datetime,
    reply_to: int | None,
    title: str,
    quoted: str = "",
) -> Posted:
    message = Message(
        topic_id=topic_id,
        membership_id=author.membership_id,
        reply_to_id=reply_to,
        opens_topic=bool(title),
        title=title,
        quoted=quoted,
        was_public=not writing.held,
        text=writing.text,
        html=writing.html,
        renderer=RENDERER,
        language=writing.language,
        state=moved(ContentState.DRAFT, Move.HOLD if writing.held else Move.PUBLISH),
        written_at=at,
    )
    tx.session.add(message)
    tx.session.flush()
    assert message.id is not None
    if writing.picture is not None:
        pictures.attach(tx, message.id, writing.picture)
    record_verdict(tx, message.id, writing.verdict, at=at)
    if writing.held or writing.verdict.raised:
        _queue(tx, message.id, message.public_id, space_id, writing, at=at)
    if not writing.held:
        if not author.known:
            count_released(tx, author.membership_id, 1)
        learn(tx, space_id=space_id, message_id=message.id, texts=(title, writing.text))
        _appended(tx, topic_id, at)
    return Posted(message.public_id, topic_public_id, writing.held)


def _appended(tx: Transaction, topic_id: int, at: datetime) -> None:
    """One more message at the end: counted without looking at the others."""
    tx.session.execute(
        update(Topic)
        .where(col(Topic.id) == topic_id)
        .values(
            messages=col(Topic.messages) + 1,
            state=ContentState.PUBLISHED,
            last_message_at=at,
            version=col(Topic.version) + 1,
        )
    )
    announce_topic(tx, topic_id)


def _queue(tx: Transaction, message_id: int, public_id: UUID, space_id: int, writing: Writing, *, at: datetime) -> None:
    reasons = writing.verdict.reasons
    open_case(
        tx,
        message_id=message_id,
        space_id=space_id,
        language=writing.language,
        rules=[str(reason.rule) for reason in reasons],
        weight=max((reason.weight for reason in reasons), default=0.0),
        at=at,
    )
    if writing.held:
        tx.announce(MessageHeld(MODERATORS, public_id))


def _admitted(tx: Transaction, space: SpaceRow, author: Standing, writing: Writing, at: datetime) -> Writing:
    """The text as the space takes it at this moment, which no lock-down can overtake. Raises Refused."""
    now = as_it_stands(tx, space.id)
    if now.read_only:
        raise Refused(READ_ONLY)
    if author.suspended_until is not None and author.suspended_until > at:
        raise Refused(say(PAUSED.english, day=author.suspended_until.date().isoformat()))
    return writing.read_first() if now.premoderated else writing


def _takes_messages(tx: Transaction, topic: TopicRow) -> None:
    """Raises Refused unless the topic, as it is now, can be written in. One that waits must not be opened so."""
    now = tx.session.execute(
        select(col(Topic.state), col(Topic.closed)).where(col(Topic.id) == topic.id).with_for_update()
    ).one()
    if now.closed:
        raise Refused(CLOSED)
    if now.state != ContentState.PUBLISHED:
        raise Refused(WAITS)


def _state_now(tx: Transaction, message_id: int) -> ContentState:
    """Where the message stands at this moment, which no other visit can change until this one ends."""
    hold_still(tx, message_id)
    return tx.session.execute(select(col(Message.state)).where(col(Message.id) == message_id)).scalar_one()


def _answered(tx: Transaction, topic: TopicRow, author: Standing, reply_to: UUID | None) -> int | None:
    """The message that this one answers, if it stands in the same topic and can be read.

    Raises Refused when its author does not want to be answered by this one.
    """
    if reply_to is None:
        return None
    answered = tx.session.execute(
        select(col(Message.id)).where(
            col(Message.public_id) == reply_to,
            col(Message.topic_id) == topic.id,
            col(Message.state) == ContentState.PUBLISHED,
        )
    ).scalar_one_or_none()
    if answered is not None and not mutes.may_answer(tx, author.membership_id, answered):
        raise Refused(mutes.NOT_DIRECTLY)
    return answered


def _same_again(
    tx: Transaction,
    author: Standing,
    text: str,
    at: datetime,
    *,
    topic_id: int | None = None,
    reply_to: int | None = None,
    topic_title: str = "",
    space_id: int | None = None,
) -> Posted | None:
    """A double press finds the message that the first press made; the author's presses come one by one."""
    tx.session.execute(select(col(Membership.id)).where(col(Membership.id) == author.membership_id).with_for_update())
    recent = (
        select(col(Message.public_id), col(Topic.public_id), col(Message.state))
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .where(
            col(Message.membership_id) == author.membership_id,
            col(Message.text) == text,
            col(Message.written_at) > at - DOUBLE_WINDOW,
            col(Message.state).in_([ContentState.PUBLISHED, ContentState.HELD]),
        )
        .order_by(col(Message.id).desc())
        .limit(1)
    )
    if topic_id is not None:
        recent = recent.where(
            col(Message.topic_id) == topic_id, col(Message.reply_to_id).is_not_distinct_from(reply_to)
        )
    else:
        recent = recent.where(col(Message.title) == topic_title, col(Topic.space_id) == space_id)
    row = tx.session.execute(recent).first()
    return None if row is None else Posted(row[0], row[1], row[2] == ContentState.HELD)


def _same_picture(tx: Transaction, twin: Posted, writing: Writing) -> bool:
    """The same words with another picture are another message."""
    return writing.picture is None or pictures.is_same(tx, twin.message, writing.picture)


def _moved(state: ContentState, move: Move) -> ContentState:
    try:
        return moved(state, move)
    except IllegalMove:
        raise Refused(GONE) from None
