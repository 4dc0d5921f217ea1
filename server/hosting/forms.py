"""What browsers send about spaces."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BeforeValidator

from server.errors import say
from server.permissions import Role
from server.spaces.lives import SPACE_DAYS
from server.spaces.models import HoldReason, LockReason
from server.spaces.safety import Safety
from server.web.fields import CHOOSE, NOT_UNDERSTOOD, Form, Organisation, SmallNumber, line, prose, refuse
from server.web.fields import Day as GivenDay
from server.web.words import SPECIAL_NAMES

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_TOPIC = re.compile(r"(?:^|/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:$|[?#/])")
_SLUG_SIGNS = 40
_MOST_LANGUAGES = 20
RESERVED_ADDRESSES = frozenset({"new"})
NO_ADDRESS = say("Please use small letters, digits and dashes only, at most 40.")
NO_ZONE = say("This machine does not know this time zone. It looks like this: Africa/Khartoum.")
NO_LANGUAGE = say("“%(code)s” is no code of a language. Please use codes such as en, ar, fr.")
NO_CLOCK = say("Please write the time like this: 18:00.")
NO_TOPIC = say("This is no address of a topic. It looks like this: /topics/ and then many letters and digits.")
NO_TIME = say("It must end at another time than it begins.")
LONGEST = "longest"
BEFORE = "before"
"""Stands for the day of cards that were made before days were written down."""


class TeamRole(StrEnum):
    """A role that a host can give and take away."""

    HOST = Role.HOST
    MODERATOR = Role.MODERATOR


class Names(StrEnum):
    """Whether a download says who wrote what."""

    WITHOUT = "without"
    WITH = "with"


def is_language(code: str) -> bool:
    """Whether this is the code of a language that has a name."""
    if code in SPECIAL_NAMES and code != "und":
        return True
    if not _CODE.fullmatch(code):
        return False
    try:
        return bool(Locale.parse(code.replace("-", "_")).get_display_name("en"))
    except (UnknownLocaleError, ValueError):
        return False


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value) or len(value) > _SLUG_SIGNS or value in RESERVED_ADDRESSES:
        raise refuse(NO_ADDRESS)
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise refuse(NO_ZONE)
    return value


def _languages(value: object) -> list[str]:
    codes = list(dict.fromkeys(part for part in re.split(r"[\s,;،]+", str(value)[:1000]) if part))
    for code in codes:
        if not is_language(code):
            raise refuse(say(NO_LANGUAGE.english, code=code[:20]))
    if not codes or len(codes) > _MOST_LANGUAGES:
        raise refuse(CHOOSE)
    return codes


def _language(value: str) -> str:
    if not is_language(value):
        raise refuse(CHOOSE)
    return value


def _clock(value: str) -> str:
    if not _CLOCK.fullmatch(value):
        raise refuse(NO_CLOCK)
    return value


def _day(value: object) -> date | None:
    text = str(value)
    if text == BEFORE:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refuse(NOT_UNDERSTOOD) from None


def _topic(value: object) -> UUID | None:
    """An address of a topic as somebody copies it, or what is behind the last stroke in it."""
    text = str(value).strip()
    if not text:
        return None
    found = _TOPIC.search(text[:300])
    if found is None:
        raise refuse(NO_TOPIC)
    return UUID(found[1])


def _days(value: object) -> int | None:
    if value == LONGEST:
        return None
    if str(value) not in map(str, SPACE_DAYS):
        raise refuse(CHOOSE)
    return int(str(value))


def _ticked(value: object) -> bool:
    if value not in ("yes", ""):
        raise refuse(NOT_UNDERSTOOD)
    return value == "yes"


OneLine = Annotated[str, line("space_name_characters", required=True)]
Purpose = Annotated[str, line("purpose_characters", required=True)]
Rules = Annotated[str, prose("rules_characters", required=True)]
Slug = Annotated[OneLine, AfterValidator(_slug)]
Zone = Annotated[OneLine, AfterValidator(_zone)]
Languages = Annotated[list[str], BeforeValidator(_languages)]
LanguageCode = Annotated[OneLine, AfterValidator(_language)]
Clock = Annotated[OneLine, AfterValidator(_clock)]
Day = Annotated[date | None, BeforeValidator(_day)]
Tick = Annotated[bool, BeforeValidator(_ticked)]


class StartForm(Form):
    """A new space, for its hosts to prepare."""

    slug: Slug
    host: OneLine
    languages: Languages
    timezone: Zone
    safety: Safety


class WordsForm(Form):
    """What a space is called, what it is for, and what its rules are, in one language."""

    name: OneLine
    purpose: Purpose
    rules: Rules


class SafetyForm(Form):
    """How closed a space is."""

    safety: Safety


class LifetimeForm(Form):
    """How long messages last; nothing for the longest time."""

    days: Annotated[int | None, BeforeValidator(_days)]


class HoursForm(Form):
    """When somebody who reads a language usually looks."""

    language: LanguageCode
    starts: Clock
    ends: Clock


class RoleForm(Form):
    """A role in the team."""

    role: TeamRole


class CardsForm(Form):
    """How many invitation cards, and whether whoever comes with one need not wait."""

    count: SmallNumber
    vouched: Tick = False


class CardsBackForm(Form):
    """The day whose unused cards are taken back."""

    day: Day


class LockForm(Form):
    """Why nobody may write for a while."""

    reason: LockReason


class HoldForm(Form):
    """What a steward wants to be kept, why, for whom and until when."""

    reason: HoldReason
    office: Organisation
    until: GivenDay
    topic: Annotated[UUID | None, BeforeValidator(_topic)] = None


class ExportForm(Form):
    """With or without the names that people have in the space."""

    names: Names
