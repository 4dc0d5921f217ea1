"""Languages of the interface: catalogues, and the language in which the present page speaks.

The reading (language, today, zone) travels in a context variable, so that templates, macros and rules can
say a sentence without passing it around.
"""

import gettext
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jdatetime
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_datetime_format, get_timezone_name
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from server.errors import Sentence
from server.policies import Language

DOMAIN = "messages"
SOURCE_LANGUAGE = "en"
GREGORIAN, PERSIAN = "gregorian", "persian"
"""The calendars that a member can choose between."""
WRITTEN_LANGUAGES = ("en", "ar", "fr", "sw", "fa", "ps", "es", "uk", "ru", "so", "ti", "my")
"""Languages that announcements and help contacts may be written in, beyond those of the interface."""
RIGHT_TO_LEFT = frozenset({"ar", "fa", "ur", "ps", "he", "ckb", "sd", "ug"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How the present page is read: its language, whether the address asks for it, which day it is and how told."""

    language: Language
    in_address: bool
    today: date
    zone: tzinfo = UTC
    calendar: str = GREGORIAN


_PersianDate: Any = jdatetime.date  # has no types
_reading: ContextVar[Reading] = ContextVar("reading")


def reading() -> Reading:
    """The reading of the present page."""
    return _reading.get()


def read_in(new: Reading) -> None:
    """From here on, in this context, pages speak like this."""
    _reading.set(new)


class Catalogues:
    """The translations, loaded once. A language without a catalogue is not offered."""

    def __init__(self, folder: Path, languages: Sequence[Language]) -> None:
        self._translations: dict[str, gettext.NullTranslations] = {}
        self.languages: list[Language] = []
        for language in languages:
            path = folder / language.code / "LC_MESSAGES" / f"{DOMAIN}.mo"
            if path.is_file():
                with path.open("rb") as file:
                    self._translations[language.code] = gettext.GNUTranslations(file)
            elif language.code != SOURCE_LANGUAGE:
                continue
            else:
                self._translations[language.code] = gettext.NullTranslations()
            self.languages.append(language)
        self._marked: dict[tuple[str, str], Markup] = {}
        self._by_code = {language.code: language for language in self.languages}
        self.default = self._by_code[SOURCE_LANGUAGE]

    def offered(self, code: str | None) -> Language | None:
        """The language of this code, if the interface speaks it."""
        return self._by_code.get(code) if code else None

    def best_of(self, accept_language: str) -> Language:
        """The first language of an Accept-Language header that the interface speaks."""
        return self._by_code[_best(accept_language[:200], tuple(self._by_code))]

    def gettext(self, english: str) -> str:
        """The sentence in the page's language."""
        return self._translations[reading().language.code].gettext(english)

    def marked(self, english: str, /, **params: object) -> Markup:
        """The sentence for a template: our own words as they are, whatever is put into them escaped.

        Every page says many of these, so they are kept ready; Jinja's own gettext is ten times slower.
        """
        code = reading().language.code
        words = self._marked.get((code, english))
        if words is None:
            words = self._marked[code, english] = Markup(self._translations[code].gettext(english))  # noqa: S704
        return words % params if params else words

    def marked_number(self, one: str, many: str, count: int, /, **params: object) -> Markup:
        """The same for a number, by the plural rules of the page's language."""
        words = Markup(self._translations[reading().language.code].ngettext(one, many, count))  # noqa: S704
        return words % ({"num": count} | params)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The sentence for this number, by the plural rules of the page's language."""
        return self._translations[reading().language.code].ngettext(one, many, number)

    def day(self, moment: datetime) -> str:
        """The day of a moment as people say it: "today", "yesterday", or a date. Never a clock time."""
        now = reading()
        there = moment.astimezone(now.zone).date()
        distance = (now.today - there).days
        if distance == 0:
            return self.gettext("today")
        if distance == 1:
            return self.gettext("yesterday")
        return written_day(there, with_year=there.year != now.today.year)

    def date_of(self, on: date) -> str:
        """A date as people write it, with its year when that is another one."""
        now = reading()
        return _written_day(on, now.language.code, on.year != now.today.year)

    def said(self, sentence: Sentence) -> str:
        """A sentence from the rules, translated, with its parameters in place."""
        return self.gettext(sentence.english) % sentence.params if sentence.params else self.gettext(sentence.english)


@lru_cache(maxsize=512)
def _best(header: str, offered: tuple[str, ...]) -> str:
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        code, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        base = code.strip().lower().split("-")[0]
        if base in offered and weight > 0:
            ranked.append((-weight, place, base))
    return min(ranked)[2] if ranked else SOURCE_LANGUAGE


@lru_cache(maxsize=64)
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE_LANGUAGE)


@lru_cache(maxsize=128)
def zone(name: str) -> tzinfo:
    """The time zone of this name; UTC when the machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def written_day(day: date, *, with_year: bool = True) -> str:
    """A date in the reader's language and calendar.

    A Persian date is told in numbers, with its year: its months have other names in Kabul than in Tehran.
    """
    now = reading()
    if now.calendar == PERSIAN:
        return _written_persian(day, now.language.code)
    return _written_day(day, now.language.code, with_year)


@lru_cache(maxsize=4096)
def _written_persian(day: date, code: str) -> str:
    there = _PersianDate.fromgregorian(date=day)
    digits = [
        format_decimal(part, format="0" * width, locale=_locale(code))
        for part, width in ((there.year, 4), (there.month, 2), (there.day, 2))
    ]
    return "/".join(digits)


@lru_cache(maxsize=4096)
def _written_day(day: date, code: str, with_year: bool) -> str:
    locale = _locale(code)
    if with_year:
        return format_date(day, "long", locale=locale)
    return format_skeleton("MMMMd", day, locale=locale)


def full_day(day: date) -> str:
    """A day with its year, as it is written in the page's language."""
    return _written_day(day, reading().language.code, True)


def exact_time(moment: datetime) -> str:
    """Day and time of a moment in the zone of the page; for what must be exact, never for members' messages."""
    now = reading()
    there, locale = moment.astimezone(now.zone), _locale(now.language.code)
    time = format_time(there, "short", tzinfo=now.zone, locale=locale)
    return str(get_datetime_format("medium", locale)).replace("{1}", full_day(there.date())).replace("{0}", time)


def zone_name(moment: datetime) -> str:
    """What the zone of the page is called at that moment: "Central Africa Time"."""
    now = reading()
    return get_timezone_name(moment.astimezone(now.zone), width="long", locale=_locale(now.language.code))


def nearest_language(wanted: str, written: Iterable[str]) -> str:
    """The wanted language if something is written in it, else English, else the first one."""
    codes = list(written)
    return next((code for code in (wanted, SOURCE_LANGUAGE) if code in codes), codes[0])


@lru_cache(maxsize=256)
def _written_time(text: str, code: str) -> str:
    try:
        return format_time(datetime.strptime(text, "%H:%M"), "short", locale=_locale(code))
    except ValueError:
        return text


def clock_time(text: str) -> str:
    """A time of day such as "18:00" in the page's own writing."""
    return _written_time(text, reading().language.code)


def number(value: int) -> str:
    """A whole number with the digits and separators of the page's language."""
    return _written_number(value, reading().language.code)


def decimal(value: float) -> str:
    """A number with one digit after the sign that the page's language puts there."""
    return _written_number(round(value, 1), reading().language.code)


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return format_percent(share, format="#,##0%", locale=_locale(reading().language.code))


@lru_cache(maxsize=1024)
def _written_number(value: float, code: str) -> str:
    return format_decimal(value, locale=_locale(code))


SPECIAL_NAMES: Mapping[str, str] = {"ar-Latn": "Arabizi", "ur-Latn": "Roman Urdu", "und": "—"}


@lru_cache(maxsize=512)
def _named(code: str, in_code: str) -> str:
    if code in SPECIAL_NAMES:
        return SPECIAL_NAMES[code]
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(_locale(in_code)) or code
    except (UnknownLocaleError, ValueError):
        return code


@lru_cache(maxsize=64)
def own_name(code: str) -> str:
    """The name of a language as its own readers write it."""
    return (_locale(code).get_display_name() or code).capitalize()


def language_name(code: str) -> str:
    """The name of a language, in the page's language."""
    return _named(code, reading().language.code)


def is_language(code: str) -> bool:
    """Whether this is the code of a language that has a name (two or three letters)."""
    return code.isascii() and code.isalpha() and len(code) in (2, 3) and code in Locale("en").languages


def language_dir(code: str) -> str:
    """`rtl` or `ltr`; `auto` when the language is not known."""
    if code == "und":
        return "auto"
    return "rtl" if code.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT and not code.endswith("-Latn") else "ltr"
