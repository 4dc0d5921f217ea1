"""A small geometric mark for a pseudonym: the same name always draws the same one."""

import hashlib
from functools import lru_cache

from markupsafe import Markup

SHAPES = (
    "M8 1l7 7-7 7-7-7z",
    "M8 2l6.5 11h-13z",
    "M2 2h12v12H2z",
    "M8 1.5l5.8 3.3v6.5L8 14.5l-5.8-3.2V4.800z",
    "M2 14A12 12 0 0 1 14 2v12z",
    "M1.500 8a6.500 6.500 0 1 1 13 0 6.500 6.500 0 1 1-13 0z",
)
HUES = 6
"""The style sheet has a pair of colours for each `mark-N`; the shapes differ too, for those who see no colour."""


@lru_cache(maxsize=2048)
def mark(pseudonym: str) -> Markup:
    """An inline SVG without any text: decoration beside the name, hidden from screen readers."""
    digest = hashlib.blake2b(pseudonym.encode("utf-8", "replace"), digest_size=4).digest()
    outer, inner, hue = SHAPES[digest[0] % len(SHAPES)], SHAPES[digest[1] % len(SHAPES)], digest[2] % HUES
    turn = 45 * (digest[3] % 8)
    return Markup(
        f'<svg class="mark mark-{hue}" viewBox="0 0 16 16" aria-hidden="true"><path d="{outer}"/>'
        f'<path class="in" transform="rotate({turn} 8 8) translate(4.800 4.800) scale(.4)" d="{inner}"/></svg>'
    )
