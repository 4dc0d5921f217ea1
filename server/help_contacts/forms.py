"""What the editors of help contacts send."""

from typing import Annotated

from pydantic import AfterValidator

from server.errors import say
from server.help_contacts.models import Cost, HelpKind
from server.help_contacts.telephones import telephones
from server.web.fields import Form, Note, OptionalTitle, Place, Short, SmallNumber, Tick
from server.web.tongues import Part, in_languages

WORDS = (
    Part("name", say("Name")),
    Part("hours", say("When it is open"), required=False),
    Part("about", say("What they do, and where"), long=True, required=False),
    Part("note", say("What else to know"), long=True, required=False),
)
"""The parts of a contact that are written in each language."""


def _numbers(value: str) -> str:
    return "\n".join(telephones(value))


Telephones = Annotated[Note, AfterValidator(_numbers)]
"""One number on each line, as machines dial them."""


class _Contact(Form):
    """A place or a number; `version` says which edition was on the screen."""

    kind: HelpKind
    area: Place = ""
    telephones: Telephones = ""
    cost: Cost = Cost.UNKNOWN
    version: SmallNumber = 0


ContactForm = in_languages(_Contact, name=OptionalTitle, hours=Short, about=Note, note=Note, speaks=Tick)
