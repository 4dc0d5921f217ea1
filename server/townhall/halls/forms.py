"""What browsers send about halls."""

from typing import Annotated

from pydantic import BeforeValidator

from server.errors import say
from server.townhall.halls.states import Risk
from server.web.fields import EMPTY, Form, Tick, line, prose, refuse
from server.web.tongues import Part, in_languages

HALL_WORDS = (Part("title", say("Title")), Part("purpose", say("What it is about"), long=True, required=False))
_CODE_SIGNS = 12


def _code(value: object) -> str:
    """As people read it from a wall: with spaces, dashes, small letters."""
    text = "".join(str(value).split()).replace("-", "").upper()
    if not text:
        raise refuse(EMPTY)
    if len(text) > _CODE_SIGNS or not text.isascii() or not text.isalnum():
        raise refuse(say("A code has six letters and digits. Please look at it again."))
    return text


class CodeForm(Form):
    """The code of a hall, as somebody typed it."""

    code: Annotated[str, BeforeValidator(_code)]


class BegunForm(Form):
    """A hall that begins to be prepared."""

    risk: Risk = Risk.ORDINARY
    rehearsal: Tick = False


HallTitle = Annotated[str, line("hall_title_characters", required=False)]
Purpose = Annotated[str, prose("purpose_characters", required=False)]
NewHallForm = in_languages(BegunForm, title=HallTitle, purpose=Purpose)
