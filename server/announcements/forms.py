"""What browsers send to announce something, or to warn of a trick."""

from server.errors import say
from server.web.fields import Form, OptionalDay, OptionalText, OptionalTitle, Short, Tick
from server.web.tongues import Part, in_languages

WORDS = (Part("title", say("Title")), Part("text", say("Text"), long=True))
ALERT_WORDS = (
    Part("title", say("Title")),
    Part("text", say("What they say"), long=True),
    Part("truth", say("What is true"), long=True),
)
"""The parts of an item that are written in each language."""
PUBLISH, CHANGE = "publish", "change"
"""The steps after the first look; whatever else is sent asks for that look."""


class _Item(Form):
    """One item in one language or more, the last day on which it holds, and how far its author has come."""

    valid_until: OptionalDay = None
    pinned: Tick = False
    step: Short = ""


ItemForm = in_languages(_Item, title=OptionalTitle, text=OptionalText)
AlertForm = in_languages(_Item, title=OptionalTitle, text=OptionalText, truth=OptionalText)
