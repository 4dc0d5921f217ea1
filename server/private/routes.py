"""The addresses of the private room."""

from collections.abc import Sequence

from starlette.responses import Response

from server.private.asking import Asked, Place
from server.web.words import reading


async def help_page(asked: Asked) -> Response:
    """Who helps, for now."""
    room = asked.room
    found = room.contacts.all(on=room.clock.now().date(), hide_days=room.policies.information.help_hide_days)
    told = [(contact, *contact.told_in(reading().language.code)) for contact in found]
    return asked.page("private/help.html", contacts=told)


PLACES: Sequence[Place] = (Place("/help", "help", "GET", help_page),)
