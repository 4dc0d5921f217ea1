"""The parts of a case that can be passed on or left out one by one: a message's words, each fact, each file.

Words go whole or not at all: half of what somebody said can say something else.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.private import files
from server.private.files import Stored
from server.private.letters import Letter

WORDS = "words"
FACTS = ("topic", "language", "who", "about_whom", "excluded", "urgent", "child", "consents")
"""What a first message says beside its words. What it does not say is no part."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of them. `name` is made of the letter's name and its own, so that no two are the same."""

    letter: UUID
    own: str
    file: Stored | None = None

    @property
    def name(self) -> str:
        """As a form and an envelope tell of it."""
        return f"{self.letter}:{self.own}"


def parts_of(letter: Letter) -> list[Part]:
    """Everything in one letter that could be passed on."""
    found = [Part(letter.id, WORDS)] if str(letter.body.get("text", "")) else []
    found += [Part(letter.id, name) for name in FACTS if _says(letter.body.get(name))]
    sent = files.read(letter.body) if letter.inward else []
    return [*found, *(Part(letter.id, str(one.copy.id), one.copy) for one in sent)]


def conversation(letters: Sequence[Letter], without: Collection[str]) -> bytes:
    """The chosen letters as the organisation reads them, without what was left out."""
    told = [_told(letter, without) for letter in letters]
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def chosen_files(letters: Sequence[Letter], without: Collection[str]) -> Iterator[Stored]:
    """The safe copies of what came with these letters, but for those that were left out."""
    for part in (part for letter in letters for part in parts_of(letter)):
        if part.file is not None and part.name not in without:
            yield part.file


def _told(letter: Letter, without: Collection[str]) -> Mapping[str, object]:
    kept = {part.own for part in parts_of(letter) if part.name not in without}
    facts = {name: letter.body[name] for name in FACTS if name in kept}
    words = {"text": letter.body["text"]} if WORDS in kept else {}
    sender = "reporter" if letter.inward else letter.name
    return {"day": letter.day.isoformat(), "from": sender, **facts, **words}


def _says(value: object) -> bool:
    """Whether a fact says anything: who must not read it says nothing when nobody was named."""
    return bool(value) and value != _NOBODY


_NOBODY = {"organisation": "", "site": "", "role": "", "only_independent": False}
