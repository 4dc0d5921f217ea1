"""Originals that a reporter wants kept: sealed to a key of the case that only two of its readers together can use.

The key's public half stands in the reporter's first, signed envelope; its secret half is cut (`crypto.sealed.halves`)
among the holders, and each change of readers writes down, signed, who holds what from then on. A copy of the public
half lies among the case's facts under a mark that only the reporter's own keys can make, for files that come later.
"""

import base64
import struct
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from server.crypto.sealed import boxes, halves
from server.crypto.sealed.boxes import HASH_BYTES, KEY_BYTES, Damaged
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.halves import Half
from server.crypto.sealed.receipts import ReporterKeys
from server.private.people import Unlocked
from server.private.routing import interprets

FIELD = "originals"
STEP = 1536
"""What is said of the holders is filled up to steps of so many bytes: five people fit into the first one."""
_ROW, _PART = struct.Struct(">16sHH"), struct.Struct(">HB")


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

    def raw(self) -> bytes:
        """As bytes."""
        return self.public + b"".join(
            _ROW.pack(one.person.bytes, len(one.parts), len(one.box))
            + b"".join(_PART.pack(*part) for part in one.parts)
            + one.box
            for one in self.each
        )


def body(found: Holders | None) -> dict[str, str]:
    """What an envelope says of it: as much for a case that one person reads alone as for one that five read."""
    raw = b"" if found is None else found.raw()
    return {FIELD: base64.b64encode(boxes.padded_to(raw, STEP)).decode()}


def begun(case: UUID, people: Sequence[Certificate]) -> Holders | None:
    """A new key for the originals of a case, cut among these. None when they are too few to be two."""
    publics = {one.person: one.public for one in people if not interprets(one)}
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
) -> dict[str, str]:
    """What a change of readers says of it: whoever leaves holds nothing, and I pass my halves on to who comes.

    When that is myself, with new keys, they are closed for these.
    """
    if found is None:
        return body(None)
    each = [one for one in found.each if one.person in stay]
    own = _still_mine(case, found.of(me.person), me)
    if own is None:
        each = [one for one in each if one.person != me.person]
    comes = to is not None and (to.person == me.person or found.of(to.person) is None)
    if to is not None and comes and own is not None and not interprets(to):
        each = [one for one in each if one.person != to.person]
        each.append(_holder(case, to.person, _opened(case, own, me), to.public))
    return body(Holders(found.public, tuple(each)))


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
    """Raises Damaged. In a case that was closed to me they are closed for the key that I had when it began."""
    for secret in (me.box_secret, *me.earlier):
        with suppress(Damaged):
            return halves.opened(own.box, secret, about=_about(case, me.person))
    raise Damaged


def _still_mine(case: UUID, own: Holder | None, me: Unlocked) -> Holder | None:
    """What I hold, if it opens: keys that I had once may be gone, and whoever cannot open halves holds none."""
    try:
        return own if own is not None and _opened(case, own, me) else None
    except Damaged:
        return None


def _about(case: UUID, person: UUID) -> bytes:
    return case.bytes + person.bytes


def _read(said: object) -> Holders | None:
    """As it stands in an envelope; what is not as we write it is none."""
    try:
        raw = boxes.unpadded_from(base64.b64decode(str(said), validate=True), STEP)
        public, at, each = raw[:KEY_BYTES], KEY_BYTES, list[Holder]()
        while at < len(raw):
            person, parts, size = _ROW.unpack_from(raw, at)
            at += _ROW.size
            end = at + parts * _PART.size
            named = tuple((pair, side) for pair, side in _PART.iter_unpack(raw[at:end]))
            each.append(Holder(UUID(bytes=person), named, raw[end : end + size]))
            at = end + size
        return Holders(boxes.whole(public), tuple(each))
    except (Damaged, ValueError, struct.error):
        return None
