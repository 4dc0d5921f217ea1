"""Six words from chance: what somebody writes on paper and types, in any language, beside the words they know."""

import secrets
import unicodedata

WORDS = 6
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aeiou"
"""Two syllables of sixteen and five signs each: 12.6 bits a word, 75.9 bits together, and nothing to look up."""


def new() -> str:
    """Such words, as they are shown."""
    return " ".join(_syllable() + _syllable() for _ in range(WORDS))


def plain(typed: str) -> str:
    """What was typed, without regard to capitals, hyphens and spaces."""
    return " ".join(unicodedata.normalize("NFKC", typed).casefold().replace("-", " ").split())


def _syllable() -> str:
    return secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS)
