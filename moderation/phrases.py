"""Finding listed words and phrases in a text, in any script, as fast as a dictionary."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from moderation.normalise import WORD_CLASS, Folded, is_odd, letters_for_signs, spaced_words, unstretched

_WORD = re.compile(rf"[{WORD_CLASS}]+")
_LISTED = re.compile(rf"[{WORD_CLASS}]+\*?")
_CLITICS = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ف", "ب", "ل", "ك")
"""Arabic writes 'and', 'the', 'with', 'for' onto the word."""
_CLITIC_LETTERS = frozenset("وبفكلا")
_SHORTEST_STEM = 3
"""Letters before a *; stems are looked up by so many."""


class Word(NamedTuple):
    """One folded word, and where it stands in the folded text."""

    text: str
    start: int
    end: int
    is_joined: bool = False
    """Written with gaps between the letters; it may be several words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed phrase that was found: its list, and its first and last word."""

    name: str
    first: int
    last: int


class Words:
    """The words of a text, split once and looked at by every rule."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        self._is_odd = is_odd(folded.text)
        plain = letters_for_signs(folded.text) if self._is_odd else folded.text
        self.words = [Word(found[0], *found.span()) for found in _WORD.finditer(plain)]
        if self._is_odd:
            self._join(spaced_words(plain))

    def _join(self, spans: Sequence[tuple[int, int]]) -> None:
        """Words that were written with gaps between the letters become words again."""
        joined: list[Word] = []
        coming = iter(spans)
        start, end = next(coming, (0, 0))
        for word in self.words:
            while end and word.start >= end:
                start, end = next(coming, (0, 0))
            if joined and end and start < word.start and word.end <= end:
                before = joined.pop()
                joined.append(Word(before.text + word.text, before.start, word.end, is_joined=True))
            else:
                joined.append(word)
        self.words = joined

    @cached_property
    def forms(self) -> list[tuple[str, ...]]:
        """For each word the forms under which a list may hold it."""
        if self._is_odd:
            return [self._odd_forms(word) for word in self.words]
        return [_forms(word.text) for word in self.words]

    def _odd_forms(self, word: Word) -> tuple[str, ...]:
        """Also as it was written, where signs became letters, and without letters that go on and on."""
        written = self.folded.text[word.start : word.end]
        others = (written,) if written != word.text and len(written) == len(word.text) else ()
        return (*_forms(word.text), *others, *unstretched(word.text), *((word.text[1:],) if word.is_joined else ()))

    def part(self, hit: Hit) -> str:
        """The found words as the author wrote them."""
        return self.folded.part(self.words[hit.first].start, self.words[hit.last].end)

    def span(self, hit: Hit) -> tuple[int, int]:
        """Where the found words stand in the folded text."""
        return self.words[hit.first].start, self.words[hit.last].end


def _forms(word: str) -> tuple[str, ...]:
    if "'" in word:
        # French and Italian articles, English endings, and words in quotation marks.
        return (word, *(part for part in word.split("'") if len(part) > 1))
    if word[0] not in _CLITIC_LETTERS or len(word) < 4:
        return (word,)
    rest = [word[len(clitic) :] for clitic in _CLITICS if word.startswith(clitic) and len(word) - len(clitic) > 2]
    return (word, *rest)


class Pattern(NamedTuple):
    """A listed phrase: its list, its words, and its second word where that is written out whole."""

    name: str
    words: tuple[str, ...]
    second: str | None


class PhraseBook:
    """Named lists of phrases. In a phrase `word*` is any word that begins so."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._whole: dict[str, list[Pattern]] = {}
        self._stems: dict[str, list[Pattern]] = {}
        self._joined: dict[str, list[str]] = {}
        for name, phrases in lists.items():
            for phrase in phrases:
                self._add(name, phrase)

    def _add(self, name: str, phrase: str) -> None:
        words: tuple[str, ...] = tuple(_LISTED.findall(Folded(phrase).text))
        if not words or (words[0].endswith("*") and len(words[0]) <= _SHORTEST_STEM):
            raise ValueError(f"The phrase {phrase!r} in the list {name} is too short.")
        pattern = Pattern(name, words, next((word for word in words[1:2] if word[-1] != "*"), None))
        self._joined.setdefault("".join(words), []).append(name)
        if words[0].endswith("*"):
            self._stems.setdefault(words[0][:_SHORTEST_STEM], []).append(pattern)
        else:
            self._whole.setdefault(words[0], []).append(pattern)

    def find(self, text: Words) -> Iterator[Hit]:
        """Every place where a listed phrase begins, in the order of the text."""
        whole, stems, all_forms = self._whole, self._stems, text.forms
        for index, forms in enumerate(all_forms):
            after = all_forms[index + 1] if index + 1 < len(all_forms) else ()
            if text.words[index].is_joined:
                yield from (Hit(name, index, index) for name in self._joined.get(text.words[index].text, ()))
            for form in forms:
                for name, words, second in whole.get(form, ()):
                    if second is not None and second not in after:
                        continue  # most phrases end here: nothing else about them is looked at
                    if len(words) == 1 or _goes_on(all_forms, index, words):
                        yield Hit(name, index, index + len(words) - 1)
                for name, words, second in stems.get(form[:_SHORTEST_STEM], ()):
                    if second is not None and second not in after:
                        continue
                    if form.startswith(words[0][:-1]) and _goes_on(all_forms, index, words):
                        yield Hit(name, index, index + len(words) - 1)

    def named(self, text: Words) -> "Hits":
        """The hits of each list that has any."""
        found: Hits = {}
        for hit in self.find(text):
            found.setdefault(hit.name, []).append(hit)
        return found


Hits = dict[str, list[Hit]]
"""What was found in one text, by the name of the list."""


def _goes_on(all_forms: Sequence[tuple[str, ...]], index: int, words: tuple[str, ...]) -> bool:
    """Whether the rest of the phrase follows the word at `index`."""
    if index + len(words) > len(all_forms):
        return False
    return all(_fits(all_forms[index + number], words[number]) for number in range(1, len(words)))


def _fits(forms: tuple[str, ...], wanted: str) -> bool:
    if wanted.endswith("*"):
        return any(form.startswith(wanted[:-1]) for form in forms)
    return wanted in forms
