"""What the forum's pages ask. Columns, not entities; every list has an order and a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership, Notice, NoticeKind, RoleGrant
from server.content import Screening
from server.database import Transaction, made
from server.forum.models import Message, Topic
from server.permissions import Place, Role
from server.pictures import queries as pictures
from server.pictures.models import Picture
from server.pictures.queries import PictureRow
from server.prepared import Prepared
from server.spaces import queries as spaces
from server.spaces.models import Space
from server.spaces.queries import SpaceRow

MESSAGES_PER_PAGE = 20
TOPICS_PER_PAGE = 30
HELD_STATES = (ContentState.HELD, ContentState.HIDDEN)
OWN_STATES = (*HELD_STATES, ContentState.REMOVED)


@dataclass(frozen=True)
class TopicRow:
    """A topic as rules and pages need it, with its space. `waiting`: the viewer has unseen messages in it."""

    id: int
    public_id: UUID
    membership_id: int | None
    title: str
    language: str
    state: ContentState
    pinned: bool
    closed: bool
    messages: int
    version: int
    waiting: bool
    space: SpaceRow

    @cached_property
    def place(self) -> Place:
        """Where the space is."""
        return self.space.place

    @property
    def pages(self) -> int:
        """How many pages of messages there are; at least one."""
        return max(1, -(-self.messages // MESSAGES_PER_PAGE))


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as a list shows it."""

    id: int
    public_id: UUID
    membership_id: int | None
    pseudonym: str | None
    released: int | None
    released_days: int | None
    vouched: bool | None
    is_host: bool
    verified_as: str | None
    verified_until: datetime | None
    html: str
    language: str
    state: ContentState
    written_at: datetime
    edited_at: datetime | None
    reply_to: UUID | None
    reply_text: str | None
    reply_state: ContentState | None
    reply_pseudonym: str | None
    reply_membership_id: int | None
    quoted: str
    lasts_days: int | None
    picture: PictureRow | None


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message as its author may change it, or as others flag it."""

    id: int
    public_id: UUID
    membership_id: int | None
    text: str
    language: str
    state: ContentState
    opens_topic: bool
    title: str
    version: int
    topic: TopicRow

    @property
    def place(self) -> Place:
        """Where the space is."""
        return self.topic.place


@dataclass(frozen=True, slots=True)
class TopicRowInList:
    """A line in the list of topics."""

    public_id: UUID
    title: str
    language: str
    messages: int
    last_message_at: datetime
    pinned: bool
    closed: bool
    state: ContentState
    id: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An own message that others cannot see."""

    id: int
    public_id: UUID
    html: str
    language: str
    state: ContentState
    told_later: bool
    returned: bool
    rules: Sequence[dict[str, object]]
    picture: PictureRow | None


_TOPIC = (
    col(Topic.id),
    col(Topic.public_id),
    col(Topic.membership_id),
    col(Topic.title),
    col(Topic.language),
    col(Topic.state),
    col(Topic.pinned),
    col(Topic.closed),
    col(Topic.messages),
    col(Topic.version),
    exists()
    .where(
        col(Message.membership_id)
        == select(col(Membership.id))
        .where(col(Membership.member_id) == bindparam("member_id"), col(Membership.space_id) == col(Topic.space_id))
        .correlate(Topic)
        .scalar_subquery(),
        col(Message.topic_id) == col(Topic.id),
        col(Message.state).in_([str(state) for state in OWN_STATES]),
    )
    .correlate(Topic)
    .label("waiting"),
)
_TOPIC_BY_ID = Prepared(
    select(*_TOPIC, *spaces.COLUMNS)
    .join(Space, col(Space.id) == col(Topic.space_id))
    .where(col(Topic.public_id) == bindparam("public_id"))
)
READABLE = or_(
    col(Message.state) == ContentState.PUBLISHED,
    and_(col(Message.state) == ContentState.WITHDRAWN, col(Message.was_public).is_(True)),
)
"""What everybody who may read the topic sees: published text, and the place where one was taken back."""
_Answered = aliased(Message)
_AnsweredBy = aliased(Membership)
_IDS = (
    select(col(Message.id))
    .where(col(Message.topic_id) == bindparam("topic_id"), READABLE)
    .limit(bindparam("count"))
    .offset(bindparam("skip"))
)
"""Found in an index alone. A page past the middle is counted from the end, so that the newest is quick too."""
_LINES = (
    select(
        col(Message.id),
        col(Message.public_id),
        col(Message.membership_id),
        col(Membership.pseudonym),
        col(Membership.released),
        col(Membership.released_days),
        col(Membership.vouched),
        exists()
        .where(
            col(RoleGrant.member_id) == col(Membership.member_id),
            col(RoleGrant.space_id) == col(Membership.space_id),
            col(RoleGrant.role) == Role.HOST,
        )
        .label("is_host"),
        col(Membership.verified_as),
        col(Membership.verified_until),
        col(Message.html),
        col(Message.language),
        col(Message.state),
        col(Message.written_at),
        col(Message.edited_at),
        col(_Answered.public_id),
        func.substr(col(_Answered.text), 1, 120),
        col(_Answered.state),
        col(_AnsweredBy.pseudonym),
        col(_AnsweredBy.id),
        col(Message.quoted),
        col(Message.lasts_days),
        *pictures.COLUMNS,
    )
    .outerjoin(Membership, col(Membership.id) == col(Message.membership_id))
    .outerjoin(_Answered, col(_Answered.id) == col(Message.reply_to_id))
    .outerjoin(_AnsweredBy, col(_AnsweredBy.id) == col(_Answered.membership_id))
    .outerjoin(Picture, col(Picture.message_id) == col(Message.id))
)


