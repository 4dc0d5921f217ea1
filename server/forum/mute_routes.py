"""Not reading somebody in a space, not being answered by them, and taking that back."""

from starlette.responses import Response

from server.database import Transaction
from server.errors import NotFound
from server.forum import mutes
from server.forum.addresses import standing_of, the_message, the_space
from server.forum.queries import OwnMessage
from server.permissions import Permission
from server.spaces.queries import SpaceRow
from server.web.fields import Form
from server.web.rooms import action
from server.web.visit import Visit


@action("/messages/{message}/mute", name="mute", needs=Permission.POST_MESSAGE, at=the_message)
def mute(visit: Visit, message: OwnMessage, form: Form) -> Response:
    """Do not show me this person's messages."""
    return _put_away(visit, message, blocks=False)


@action("/messages/{message}/block", name="block", needs=Permission.POST_MESSAGE, at=the_message)
def block(visit: Visit, message: OwnMessage, form: Form) -> Response:
    """Do not let this person answer me, and do not show me their messages."""
    return _put_away(visit, message, blocks=True)


def _put_away(visit: Visit, message: OwnMessage, *, blocks: bool) -> Response:
    by, most = standing_of(visit, message.topic.space), visit.policies.accounts.mutes_per_space
    with visit.transaction() as tx:
        mutes.mute(tx, by, message.membership_id, blocks=blocks, most=most)
    return visit.redirect_to("topic", {"done": "blocked" if blocks else "muted"}, topic=message.topic.public_id)


@action("/s/{space}/mutes/{person}/answer", name="let_answer", needs=Permission.POST_MESSAGE, at=the_space)
def let_answer(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """Let them answer again."""
    with visit.transaction() as tx:
        mutes.let_answer(tx, standing_of(visit, space), _person(tx, visit, space))
    return visit.redirect_to("choices", {"done": "answers_again"}, space=space.slug)


@action("/s/{space}/mutes/{person}/show", name="show_again", needs=Permission.POST_MESSAGE, at=the_space)
def show_again(visit: Visit, space: SpaceRow, form: Form) -> Response:
    """Show their messages again."""
    with visit.transaction() as tx:
        mutes.show_again(tx, standing_of(visit, space), _person(tx, visit, space))
    return visit.redirect_to("choices", {"done": "shown_again"}, space=space.slug)


def _person(tx: Transaction, visit: Visit, space: SpaceRow) -> int:
    """The member in the address. Raises NotFound for one who is not in this space."""
    found = mutes.person_in(tx, space.id, visit.reference("person"))
    if found is None:
        raise NotFound
    return found


routes = [mute, block, let_answer, show_again]
