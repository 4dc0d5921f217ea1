"""Whether secret words are among those that somebody tries first.

The library reads words as a guesser does: lists of common passwords and names, words of English, keyboard runs,
repetitions, days. It takes fifteen megabytes and a tenth of a second, so it is loaded when somebody chooses words.
"""

import re
from collections.abc import Iterable
from typing import Any

from server.errors import Invalid, say

EVERYBODYS = say("Many people use these words. Please choose others.")
FEWEST_GUESSES = 10**9
"""A guesser at the sign-in page has 200 tries an hour; one who has stolen the tables together with the keys pays a
fifth of a second of a processor for each, so this is six years of one."""
FEWEST_SIGNS = 5
"""So many different ones at least."""
SIGNS_READ = 50
"""What is longer is judged by its beginning: reading costs more than the square of the length."""
MOST_ODD_SIGNS = 3
"""With more of those that stand for letters, all the ways to read them would take seconds."""
SHORTEST_NAME = 4

_BETWEEN = re.compile(r"[\s\-_.,/:]+")
_ODD = frozenset("@({[<!|$+%")
_AGAIN = re.compile(r"(.+?)\1+")


def check(words: str, *, known: Iterable[str]) -> None:
    """Raises Invalid for words that are guessed soon. Takes a fifth of a second where it is slowest.

    `known`: what is no secret here, such as names of the person and of the place.
    """
    if guesses(words, known=known) < FEWEST_GUESSES:
        raise Invalid(EVERYBODYS, field="passphrase")


def guesses(words: str, *, known: Iterable[str] = ()) -> int:
    """After about how many tries a guesser comes to these words. Spaces, dashes, dots and case count for nothing."""
    plain = _plain(words)[:SIGNS_READ]
    again = _AGAIN.fullmatch(plain)
    plain = again.group(1) if again else plain
    if len(set(plain)) < FEWEST_SIGNS:
        return 0
    return _counted(plain, sorted(_names(known)))


def _counted(plain: str, names: list[str]) -> int:
    """By the parts of the library that keep nothing: its front door remembers the names for the next caller."""
    from zxcvbn import matching, scoring  # noqa: PLC0415  see above  # pyright: ignore[reportMissingTypeStubs]

    library: Any = matching
    lists: dict[str, dict[str, int]] = {**library.RANKED_DICTIONARIES, "names": dict.fromkeys(names, 1)}
    if len(_ODD & set(plain)) > MOST_ODD_SIGNS:
        readers = (library.dictionary_match, library.reverse_dictionary_match, library.spatial_match)
        readers += (library.sequence_match, library.regex_match, library.date_match)
        found: Any = [match for reader in readers for match in reader(plain, _ranked_dictionaries=lists)]
    else:
        found = library.omnimatch(plain, lists)
    count: Any = scoring
    return int(count.most_guessable_match_sequence(plain, found)["guesses"])


def _plain(text: str) -> str:
    return _BETWEEN.sub("", text.casefold())


def _names(known: Iterable[str]) -> set[str]:
    """Each as a whole, and its parts."""
    parts = {_plain(part) for name in known for part in (name, *_BETWEEN.split(name))}
    return {part for part in parts if len(part) >= SHORTEST_NAME}
