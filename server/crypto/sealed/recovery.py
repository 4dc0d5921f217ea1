"""Recovery: when no reader of a case is left, two officers together give it to a certified successor.

The server writes a bundle of pair boxes. The first officer opens the outer ones on their own computer, the second
the inner ones, and seals each case's secret anew to the successor's certificate. Neither can do it alone, and the
secrets never lie anywhere but in the second officer's memory.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged, whole
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.slots import Binding, pair_opened_inner, pair_opened_outer, slot

_SUITE = 1
PAIRS, INNER, SLOTS = "pairs", "inner", "slots"
"""What a bundle holds: as the server wrote it, after the first officer, after the second."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a bundle holds of one case: pairs, inner boxes, or the new slot."""

    binding: Binding
    boxes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Cases on their way to a successor. `stage` is PAIRS, INNER or SLOTS."""

    stage: str
    parts: tuple[Part, ...]

    def text(self) -> str:
        """The one line that is handed about."""
        content = {
            "v": _SUITE,
            "kind": "recovery",
            "stage": self.stage,
            "cases": [_content(part) for part in self.parts],
        }
        return plain_json.written(content).decode() + "\n"


def bundle(cases: Iterable[tuple[Binding, Sequence[bytes]]]) -> str:
    """What the server writes for the first officer: for each case its pairs of this epoch, dummies too."""
    return Bundle(PAIRS, tuple(Part(binding, tuple(pairs)) for binding, pairs in cases)).text()


def read(text: str) -> Bundle:
    """A bundle at any stage. Raises Damaged."""
    content = plain_json.read(text.strip().encode("utf-8", "surrogatepass"))
    try:
        found = Bundle(content["stage"], tuple(_part(case) for case in content["cases"]))
        sound = found.stage in (PAIRS, INNER, SLOTS) and found.text() == text.strip() + "\n"
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if not sound:
        raise Damaged
    return found


def half_opened(found: Bundle, box_secret: bytes) -> Bundle:
    """The first officer's work: inner boxes of every case whose outer box is for this officer."""
    return _each(found, INNER, lambda _, box: pair_opened_outer(box, box_secret))


def resealed(found: Bundle, box_secret: bytes, successor: Certificate) -> Bundle:
    """The second officer's work: one slot for the successor in every case of which an inner box is for this officer."""

    def anew(binding: Binding, box: bytes) -> bytes | None:
        case_secret = pair_opened_inner(box, box_secret, binding)
        return None if case_secret is None else slot(successor.public, case_secret, binding)

    done = _each(found, SLOTS, anew)
    return replace(done, parts=tuple(replace(part, boxes=part.boxes[:1]) for part in done.parts))


def _each(found: Bundle, stage: str, work: Callable[[Binding, bytes], bytes | None]) -> Bundle:
    """The parts of which something opened; the others are not for this officer."""
    done = (
        Part(part.binding, tuple(made for box in part.boxes if (made := work(part.binding, box)) is not None))
        for part in found.parts
    )
    return Bundle(stage, tuple(part for part in done if part.boxes))


def _content(part: Part) -> dict[str, Any]:
    return {
        "case": str(part.binding.case),
        "epoch": part.binding.epoch,
        "reporter": whole(part.binding.reporter).hex(),
        "boxes": [box.hex() for box in part.boxes],
    }


def _part(case: Any) -> Part:
    epoch = case["epoch"]
    if type(epoch) is not int or not 0 <= epoch < 1 << 32:
        raise Damaged
    binding = Binding(UUID(case["case"]), epoch, whole(bytes.fromhex(case["reporter"])))
    return Part(binding, tuple(bytes.fromhex(box) for box in cast(list[str], case["boxes"])))
