"""Polls of a hall. Ballots are counted and destroyed at the close."""

from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.townhall.halls.states import Results


class PollKind(StrEnum):
    """How one answers."""

    SINGLE = "single"
    SEVERAL = "several"
    SCALE = "scale"
    YES_NO = "yes_no"
    OPEN = "open"


class PollState(StrEnum):
    """A poll is prepared, then open, then closed."""

    PREPARED = "prepared"
    OPEN = "open"
    CLOSED = "closed"


class Poll(SQLModel, table=True):
    """A question of the facilitator; its words and those of its options stand in hall_words."""

    __tablename__ = "hall_poll"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    session_id: int | None = Field(default=None, foreign_key="hall_session.id", index=True)
    kind: PollKind = Field(sa_type=Text)
    state: PollState = Field(default=PollState.PREPARED, sa_type=Text)
    results: Results = Field(default=Results.AFTER_CLOSING, sa_type=Text)
    sensitive: bool = False
    """No hands are counted in the room, and small numbers are never told."""
    on_stage: bool = False
    voters: int = 0
    version: int = 1


class PollOption(SQLModel, table=True):
    """One of the things that can be chosen."""

    __tablename__ = "hall_option"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("poll_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    poll_id: int = Field(foreign_key="hall_poll.id")
    position: int
    count: int = 0
    """Votes by phone and SMS. Counts from the room are rows of their own."""


class Ballot(SQLModel, table=True):
    """One vote, until the poll is closed: it can be changed as long as the poll is open."""

    __tablename__ = "hall_ballot"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("poll_id", "voter_key"),)

    id: int | None = Field(default=None, primary_key=True)
    poll_id: int = Field(foreign_key="hall_poll.id")
    voter_key: bytes = Field(sa_type=LargeBinary)
    chosen: list[int] = Field(sa_type=JSON)
    """Positions of options."""


class RoomCount(SQLModel, table=True):
    """Hands counted in a room by a helper: always told apart, never added up in silence."""

    __tablename__ = "hall_room_count"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("option_id", "label"),)

    id: int | None = Field(default=None, primary_key=True)
    option_id: int = Field(foreign_key="hall_option.id")
    label: str = Field(max_length=40)
    """Which helper entered it."""
    count: int
    confirmed_by: str = Field(default="", max_length=40)
    """Another helper who saw the same."""
