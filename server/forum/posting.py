"""What happens to new words: a topic, or a message in one. The busiest writing there is.

Its statements are made once: composing them anew costs ten times what the database does with them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, bindparam, select, update
from sqlmodel import col

from moderation.states import ContentState, Move, moved
from server.accounts.models import Membership
from server.accounts.rules import count_released
from server.content import keep_verdict
from server.database import Transaction
from server.errors import Refused, say
from server.events import SpaceChanged, TopicChanged, space_audience, topic_audience
from server.finding.rules import learn
from server.forum import mutes
from server.forum.models import Message, Topic
from server.forum.queries import TopicRow
from server.forum.quotations import quoted_part
from server.forum.rules import CLOSED, Posted, Writing, admitted, first_rule, put_in_queue, taken
from server.forum.telling import tell_of_answer
from server.ledger.models import Hand
from server.ledger.rules import record
from server.permissions import Standing
from server.pictures import rules as pictures
from server.prepared import Prepared, new_row
from server.spaces.lives import shortest
from server.spaces.models import Space
from server.spaces.queries import SpaceRow
from server.spaces.rules import keep_as_it_is
from server.web.text import RENDERER

WAITS = say("This topic waits for a moderator. Nobody can write in it yet.")
SLOWED = say("A moderator slowed this topic down. Please wait %(minutes)s minutes between two messages.")
DOUBLE_WINDOW = timedelta(minutes=10)
"""The same words again in this time are one press too many, not another message."""
LATEST = 8
"""So many of a member's latest messages are looked at for that, however many they wrote."""
_ALONE = Prepared(
    select(col(Membership.id))
    .where(col(Membership.id) == bindparam("membership_id"))
    .with_for_update(key_share=True)  # a notice to this member, from a topic that is held, must not wait for it
)


