"""One line for each change that the machine or a person made to what others can read. No words, no names."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from moderation.states import ContentState
from server.database import Moment


class Hand(StrEnum):
    """Whose act it was."""

    MACHINE = "machine"
    AUTHOR = "author"
    MODERATOR = "moderator"
    APPEAL = "appeal"


class LedgerEntry(SQLModel, table=True):
    """A link of the chain. `seal` covers every other column but `id` and `message_id`, and the seal before it.

    `subject` is a hash of the message's public id and the salt: whoever knows the message can show which line is
    about it, and nobody can go the other way once `message_id` is cut.
    """

    __tablename__ = "ledger_entry"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (Index("ix_ledger_entry_message_id", "message_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    message_id: int | None = Field(default=None, foreign_key="message.id")
    salt: bytes = Field(sa_type=LargeBinary)
    subject: bytes = Field(sa_type=LargeBinary)
    before: ContentState = Field(sa_type=Text)
    after: ContentState = Field(sa_type=Text)
    hand: Hand = Field(sa_type=Text)
    reason: str = Field(default="", max_length=40)
    policy_version: str = Field(default="", max_length=12)
    hour: datetime = Field(sa_type=Moment, index=True)
    previous: bytes = Field(sa_type=LargeBinary, unique=True)
    """The seal before it: no two lines follow the same one."""
    seal: bytes = Field(sa_type=LargeBinary)
