"""What helpers send, and whoever comes back with a receipt."""

from typing import Annotated

from pydantic import BeforeValidator

from server.errors import say
from server.townhall.asking.models import Source
from server.web.fields import NOT_UNDERSTOOD, Form, Question, Reference, Short, Tick, line, prose, refuse

MOST_PEOPLE = 5_000
Message = Annotated[str, prose("question_characters", required=True)]


def _people(value: object) -> int:
    """How many stand behind it; nothing typed is one."""
    text = str(value).strip()
    if not text:
        return 1
    if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= MOST_PEOPLE:
        raise refuse(say("Please write a number from 1 to 5000."))
    return int(text)


def _source(value: object) -> Source:
    if value not in (Source.ROOM, Source.HELPER, Source.SMS):
        raise refuse(NOT_UNDERSTOOD)
    return Source(str(value))


class EnterForm(Form):
    """A question that somebody says to a helper."""

    text: Question
    session: Reference = None
    language: Short = ""
    people: Annotated[int, BeforeValidator(_people)] = 1
    source: Annotated[Source, BeforeValidator(_source)] = Source.HELPER
    quote_ok: Tick = False
    command: Reference = None


class MessageForm(Form):
    """A text message as it came."""

    message: Message
    command: Reference = None


class ReceiptForm(Form):
    """The code that a helper wrote on paper."""

    receipt: Annotated[str, line("login_characters", required=True)]
