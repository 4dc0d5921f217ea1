"""Where somebody can be found: coordinates, links to maps, plus codes, a street with its number."""

import re
from collections.abc import Iterator

from moderation.phrases import Hits, Words

_COORDINATES = re.compile(
    r"(?<![\w.,])-?\d{1,3}[.,]\d{4,12}\s{0,2}[,;/ ]\s{0,2}-?\d{1,3}[.,]\d{4,12}(?![\w])"
    r"|\d{1,3}\s?[°o]\s?\d{1,2}\s?'[^°]{0,20}\d{1,3}\s?[°o]\s?\d{1,2}\s?'(?:\s?\d{1,2}(?:\.\d{1,4})?\s?(?:\"|''))?\s?[nsewo]?"
)
_MAP = re.compile(
    r"(?:https?://)?(?:www\.)?(?:maps\.app\.goo\.gl/|goo\.gl/maps|google\.[a-z.]{2,6}/maps|maps\.google\.[a-z.]{2,6}/|"
    r"maps\.apple\.com/|openstreetmap\.org/|osm\.org/|osmand\.net/|waze\.com/|w3w\.co/|what3words\.com/|plus\.codes/|"
    r"yandex\.[a-z]{2,3}/maps|organicmaps\.app/|omaps\.app/)[^\s]{1,200}|(?<!\w)geo:-?\d[\d.,\-]{2,40}"
)
_PLUS_CODE = re.compile(
    r"(?<![\w+])(?=[0-9]{0,8}\+?[0-9]{0,3}[a-z])[23456789cfghjmpqrvwx]{4,8}\+[23456789cfghjmpqrvwx]{2,3}(?!\w)"
    r"|(?<![\w+])(?=\d{0,8}[a-z])[23456789cfghjmpqrvwx]{4,8}\+[23456789cfghjmpqrvwx]{2,3}(?!\w)"
)
_NUMBER_WORD = r"(?:no|nr|n|num|numero|nº|№|رقم|پلاک|نمره|буд|будинок|дом|д|namba|nambari|nyumba namba|numara|num)"
_NAME_THEN_NUMBER = re.compile(
    rf"[\s.,']{{1,3}}((?:[^\W\d_]+[\s,'\-]{{1,3}}){{1,4}}?)(?:{_NUMBER_WORD}[\s.:,]{{1,3}})?(\d{{1,4}}[a-z]?)(?![\w:.]?\d)"
)
_NUMBER_AFTER = re.compile(rf"[\s.,]{{0,3}}(?:{_NUMBER_WORD}[\s.:]{{0,3}})?\d{{1,4}}(?![\w]|[.:,]\d)")
_NUMBER_BEFORE = re.compile(r"(?<![\w.,:])\d{1,4}(?:\s?(?:bis|ter|quater|[a-d]))?,?\s{1,2}(?:de la |la |de )?$")
_NUMBER_AND_NAME_BEFORE = re.compile(r"(?<![\w.,:/\-])\d{1,5}[a-d]?,?\s((?:[^\W\d_]+\s){1,3})$")
_NAME_BEFORE = re.compile(r"((?:[^\W\d_]+\s){1,2})$")
_CASELESS = re.compile("[\u0590-\u08ff\u0900-\u109f\u1200-\u137f]")
_AROUND = 60
"""Letters before a street's word that can belong to it."""


def places(words: Words, hits: Hits) -> Iterator[tuple[int, int]]:
    """Where places stand in the folded text, so exact that a person can be found there."""
    plain = words.folded.text
    if "/" in plain or "geo:" in plain:
        yield from (match.span() for match in _MAP.finditer(plain))
    if "+" in plain:
        yield from (match.span() for match in _PLUS_CODE.finditer(plain))
    yield from (match.span() for match in _COORDINATES.finditer(plain))
    for hit in hits.get("street_first", ()):
        yield from _street_before_name(words, *words.span(hit))
    for hit in hits.get("street_last", ()):
        yield from _street_after_name(words, *words.span(hit))


def _street_before_name(words: Words, start: int, end: int) -> Iterator[tuple[int, int]]:
    """'calle Ejemplo 14', '14 rue de l'Exemple'."""
    plain = words.folded.text
    number = _NUMBER_BEFORE.search(plain, max(0, start - _AROUND), start)
    name = re.compile(r"[\s'.]{1,2}(?:[^\W\d_]+[\s']){0,2}?([^\W\d_]+)").match(plain, end) if number else None
    while number and name:
        if _is_name(words, name.start(1)):
            yield number.start(), name.end()
            return
        name = re.compile(r"[\s'.]{1,2}([^\W\d_]+)").match(plain, name.end()) if name.end() - end < 30 else None
    after = _NAME_THEN_NUMBER.match(plain, end)
    if after and any(_is_name(words, at) for at in _word_starts(after)):
        yield start, after.end()


def _word_starts(match: re.Match[str]) -> list[int]:
    return [match.start(1) + found.start() for found in re.finditer(r"[^\W\d_]+", match[1])]


def _street_after_name(words: Words, start: int, end: int) -> Iterator[tuple[int, int]]:
    """'14 Example Street', 'Örnek Sokak No: 14'."""
    plain = words.folded.text
    before = _NUMBER_AND_NAME_BEFORE.search(plain, max(0, start - _AROUND), start)
    if before and all(_is_name(words, at) for at in _word_starts(before)):
        yield before.start(), end
        return
    name = _NAME_BEFORE.search(plain, max(0, start - _AROUND), start)
    after = _NUMBER_AFTER.match(plain, end)
    if name and after:
        named = [at for at in _word_starts(name) if _is_name(words, at)]
        if named:
            yield named[0], after.end()


def _is_name(words: Words, at: int) -> bool:
    """Whether the word is written like a name; scripts without capitals always may be."""
    first = words.folded.part(at, at + 1)
    return first[:1].isupper() or bool(_CASELESS.match(first))
