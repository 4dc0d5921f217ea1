"""Captions of a hall, segment by segment."""

from enum import StrEnum

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class Origin(StrEnum):
    """Whose words a caption is; a machine's are always labelled."""

    CAPTIONER = "captioner"
    INTERPRETER = "interpreter"
    MACHINE = "machine"


class CaptionSegment(SQLModel, table=True):
    """One piece of what was said, in one language. `revision` rises with every correction."""

    __tablename__ = "hall_caption"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("session_id", "language", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    hall_id: int = Field(foreign_key="hall.id", index=True)
    session_id: int = Field(foreign_key="hall_session.id")
    language: str = Field(max_length=12)
    number: int
    revision: int = 1
    from_ms: int = Field(sa_type=BigInteger)
    """Since the session began."""
    to_ms: int = Field(sa_type=BigInteger)
    text: str = Field(sa_type=Text)
    origin: Origin = Field(sa_type=Text)
    writer: int | None = Field(default=None, foreign_key="member.id")
    """Who may still correct it; emptied at the close."""
