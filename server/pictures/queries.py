"""What pages ask about pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from server.database import Transaction, made
from server.pictures.models import People, Picture


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture without its bytes, of which there are `size`."""

    public_id: UUID
    alt: str
    people: People
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class PictureBytes:
    """What a browser gets."""

    content: bytes
    media_type: str


COLUMNS = (
    col(Picture.public_id),
    col(Picture.alt),
    col(Picture.people),
    col(Picture.width),
    col(Picture.height),
    func.length(col(Picture.content)).label("size"),
)
"""For lists of messages to join; all of them are empty where there is no picture."""


def picture_in(columns: Sequence[Any]) -> PictureRow | None:
    """The picture in the joined columns of a row."""
    return None if columns[0] is None else made(PictureRow, columns)


def picture_of(tx: Transaction, message_id: int) -> PictureRow | None:
    """The picture of a message."""
    row = tx.look(select(*COLUMNS).where(col(Picture.message_id) == message_id)).first()
    return None if row is None else made(PictureRow, row)


def bytes_of(tx: Transaction, public_id: UUID) -> PictureBytes | None:
    """The picture itself."""
    wanted = select(col(Picture.content), col(Picture.media_type)).where(col(Picture.public_id) == public_id)
    row = tx.look(wanted).first()
    return None if row is None else made(PictureBytes, row)
