"""A picture comes with its message and goes with it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlmodel import col

from server.darkroom.workshop import CleanPicture
from server.database import Transaction, changed, metadata
from server.pictures.models import People, Picture


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A clean picture on its way in, with what its author says about it."""

    clean: CleanPicture
    alt: str
    people: People


def attach(tx: Transaction, message_id: int, picture: NewPicture) -> None:
    """Keep the picture with its message."""
    tx.session.add(
        Picture(
            message_id=message_id,
            alt=picture.alt,
            people=picture.people,
            media_type=picture.clean.media_type,
            width=picture.clean.width,
            height=picture.clean.height,
            content=picture.clean.content,
        )
    )
    tx.session.flush()


def erase(tx: Transaction, message_id: int) -> None:
    """The picture is gone at once, wherever it was kept."""
    gone = tx.session.execute(delete(Picture).where(col(Picture.message_id) == message_id))
    if changed(gone):
        tx.erases = True


def is_there(tx: Transaction, message_id: int) -> bool:
    """Whether the message has a picture."""
    return bool(tx.session.execute(select(exists().where(col(Picture.message_id) == message_id))).scalar())


def is_same(tx: Transaction, message: UUID, picture: NewPicture) -> bool:
    """Whether the message has this very picture: the darkroom draws the same file the same way each time."""
    messages = metadata.tables["message"]
    same = exists().where(
        col(Picture.message_id) == messages.c.id,
        messages.c.public_id == message,
        col(Picture.content) == picture.clean.content,
    )
    return bool(tx.session.execute(select(same)).scalar())
