"""Originals that a reporter wants kept: sealed to a key of the case that only two of its readers together can use.

The key's public half stands in the reporter's first, signed envelope; its secret half is cut (`crypto.sealed.halves`)
among the holders, and each change of readers writes down, signed, who holds what from then on. A copy of the public
half lies among the case's facts under a mark that only the reporter's own keys can make, for files that come later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from server.crypto.sealed import boxes, halves
from server.crypto.sealed.boxes import HASH_BYTES, KEY_BYTES, Damaged
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.halves import Half
from server.crypto.sealed.receipts import ReporterKeys
from server.private.people import Unlocked
from server.private.routing import INTERPRETER

FIELD = "originals"


class Signed(Protocol):
    """A letter: what its author signed."""

    @property
    def body(self) -> Mapping[str, object]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with halves. `parts` are their names; what they are lies in the box."""

    person: UUID
    parts: tuple[tuple[int, int], ...]
    box: bytes


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds what of a case's key for originals."""

    public: bytes
    each: tuple[Holder, ...]

    def of(self, person: UUID) -> Holder | None:
        """What this person holds."""
        return next((one for one in self.each if one.person == person), None)

    def partners(self, person: UUID) -> list[Holder]:
        """Those who could open an original together with this person."""
        own = self.of(person)
        return [] if own is None else [one for one in self.each if _fit(own, one)]

    def body(self) -> dict[str, Any]:
        """As it stands in an envelope."""
        each = [
            {"person": str(one.person), "parts": [list(part) for part in one.parts], "box": one.box.hex()}
            for one in self.each
        ]
        return {"public": self.public.hex(), "holders": each}


def begun(case: UUID, people: Sequence[Certificate]) -> Holders | None:
    """A new key for the originals of a case, cut among these. None when they are too few to be two."""
    publics = {one.person: one.public for one in people if INTERPRETER not in one.roles}
    secret = boxes.new_key()
    held = halves.cut(secret, list(publics))
    if not held:
        return None
    each = tuple(_holder(case, person, mine, publics[person]) for person, mine in held.items())
    return Holders(boxes.public_of(secret), each)


def told_in(letters: Sequence[Signed]) -> Holders | None:
    """Who holds what now: as the newest letter says that speaks of it, for the key that the first one named."""
    told = [found for letter in letters if (found := _read(letter.body.get(FIELD))) is not None]
    if not told or any(one.public != told[0].public for one in told):
        return None
    return told[-1]


def after(
    found: Holders | None, case: UUID, me: Unlocked, stay: Collection[UUID], to: Certificate | None
) -> dict[str, Any]:
    """What a change of readers says of it: whoever leaves holds nothing, and I pass my halves on to who comes."""
    if found is None:
        return {}
    each = [one for one in found.each if one.person in stay]
    own = found.of(me.person)
    if to is not None and own is not None and found.of(to.person) is None and INTERPRETER not in to.roles:
        each.append(_holder(case, to.person, _opened(case, own, me), to.public))
    return {FIELD: Holders(found.public, tuple(each)).body()}


def handed(found: Holders, case: UUID, file: UUID, me: Unlocked, partners: Sequence[Certificate]) -> list[bytes]:
    """My halves, for each of these as far as theirs fit: the half-opened box."""
    own = found.of(me.person)
    mine = () if own is None else _opened(case, own, me)
    given: list[bytes] = []
    for partner in partners:
        theirs = found.of(partner.person)
        fitting = [half for half in mine if theirs is not None and any(half.fits(part) for part in theirs.parts)]
        about = _about(case, partner.person) + file.bytes
        given.append(halves.closed(fitting, partner.public, about=about))
    return given


def secret_of(found: Holders, case: UUID, file: UUID, me: Unlocked, given: Sequence[bytes]) -> bytes:
    """The key for originals, from my halves and what somebody has handed me. Raises Damaged."""
    own = found.of(me.person)
    if own is None:
        raise Damaged
    mine = _opened(case, own, me)
    for box in given:
        try:
            theirs = halves.opened(box, me.box_secret, about=_about(case, me.person) + file.bytes)
        except Damaged:
            continue  # for another colleague
        secret = halves.joined(mine, theirs)
        if secret is not None and boxes.alike(boxes.public_of(secret), found.public):
            return secret
    raise Damaged


def marked(public: bytes, case: UUID, keys: ReporterKeys) -> bytes:
    """The public half with the reporter's mark, for the facts of the case."""
    return public + _mark(public, case, keys) if public else b""


def proved(kept: bytes, case: UUID, keys: ReporterKeys) -> bytes:
    """The public half again; empty when there is none, or when it is not the one that the reporter's keys marked."""
    public, mark = kept[:KEY_BYTES], kept[KEY_BYTES:]
    whole = len(kept) == KEY_BYTES + HASH_BYTES
    return public if whole and boxes.alike(mark, _mark(public, case, keys)) else b""


def _mark(public: bytes, case: UUID, keys: ReporterKeys) -> bytes:
    return boxes.keyed(boxes.derived(keys.box_secret, "originals"), public + case.bytes, "originals/mark")


def _fit(one: Holder, other: Holder) -> bool:
    return any((pair, 1 - side) in other.parts for pair, side in one.parts)


def _holder(case: UUID, person: UUID, held: Sequence[Half], public: bytes) -> Holder:
    box = halves.closed(held, public, about=_about(case, person))
    return Holder(person, tuple(half.name for half in held), box)


def _opened(case: UUID, own: Holder, me: Unlocked) -> tuple[Half, ...]:
    return halves.opened(own.box, me.box_secret, about=_about(case, me.person))


def _about(case: UUID, person: UUID) -> bytes:
    return case.bytes + person.bytes


def _read(body: object) -> Holders | None:
    """As it stands in an envelope; what is not as we write it is none."""
    try:
        values = cast("dict[str, Any]", body)
        each = tuple(
            Holder(UUID(one["person"]), tuple((int(a), int(b)) for a, b in one["parts"]), bytes.fromhex(one["box"]))
            for one in values["holders"]
        )
        return Holders(bytes.fromhex(values["public"]), each)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
