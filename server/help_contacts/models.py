"""Help contacts: who helps, where, in which languages, and when somebody last made sure of it."""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, Date, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class HelpKind(StrEnum):
    """What the help is for, the most urgent first."""

    EMERGENCY = "emergency"
    HEALTH = "health"
    WOMEN = "women"
    CHILDREN = "children"
    LEGAL = "legal"
    POLICE = "police"
    OTHER = "other"


class Cost(StrEnum):
    """Whether one pays."""

    FREE = "free"
    COSTS = "costs"
    UNKNOWN = "unknown"


class HelpContact(SQLModel, table=True):
    """One place or number. Without an area it is for everywhere. It names no person who checked it."""

    __tablename__ = "help_contact"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    kind: HelpKind = Field(sa_type=Text)
    area: str = Field(default="", max_length=120)
    telephones: list[str] = Field(sa_type=JSON)
    languages: list[str] = Field(sa_type=JSON)
    cost: Cost = Field(default=Cost.UNKNOWN, sa_type=Text)
    checked_on: date = Field(sa_type=Date)
    version: int = 1


class HelpContactText(SQLModel, table=True):
    """Name, hours, what they do and where, and a note, in one language."""

    __tablename__ = "help_contact_text"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("help_contact_id", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    help_contact_id: int = Field(foreign_key="help_contact.id")
    language: str = Field(max_length=12)
    name: str = Field(max_length=300)
    hours: str = Field(default="", max_length=300)
    about: str = Field(default="", sa_type=Text)
    note: str = Field(default="", sa_type=Text)
