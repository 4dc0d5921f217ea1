"""Key slots: the right person opens theirs, in its place, and nobody tells a dummy from a true one."""

from dataclasses import replace
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, slots
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.slots import Binding

CASE = UUID(int=1 << 100)
SECRET = bytes(range(32))
CLEO, DALIA = bytes(range(10, 42)), bytes(range(20, 52))
RELEASE = bytes(range(30, 62))
BINDING = Binding(CASE, 3, slots.reporter_of(SECRET, CLEO))
ELSEWHERE = (
    replace(BINDING, case=UUID(int=2)),
    replace(BINDING, epoch=4),
    replace(BINDING, reporter=slots.reporter_of(CLEO, SECRET)),
)


def test_a_slot_opens_for_its_person_only() -> None:
    box = slots.slot(boxes.public_of(CLEO), SECRET, BINDING)
    assert slots.opened(box, CLEO, BINDING) == SECRET
    assert slots.opened(box, CLEO, BINDING, RELEASE) == SECRET
    assert slots.opened(box, DALIA, BINDING) is None


def test_a_slot_opens_in_its_place_only() -> None:
    box = slots.slot(boxes.public_of(CLEO), SECRET, BINDING)
    locked = slots.locked_slot(boxes.public_of(CLEO), SECRET, BINDING, RELEASE)
    for elsewhere in ELSEWHERE:
        assert slots.opened(box, CLEO, elsewhere) is None
        assert slots.opened(locked, CLEO, elsewhere, RELEASE) is None


def test_a_locked_slot_needs_the_release_key() -> None:
    box = slots.locked_slot(boxes.public_of(CLEO), SECRET, BINDING, RELEASE)
    assert slots.opened(box, CLEO, BINDING) is None
    assert slots.opened(box, CLEO, BINDING, DALIA) is None
    assert slots.opened(box, DALIA, BINDING, RELEASE) is None
    assert slots.opened(box, CLEO, BINDING, RELEASE) == SECRET


def test_a_slot_is_handed_on_to_new_keys_as_it_is() -> None:
    """Open or not yet: whoever changes their keys learns nothing by it, and loses nothing."""
    public, new_public = boxes.public_of(CLEO), boxes.public_of(DALIA)
    handed = slots.handed_on(slots.slot(public, SECRET, BINDING), CLEO, new_public)
    assert handed is not None and len(handed) == slots.SLOT_BYTES
    assert slots.opened(handed, DALIA, BINDING) == SECRET
    assert slots.opened(handed, CLEO, BINDING) is None
    assert all(slots.opened(handed, DALIA, elsewhere) is None for elsewhere in ELSEWHERE)
    closed = slots.handed_on(slots.locked_slot(public, SECRET, BINDING, RELEASE), CLEO, new_public)
    assert closed is not None and slots.opened(closed, DALIA, BINDING) is None
    assert slots.opened(closed, DALIA, BINDING, RELEASE) == SECRET
    for others in (slots.slot(new_public, SECRET, BINDING), slots.dummy(), b""):
        assert slots.handed_on(others, CLEO, new_public) is None


def test_a_dummy_opens_for_nobody() -> None:
    assert slots.opened(slots.dummy(), CLEO, BINDING, RELEASE) is None
    assert slots.pair_opened_outer(slots.pair_dummy(), CLEO) is None


def every_kind_of_slot() -> list[bytes]:
    public = boxes.public_of(CLEO)
    return [
        slots.slot(public, SECRET, BINDING),
        slots.locked_slot(public, SECRET, BINDING, RELEASE),
        slots.dummy(),
    ]


