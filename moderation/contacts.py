"""Addresses of the net in a text: e-mail, plain or spelled, and profiles in messengers."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from moderation.phrases import Hits, Words

_LOCAL = r"(?<![\w.+\-])[^\W_][\w.+\-]{0,63}"
_EMAIL = re.compile(rf"{_LOCAL}\s?@\s?[\w\-]{{1,63}}(?:\.[\w\-]{{1,63}}){{0,6}}\.[a-z]{{2,24}}(?!\w)")
_PROVIDER = r"(?:gmail|g mail|hotmail|yahoo|outlook|icloud|proton|protonmail|yandex|ukr)"
_HAS_PROVIDER = re.compile(_PROVIDER)
_BRACKET = re.compile(r"[\[({<]")
_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me|api\.whatsapp\.com/send|chat\.whatsapp\.com|t\.me|telegram\.me|m\.me|"
    r"fb\.me|fb\.com|facebook\.com|instagram\.com|tiktok\.com|snapchat\.com/add|signal\.me|viber\.click)"
    r"/[^\s,;)\]]{1,200}"
)
_AT_NAME = re.compile(r"(?<![\w@.])@[^\W_][\w.]{2,31}")
_NAME_REACH = 25
"""Letters between the name of a messenger and an @name that belongs to it."""


def spelled_address(at_words: Sequence[str], dot_words: Sequence[str]) -> re.Pattern[str]:
    """The pattern of an address written out: 'sam (at) example dot org', 'sam at gmail'."""
    at, dot = ("|".join(sorted(map(re.escape, words), key=len, reverse=True)) for words in (at_words, dot_words))
    in_brackets = rf"\s?[\[({{<]\s?(?:@|{at})\s?[\])}}>]\s?"
    a_dot = rf"(?:\s?[\[({{<]\s?(?:\.|{dot})\s?[\])}}>]\s?|\s(?:{dot})\s)"
    name = r"[\w\-]{2,40}"
    return re.compile(
        rf"{_LOCAL}(?:{in_brackets}{name}(?:(?:{a_dot}|\.){name}){{1,3}}"
        rf"|\s(?:{at})\s(?:{name}{a_dot}[^\W\d_]{{2,6}}|{_PROVIDER}(?:(?:{a_dot}|\.)[a-z]{{2,4}})?))(?!\w)"
    )


def emails(words: Words, hits: Hits, spelled: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where e-mail addresses stand in the folded text."""
    plain = words.folded.text
    has_sign = "@" in plain
    if has_sign:
        yield from (match.span() for match in _EMAIL.finditer(plain))
    if ("at" in hits or has_sign) and ("dot" in hits or _BRACKET.search(plain) or _HAS_PROVIDER.search(plain)):
        yield from (match.span() for match in spelled.finditer(plain))


def handles(words: Words, hits: Hits) -> Iterator[tuple[int, int]]:
    """Where links to profiles and names in messengers stand in the folded text."""
    plain = words.folded.text
    if "/" in plain:
        yield from (match.span() for match in _LINK.finditer(plain))
    if "@" in plain and "platform" in hits:
        ends = [words.span(hit)[1] for hit in hits["platform"]]
        for match in _AT_NAME.finditer(plain):
            nearest = bisect_right(ends, match.start()) - 1
            if nearest >= 0 and match.start() - ends[nearest] <= _NAME_REACH:
                yield match.span()
