"""A conversation of one member with the team of one space, and the letters in it."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from server.database import Moment


class Conversation(SQLModel, table=True):
    """One for each member of a space who wrote to its moderators, or was written to by them."""

    __table_args__ = (Index("ix_conversation_waiting", "space_id", "waits", "last_at"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    space_id: int = Field(foreign_key="space.id")
    membership_id: int = Field(foreign_key="membership.id", unique=True)
    waits: bool = False
    """Whether the team should answer."""
    last_at: datetime = Field(sa_type=Moment)
    protected: bool = False
    """Whether only trained people read it. Once so, always so: a disclosure does not become harmless."""


class Letter(SQLModel, table=True):
    """What one side wrote. The team signs as a team; who of it wrote is shown to nobody."""

    __table_args__ = (Index("ix_letter_conversation", "conversation_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    conversation_id: int = Field(foreign_key="conversation.id")
    by_moderator_id: int | None = Field(default=None, foreign_key="member.id")
    about: UUID | None = Field(default=None)
    """The message of the member that the letter is about."""
    text: str = Field(sa_type=Text)
    html: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=Moment)
