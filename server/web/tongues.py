"""Forms whose words come in several languages: one field for each part and language, `title_en`, `title_ar`.

What is typed in a language belongs together: a text without its title is asked for again, and nothing is lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import create_model

from server.errors import Sentence, say
from server.web.fields import EMPTY, Form, FormErrors, FormState
from server.web.visit import Visit
from server.web.words import WRITTEN_LANGUAGES, language_name

Kind = TypeVar("Kind", bound=Form)
ONE_LANGUAGE = say("Please write it in at least one language.")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an item, such as its title: `name_en`, `name_ar` are its fields."""

    name: str
    label: Sentence
    long: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as the page shows it; the label says in which language to write."""

    name: str
    label: str
    long: bool


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language of a form: open when something is in it, or wrong with it."""

    code: str
    open: bool
    fields: Sequence[FieldView]


def in_languages(base: type[Kind], **parts: Any) -> type[Kind]:
    """The form with a field for each part in each language that can be written."""
    fields: dict[str, Any] = {
        f"{part}_{code}": (kind, "") for part, kind in parts.items() for code in WRITTEN_LANGUAGES
    }
    return create_model(base.__name__, __base__=base, __doc__=base.__doc__, **fields)


def written(form: Form, parts: Sequence[Part], *, first: str) -> dict[str, dict[str, str]]:
    """For each language in which something was written its parts.

    Raises FormErrors when a part is missing beside another, or everything; `first` is the language shown first.
    """
    typed: dict[str, dict[str, str]] = {}
    errors: dict[str, Sentence] = {}
    for code in sorted(WRITTEN_LANGUAGES, key=lambda code: code != first):
        words: dict[str, str] = {part.name: getattr(form, f"{part.name}_{code}") for part in parts}
        if not any(words.values()):
            continue
        typed[code] = words
        errors |= {f"{part.name}_{code}": EMPTY for part in parts if part.required and not words[part.name]}
    if not typed:
        errors = {f"{parts[0].name}_{first}": ONE_LANGUAGE}
    if errors:
        raise FormErrors(errors)
    return typed


def tongues(visit: Visit, form: FormState, parts: Sequence[Part], *, first: Sequence[str]) -> list[Tongue]:
    """The languages of a form: those of the place first, then whatever else something was typed in."""
    order = [*first, *(code for code in WRITTEN_LANGUAGES if code not in first)]
    used = {code for code in order if any(_touched(form, f"{part.name}_{code}") for part in parts)}
    shown = [code for code in order if code in first or code in used]
    said = visit.services.pages.catalogues.said
    return [
        Tongue(
            code,
            code in used or code == shown[0],
            [
                FieldView(f"{part.name}_{code}", f"{said(part.label)} ({language_name(code)})", part.long)
                for part in parts
            ],
        )
        for code in shown
    ]


def labels(shown: Sequence[Tongue]) -> dict[str, str]:
    """What each field is called, for the summary of mistakes."""
    return {field.name: field.label for tongue in shown for field in tongue.fields}


def blank(parts: Sequence[Part]) -> Mapping[str, str]:
    """Every field, empty."""
    return {f"{part.name}_{code}": "" for part in parts for code in WRITTEN_LANGUAGES}


def _touched(form: FormState, name: str) -> bool:
    return bool(form.values.get(name)) or name in form.errors
