"""Decisions: what a person decided about a text, and why. A decision never holds the text itself."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from moderation.states import ContentState
from server.database import Moment


class Action(StrEnum):
    """What a moderator did: let it be read (or stay), or take it out."""

    RELEASE = "release"
    REMOVE = "remove"


class RemovalReason(StrEnum):
    """Why a text was taken out; the author is told it in their own language."""

    INSULT = "insult"
    THREAT = "threat"
    SCAM = "scam"
    PRIVATE_DATA = "private_data"
    OFF_TOPIC = "off_topic"
    OTHER = "other"


class Decision(SQLModel, table=True):
    """One person's decision about one case. Undone decisions stay, marked."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    case_id: int = Field(foreign_key="review_case.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    action: Action = Field(sa_type=Text)
    reason: str = Field(default="", max_length=40)
    state_before: ContentState = Field(sa_type=Text)
    decided_at: datetime = Field(sa_type=Moment)
    undone_at: datetime | None = Field(default=None, sa_type=Moment)
