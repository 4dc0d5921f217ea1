"""What a socket sends. Everything that is not exactly this closes it."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MOST_CHANNELS = 40


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Hello(_Strict):
    """The first message: what the page knows already."""

    op: Literal["hello"]
    p: Literal[1] = 1
    epoch: int = Field(default=0, ge=0, lt=1 << 31)
    since: dict[str, int] = Field(default_factory=dict, max_length=MOST_CHANNELS)
    captions: list[str] = Field(default_factory=list, max_length=MOST_CHANNELS)


class Command(_Strict):
    """Something to do. `id` is made by the browser: the same one sent twice is done once."""

    op: Literal["cmd"]
    id: str = Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    do: Literal["q.ask", "q.endorse", "q.endorse_no_more", "q.take_back"]
    d: dict[str, str | bool] = Field(max_length=8)


class Beat(_Strict):
    """The browser is there."""

    op: Literal["beat"]


class NotOurs(Exception):
    """This is not what our pages send."""


_HELLO, _LATER = TypeAdapter(Hello), TypeAdapter[Command | Beat](Command | Beat)


def _read(adapter: TypeAdapter[Any], text: str | None) -> Any:
    if text is None:
        raise NotOurs
    try:
        return adapter.validate_python(json.loads(text))
    except (ValidationError, ValueError, RecursionError):
        raise NotOurs from None


def hello(text: str | None) -> Hello:
    """The first message. Raises NotOurs."""
    found: Hello = _read(_HELLO, text)
    return found


def later(text: str | None) -> Command | Beat:
    """Any message after it. Raises NotOurs."""
    found: Command | Beat = _read(_LATER, text)
    return found
