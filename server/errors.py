"""What can go wrong in words that a person may read.

A rule raises Refused with a whole sentence; the web layer translates it and shows it beside the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the interface in English, with its parameters; translated when it is shown."""

    english: str
    params: dict[str, str | int] = field(default_factory=dict[str, str | int])


def say(english: str, /, **params: str | int) -> Sentence:
    """Mark a sentence for translation. The catalogue extractor looks for calls of this name."""
    return Sentence(english, params)


class Refused(Exception):
    """A person asked for something that the rules do not allow now. Shown as a sentence, status 409.

    `values` are what the form carries from now on, unseen, beside what was typed; `summary` stands over the form
    in place of "something is wrong".
    """

    status = 409
    summary: Sentence | None = None

    def __init__(self, sentence: Sentence | str, *, field: str = "", values: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence if isinstance(sentence, str) else sentence.english)
        self.values = values or {}
        self.sentence = sentence if isinstance(sentence, Sentence) else Sentence(sentence)
        self.field = field


class Invalid(Refused):
    """One field of a form cannot be taken as it is. Shown beside the field, status 422."""

    status = 422


class TooFast(Refused):
    """A limit was reached; the person may try again after some seconds. Status 429."""

    status = 429

    def __init__(self, sentence: Sentence, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class NotFound(Exception):
    """There is nothing here that this viewer may know of. Always a 404, never a 403."""


class BootRefused(Exception):
    """The server will not start like this; the message is one plain sentence for the operator."""
