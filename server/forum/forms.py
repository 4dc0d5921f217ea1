"""What browsers send to the forum."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BeforeValidator

from server.errors import say
from server.forum.models import FlagReason
from server.pictures.models import People
from server.spaces.lives import AUTHOR_DAYS
from server.web.fields import Alt, Form, MessageText, Note, Reference, Short, SmallNumber, Tick, Title, refuse

AUTOMATIC = "auto"
NO_SUCH_LIFE = say("A message can last shorter here, not longer. Please choose one.")


def _code(value: object) -> str:
    text = str(value)
    if len(text) > 12 or not text.replace("-", "").isalnum() or not text.isascii():
        raise refuse(say("Please choose one."))
    return text


LanguageCode = Annotated[str, BeforeValidator(_code)]


def _no_text(value: object) -> str:
    """A browser that was not told to send the file sends its name."""
    if value not in ("", None):
        raise refuse(say("The picture did not arrive. Please choose it again."))
    return ""


def _people(value: object) -> object:
    return None if value == "" else value


def _days(value: object) -> int | None:
    """One of the numbers that a writer can choose; whether the space lets words last so long is asked later."""
    if value in ("", None):
        return None
    if str(value) not in map(str, AUTHOR_DAYS):
        raise refuse(NO_SUCH_LIFE)
    return int(str(value))


Days = Annotated[int | None, BeforeValidator(_days)]


class Details(StrEnum):
    """What shall become of private details that were found in the words."""

    UNASKED = ""
    HIDE = "hide"
    CHANGE = "change"
    HOTLINE = "hotline"
    SEND = "send"


def _mark(value: object) -> str:
    text = str(value)
    return text if text.isascii() and text.isdigit() and len(text) <= 10 else ""


class DetailsForm(Form):
    """A form whose words are looked through for private details; `nudged` says which were asked about before."""

    details: Details = Details.UNASKED
    nudged: Annotated[str, BeforeValidator(_mark)] = ""


class MessageForm(DetailsForm):
    """A message in a topic, or an answer to one; with a picture, what it shows and who is in it."""

    file_field: ClassVar[str] = "image"

    text: MessageText
    language: LanguageCode = AUTOMATIC
    reply_to: Reference = None
    quoted: Note = ""
    lasts: Days = None
    image: Annotated[str, BeforeValidator(_no_text)] = ""
    alt: Alt = ""
    people: Annotated[People | None, BeforeValidator(_people)] = None


class TopicForm(DetailsForm):
    """A new topic with its first message."""

    title: Title
    text: MessageText
    language: LanguageCode = AUTOMATIC
    lasts: Days = None


class EditForm(DetailsForm):
    """A changed message; `version` says which edition was on the screen."""

    text: MessageText
    title: Short = ""
    version: SmallNumber


class FlagForm(Form):
    """Why a person should look."""

    reason: FlagReason
    note: Note = ""


class DraftForm(Form):
    """Words for later: nothing is asked of them yet, but that there are some."""

    text: MessageText
    language: LanguageCode = AUTOMATIC
    reply_to: Reference = None


class TopicDraftForm(DraftForm):
    """A new topic for later; its title may be missing yet."""

    title: Short = ""


class ChoicesForm(Form):
    """What a space may remember and tell. A box without a tick sends nothing, so `shown` says that they were there."""

    shown: SmallNumber
    keeps_marks: Tick = False
    told_of_answers: Tick = False
