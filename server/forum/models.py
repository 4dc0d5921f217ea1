"""The forum: topics, messages and flags."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Date, Index, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from moderation.states import ContentState
from server.content import WrittenText
from server.database import Moment


class Topic(SQLModel, table=True):
    """A conversation. `version` rises with every change that readers can see; `messages` counts what they can read."""

    __table_args__ = (Index("ix_topic_space_state_last", "space_id", "state", "pinned", "last_message_at"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    space_id: int = Field(foreign_key="space.id")
    membership_id: int | None = Field(default=None, foreign_key="membership.id", index=True)
    title: str = Field(max_length=300)
    """The title as everybody reads it; empty while the opening message cannot be read."""
    language: str = Field(max_length=12)
    state: ContentState = Field(sa_type=Text)
    pinned: bool = False
    closed: bool = False
    messages: int = 0
    last_message_at: datetime = Field(sa_type=Moment)
    slow_minutes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """At least so long between two messages of one member; 0 when nobody slowed it down."""
    version: int = 1


class Message(WrittenText, table=True):
    """What somebody said in a topic. The first one carries the topic, and the title that its author gave it."""

    __table_args__ = (
        Index("ix_message_topic_page", "topic_id", "id", "state", "was_public"),
        Index("ix_message_author_topic", "membership_id", "topic_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    topic_id: int = Field(foreign_key="topic.id")
    membership_id: int | None = Field(default=None, foreign_key="membership.id")
    reply_to_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    opens_topic: bool = False
    title: str = Field(default="", max_length=300)
    quoted: str = Field(default="", sa_type=Text)
    """The words of the answered message that this one is about; nobody sees them when that one is gone."""
    was_public: bool = False
    lasts_days: int | None = Field(default=None)
    """So many days after it was written it is forgotten, as its author or the space wanted it then."""
    returned: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Given back with advice: nobody looks at it until its author has changed it."""
    version: int = 1


class FlagReason(StrEnum):
    """Why a member thinks that a person should look."""

    INSULT = "insult"
    SCAM = "scam"
    PRIVATE_DATA = "private_data"
    DANGER = "danger"
    OFF_TOPIC = "off_topic"
    MODERATOR = "moderator"
    OTHER = "other"


class Flag(SQLModel, table=True):
    """A member asks a person to look at a public message. The author never learns who."""

    __table_args__ = (UniqueConstraint("message_id", "membership_id"),)

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id")
    membership_id: int = Field(foreign_key="membership.id", index=True)
    reason: FlagReason = Field(sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    flagged_at: datetime = Field(sa_type=Moment)


class Bookmark(SQLModel, table=True):
    """A message that a member wants to find again. Nobody else learns of it."""

    __table_args__ = (UniqueConstraint("membership_id", "message_id"),)

    id: int | None = Field(default=None, primary_key=True)
    membership_id: int = Field(foreign_key="membership.id")
    message_id: int = Field(foreign_key="message.id", index=True)


class Mute(SQLModel, table=True):
    """Somebody whose messages a member does not want to read in a space; with `blocks`, nor be answered by.

    Nobody but the member ever learns of it.
    """

    __table_args__ = (UniqueConstraint("membership_id", "other_id"),)

    id: int | None = Field(default=None, primary_key=True)
    membership_id: int = Field(foreign_key="membership.id")
    other_id: int = Field(foreign_key="membership.id", index=True)
    blocks: bool


class Draft(SQLModel, table=True):
    """Words that a member keeps for later: an answer in a topic, or a new topic of a space (no topic)."""

    __table_args__ = (Index("ix_draft_membership_topic", "membership_id", "topic_id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    membership_id: int = Field(foreign_key="membership.id")
    topic_id: int | None = Field(default=None, foreign_key="topic.id")
    title: str = Field(default="", max_length=300)
    text: str = Field(sa_type=Text)
    language: str = Field(max_length=12)
    reply_to: UUID | None = Field(default=None)
    saved_on: date = Field(sa_type=Date)


class ReadMark(SQLModel, table=True):
    """How far a member has read in a topic; only for those who asked the space to remember it."""

    __tablename__ = "read_mark"  # type: ignore[assignment]  # SQLModel declares a method of this name

    membership_id: int = Field(foreign_key="membership.id", primary_key=True)
    topic_id: int = Field(foreign_key="topic.id", primary_key=True)
    message_id: int
