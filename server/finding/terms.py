"""From a text to the words that it can be found by, the same for what is written and for what is asked.

Accents and Arabic vowel signs do not count, nor does the alphabet of a Ukrainian or Russian word; endings
are cut lightly, so that one form of a word finds the others. Scripts that put no space between words are
found by signs and pairs of signs. Nothing here depends on a guess of the language.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from moderation.normalise import WORD_CLASS, Folded

LONGEST_WORD = 40
"""A longer "word" is a paste or an attack; its first letters say enough."""
_WORD = re.compile(rf"[{WORD_CLASS}\u0e00-\u0eff\u1780-\u17ff]+")
_UNSPACED = re.compile(
    "[\u1000-\u1021\u1023-\u102a\u103f-\u1055\u0e01-\u0e2e\u0e81-\u0eae\u1780-\u17b3\u3040-\u30ff\u3400-\u9fff]"
    "[\u102b-\u103e\u1056-\u1059\u0e2f-\u0e4e\u0eb0-\u0ece\u17b4-\u17d3]*"
)
"""Burmese, Thai, Lao, Khmer, Japanese and Chinese: a sign with the marks that belong to it."""

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "zh", "з": "z",
    "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia", "ѐ": "e", "ђ": "dj", "ј": "i", "љ": "l", "њ": "n",
}  # fmt: skip
_ETHIOPIC_ALIKE = (("ሐ", "ሀ"), ("ኀ", "ሀ"), ("ሠ", "ሰ"), ("ዐ", "አ"), ("ፀ", "ጸ"))
"""Rows of letters that sound alike, and that people write one for the other; a row has seven forms."""
_PLAIN = str.maketrans(
    {
        **_CYRILLIC,
        **{chr(ord(one) + form): chr(ord(other) + form) for one, other in _ETHIOPIC_ALIKE for form in range(7)},
        "'": "",
        "_": "",
    }
)
_CYRILLIC_LETTER = re.compile("[\u0400-\u045f]")
_ARABIC_LETTER = re.compile("[\u0620-\u06d3]")
_CYRILLIC_END = re.compile(
    "(?:ogo|ego|omu|emu|ykh|ikh|ymy|imi|amy|ami|iamy|akh|iakh|oiu|eiu|ym|im|am|iam|om|em|ov|iv|ev)$"
)
_PLURAL = re.compile("(?:es|(?<!s)s)$")
_OPEN_ENDS = "aeiouy"
_ELISION = re.compile("^[a-z]{1,2}'(?=[a-z]{3})")
_ARABIC_START = re.compile("^(?:وال|بال|كال|فال|لل|ال)")
_ARABIC_END = re.compile("(?:هاي|ها|هم|هن|كم|نا|ات|ون|ين|ان|يه|ه|ي)$")
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: what it is found by, and where it stands in what was written."""

    term: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """The words of a text in their order."""
    folded = Folded(text)
    for run in _WORD.finditer(folded.text):
        at = run.start()
        for term, start, end in _parts(run[0]):
            yield Word(term, *folded.span(at + start, at + end))


def terms_of(*texts: str) -> list[str]:
    """Every term once, in the order of its first word."""
    runs = dict.fromkeys(run for text in texts for run in _WORD.findall(Folded(text).text))
    return list(dict.fromkeys(term for run in runs for term, _, _ in _parts(run)))


def _parts(run: str) -> Iterable[tuple[str, int, int]]:
    """What is found in letters without a space between them: a word, or signs and pairs of signs."""
    signs = [] if run.isascii() else list(_UNSPACED.finditer(run))
    if signs:
        return _signs_and_pairs(signs)
    term = _stem(run)
    return ((term, 0, len(run)),) if term else ()


def _signs_and_pairs(signs: Sequence[re.Match[str]]) -> Iterator[tuple[str, int, int]]:
    for index, sign in enumerate(signs):
        yield sign[0], sign.start(), sign.end()
        after = signs[index + 1] if index + 1 < len(signs) else None
        if after is not None and after.start() == sign.end():
            yield sign[0] + after[0], sign.start(), after.end()


def terms_asked(query: str, *, most: int) -> list[str]:
    """What somebody looks for: pairs of signs say more than single ones, which are asked for only when alone."""
    terms = terms_of(query)
    inside = {part for pair in terms for part in terms if part != pair and part in pair and _UNSPACED.match(part)}
    return [term for term in terms if term not in inside][:most]


def _stem(word: str) -> str:
    if word.isascii() and word.isalpha():  # most words, and nothing in them to be written otherwise
        return _cut_open_end(_cut_plural(word[:LONGEST_WORD]))
    cyrillic = _CYRILLIC_LETTER.search(word) is not None
    plain = _ELISION.sub("", word).translate(_PLAIN)[:LONGEST_WORD]
    if plain.isdigit():
        return plain
    if _ARABIC_LETTER.search(plain):
        return _cut(_ARABIC_END, _cut(_ARABIC_START, plain))
    if cyrillic:
        plain = _cut(_CYRILLIC_END, plain)
    return _cut_open_end(_cut_plural(plain))


def _cut(part: re.Pattern[str], word: str) -> str:
    """Without this part, unless too little would be left."""
    rest = part.sub("", word, count=1)
    return rest if len(rest) >= _SHORTEST_STEM else word


def _cut_plural(word: str) -> str:
    return _cut(_PLURAL, word) if word.endswith("s") else word


def _cut_open_end(word: str) -> str:
    """Without the vowels at its end; three letters stay in any case."""
    rest = word.rstrip(_OPEN_ENDS)
    return word[: max(len(rest), _SHORTEST_STEM)]
