"""What browsers send to the forum."""

from typing import Annotated

from pydantic import BeforeValidator

from server.errors import say
from server.forum.models import FlagReason
from server.web.fields import Form, MessageText, Note, Reference, Short, SmallNumber, Tick, Title, refuse

AUTOMATIC = "auto"


def _code(value: object) -> str:
    text = str(value)
    if len(text) > 12 or not text.replace("-", "").isalnum() or not text.isascii():
        raise refuse(say("Please choose one."))
    return text


LanguageCode = Annotated[str, BeforeValidator(_code)]


class MessageForm(Form):
    """A message in a topic, or an answer to one."""

    text: MessageText
    language: LanguageCode = AUTOMATIC
    reply_to: Reference = None
    quoted: Note = ""


class TopicForm(Form):
    """A new topic with its first message."""

    title: Title
    text: MessageText
    language: LanguageCode = AUTOMATIC


class EditForm(Form):
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

    title: Short = ""
    text: MessageText
    language: LanguageCode = AUTOMATIC
    reply_to: Reference = None


class ChoicesForm(Form):
    """What a space may remember and tell."""

    keeps_marks: Tick = False
    told_of_answers: Tick = False