def _page(*, backwards: bool) -> Select[*tuple[Any, ...]]:
    ids = _IDS.order_by(col(Message.id).desc() if backwards else col(Message.id)).subquery()
    return _LINES.join(ids, ids.c.id == col(Message.id)).order_by(col(Message.id)).limit(MESSAGES_PER_PAGE)


_PAGE, _PAGE_FROM_THE_END = Prepared(_page(backwards=False)), Prepared(_page(backwards=True))
_ONE = _LINES.where(col(Message.id) == bindparam("id"))
_BEFORE = (
    _LINES.where(col(Message.topic_id) == bindparam("topic_id"), READABLE, col(Message.id) < bindparam("id"))
    .order_by(col(Message.id).desc())
    .limit(3)
)
_AFTER = (
    _LINES.where(col(Message.topic_id) == bindparam("topic_id"), READABLE, col(Message.id) > bindparam("id"))
    .order_by(col(Message.id))
    .limit(3)
)
_HELD = Prepared(
    select(
        col(Message.id),
        col(Message.public_id),
        col(Message.html),
        col(Message.language),
        col(Message.state),
        exists()
        .where(
            col(Notice.message_public_id) == col(Message.public_id),
            col(Notice.kind).in_([NoticeKind.REMOVED, NoticeKind.RETURNED]),
            col(Notice.due_at) > bindparam("now"),
        )
        .label("told_later"),
        col(Message.returned),
        col(Screening.reasons),
        *pictures.COLUMNS,
    )
    .outerjoin(Screening, col(Screening.message_id) == col(Message.id))
    .outerjoin(Picture, col(Picture.message_id) == col(Message.id))
    .where(
        col(Message.membership_id) == bindparam("membership_id"),
        col(Message.topic_id) == bindparam("topic_id"),
        col(Message.state).in_(OWN_STATES),
    )
    .order_by(col(Message.id))
    .limit(20)
)


def topic_by_id(tx: Transaction, public_id: UUID, *, member_id: int | None = None) -> TopicRow | None:
    """The topic, whatever its state; its finder decides who may know of it."""
    row = tx.ask(_TOPIC_BY_ID, {"public_id": public_id, "member_id": member_id}).first()
    return None if row is None else made(TopicRow, row[: len(_TOPIC)], made(SpaceRow, row[len(_TOPIC) :]))


def messages_of(tx: Transaction, topic: TopicRow, *, page: int) -> list[MessageRow]:
    """One page of what everybody may read, the oldest first."""
    skip = (page - 1) * MESSAGES_PER_PAGE
    count = max(0, min(MESSAGES_PER_PAGE, topic.messages - skip))
    after = topic.messages - skip - count
    chosen = (_PAGE, skip) if skip <= after else (_PAGE_FROM_THE_END, after)
    rows = tx.ask(chosen[0], {"topic_id": topic.id, "skip": chosen[1], "count": count})
    return [_message(row) for row in rows]


def _message(row: Any) -> MessageRow:
    """A row of _LINES; the picture's columns are its last."""
    return made(MessageRow, row[: -len(pictures.COLUMNS)], pictures.picture_in(row[-len(pictures.COLUMNS) :]))


def message_row(tx: Transaction, message_id: int) -> MessageRow | None:
    """One message, whatever its state."""
    row = tx.session.execute(_ONE, {"id": message_id}).first()
    return None if row is None else _message(row)


