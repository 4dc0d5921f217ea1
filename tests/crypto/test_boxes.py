"""Boxes open for one key and in one place, and their sizes tell little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.crypto.sealed import boxes
from server.crypto.sealed.boxes import Damaged

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


@given(st.binary(max_size=300))
def test_a_sealed_box_opens_for_its_key_and_no_other(plain: bytes) -> None:
    box = boxes.sealed(boxes.public_of(KEY), plain)
    assert boxes.unsealed(KEY, box) == plain
    assert boxes.unsealed(OTHER, box) is None
    assert len(box) == len(plain) + boxes.SEAL_BYTES


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_a_locked_box_opens_where_it_is_about_the_same(plain: bytes, about: bytes) -> None:
    box = boxes.locked(KEY, plain, about=about)
    assert boxes.unlocked(KEY, box, about=about) == plain
    assert len(box) == len(plain) + boxes.LOCK_BYTES
    for key, elsewhere in ((OTHER, about), (KEY, about + b"x")):
        with pytest.raises(Damaged):
            boxes.unlocked(key, box, about=elsewhere)


def test_any_changed_byte_is_noticed() -> None:
    locked, sealed = boxes.locked(KEY, b"tea at six", about=b"a"), boxes.sealed(boxes.public_of(KEY), b"tea at six")
    for at in range(len(locked)):
        with pytest.raises(Damaged):
            boxes.unlocked(KEY, flipped(locked, at), about=b"a")
        with pytest.raises(Damaged):
            boxes.unlocked(KEY, locked[:at], about=b"a")
    for at in range(len(sealed)):
        # The highest bit of a point's last byte is not part of it, so it alone may flip without a change.
        assert boxes.unsealed(KEY, flipped(sealed, at)) is None
        assert boxes.unsealed(KEY, sealed[:at]) is None


def test_no_two_boxes_are_the_same() -> None:
    assert len({boxes.locked(KEY, b"x", about=b"") for _ in range(50)}) == 50
    assert len({boxes.sealed(boxes.public_of(KEY), b"x") for _ in range(50)}) == 50


@pytest.mark.parametrize("key", [b"", KEY[:31], KEY + b"\0"])
def test_a_key_of_another_length_is_no_key(key: bytes) -> None:
    box = boxes.sealed(boxes.public_of(KEY), b"x")
    for act in (
        lambda: boxes.sealed(key, b"x"),
        lambda: boxes.unsealed(key, box),
        lambda: boxes.locked(key, b"x", about=b""),
        lambda: boxes.unlocked(key, boxes.locked(KEY, b"x", about=b""), about=b""),
        lambda: boxes.public_of(key),
        lambda: boxes.derived(key, "x"),
        lambda: boxes.both(key, KEY),
        lambda: boxes.both(KEY, key),
    ):
        with pytest.raises(Damaged):
            act()


def test_nothing_is_sealed_to_a_point_that_gives_the_secret_away() -> None:
    for point in (bytes(32), b"\x01" + bytes(31)):
        with pytest.raises(Damaged):
            boxes.sealed(point, b"x")


def test_one_purpose_says_nothing_of_another() -> None:
    made = [boxes.derived(KEY, "a"), boxes.derived(KEY, "b"), boxes.derived(OTHER, "a"), boxes.keyed(KEY, b"x", "a")]
    made += [boxes.keyed(KEY, b"x", "b"), boxes.hashed(b"x", "a"), boxes.hashed(b"x", "b"), boxes.hashed(b"y", "a")]
    assert len(set(made)) == len(made)
    assert {len(key) for key in made} == {32}
    assert boxes.derived(KEY, "a") == boxes.derived(KEY, "a")
    with pytest.raises(ValueError, match="person"):
        boxes.derived(KEY, "seventeen letters")


def test_a_key_of_both_needs_both() -> None:
    one, other = boxes.new_key(), boxes.new_key()
    assert boxes.both(one, other) == boxes.both(other, one)
    assert boxes.both(boxes.both(one, other), other) == one
    assert boxes.both(one, other) not in (one, other)


def test_alike_is_equality() -> None:
    assert boxes.alike(KEY, bytes(KEY))
    assert not boxes.alike(KEY, OTHER)


@given(st.binary(max_size=5000))
def test_what_was_filled_up_comes_back(raw: bytes) -> None:
    assert boxes.unpadded(boxes.padded(raw)) == raw
    assert boxes.unpadded_from(boxes.padded_to(raw, 4096), 4096) == raw
    assert len(boxes.padded_to(raw, 4096)) % 4096 == 0


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (0, 1),
        (1023, 1),
        (1024, 2),
        (2047, 2),
        (3071, 3),
        (3072, 4),
        (4095, 4),
        (4096, 8),
        (8192, 12),
        (12287, 12),
        (12288, 16),
        (16383, 16),
        (16384, 32),
        (32767, 32),
        (32768, 48),
        (100_000, 112),
    ],
)
def test_sizes_come_in_steps(length: int, size: int) -> None:
    box = boxes.padded(b"\x80" * length)
    assert len(box) == size * 1024
    assert boxes.unpadded(box) == b"\x80" * length


def test_what_was_not_filled_up_is_refused() -> None:
    for box in (b"", b"x", bytes(1024), b"x" * 1024, boxes.padded(b"x")[:-1], boxes.padded(b"x") + b"\0"):
        with pytest.raises(Damaged):
            boxes.unpadded(box)
    with pytest.raises(Damaged):
        boxes.unpadded(boxes.padded_to(b"x" * 100, 1024) + bytes(4096))


def flipped(raw: bytes, at: int, mask: int = 1) -> bytes:
    return raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]
