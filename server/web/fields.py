"""The kinds of field that forms are made of. Limits come from the policies, by name.

A field that cannot be taken says why in one sentence; nothing is cut off silently.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from server.errors import Sentence, say
from server.policies import Policies

_OF_HALLS = frozenset({"question_characters", "answer_characters", "caption_characters", "hall_title_characters"})
"""Limits that stand with the halls, not with the texts."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_DIRECTION = re.compile("[\u061c\u200b\u200e\u200f\u2060\u202a-\u202e\u2066-\u2069\ufeff]")

NO_CONTROLS = say("There are signs in this text that cannot be kept. Please take them out.")
EMPTY = say("Please write something here.")
CHOOSE = say("Please choose one.")
A_DAY = say("Please write the day like this: 2027-05-31.")
ONCE = say("This field was sent twice.")
NOT_UNDERSTOOD = say("This could not be understood.")


def refuse(sentence: Sentence) -> PydanticCustomError:
    """The error that carries a sentence of ours through pydantic."""
    return PydanticCustomError("sentence", "{english}", {"english": sentence.english, "params": sentence.params})


def too_long(limit: int, length: int) -> Sentence:
    """Says the length as well as the limit, so that a person knows how much to take out."""
    return say(
        "This is %(length)s characters long. At most %(limit)s fit. Nothing is lost: please shorten it.",
        length=length,
        limit=limit,
    )


def _limited(value: str, info: ValidationInfo, limit_name: str) -> str:
    if _CONTROLS.search(value):
        raise refuse(NO_CONTROLS)
    policies: Policies = info.context  # type: ignore[assignment]  # always given by parse()
    limit: int = getattr(policies.halls if limit_name in _OF_HALLS else policies.text, limit_name)
    if len(value) > limit:
        raise refuse(too_long(limit, len(value)))
    return value


def prose(limit_name: str, *, required: bool) -> Any:
    """Several lines, as written; line ends are made one kind."""

    def check(value: str, info: ValidationInfo) -> str:
        value = _limited(value.replace("\r\n", "\n").replace("\r", "\n"), info, limit_name).strip()
        if required and not _visible(value):
            raise refuse(EMPTY)
        return value

    return AfterValidator(check)


def line(limit_name: str, *, required: bool) -> Any:
    """One line without marks of direction: a title, a name."""

    def check(value: str, info: ValidationInfo) -> str:
        value = " ".join(_DIRECTION.sub("", _limited(value, info, limit_name)).split())
        if required and not value:
            raise refuse(EMPTY)
        return value

    return AfterValidator(check)


def _visible(value: str) -> bool:
    return bool(_DIRECTION.sub("", value).strip())


def _uuid(value: object) -> UUID | None:
    if value in ("", None):
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise refuse(NOT_UNDERSTOOD) from None


def _small_number(value: object) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refuse(NOT_UNDERSTOOD)
    return int(text)


def _day(value: object) -> date | None:
    text = str(value).strip()
    if not text:
        return None
    try:
        if len(text) != len("2027-05-31"):
            raise refuse(A_DAY)
        return date.fromisoformat(text)
    except ValueError:
        raise refuse(A_DAY) from None


def _given(value: date | None) -> date | None:
    if value is None:
        raise refuse(A_DAY)
    return value


MessageText = Annotated[str, prose("message_characters", required=True)]
Title = Annotated[str, line("title_characters", required=True)]
Note = Annotated[str, prose("note_characters", required=False)]
Alt = Annotated[str, line("alt_characters", required=False)]
Question = Annotated[str, prose("question_characters", required=True)]
Short = Annotated[str, line("reason_characters", required=False)]
Secret = Annotated[str, line("passphrase_characters", required=True)]
OptionalSecret = Annotated[str, line("passphrase_characters", required=False)]
Login = Annotated[str, line("login_characters", required=True)]
Label = Annotated[str, line("pseudonym_characters", required=False)]
Pseudonym = Annotated[str, line("pseudonym_characters", required=True)]
Organisation = Annotated[str, line("organisation_characters", required=True)]
Place = Annotated[str, line("organisation_characters", required=False)]
OptionalTitle = Annotated[str, line("title_characters", required=False)]
OptionalText = Annotated[str, prose("message_characters", required=False)]
OptionalDay = Annotated[date | None, BeforeValidator(_day)]
Day = Annotated[date | None, BeforeValidator(_day), AfterValidator(_given)]
Reference = Annotated[UUID | None, BeforeValidator(_uuid)]
SmallNumber = Annotated[int, BeforeValidator(_small_number)]


class Form(BaseModel):
    """What a browser sends. Fields that nobody asked for are ignored; a field sent twice is refused.

    A form that takes a file names its field in `file_field`; all others refuse files.
    """

    file_field: ClassVar[str] = ""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class FormState:
    """A form as the page shows it: what was typed, and what is wrong with it (already in words)."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    summary: str = ""


BLANK = FormState()
Kind = TypeVar("Kind", bound=Form)


class FormErrors(Exception):
    """The form cannot be taken: a sentence for each field."""

    def __init__(self, errors: Mapping[str, Sentence]) -> None:
        super().__init__("form errors")
        self.errors = errors


def parse(kind: type[Kind], pairs: Sequence[tuple[str, str]], policies: Policies) -> Kind:
    """Check what was sent. Raises FormErrors."""
    values = dict(pairs)
    names = [name for name, _ in pairs if name in kind.model_fields]
    twice = {name: ONCE for name in names if names.count(name) > 1}
    if twice:
        raise FormErrors(twice)
    try:
        return kind.model_validate(values, context=policies)
    except ValidationError as error:
        told = [(str(e["loc"][0]) if e["loc"] else "", dict(e)) for e in error.errors()]
        raise FormErrors({name: _sentence(e, chosen=_is_chosen(kind, name)) for name, e in told}) from None


def _is_chosen(kind: type[Form], name: str) -> bool:
    """Whether the field is one of several, and nothing that is written."""
    typed = kind.model_fields[name].annotation if name in kind.model_fields else None
    return isinstance(typed, type) and issubclass(typed, Enum)


def _sentence(error: dict[str, Any], *, chosen: bool) -> Sentence:
    if error["type"] == "sentence":
        return Sentence(error["ctx"]["english"], error["ctx"]["params"])
    if error["type"] == "missing":
        return CHOOSE if chosen else EMPTY
    return CHOOSE if error["type"] == "enum" else NOT_UNDERSTOOD


def _ticked(value: object) -> bool:
    return value not in ("", "0", "off", "false", None)


Tick = Annotated[bool, BeforeValidator(_ticked)]
