"""Recovery officers: their keys, made and kept on their own computers, and the public file that others trust."""

import json
from dataclasses import dataclass, field
from typing import Any

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import KEY_BYTES, Damaged, new_key, public_of
from server.crypto.sealed.certificates import Officer
from server.crypto.sealed.phrases import MEMORY_KIB, NO_PEPPER, PASSES, Phrases
from server.crypto.sealed.signatures import verify_of

_SUITE = 1
_KIND = "officer-key"
_ABOUT = b"baraza/officer-key"
MOST_MEMORY_KIB = 4 * 1024 * 1024
"""A key file that asks for more than 4 GiB was not written by us."""
MOST_PASSES = 100


@dataclass(frozen=True, slots=True)
class OfficerKeys:
    """The two secrets of an officer; no server ever sees them."""

    box_secret: bytes = field(repr=False)
    signing_seed: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """What others seal to."""
        return public_of(self.box_secret)

    @property
    def verify(self) -> bytes:
        """What others check signatures with."""
        return verify_of(self.signing_seed)


def new_keys() -> OfficerKeys:
    """Keys from chance."""
    return OfficerKeys(new_key(), new_key())


def key_file(keys: OfficerKeys, phrase: str, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> str:
    """The keys under a phrase, as one line of text; it names its own cost, so that old files open for ever."""
    secret = keys.box_secret + keys.signing_seed
    box = Phrases(NO_PEPPER, memory_kib=memory_kib, passes=passes).locked(phrase, secret, about=_ABOUT)
    content = {"v": _SUITE, "kind": _KIND, "memory_kib": memory_kib, "passes": passes, "box": box.hex()}
    return plain_json.written(content).decode() + "\n"


def opened_key_file(text: str, phrase: str) -> OfficerKeys | None:
    """The keys; None for a wrong phrase or a changed box. Raises Damaged for what is no key file."""
    content = plain_json.read(text.strip().encode("utf-8", "surrogatepass"))
    memory_kib, passes = _cost(content.get("memory_kib"), MOST_MEMORY_KIB), _cost(content.get("passes"), MOST_PASSES)
    box = content.get("box")
    if content.get("v") != _SUITE or content.get("kind") != _KIND or not isinstance(box, str):
        raise Damaged
    try:
        raw = bytes.fromhex(box)
    except ValueError:
        raise Damaged from None
    secret = Phrases(NO_PEPPER, memory_kib=memory_kib, passes=passes).unlocked(phrase, raw, about=_ABOUT)
    return None if secret is None else OfficerKeys(secret[:KEY_BYTES], secret[KEY_BYTES:])


def public_file(officer: Officer) -> str:
    """What everybody may see of an officer (TOML). Raises Damaged for words with invisible signs in them."""
    words = (officer.name, officer.organisation, officer.site, *officer.ties)
    if not all(word.isprintable() for word in words):
        raise Damaged
    lines = [
        f"name = {_quoted(officer.name)}",
        f"organisation = {_quoted(officer.organisation)}",
        f"site = {_quoted(officer.site)}",
        f"ties = [{', '.join(_quoted(tie) for tie in officer.ties)}]",
        f'public = "{officer.public.hex()}"',
        f'verify = "{officer.verify.hex()}"',
    ]
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)  # for printable words, JSON and TOML quote alike


def _cost(value: Any, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise Damaged
    return value
