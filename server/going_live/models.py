"""What stewards confirmed: which line of the list, in which role of their own, on which day."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, Index, Text
from sqlmodel import Field, SQLModel


class Line(StrEnum):
    """A line of the list, in the order in which people do them."""

    ASSESSMENT = "assessment"
    CONTACTS = "contacts"
    MODERATORS = "moderators"
    CHANNEL = "channel"
    DISK = "disk"
    BACKUPS = "backups"
    EXIT = "exit"


class Confirmation(SQLModel, table=True):
    """One steward's word for one line. It is never changed: who confirms anew ends the older one, and both stay."""

    __table_args__ = (Index("ix_confirmation_line", "line", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    line: Line = Field(sa_type=Text)
    role: str = Field(max_length=120)
    confirmed_on: date = Field(sa_type=Date)
    confirmed_by: int | None = Field(default=None, foreign_key="member.id", index=True)
    ended_on: date | None = Field(default=None, sa_type=Date)
    ended_by: int | None = Field(default=None, foreign_key="member.id", index=True)
