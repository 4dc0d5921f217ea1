"""What captioners and interpreters send."""

from typing import Annotated

from pydantic import BeforeValidator

from server.townhall.captions.models import Origin
from server.web.fields import Form, Question, Reference, SmallNumber, line

Line = Annotated[str, line("caption_characters", required=True)]
MendedLine = Annotated[str, line("caption_characters", required=False)]


def _none(value: object) -> object:
    return None if value == "" else value


class CaptionForm(Form):
    """One segment. A tool of another captioner sends the same form; a machine's words must say so."""

    text: Line
    origin: Annotated[Origin | None, BeforeValidator(_none)] = None


class MendForm(Form):
    """Other words for one of the last segments; none take it out."""

    session: Reference = None
    number: SmallNumber = 0
    words: MendedLine = ""


class WordsForm(Form):
    """A question in an interpreter's words."""

    text: Question