def around(tx: Transaction, topic_id: int, message_id: int) -> tuple[list[MessageRow], list[MessageRow]]:
    """Up to three readable messages before and after one."""
    where = {"topic_id": topic_id, "id": message_id}
    before = [_message(row) for row in tx.session.execute(_BEFORE, where)]
    return before[::-1], [_message(row) for row in tx.session.execute(_AFTER, where)]


def own_held(tx: Transaction, topic: TopicRow, membership_id: int, *, at: datetime) -> list[HeldRow]:
    """The viewer's own messages in the topic that others cannot see, each with what the machine said.

    A removal that can still be undone is not told yet.
    """
    rows = tx.ask(_HELD, {"membership_id": membership_id, "topic_id": topic.id, "now": at})
    return [made(HeldRow, tuple(row)[:7], tuple(row)[7] or (), pictures.picture_in(tuple(row)[8:])) for row in rows]


def message_by_id(tx: Transaction, public_id: UUID) -> OwnMessage | None:
    """One message with its topic and space."""
    own = (
        col(Message.id),
        col(Message.public_id),
        col(Message.membership_id),
        col(Message.text),
        col(Message.language),
        col(Message.state),
        col(Message.opens_topic),
        col(Message.title),
        col(Message.version),
    )
    row = tx.session.execute(
        select(*own, *_TOPIC, *spaces.COLUMNS)
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .join(Space, col(Space.id) == col(Topic.space_id))
        .where(col(Message.public_id) == public_id),
        {"member_id": None},
    ).first()
    if row is None:
        return None
    at, end = len(own), len(own) + len(_TOPIC)
    return made(OwnMessage, row[:at], made(TopicRow, row[at:end], made(SpaceRow, row[end:])))


def page_of(tx: Transaction, message: OwnMessage) -> int:
    """On which page of its topic the message stands."""
    before = tx.session.execute(
        select(func.count()).where(col(Message.topic_id) == message.topic.id, READABLE, col(Message.id) < message.id)
    ).scalar_one()
    return before // MESSAGES_PER_PAGE + 1


def topics_of(tx: Transaction, space_id: int, *, page: int) -> list[TopicRowInList]:
    """One page of a space's topics: the pinned ones, then whichever was written in last."""
    return _topic_lines(
        tx,
        and_(col(Topic.space_id) == space_id, col(Topic.state) == ContentState.PUBLISHED),
        skip=(page - 1) * TOPICS_PER_PAGE,
    )


def own_waiting_topics(tx: Transaction, space_id: int, membership_id: int) -> list[TopicRowInList]:
    """The topics that nobody else sees, in which a message of the viewer's waits."""
    own = exists().where(
        col(Message.membership_id) == membership_id,
        col(Message.topic_id) == col(Topic.id),
        col(Message.state).in_(HELD_STATES),
    )
    waits = and_(col(Topic.space_id) == space_id, col(Topic.state) != ContentState.PUBLISHED, own)
    return _topic_lines(tx, waits, skip=0)


def _topic_lines(tx: Transaction, where: ColumnElement[bool], *, skip: int) -> list[TopicRowInList]:
    rows = tx.session.execute(
        select(
            col(Topic.public_id),
            col(Topic.title),
            col(Topic.language),
            col(Topic.messages),
            col(Topic.last_message_at),
            col(Topic.pinned),
            col(Topic.closed),
            col(Topic.state),
            col(Topic.id),
        )
        .where(where)
        .order_by(col(Topic.pinned).desc(), col(Topic.last_message_at).desc(), col(Topic.id).desc())
        .limit(TOPICS_PER_PAGE)
        .offset(skip)
    )
    return [made(TopicRowInList, row) for row in rows]


def topic_count(tx: Transaction, space_id: int) -> int:
    """How many topics everybody can see in the space."""
    return tx.session.execute(
        select(func.count()).where(col(Topic.space_id) == space_id, col(Topic.state) == ContentState.PUBLISHED)
    ).scalar_one()


def activity(tx: Transaction) -> dict[int, tuple[int, datetime]]:
    """For each space the number of public topics and the moment of the last message."""
    rows = tx.session.execute(
        select(col(Topic.space_id), func.count(), func.max(col(Topic.last_message_at)))
        .where(col(Topic.state) == ContentState.PUBLISHED)
        .group_by(col(Topic.space_id))
    )
    return {space_id: (count, last) for space_id, count, last in rows}
