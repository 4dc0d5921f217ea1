"""Sealed copies: a backup, or a copy of the keys, that only two recovery officers open together, far from the server.

The key of a copy lies in its first line, in nested boxes for every two officers. The machine that restores makes a
key pair for this one purpose; the second officer seals the copy's key to it, so that it never lies open on a stick.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import permutations
from typing import Any, cast
from uuid import UUID

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import KEY_BYTES, Damaged, alike, hashed, keyed, sealed, unsealed, whole

_SUITE = 1
BACKUP, KEYS = "backup", "keys"
KINDS = frozenset({BACKUP, KEYS})
OUTER, INNER, OPEN = "outer", "inner", "open"
"""How far a request has come: as the restoring machine wrote it, after the first officer, after the second."""
_STAGES = frozenset({OUTER, INNER, OPEN})
_PURPOSE = b"baraza/copy\0"
"""In front of a copy's key, so that no key of a case can ever be opened as one of a copy."""


@dataclass(frozen=True, slots=True)
class Label:
    """What everybody may see of a copy."""

    id: UUID
    kind: str
    day: date

    def raw(self) -> bytes:
        """The same as bytes that stand for it."""
        return hashed(plain_json.written(_label(self)), "copy/label")


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a copy: what it is, and its key in boxes for every two officers."""

    label: Label
    boxes: tuple[bytes, ...]

    def text(self) -> str:
        """The line."""
        content = {"v": _SUITE, "copy": _label(self.label), "boxes": [box.hex() for box in self.boxes]}
        return plain_json.written(content).decode() + "\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A copy's boxes on their way from officer to officer, and the machine that the key is for."""

    stage: str
    label: Label
    to: bytes
    boxes: tuple[bytes, ...]

    def text(self) -> str:
        """The one line that is handed about."""
        content = {
            "v": _SUITE,
            "kind": "open",
            "stage": self.stage,
            "copy": _label(self.label),
            "to": whole(self.to).hex(),
            "boxes": [box.hex() for box in self.boxes],
        }
        return plain_json.written(content).decode() + "\n"


def head(label: Label, key: bytes, officers: Sequence[bytes]) -> Head:
    """The first line for a copy under this key. `officers` are their public keys; each may be first or second.

    Raises Damaged for fewer than two.
    """
    if len(set(officers)) < 2:
        raise Damaged
    content = _PURPOSE + label.raw() + whole(key)
    return Head(label, tuple(sealed(outer, sealed(inner, content)) for outer, inner in permutations(officers, 2)))


def read_head(line: bytes) -> Head:
    """The first line of a copy. Raises Damaged."""
    content = plain_json.read(line.removesuffix(b"\n"))
    try:
        found = Head(_label_in(content["copy"]), _boxes(content["boxes"]))
        sound = found.text().encode() == line
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if not sound:
        raise Damaged
    return found


def request(found: Head, to: bytes) -> Request:
    """What the restoring machine asks the officers."""
    return Request(OUTER, found.label, to, found.boxes)


def read_request(text: str) -> Request:
    """A request at any stage. Raises Damaged."""
    content = plain_json.read(text.strip().encode("utf-8", "surrogatepass"))
    try:
        to, found = bytes.fromhex(content["to"]), _boxes(content["boxes"])
        asked = Request(content["stage"], _label_in(content["copy"]), to, found)
        sound = asked.stage in _STAGES and asked.text() == text.strip() + "\n"
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if not sound:
        raise Damaged
    return asked


def half_opened(asked: Request, box_secret: bytes) -> Request:
    """The first officer's work: the inner boxes of those whose outer box is for this officer."""
    return _each(asked, INNER, lambda box: unsealed(box_secret, box))


def resealed(asked: Request, box_secret: bytes) -> Request:
    """The second officer's work: the copy's key, sealed to the machine that asks."""

    def anew(box: bytes) -> bytes | None:
        content = unsealed(box_secret, box)
        return None if content is None or _key(content, asked.label) is None else sealed(asked.to, content)

    done = _each(asked, OPEN, anew)
    return replace(done, boxes=done.boxes[:1])


def opened(asked: Request, label: Label, secret: bytes) -> bytes:
    """The key of this very copy, on the machine that asked. Raises Damaged."""
    for box in asked.boxes:
        content = unsealed(secret, box)
        key = None if content is None else _key(content, label)
        if key is not None:
            return key
    raise Damaged


def mark(installation_key: bytes, label: Label, key: bytes) -> bytes:
    """What only the installation that made the copy can put into it: anybody can seal something to officers."""
    return keyed(installation_key, label.raw() + whole(key), "copy/mark")


def _each(asked: Request, stage: str, work: Callable[[bytes], bytes | None]) -> Request:
    return replace(asked, stage=stage, boxes=tuple(made for box in asked.boxes if (made := work(box)) is not None))


def _key(content: bytes, label: Label) -> bytes | None:
    start = _PURPOSE + label.raw()
    fits = len(content) == len(start) + KEY_BYTES and alike(content[: len(start)], start)
    return content[len(start) :] if fits else None


def _label(label: Label) -> dict[str, Any]:
    return {"id": str(label.id), "kind": label.kind, "day": label.day.isoformat()}


def _label_in(content: Any) -> Label:
    found = Label(UUID(content["id"]), content["kind"], date.fromisoformat(content["day"]))
    if found.kind not in KINDS:
        raise Damaged
    return found


def _boxes(content: Any) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(box) for box in cast("Iterable[str]", content))
