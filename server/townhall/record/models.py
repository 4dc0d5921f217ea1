"""What was promised in a hall, and what became of it. The record stays when the hall is forgotten."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, Date, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment


class Standing(StrEnum):
    """How it stands with a promise."""

    PLANNED = "planned"
    DOING = "doing"
    DONE = "done"
    CANNOT = "cannot"


class Record(SQLModel, table=True):
    """The account of a hall: numbers that were counted at its close, and whether it is published."""

    __tablename__ = "hall_record"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id", unique=True)
    numbers: dict[str, int] = Field(sa_type=JSON)
    published_at: datetime | None = Field(default=None, sa_type=Moment)


class RecordWords(SQLModel, table=True):
    """A published question with its answer, or a result of a poll, in one language."""

    __tablename__ = "hall_record_words"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    position: int
    kind: str = Field(max_length=12)
    language: str = Field(max_length=12)
    said: str = Field(sa_type=Text)
    answered: str = Field(default="", sa_type=Text)
    counts: dict[str, int] = Field(sa_type=JSON)


class Commitment(SQLModel, table=True):
    """You said, we did: a promise with an owner and a day."""

    __tablename__ = "hall_commitment"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    position: int
    standing: Standing = Field(default=Standing.PLANNED, sa_type=Text)
    question: UUID | None = None
    """Of a question that nobody had time for: which one. Its answer is the promise."""
    number: int = 0
    """The number of that question in the hall; 0 for a promise that stands for itself."""
    owner: str = Field(max_length=80)
    due_on: date | None = Field(default=None, sa_type=Date)


class CommitmentWords(SQLModel, table=True):
    """The words of a promise in one language."""

    __tablename__ = "hall_commitment_words"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("commitment_id", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    commitment_id: int = Field(foreign_key="hall_commitment.id")
    language: str = Field(max_length=12)
    you_said: str = Field(sa_type=Text)
    we_do: str = Field(sa_type=Text)
    because: str = Field(default="", sa_type=Text)
    """Why it cannot be done."""


class CommitmentStep(SQLModel, table=True):
    """A line of a promise's history; everybody can read it."""

    __tablename__ = "hall_commitment_step"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    commitment_id: int = Field(foreign_key="hall_commitment.id", index=True)
    standing: Standing = Field(sa_type=Text)
    on: date = Field(sa_type=Date)
