"""Who may see a picture depends on its message, and so is asked here."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from moderation.states import ContentState
from server.database import Transaction, made
from server.forum.models import Message, Topic
from server.permissions import Place
from server.pictures.models import Picture
from server.spaces import queries as spaces
from server.spaces.models import Space
from server.spaces.queries import SpaceRow


@dataclass(frozen=True, slots=True)
class PictureFound:
    """A picture with what decides who may see it."""

    public_id: UUID
    state: ContentState
    membership_id: int | None
    space: SpaceRow

    @property
    def place(self) -> Place:
        """Where the space is."""
        return self.space.place


_PICTURE_BY_ID = (
    select(col(Picture.public_id), col(Message.state), col(Message.membership_id), *spaces.COLUMNS)
    .join(Message, col(Message.id) == col(Picture.message_id))
    .join(Topic, col(Topic.id) == col(Message.topic_id))
    .join(Space, col(Space.id) == col(Topic.space_id))
    .where(col(Picture.public_id) == bindparam("public_id"))
)


def picture_by_id(tx: Transaction, public_id: UUID) -> PictureFound | None:
    """A picture with the state of its message and the space it is in."""
    row = tx.look(_PICTURE_BY_ID, {"public_id": public_id}).first()
    return None if row is None else made(PictureFound, row[:3], made(SpaceRow, row[3:]))
