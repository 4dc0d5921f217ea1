"""Whether a detail is the author's own or somebody else's, as far as the words around it say."""

from bisect import bisect_left
from collections.abc import Sequence
from enum import StrEnum

from moderation.phrases import Hit, Hits, Words


class Whose(StrEnum):
    """To whom a detail belongs. UNSAID where no word near it tells."""

    OWN = "own"
    THEIRS = "theirs"
    UNSAID = "unsaid"


BEFORE, AFTER = 10, 5
"""Words before and after a detail that may say whose it is."""
_REACH = 20
"""A phrase that ends within BEFORE begins within so many words."""


def whose(words: Words, hits: Hits, start: int, end: int) -> Whose:
    """The nearest word decides; 'my brother' is somebody else, and so is a name right before the detail.

    `start` and `end` are places in the folded text.
    """
    first = _word_at(words, start)
    last = max(first, _word_at(words, end) - 1)
    theirs, mine = (_nearest(hits.get(name, ()), first, last) for name in ("theirs", "mine"))
    if _follows_a_name(words, hits, first):
        return Whose.THEIRS
    if theirs is None and mine is None:
        return Whose.UNSAID
    if mine is None or (theirs is not None and theirs <= mine):
        return Whose.THEIRS
    return Whose.OWN


def _word_at(words: Words, place: int) -> int:
    """The first word that begins at the place or after it."""
    low, high = 0, len(words.words)
    while low < high:
        middle = (low + high) // 2
        if words.words[middle].start < place:
            low = middle + 1
        else:
            high = middle
    return low


def _first(hit: Hit) -> int:
    return hit.first


def _nearest(hits: Sequence[Hit], first: int, last: int) -> int | None:
    """Words between the detail and the nearest hit; what stands after the detail counts as farther."""
    near = hits[bisect_left(hits, first - _REACH, key=_first) : bisect_left(hits, last + _REACH, key=_first)]
    distances = [first - hit.last for hit in near if 0 < first - hit.last <= BEFORE]
    distances += [hit.first - last + BEFORE for hit in near if 0 < hit.first - last <= AFTER]
    return min(distances, default=None)


def _follows_a_name(words: Words, hits: Hits, first: int) -> bool:
    """'ask for Ahmad 079…': a word written like a name, which begins no sentence and is on no list."""
    if first < 2:
        return False
    word = words.words[first - 1]
    written = words.folded.part(word.start, word.end)
    if len(written) < 3 or not written.isalpha() or not written.istitle():
        return False
    if not words.folded.text[: word.start].rstrip(" ")[-1:].isalnum():
        return False
    return not any(hit.first < first <= hit.last + 1 for name in _NO_NAMES for hit in hits.get(name, ()))


_NO_NAMES = ("call", "platform", "identity", "born", "plate", "mine", "theirs")
