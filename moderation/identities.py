"""Numbers by which offices know a person, days of birth, and the plates of cars."""

import re
from collections.abc import Iterator

from moderation.phrases import Hits, Words

_SIGNS = r"[\s:;#.,№°º'\"()=\-]"
_FILLER = rf"{_SIGNS}{{0,6}}(?:[^\W\d_]{{1,10}}{_SIGNS}{{1,4}}){{0,3}}?"
_NUMBER = re.compile(
    rf"{_FILLER}((?:\d{{1,3}}[^\W\d_]{{1,4}}|[^\W\d_]{{1,6}}[\-/ ]?)?\d(?:[\-/]?[^\W_]| (?=\d)){{4,24}})(?!\w)"
)
_MONTH = r"[^\W\d_]{3,12}"
_DAY = (
    r"\d{1,2}\s?[./\-]\s?\d{1,2}\s?[./\-]\s?\d{2,4}|\d{4}\s?[./\-]\s?\d{1,2}\s?[./\-]\s?\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s(?:of\s|de\s)?{_MONTH}\.?,?\s(?:de\s|del\s)?\d{{4}}"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}"
)
_DAY_AFTER = re.compile(rf"{_FILLER}({_DAY})(?!\d)")
_DAY_BEFORE = re.compile(rf"(?<!\d)({_DAY})\s{{0,2}}(?:[^\W\d_]{{1,10}}\s)?$")
_PLATE = re.compile(
    rf"{_FILLER}((?:[^\W\d_]{{1,3}}[\s\-]?)?\d{{1,5}}(?:[\s\-]?(?:[^\W\d_]{{1,3}}(?![^\W\d_])|\d{{1,6}}|[^\W\d_]{{1,3}}(?=\s?\d)))?"
    r"(?:[\s\-]?\d{1,6})?)(?!\w)"
)
_FEWEST_DIGITS = 5
_FEWEST_SIGNS_OF_PLATE = 5
_BEFORE = 40


def numbers(words: Words, hits: Hits) -> Iterator[tuple[int, int]]:
    """What stands after words like 'passport number' and has at least five digits."""
    plain = words.folded.text
    for hit in hits.get("identity", ()):
        found = _NUMBER.match(plain, words.span(hit)[1])
        if found and sum(letter.isdigit() for letter in found[1]) >= _FEWEST_DIGITS:
            yield found.span(1)


def births(words: Words, hits: Hits) -> Iterator[tuple[int, int]]:
    """Whole days beside words like 'born on'; a year alone tells little."""
    plain = words.folded.text
    for hit in hits.get("born", ()):
        start, end = words.span(hit)
        found = _DAY_AFTER.match(plain, end) or _DAY_BEFORE.search(plain, max(0, start - _BEFORE), start)
        if found:
            yield found.span(1)


def plates(words: Words, hits: Hits) -> Iterator[tuple[int, int]]:
    """What stands after words like 'number plate'."""
    plain = words.folded.text
    for hit in hits.get("plate", ()):
        found = _PLATE.match(plain, words.span(hit)[1])
        if found and sum(letter.isalnum() for letter in found[1]) >= _FEWEST_SIGNS_OF_PLATE:
            yield found.span(1)
