"""A picture as it is kept: drawn anew by the darkroom, with what its author says about it."""

from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field, SQLModel


class People(StrEnum):
    """Who can be recognised in a picture, as its author says."""

    NOBODY = "nobody"
    ADULTS_AGREED = "adults_agreed"
    CHILDREN = "children"


class Picture(SQLModel, table=True):
    """The one picture of a message. Its bytes are here and nowhere else, so that erasing it is one act."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    message_id: int = Field(foreign_key="message.id", unique=True)
    alt: str = Field(sa_type=Text)
    people: People = Field(sa_type=Text)
    media_type: str = Field(max_length=40)
    width: int
    height: int
    content: bytes = Field(sa_type=LargeBinary)
    """The last column: SQLite finds the others without reading through it."""
