"""What `policies/reporting.toml` says: the desks, their clocks, what a form may hold, how long things are kept.

An unknown or missing key stops the boot, as in the community's policies.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from server.errors import BootRefused

FILE_NAME = "reporting.toml"
INDEPENDENT = "independent"
SECOND_PHRASE = "second_phrase"
_NO_NUMBERS = frozenset({"code", "topics", SECOND_PHRASE})
Kind = TypeVar("Kind")


class Topic(StrEnum):
    """What somebody wants to talk about. All of it comes through one door, so that a visit says nothing."""

    QUESTION = "question"
    HELP_NEEDED = "help_needed"
    COMPLAINT = "complaint"
    THANKS = "thanks"
    FRAUD = "fraud"
    ABUSE = "abuse"
    SEA = "sea"


@dataclass(frozen=True, slots=True)
class FormPolicy:
    """Longest inputs in characters; times in minutes, hours and days as the names say."""

    text_characters: int
    name_characters: int
    receipt_minutes: int
    withdrawal_hours: int
    replies_days: int
    urgent_days: int


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """What a case may hold of files, in bytes, and of pages."""

    case_bytes: int
    most_pages: int


@dataclass(frozen=True, slots=True)
class KeepingPolicy:
    """How long things are kept once a case has ended, in days."""

    reporter_days: int
    files_days: int
    case_days: int
    legal_hold_days: int
    keys_days: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Who reads a topic: at least so many people, of so many organisations, and how soon."""

    code: str
    topics: Sequence[Topic]
    readers: int
    organisations: int
    acknowledge_hours: int
    answer_days: int
    second_phrase: bool = False
    """Whether its readers' keys open only with six words besides their own."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A person who has read the sentences of this language and stands for them."""

    language: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Reporting:
    """Everything in the file."""

    confirmed_by: str
    confirmed_on: date | None
    signed: Sequence[Signature]
    form: FormPolicy
    files: FilePolicy
    keeping: KeepingPolicy
    desks: Sequence[Desk]

    @property
    def confirmed(self) -> bool:
        """Whether a person stands for the deadlines; until then no page promises a date."""
        return bool(self.confirmed_by) and self.confirmed_on is not None

    @property
    def languages(self) -> Sequence[str]:
        """The languages that "Talk to us" is offered in."""
        return [signature.language for signature in self.signed]

    def desk(self, code: str) -> Desk:
        """The desk of this code. Raises KeyError."""
        return {desk.code: desk for desk in self.desks}[code]

    def desk_for(self, topic: Topic) -> Desk:
        """The desk that reads this topic; there is always exactly one."""
        return next(desk for desk in self.desks if topic in desk.topics)


def load(folder: Path) -> Reporting:
    """Read the file. Raises BootRefused with one plain sentence."""
    path = folder / FILE_NAME
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BootRefused(f"The policy file {FILE_NAME} is missing.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BootRefused(f"The policy file {FILE_NAME} cannot be read: {error}.") from None
    _same_keys("", values, Reporting)
    desks = [_desk(entry) for entry in values["desks"]]
    reporting = Reporting(
        confirmed_by=_text("confirmed_by", values["confirmed_by"]),
        confirmed_on=_day("confirmed_on", values["confirmed_on"]),
        signed=[_signature(entry) for entry in values["signed"]],
        form=_numbers(FormPolicy, values["form"], "form"),
        files=_numbers(FilePolicy, values["files"], "files"),
        keeping=_numbers(KeepingPolicy, values["keeping"], "keeping"),
        desks=desks,
    )
    _every_topic_has_one_desk(desks)
    return reporting


def _every_topic_has_one_desk(desks: Sequence[Desk]) -> None:
    taken = [topic for desk in desks for topic in desk.topics]
    for topic in Topic:
        if taken.count(topic) != 1:
            raise BootRefused(f"{FILE_NAME}: the topic {topic} must have exactly one desk.")
    codes = [desk.code for desk in desks]
    if len(set(codes)) != len(codes) or INDEPENDENT not in codes:
        raise BootRefused(f"{FILE_NAME}: desks need codes of their own, and one is called {INDEPENDENT}.")


def _desk(entry: Mapping[str, Any]) -> Desk:
    entry = {SECOND_PHRASE: False, **entry}
    _same_keys("desks", entry, Desk)
    if not isinstance(entry[SECOND_PHRASE], bool):
        raise BootRefused(f"{FILE_NAME} desks {SECOND_PHRASE}: true or false is needed.")
    try:
        topics = [Topic(topic) for topic in entry["topics"]]
    except ValueError as error:
        raise BootRefused(f"{FILE_NAME} desks: {error}.") from None
    numbers = {name: _number(f"desks {name}", entry[name]) for name in entry if name not in _NO_NUMBERS}
    return Desk(code=_text("desks code", entry["code"]), topics=topics, second_phrase=entry[SECOND_PHRASE], **numbers)


def _signature(entry: Mapping[str, Any]) -> Signature:
    _same_keys("signed", entry, Signature)
    on = _day("signed on", entry["on"])
    if on is None or not entry["by"]:
        raise BootRefused(f"{FILE_NAME} signed: a language needs the name of a person and a day.")
    return Signature(_text("signed language", entry["language"]), _text("signed by", entry["by"]), on)


def _numbers(kind: type[Kind], values: Mapping[str, Any], where: str) -> Kind:
    _same_keys(where, values, kind)
    return kind(**{name: _number(f"{where} {name}", value) for name, value in values.items()})


def _same_keys(where: str, found: Mapping[str, Any], kind: Any) -> None:
    wanted = {field.name for field in fields(kind)}
    for name in sorted(found.keys() ^ wanted):
        problem = "is missing" if name in wanted else "is not known"
        raise BootRefused(f"{FILE_NAME} {where}: {name} {problem}.")


def _number(where: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BootRefused(f"{FILE_NAME} {where}: a whole number of at least 1 is needed.")
    return value


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise BootRefused(f"{FILE_NAME} {where}: a text is needed.")
    return value


def _day(where: str, value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(where, value)) if value else None
    except ValueError:
        raise BootRefused(f"{FILE_NAME} {where}: write the day like 2027-05-31.") from None
