"""Somebody in a hall asks for a counsellor."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment


class CallState(StrEnum):
    """A call waits, somebody has answered it, or it is over."""

    WAITING = "waiting"
    ANSWERED = "answered"
    OVER = "over"


class HallCall(SQLModel, table=True):
    """One call of one seat. It holds no words of the person: what is said is said elsewhere."""

    __tablename__ = "hall_call"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "caller_key"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id")
    caller_key: bytes = Field(sa_type=LargeBinary)
    """HMAC of the seat under the hall's key for seats."""
    name: str = Field(max_length=60)
    """The neutral name of the seat, so that two calls can be told apart."""
    state: CallState = Field(default=CallState.WAITING, sa_type=Text)
    answer: str = Field(default="", sa_type=Text)
    """What the counsellor says: where they can be found, or a number to call."""
    called_at: datetime = Field(sa_type=Moment)
