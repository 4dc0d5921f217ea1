"""What the forum's addresses point at, for those who may know of it."""

from moderation.states import ContentState
from server.database import Transaction
from server.errors import NotFound
from server.forum import picture_queries, queries
from server.forum.picture_queries import PictureFound
from server.forum.queries import OwnMessage, TopicRow
from server.permissions import Permission, Standing
from server.spaces.queries import SpaceRow, space_by_slug
from server.web.visit import Visit


def the_space(tx: Transaction, visit: Visit) -> SpaceRow | None:
    """The space in the address."""
    return space_by_slug(tx, visit.request.path_params["space"])


def the_topic(tx: Transaction, visit: Visit) -> TopicRow | None:
    """The topic in the address; one that waits is there for its author only."""
    topic = queries.topic_by_id(tx, visit.reference("topic"), member_id=visit.viewer.member_id)
    return topic if topic and _may_know(visit, topic) else None


def the_message(tx: Transaction, visit: Visit) -> OwnMessage | None:
    """The message in the address; one that others cannot read is there for its author only."""
    message = queries.message_by_id(tx, visit.reference("message"))
    if message is None or is_own(visit, message):
        return message
    return message if message.state == ContentState.PUBLISHED else None


def _may_know(visit: Visit, topic: TopicRow) -> bool:
    standing = visit.viewer.standing_in(topic.space.id)
    own = standing is not None and standing.membership_id == topic.membership_id
    return topic.state == ContentState.PUBLISHED or own or topic.waiting


def is_own(visit: Visit, message: OwnMessage) -> bool:
    """Whether the viewer wrote it."""
    standing = visit.viewer.standing_in(message.topic.space.id)
    return standing is not None and standing.membership_id == message.membership_id


def standing_of(visit: Visit, space: SpaceRow) -> Standing:
    """The viewer as a member of the space. Raises NotFound for anybody else."""
    standing = visit.viewer.standing_in(space.id)
    if standing is None:
        raise NotFound
    return standing


def the_own_message(tx: Transaction, visit: Visit) -> OwnMessage | None:
    """The message in the address, for its author only."""
    message = queries.message_by_id(tx, visit.reference("message"))
    return message if message is not None and is_own(visit, message) else None


def the_picture(tx: Transaction, visit: Visit) -> PictureFound | None:
    """The picture in the address: as long as its message can be read, for readers of the space.

    While it cannot, its author sees it, and the moderators who could open its case. To all others there is
    nothing here, whether they are signed in or not.
    """
    picture = picture_queries.picture_by_id(tx, visit.reference("picture"))
    if picture is None or not visit.viewer.may(Permission.READ_SPACE, picture.place):
        return None
    if picture.state == ContentState.PUBLISHED or picture.space.id in visit.viewer.spaces_reviewed():
        return picture
    standing = visit.viewer.standing_in(picture.space.id)
    return picture if standing is not None and standing.membership_id == picture.membership_id else None
