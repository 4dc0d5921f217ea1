"""Announcements: one item in several languages, with an exact time, a last day, and corrections that are linked."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Date, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment


class AnnouncementKind(StrEnum):
    """What is said: something to know, or a trick to beware of."""

    ANNOUNCEMENT = "announcement"
    SCAM_ALERT = "scam_alert"


class Announcement(SQLModel, table=True):
    """One item. Without a space it is for everybody: by a steward, or, as a scam alert, by those who moderate.

    It is never changed: a correction is another announcement, which names the one that it corrects.
    """

    __table_args__ = (Index("ix_announcement_place", "kind", "space_id", "published_at"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    kind: AnnouncementKind = Field(sa_type=Text)
    space_id: int | None = Field(default=None, foreign_key="space.id")
    membership_id: int | None = Field(default=None, foreign_key="membership.id", index=True)
    organisation: str = Field(default="", max_length=120)
    published_at: datetime = Field(sa_type=Moment)
    valid_until: date | None = Field(default=None, sa_type=Date)
    pinned: bool = False
    corrects_id: int | None = Field(default=None, foreign_key="announcement.id", unique=True)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)


class AnnouncementText(SQLModel, table=True):
    """The words in one language. Of a scam alert, `text` is what they say, and `truth` what is true."""

    __tablename__ = "announcement_text"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("announcement_id", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    announcement_id: int = Field(foreign_key="announcement.id")
    language: str = Field(max_length=12)
    title: str = Field(max_length=300)
    text: str = Field(sa_type=Text)
    html: str = Field(sa_type=Text)
    truth: str = Field(default="", sa_type=Text)
    truth_html: str = Field(default="", sa_type=Text)
    renderer: int
