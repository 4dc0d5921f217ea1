"""Recovery: when no reader of a case is left, two officers together give it to a certified successor.

The server writes a bundle of pair boxes. The first officer opens the outer ones on their own computer, the second
the inner ones, and seals each case's secret anew to the successor's certificate. Neither can do it alone, and the
secrets never lie anywhere but in the second officer's memory.

A bundle names no case and has one of few sizes: an officer who is left out of a case must not see that it is there.
What does not open for the first officer is replaced by noise, so that the second does not see it either.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged, whole
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.slots import Binding, inner_dummy, pair_opened_inner, pair_opened_outer, slot

_SUITE = 2
PAIRS, INNER, SLOTS = "pairs", "inner", "slots"
"""What a bundle holds: as the server wrote it, after the first officer, after the second."""
PLACES = 1024
"""Boxes of a bundle, decoys included. A fuller one has twice as many, and so on."""


@dataclass(frozen=True, slots=True)
class Laid:
    """The new slot in one case."""

    binding: Binding
    box: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """Cases on their way to a successor. `stage` is PAIRS, INNER or SLOTS; the last has `laid` instead of boxes."""

    stage: str
    boxes: tuple[bytes, ...] = ()
    laid: tuple[Laid, ...] = ()

    def text(self) -> str:
        """The one line that is handed about."""
        content = {
            "v": _SUITE,
            "kind": "recovery",
            "stage": self.stage,
            "boxes": [box.hex() for box in self.boxes],
            "cases": [_content(one) for one in self.laid],
        }
        return plain_json.written(content).decode() + "\n"


def bundle(pairs: Iterable[bytes], decoy: Callable[[int], bytes]) -> str:
    """What the server writes for the first officer: the pairs of all cases, and decoys up to a common number."""
    boxes = list(pairs)
    places = PLACES
    while places < len(boxes):
        places *= 2
    boxes += [decoy(number) for number in range(places - len(boxes))]
    return Bundle(PAIRS, tuple(sorted(boxes))).text()


def read(text: str) -> Bundle:
    """A bundle at any stage. Raises Damaged."""
    content = plain_json.read(text.strip().encode("utf-8", "surrogatepass"))
    try:
        boxes = tuple(bytes.fromhex(box) for box in content["boxes"])
        found = Bundle(content["stage"], boxes, tuple(_laid(case) for case in content["cases"]))
        sound = found.stage in (PAIRS, INNER, SLOTS) and found.text() == text.strip() + "\n"
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if not sound:
        raise Damaged
    return found


@dataclass(frozen=True, slots=True)
class Done:
    """What an officer hands on, and how much of it opened: boxes for the first officer, cases for the second."""

    bundle: Bundle
    opened: int


def half_opened(found: Bundle, box_secret: bytes) -> Done:
    """The first officer's work: the inner boxes of all that is for this officer, and noise for the rest."""
    inner = [pair_opened_outer(box, box_secret) for box in found.boxes]
    boxes = sorted(inner_dummy() if box is None else box for box in inner)
    return Done(Bundle(INNER, tuple(boxes)), sum(box is not None for box in inner))


def resealed(found: Bundle, box_secret: bytes, successor: Certificate) -> Done:
    """The second officer's work: one slot for the successor in every case of which an inner box is for this officer."""
    opened = dict(one for box in found.boxes if (one := pair_opened_inner(box, box_secret)) is not None)
    laid = [Laid(binding, slot(successor.public, secret, binding)) for binding, secret in opened.items()]
    return Done(Bundle(SLOTS, laid=tuple(laid)), len(laid))


def _content(one: Laid) -> dict[str, Any]:
    return {
        "case": str(one.binding.case),
        "epoch": one.binding.epoch,
        "reporter": whole(one.binding.reporter).hex(),
        "box": one.box.hex(),
    }


def _laid(case: Any) -> Laid:
    epoch = case["epoch"]
    if type(epoch) is not int or not 0 <= epoch < 1 << 32:
        raise Damaged
    binding = Binding(UUID(case["case"]), epoch, bytes.fromhex(case["reporter"]))
    return Laid(binding, bytes.fromhex(case["box"]))