def _twins(*same: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Of the member's latest messages, the one of these minutes with the same words in the same place."""
    latest = (
        select(col(Message.id))
        .where(col(Message.membership_id) == bindparam("membership_id"))
        .order_by(col(Message.id).desc())
        .limit(LATEST)
        .subquery()
    )
    return (
        select(col(Message.public_id), col(Topic.public_id), col(Message.state))
        .join(latest, latest.c.id == col(Message.id))
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .where(
            col(Message.text) == bindparam("text"),
            col(Message.written_at) > bindparam("after"),
            col(Message.state).in_([ContentState.PUBLISHED, ContentState.HELD]),
            *same,
        )
        .order_by(col(Message.id).desc())
        .limit(1)
    )


_TWIN_ANSWER = Prepared(
    _twins(
        col(Message.topic_id) == bindparam("topic_id"),
        col(Message.reply_to_id).is_not_distinct_from(bindparam("reply_to")),
    )
)
_TWIN_TOPIC = Prepared(_twins(col(Message.title) == bindparam("title"), col(Topic.space_id) == bindparam("space_id")))
_TOPIC_ALONE = Prepared(select(col(Topic.id)).where(col(Topic.id) == bindparam("id")).with_for_update(key_share=True))
_PLACE_NOW = Prepared(
    select(col(Space.read_only), col(Space.premoderated), col(Topic.state), col(Topic.closed), col(Topic.slow_minutes))
    .join(Space, col(Space.id) == col(Topic.space_id))
    .where(col(Topic.id) == bindparam("id"))
)
_LAST_HERE = Prepared(
    select(col(Message.text))
    .where(
        col(Message.topic_id) == bindparam("topic_id"),
        col(Message.membership_id) == bindparam("membership_id"),
        col(Message.written_at) > bindparam("after"),
    )
    .order_by(col(Message.id).desc())
    .limit(1)
)
_ANSWERED = Prepared(
    select(col(Message.id)).where(
        col(Message.public_id) == bindparam("public_id"),
        col(Message.topic_id) == bindparam("topic_id"),
        col(Message.state) == ContentState.PUBLISHED,
    )
)
_NEW_TOPIC = Prepared(new_row(Topic).returning(col(Topic.id)))
_NEW_MESSAGE = Prepared(new_row(Message).returning(col(Message.id)))
_APPEND = Prepared(
    update(Topic)
    .where(col(Topic.id) == bindparam("topic"))
    .values(
        messages=col(Topic.messages) + 1,
        state=ContentState.PUBLISHED,
        last_message_at=bindparam("at"),
        version=col(Topic.version) + 1,
    )
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where new words will stand."""

    topic_id: int
    topic: UUID
    space_id: int
    reply_to: int | None = None
    title: str = ""
    quoted: str = ""
    most_days: int | None = None


def start_topic(
    tx: Transaction, space: SpaceRow, author: Standing, title: str, writing: Writing, *, at: datetime
) -> Posted:
    """A new topic with its first message; held together if the machine asks for a person."""
    writing = admitted(tx, space, author, writing, at)
    tx.lock(_ALONE, {"membership_id": author.membership_id})
    twin = _twin(tx, author, writing, at, _TWIN_TOPIC, {"title": title, "space_id": space.id})
    if twin is not None:
        return twin
    public_id = uuid4()
    topic_id = (
        tx.ask(
            _NEW_TOPIC,
            {
                "public_id": public_id,
                "space_id": space.id,
                "membership_id": author.membership_id,
                "title": title,
                "language": writing.language,
                "state": ContentState.HELD if writing.held else ContentState.PUBLISHED,
                "pinned": False,
                "closed": False,
                "slow_minutes": 0,
                "messages": 0,
                "last_message_at": at,
                "version": 1,
            },
        )
        .one()
        .id
    )
    return _written(
        tx, _Place(topic_id, public_id, space.id, title=title, most_days=space.messages_days), author, writing, at=at
    )


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
    writing = _admitted_here(tx, topic, author, writing, at)
    answered = _answered(tx, topic, author, reply_to)
    twin = _twin(tx, author, writing, at, _TWIN_ANSWER, {"topic_id": topic.id, "reply_to": answered})
    if twin is not None and _same_picture(tx, twin, writing):
        return twin
    said, days = quoted_part(tx, answered, quoted), topic.space.messages_days
    place = _Place(topic.id, topic.public_id, topic.space.id, answered, quoted=said, most_days=days)
    posted = _written(tx, place, author, writing, at=at)
    if answered is not None and not posted.held:
        tell_of_answer(tx, posted.message, at=at)
    return posted


def _written(tx: Transaction, place: _Place, author: Standing, writing: Writing, *, at: datetime) -> Posted:
    public_id = uuid4()
    message_id: int = tx.ask(_NEW_MESSAGE, _message(public_id, place, author, writing, at)).one().id
    if writing.picture is not None:
        pictures.attach(tx, message_id, writing.picture)
    keep_verdict(tx, message_id, writing.verdict, at=at)
    if writing.held:
        record(
            tx,
            message_id=message_id,
            public_id=public_id,
            before=ContentState.DRAFT,
            after=ContentState.HELD,
            hand=Hand.MACHINE,
            reason=first_rule(writing.verdict),
            policy_version=writing.verdict.policy_version,
            at=at,
        )
    if writing.held or writing.verdict.raised:
        put_in_queue(tx, message_id, public_id, place.space_id, writing, at=at)
    if not writing.held:
        if not author.known:
            count_released(tx, author.membership_id, 1)
        learn(tx, space_id=place.space_id, message_id=message_id, texts=(place.title, writing.text))
        tx.ask(_APPEND, {"topic": place.topic_id, "at": at})
        tx.announce(TopicChanged(topic_audience(place.topic_id), place.topic_id))
        tx.announce(SpaceChanged(space_audience(place.space_id), place.space_id))
    return Posted(public_id, place.topic, writing.held)


def _message(public_id: UUID, place: _Place, author: Standing, writing: Writing, at: datetime) -> dict[str, Any]:
    return {
        "public_id": public_id,
        "topic_id": place.topic_id,
        "membership_id": author.membership_id,
        "reply_to_id": place.reply_to,
        "opens_topic": bool(place.title),
        "title": place.title,
        "quoted": place.quoted,
        "was_public": not writing.held,
        "lasts_days": shortest(writing.lasts_days, place.most_days),
        "returned": False,
        "text": writing.text,
        "html": writing.html,
        "renderer": RENDERER,
        "language": writing.language,
        "state": moved(ContentState.DRAFT, Move.HOLD if writing.held else Move.PUBLISH),
        "written_at": at,
        "edited_at": None,
        "version": 1,
    }


def _admitted_here(tx: Transaction, topic: TopicRow, author: Standing, writing: Writing, at: datetime) -> Writing:
    """The text as space and topic take it at this moment. Raises Refused.

    Space, author and topic are held in this order, as by whoever decides, and then looked at once.
    """
    keep_as_it_is(tx, topic.space.id)
    tx.lock(_ALONE, {"membership_id": author.membership_id})
    tx.lock(_TOPIC_ALONE, {"id": topic.id})
    now = tx.ask(_PLACE_NOW, {"id": topic.id}).one()
    writing = taken(author, writing, read_only=now.read_only, premoderated=now.premoderated, at=at)
    if now.closed:
        raise Refused(CLOSED)
    if now.state != ContentState.PUBLISHED:  # a topic that waits must not be opened by writing in it
        raise Refused(WAITS)
    if now.slow_minutes:
        _keeps_the_pace(tx, topic, author, writing.text, now.slow_minutes, at)
    return writing


def _keeps_the_pace(tx: Transaction, topic: TopicRow, author: Standing, text: str, minutes: int, at: datetime) -> None:
    """Raises Refused when a slowed topic has a message of this member already that is too young.

    The same words again are a second press, which finds its message.
    """
    where = {"topic_id": topic.id, "membership_id": author.membership_id, "after": at - timedelta(minutes=minutes)}
    last = tx.ask(_LAST_HERE, where).value()
    if last is not None and last != text:
        raise Refused(say(SLOWED.english, minutes=minutes))


def _answered(tx: Transaction, topic: TopicRow, author: Standing, reply_to: UUID | None) -> int | None:
    """The message that this one answers, if it stands in the same topic and can be read.

    Raises Refused when its author does not want to be answered by this one.
    """
    if reply_to is None:
        return None
    answered = tx.ask(_ANSWERED, {"public_id": reply_to, "topic_id": topic.id}).value()
    if answered is not None and not mutes.may_answer(tx, author.membership_id, answered):
        raise Refused(mutes.NOT_DIRECTLY)
    return answered


def _twin(
    tx: Transaction, author: Standing, writing: Writing, at: datetime, which: Prepared, where: dict[str, Any]
) -> Posted | None:
    """A double press finds the message that the first press made. The author is held: presses come one by one."""
    same = {"membership_id": author.membership_id, "text": writing.text, "after": at - DOUBLE_WINDOW}
    row = tx.ask(which, {**same, **where}).first()
    return None if row is None else Posted(row[0], row[1], row[2] == ContentState.HELD)


def _same_picture(tx: Transaction, twin: Posted, writing: Writing) -> bool:
    """The same words with another picture are another message."""
    return writing.picture is None or pictures.is_same(tx, twin.message, writing.picture)