def test_a_dummy_cannot_be_told_from_a_slot() -> None:
    many = [every_kind_of_slot() for _ in range(400)]
    pairs = [
        [
            slots.pair_blob(boxes.public_of(CLEO), boxes.public_of(DALIA), SECRET, BINDING),
            slots.pair_dummy(),
            slots.pair_decoy(number.to_bytes(32, "big")),
        ]
        for number in range(400)
    ]
    for rounds, size in ((many, slots.SLOT_BYTES), (pairs, slots.PAIR_BYTES)):
        for kind in zip(*rounds, strict=True):
            assert {len(box) for box in kind} == {size}
            assert len(set(kind)) == 400
            for bit in range(size * 8):
                ones = sum(box[bit // 8] >> bit % 8 & 1 for box in kind)
                if bit == 255:  # the highest bit of a point (X25519) is never set, in slots and in dummies
                    assert ones == 0
                else:
                    assert 100 < ones < 300, (bit, ones)


def test_a_changed_or_shortened_slot_does_not_open() -> None:
    box = slots.slot(boxes.public_of(CLEO), SECRET, BINDING)
    for at in range(len(box)):
        assert slots.opened(box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :], CLEO, BINDING) is None
        assert slots.opened(box[:at], CLEO, BINDING) is None


def test_a_tag_belongs_to_person_case_and_epoch_and_needs_the_pepper() -> None:
    one, other = UUID(int=5), UUID(int=6)
    tags = [
        slots.tag(SECRET, one, CASE, 0),
        slots.tag(SECRET, other, CASE, 0),
        slots.tag(SECRET, one, UUID(int=9), 0),
        slots.tag(SECRET, CASE, one, 0),
        slots.tag(SECRET, one, CASE, 1),
        slots.tag(CLEO, one, CASE, 0),
    ]
    assert len(set(tags)) == len(tags) and {len(tag) for tag in tags} == {32}
    assert slots.tag(SECRET, one, CASE, 0) == tags[0]


def test_a_pair_needs_both_officers_in_their_order() -> None:
    box = slots.pair_blob(boxes.public_of(CLEO), boxes.public_of(DALIA), SECRET, BINDING)
    assert slots.pair_opened_outer(box, DALIA) is None
    inner = slots.pair_opened_outer(box, CLEO)
    assert inner is not None and SECRET not in inner
    assert slots.pair_opened_inner(inner, CLEO) is None
    assert slots.pair_opened_inner(box, DALIA) is None
    assert slots.pair_opened_inner(inner, DALIA) == (BINDING, SECRET), "it says itself where it belongs"


def test_a_slot_is_no_pair_and_a_pair_no_slot() -> None:
    slot = slots.slot(boxes.public_of(CLEO), SECRET, BINDING)
    pair = slots.pair_blob(boxes.public_of(CLEO), boxes.public_of(CLEO), SECRET, BINDING)
    inner = slots.pair_opened_outer(pair, CLEO)
    assert inner is not None
    assert slots.pair_opened_outer(slot, CLEO) is None
    assert slots.pair_opened_inner(slot, CLEO) is None
    assert slots.opened(inner, CLEO, BINDING, RELEASE) is None


def test_a_decoy_is_always_the_same_and_opens_for_nobody() -> None:
    decoy = slots.pair_decoy(SECRET)
    assert decoy == slots.pair_decoy(SECRET) != slots.pair_decoy(CLEO)
    assert slots.pair_opened_outer(decoy, CLEO) is None
    assert slots.pair_opened_inner(slots.inner_dummy(), CLEO) is None


def test_only_a_whole_secret_is_laid_in_a_slot() -> None:
    public = boxes.public_of(CLEO)
    for secret in (SECRET[:31], SECRET + b"x"):
        with pytest.raises(Damaged):
            slots.slot(public, secret, BINDING)
        with pytest.raises(Damaged):
            slots.pair_blob(public, public, secret, BINDING)
    for laid in (slots.slot, lambda *more: slots.pair_blob(public, *more)):
        with pytest.raises(Damaged):
            laid(public, SECRET, replace(BINDING, reporter=b""))


def test_a_secret_of_another_length_in_a_well_made_slot_is_none() -> None:
    content = boxes.locked(bytes(32), SECRET + b"x", about=BINDING.raw(b"slot"))
    assert slots.opened(boxes.sealed(boxes.public_of(CLEO), content), CLEO, BINDING) is None


def test_the_reporter_stands_for_both_keys() -> None:
    assert slots.reporter_of(CLEO, DALIA) != slots.reporter_of(DALIA, CLEO)
    for public, verify in ((CLEO[:31], DALIA), (CLEO, DALIA[:31]), (CLEO[:31], b"x" + DALIA), (CLEO + b"x", DALIA[1:])):
        with pytest.raises(Damaged):
            slots.reporter_of(public, verify)
