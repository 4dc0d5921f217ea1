"""Spaces: where people meet, who may read there, who may join, and when somebody usually looks."""

from enum import StrEnum

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class Access(StrEnum):
    """Who may read a space."""

    OPEN = "open"
    MEMBERS = "members"


class Joining(StrEnum):
    """Who may become a member."""

    OPEN = "open"
    INVITATION = "invitation"
    CLOSED = "closed"


class Space(SQLModel, table=True):
    """A room of the forum. A new one is for members only until its host opens it."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=40, unique=True)
    access: Access = Field(default=Access.MEMBERS, sa_type=Text)
    joining: Joining = Field(default=Joining.INVITATION, sa_type=Text)
    read_only: bool = False
    host: str = Field(max_length=80)
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
