"""Spaces: where people meet, who may read there, who may join, and when somebody usually looks."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, Date, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment


class Access(StrEnum):
    """Who may read a space."""

    OPEN = "open"
    MEMBERS = "members"


class Joining(StrEnum):
    """Who may become a member."""

    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


class SpaceState(StrEnum):
    """A space is prepared by its hosts, then open to its people, and in the end only to be read."""

    PREPARING = "preparing"
    OPEN = "open"
    ARCHIVED = "archived"


class LockReason(StrEnum):
    """Why nobody can write in a space just now."""

    DANGER = "danger"
    SCAM = "scam"
    HATE = "hate"
    PAUSE = "pause"


class Space(SQLModel, table=True):
    """A room of the forum. A new one is for members only until its host opens it.

    `read_only` is true while it is prepared, while it is locked, and for ever once it is archived.
    """

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=40, unique=True)
    access: Access = Field(default=Access.MEMBERS, sa_type=Text)
    joining: Joining = Field(default=Joining.INVITATION, sa_type=Text)
    state: SpaceState = Field(default=SpaceState.OPEN, sa_type=Text)
    premoderated: bool = False
    read_only: bool = False
    locked_for: LockReason | None = Field(default=None, sa_type=Text)
    archived_at: datetime | None = Field(default=None, sa_type=Moment)
    words_changed_at: datetime | None = Field(default=None, sa_type=Moment)
    host: str = Field(max_length=80)
    messages_days: int | None = Field(default=None)
    """So many days after it was written a message is forgotten; none where only the longest lifetime counts."""
    languages: list[str] = Field(sa_type=JSON)
    timezone: str = Field(max_length=40)
    version: int = 1


class SpaceText(SQLModel, table=True):
    """Name, purpose and rules of a space in one language."""

    __tablename__ = "space_text"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("space_id", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    space_id: int = Field(foreign_key="space.id")
    language: str = Field(max_length=12)
    name: str = Field(max_length=80)
    purpose: str = Field(sa_type=Text)
    rules: str = Field(sa_type=Text)
    rules_html: str = Field(sa_type=Text)


class DutyHours(SQLModel, table=True):
    """When moderators who read a language usually look, in the space's own time zone."""

    __tablename__ = "duty_hours"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    space_id: int = Field(foreign_key="space.id", index=True)
    language: str = Field(max_length=12)
    starts: str = Field(max_length=5)
    ends: str = Field(max_length=5)


class ChangeKind(StrEnum):
    """What was done with a space."""

    OPENED = "opened"
    WORDS = "words"
    SAFETY = "safety"
    ARCHIVE = "archive"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    ROLE_TAKEN = "role_taken"
    CARDS = "cards"
    EXPORTED = "exported"
    LIFETIME = "lifetime"
    HELD = "held"
    HOLD_ENDED = "hold_ended"


class ChangeState(StrEnum):
    """A proposal waits for a second person; it is in force, or it was put away."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    PUT_AWAY = "put_away"


class SpaceChange(SQLModel, table=True):
    """One line in the history of a space: what was done, by which roles, and what stood there before."""

    __tablename__ = "space_change"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (Index("ix_space_change_space_id_state", "space_id", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    space_id: int = Field(foreign_key="space.id")
    kind: ChangeKind = Field(sa_type=Text)
    state: ChangeState = Field(sa_type=Text)
    language: str | None = Field(default=None, max_length=12)
    before: dict[str, str] = Field(sa_type=JSON)
    after: dict[str, str] = Field(sa_type=JSON)
    proposed_by: int | None = Field(default=None, foreign_key="member.id", index=True)
    proposed_role: str = Field(max_length=20)
    proposed_at: datetime = Field(sa_type=Moment)
    agreed_by: int | None = Field(default=None, foreign_key="member.id")
    agreed_role: str | None = Field(default=None, max_length=20)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


class HoldReason(StrEnum):
    """Why content must not be forgotten yet."""

    LAW = "law"
    COMPLAINT = "complaint"
    SAFETY = "safety"


class HoldState(StrEnum):
    """Asked for by one steward, in force by the word of a second one, ended by anyone of them."""

    ASKED = "asked"
    STANDS = "stands"
    ENDED = "ended"


class Hold(SQLModel, table=True):
    """What is written in a space, or in one topic, is not forgotten by itself up to a day."""

    __tablename__ = "space_hold"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (Index("ix_space_hold_space_id_state", "space_id", "state"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    space_id: int = Field(foreign_key="space.id")
    topic: UUID | None = Field(default=None)
    """The topic as its address names it; none when all of the space is held."""
    reason: HoldReason = Field(sa_type=Text)
    office: str = Field(max_length=120)
    state: HoldState = Field(default=HoldState.ASKED, sa_type=Text)
    until: date = Field(sa_type=Date)
    asked_by: int | None = Field(default=None, foreign_key="member.id")
    asked_on: date = Field(sa_type=Date)
    agreed_by: int | None = Field(default=None, foreign_key="member.id")
    agreed_on: date | None = Field(default=None, sa_type=Date)
    ended_by: int | None = Field(default=None, foreign_key="member.id")
    ended_on: date | None = Field(default=None, sa_type=Date)
