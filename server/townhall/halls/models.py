"""A town hall, its agenda, its team and its seats. Nobody's name and nobody's account hangs on a seat."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment
from server.townhall.halls.states import HallState, Risk, SessionKind, SessionState


class Hall(SQLModel, table=True):
    """One event. `epoch` changes when nothing of before may be played back; `version` with every change of state."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    space_id: int = Field(foreign_key="space.id", index=True)
    code: str = Field(max_length=8, unique=True)
    state: HallState = Field(default=HallState.PREPARING, sa_type=Text)
    risk: Risk = Field(default=Risk.ORDINARY, sa_type=Text)
    rehearsal: bool = False
    """Everything in it vanishes when the rehearsal ends."""
    languages: list[str] = Field(sa_type=JSON)
    base_language: str = Field(max_length=12)
    premoderated: bool = True
    slow_seconds: int = 0
    """How long one seat waits between two questions; 0 as the limits say."""
    timezone: str = Field(max_length=40)
    opens_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    captions_kept: bool = False
    """Whether the captions become part of the record; else they go with the hall."""
    link: str = Field(default="", sa_type=Text)
    """Where one can listen or watch: a radio's frequency, a telephone line, an address."""
    sign_video: str = Field(default="", sa_type=Text)
    """The address of a video in a sign language."""
    epoch: int = 1
    version: int = 1
    stopped_by: str = Field(default="", max_length=20)
    reopening_by: int | None = Field(default=None, foreign_key="member.id")
    """Who wants to open it again after a stop; another person must agree."""
    paused_alone: bool = False
    """Whether it paused by itself."""
    watched_at: datetime | None = Field(default=None, sa_type=Moment)
    """When a moderator was last there: without one for some minutes the hall pauses by itself."""


class HallWords(SQLModel, table=True):
    """Everything that the team writes about a hall in several languages: titles, purpose, agenda, polls."""

    __tablename__ = "hall_words"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "subject", "subject_id", "part", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    subject: str = Field(max_length=12)
    """hall, session, speaker, poll or option; `subject_id` is its key, 0 for the hall."""
    subject_id: int = 0
    part: str = Field(max_length=12)
    language: str = Field(max_length=12)
    text: str = Field(sa_type=Text)


class HallKey(SQLModel, table=True):
    """Keys of a hall. They are destroyed when it is over, and with them every link from a seat to what it did."""

    __tablename__ = "hall_key"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "purpose"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    purpose: str = Field(max_length=12)
    """`seats`: whose a question is, for a day after the end. `votes`: who endorsed or voted, until the end."""
    key: bytes = Field(sa_type=LargeBinary)


class HallRole(SQLModel, table=True):
    """What a member does in one hall. Others see "Moderator 2", never a name."""

    __tablename__ = "hall_role"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "member_id", "role", "language", "given"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    member_id: int = Field(foreign_key="member.id", index=True)
    role: str = Field(max_length=20)
    language: str = Field(default="", max_length=12)
    """Of a captioner or interpreter: the language they write."""
    number: int = 1
    given: bool = True
    """False where the row only keeps the number of somebody who is here by a role in the space."""


class HallScreen(SQLModel, table=True):
    """A link for a projector: it shows the stage, opens nothing else, ends by itself and can be taken back."""

    __tablename__ = "hall_screen"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    language: str = Field(max_length=12)
    expires_at: datetime = Field(sa_type=Moment)


class HallSession(SQLModel, table=True):
    """An item of the agenda."""

    __tablename__ = "hall_session"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    position: int
    kind: SessionKind = Field(sa_type=Text)
    state: SessionState = Field(default=SessionState.COMING, sa_type=Text)
    minutes: int = 0
    """How long it is meant to take; 0 where nobody said."""
    began_at: datetime | None = Field(default=None, sa_type=Moment)


class Speaker(SQLModel, table=True):
    """Somebody who speaks or answers for an organisation; the words about them stand in hall_words."""

    __tablename__ = "hall_speaker"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    position: int


class Seat(SQLModel, table=True):
    """A browser that came in with the code. It has a name that the server gave, and nothing else of a person."""

    __tablename__ = "hall_seat"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    name: str = Field(max_length=60)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    language: str = Field(max_length=12)
    expires_at: datetime = Field(sa_type=Moment)
    muted_until: datetime | None = Field(default=None, sa_type=Moment)


class HallCommand(SQLModel, table=True):
    """A command that was taken, for ten minutes: the same one sent twice is done once."""

    __tablename__ = "hall_command"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "actor", "command"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    actor: bytes = Field(sa_type=LargeBinary)
    """A keyed hash of the seat or the account."""
    command: UUID
    result: str = Field(max_length=80)
    taken_at: datetime = Field(sa_type=Moment, index=True)


class HallLine(SQLModel, table=True):
    """A line of the team's log: which role did what to what, and why. No words of a question."""

    __tablename__ = "hall_line"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (Index("ix_hall_line_hall_id", "hall_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    done_at: datetime = Field(sa_type=Moment)
    label: str = Field(max_length=40)
    """The role and its number: moderator 2."""
    act: str = Field(max_length=30)
    target: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=40)


class RiskForm(SQLModel, table=True):
    """The questions to answer before a hall opens, signed by two people of its team."""

    __tablename__ = "hall_risk"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id", unique=True)
    answers: dict[str, str] = Field(sa_type=JSON)
    written_by: int | None = Field(default=None, foreign_key="member.id")
    written_at: datetime = Field(sa_type=Moment)
    signed_by: int | None = Field(default=None, foreign_key="member.id")
    signed_at: datetime | None = Field(default=None, sa_type=Moment)


class BackstageNote(SQLModel, table=True):
    """A message from one of the team to the others; it goes with the hall."""

    __tablename__ = "hall_note"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    label: str = Field(max_length=40)
    text: str = Field(sa_type=Text)
    urgent: bool = False
    """Stands in the way of the facilitator until it is read."""
    written_at: datetime = Field(sa_type=Moment)
    read_at: datetime | None = Field(default=None, sa_type=Moment)


class HallChannel(SQLModel, table=True):
    """How many events a channel has had. The number is taken in the visit that makes the change, so none is missing."""

    __tablename__ = "hall_channel"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "channel"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    channel: str = Field(max_length=44)
    last: int = 0


class HallEvent(SQLModel, table=True):
    """Something happened to something. The words are not here: whoever replays it reads what stands there now."""

    __tablename__ = "hall_event"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("hall_id", "channel", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id")
    channel: str = Field(max_length=44)
    number: int
    kind: str = Field(max_length=20)
    target: str = Field(max_length=40)
    happened_at: datetime = Field(sa_type=Moment)
