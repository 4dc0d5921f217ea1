"""Our own sentences to learn from: templates per language, filled in by turns."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from moderation.corpus import AUGMENTED, SUB_LABELS, Row

OWN = Path(__file__).with_name("own")
"""One file per language; `[slots]`, then `[harmless]` and `[toxic]` templates by kind."""
FILLINGS = 6
"""How many ways each template with a slot is written, so that no phrase outweighs the others."""
QUOTE = "quote"
"""The slot that holds a toxic sentence: only the words around it make it harmless."""
_SLOT = re.compile(r"\{(\w+)\}")
_STRIDE = 7
"""Fillings are taken this far apart; neighbouring templates then meet different ones."""

_UNKNOWN = (None,) * len(SUB_LABELS)
_MEANING: Mapping[str, tuple[bool | None, ...]] = {
    "hate": (None, False, True, None),
    "threat": (None, True, None, None),
    "insult": (True, False, False, None),
    "slur": (True, False, None, None),
}
"""The sub-labels of our toxic kinds, in the order of SUB_LABELS."""


def _filled(template: str, slots: Mapping[str, Sequence[str]], turn: int) -> str:
    def chosen(slot: re.Match[str]) -> str:
        words = slots[slot[1]]
        return words[turn * _STRIDE % len(words) if len(words) % _STRIDE else turn % len(words)]

    text = _SLOT.sub(chosen, template)
    return text[:1].upper() + text[1:] if template[:1] == "{" else text


def _written(templates: Sequence[str], slots: Mapping[str, Sequence[str]], first: int) -> Iterator[str]:
    for number, template in enumerate(templates):
        ways = FILLINGS if _SLOT.search(template) else 1
        for turn in range(ways):
            yield _filled(template, slots, first + number * FILLINGS + turn)


def _of_language(language: str, held: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Row]:
    slots = dict(held["slots"])
    hostile: list[str] = []
    for kind, templates in held["toxic"].items():
        for text in _written(templates, slots, len(hostile)):
            hostile.append(text)
            yield Row(language, text, True, _MEANING[kind], f"{AUGMENTED}own", "train")
    slots[QUOTE] = hostile
    for number, templates in enumerate(held["harmless"].values()):
        for text in _written(templates, slots, number):
            yield Row(language, text, False, _UNKNOWN, f"{AUGMENTED}own", "train")


def own(languages: frozenset[str]) -> list[Row]:
    """Every sentence of ours in these languages as training rows, in a fixed order."""
    rows: list[Row] = []
    for path in sorted(OWN.glob("*.toml")):
        if path.stem in languages:
            rows += _of_language(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    return rows
