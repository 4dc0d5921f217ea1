"""The text to judge: look-alike letters, zero-width marks and stretched words made plain."""

import html
import re
import unicodedata
from functools import cached_property

WORD_CLASS = r"\w'\u0900-\u0963\u0966-\u0dff\u1000-\u109f"
"""What a word is made of. `\\w` leaves out the vowel signs of Hindi, Bengali and Burmese."""

_LOOK_ALIKE = str.maketrans("аеорсухіјѕкмтвн", "aeopcyxijskmtbh")
_LETTERS_ALIKE = {
    "ى": "ي",
    "ی": "ي",
    "ے": "ي",
    "ې": "ي",
    "ک": "ك",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ۃ": "ه",
    "ە": "ه",
    "ٱ": "ا",
    "ı": "i",
    "’": "'",
    "‘": "'",
    "`": "'",
    "ʼ": "'",
    "ˮ": "'",
    "،": ",",
    "٫": ".",
    "٬": ",",
    "؛": ";",
    "؟": "?",
    "।": ".",
    "॥": ".",
    "።": ".",
    "፡": " ",
    "፣": ",",
    "፤": ";",
    "፧": "?",
    "၊": ",",
    "။": ".",
    "–": "-",
    "—": "-",
    "−": "-",
    "‑": "-",
    "ß": "ss",
}
_MARKS = [(0x0300, 0x036F), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED)]
"""Accents and Arabic vowel signs: people write with and without them. Indic vowel signs stay."""


def _is_silent(char: str) -> bool:
    """A mark that changes how a letter looks, or hides between letters, and nothing else."""
    code = ord(char)
    if any(first <= code <= last for first, last in _MARKS) or 0xFE00 <= code <= 0xFE0F:
        return True
    return char in "ـ\u20e3" or unicodedata.category(char) in ("Cf", "Cs")


def _plain(char: str) -> str:
    decimal = unicodedata.decimal(char, None)
    if decimal is not None:
        return str(decimal)
    return "" if _is_silent(char) else _LETTERS_ALIKE.get(char, char)


class _PlainLetters(dict[int, str]):
    """A table for str.translate that learns each letter when it first sees it."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", _LETTERS_ALIKE.get(chr(code), chr(code)))
        lowered = unicodedata.normalize("NFKD", parts.lower())
        self[code] = plain = "".join(_plain(char) for char in lowered)
        return plain


_TABLE = _PlainLetters()
_MIXED = re.compile(r"[a-z][а-яіјѕ]|[а-яіјѕ][a-z]")
_MIXED_WORD = re.compile(r"(?<![a-zа-яіјѕ])[a-zа-яіјѕ]*(?:[a-z][а-яіјѕ]|[а-яіјѕ][a-z])[a-zа-яіјѕ]*")


class Folded:
    """A text in plain small letters, which still knows where each letter stood.

    `text` has no accents, no vowel signs, no zero-width marks, and 0-9 for digits of any script.
    """

    def __init__(self, original: str) -> None:
        self.original = original
        plain = original.lower() if original.isascii() else original.translate(_TABLE)
        if not plain.isascii() and _MIXED.search(plain):
            plain = _MIXED_WORD.sub(lambda word: word[0].translate(_LOOK_ALIKE), plain)
        self.text = plain

    @cached_property
    def _positions(self) -> list[int]:
        """For each folded letter the index of its original, and one past the end."""
        if self.original.isascii():
            return list(range(len(self.original) + 1))
        positions = [index for index, char in enumerate(self.original) for _ in range(len(_TABLE[ord(char)]))]
        return [*positions, len(self.original)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded letters start..end stand in the original, with the marks on the last."""
        if start >= end:
            return self._positions[start], self._positions[start]
        last = self._positions[end - 1] + 1
        while last < len(self.original) and not _TABLE[ord(self.original[last])]:
            last += 1
        return self._positions[start], last

    def part(self, start: int, end: int) -> str:
        """What the author wrote there."""
        first, last = self.span(start, end)
        return self.original[first:last]


_ADDRESS = re.compile(r"(?:https?:|www\.)\S*|<(?:user|url|number|percent|s)>|\S{0,80}@\w[\w.]{0,80}")
_LEET = re.compile(r"(?<=[a-z])[0134578@$!]{1,3}(?=[a-z])")
_LEET_LETTER = str.maketrans("0134578@$!", "oieastbasi")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_][ .\-_*]){3,}[^\W\d_](?!\S)")
_BETWEEN = re.compile(rf"([^{WORD_CLASS}\s*])\1*")
_LONGEST_WORD = 40
"""A longer 'word' is a paste or an attack; its first letters say enough."""


_ODD = re.compile(r"[a-z][0134578@$!]{1,3}[a-z]|([^\W\d_])\1\1|(?<!\S)(?:[^\W\d_][ .\-_*]){2}")


def is_odd(folded: str) -> bool:
    """Whether something in the text is spelled in a way that hides words: signs for letters, gaps, long letters."""
    return _ODD.search(folded) is not None


def letters_for_signs(folded: str) -> str:
    """Folded text with 'wh4ts@pp' as 'whatsapp': as long as before, so that places stay what they were."""
    return _LEET.sub(lambda signs: signs[0].translate(_LEET_LETTER), folded)


def spaced_words(folded: str) -> list[tuple[int, int]]:
    """Where words are written with the same gap between all their letters."""
    return [match.span() for match in _GAPS.finditer(folded)]


_GAPS = re.compile(r"(?<![^\W_])[^\W\d_]([ .\-_*])(?:[^\W\d_]\1){1,60}[^\W\d_](?![^\W_])")


def unstretched(word: str) -> tuple[str, ...]:
    """'paaaay' as 'pay' and 'paay': languages differ in which letters they double."""
    if not _STRETCHED.search(word):
        return ()
    return _STRETCHED.sub(r"\1", word), _STRETCHED.sub(r"\1\1", word)


def judged(folded: str) -> str:
    """Folded text as the model reads it: words apart from signs, one space between, one around."""
    if "&" in folded:
        folded = html.unescape(folded)
    if "@" in folded or ":" in folded or "www." in folded or "<" in folded:
        folded = _ADDRESS.sub(" ", folded)
    folded = _LEET.sub(lambda signs: signs[0].translate(_LEET_LETTER), folded)
    folded = _SPACED.sub(lambda letters: re.sub(r"[\W_]", "", letters[0]), folded)
    folded = _STRETCHED.sub(r"\1", folded)
    words = _BETWEEN.sub(r" \1 ", folded).split()
    return f" {' '.join(word[:_LONGEST_WORD] for word in words)} "


_SENTENCE_END = re.compile(r"(?<=[.!?؟။።।\n])\s+|\n+")


def sentences(text: str) -> list[str]:
    """The sentences of a text as written, never empty ones."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]
