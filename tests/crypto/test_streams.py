"""Files: what went in comes out, in its place, whole, and its size tells little."""

import struct
from collections.abc import Iterable
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings as sodium

from server.crypto.sealed import streams
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.streams import FRAME_BYTES, bucket, decrypted, encrypted

KEY = bytes(range(32))
CASE, FILE = UUID(int=1), UUID(int=2)
FRAME_OVERHEAD = 17 + 4


def frames_of(content: bytes, *, step: int = 10_000) -> list[bytes]:
    pieces = (content[at : at + step] for at in range(0, len(content), step))
    return list(encrypted(pieces, KEY, case=CASE, file=FILE))


def content_of(frames: Iterable[bytes], *, key: bytes = KEY, case: UUID = CASE, file: UUID = FILE) -> bytes:
    return b"".join(decrypted(frames, key, case=case, file=file))


def some(size: int) -> bytes:
    return (bytes(range(1, 252)) * (size // 251 + 1))[:size]


THREE = frames_of(some(3 * FRAME_BYTES))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 150_000), max_size=5), st.binary(max_size=1))
def test_what_went_in_comes_out(sizes: list[int], last: bytes) -> None:
    pieces = [some(size) for size in sizes] + [last]
    assert content_of(encrypted(pieces, KEY, case=CASE, file=FILE)) == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 5_000_000])
def test_the_whole_is_as_long_as_its_bucket(size: int) -> None:
    frames = frames_of(some(size), step=300_000)
    payload = sum(len(frame) for frame in frames) - 24 - FRAME_OVERHEAD * len(frames)
    assert payload == bucket(size)
    assert len(frames) == -(-bucket(size) // FRAME_BYTES)
    assert {len(frame) for frame in frames[1:-1]} <= {FRAME_BYTES + FRAME_OVERHEAD}
    assert content_of(frames) == some(size)
    pieces = list(decrypted(frames, KEY, case=CASE, file=FILE))
    assert all(pieces) and max(map(len, pieces), default=0) <= FRAME_BYTES


def test_files_without_content_have_the_size_of_small_ones() -> None:
    assert [len(frame) for frame in encrypted([], KEY, case=CASE, file=FILE)] == [24 + FRAME_OVERHEAD + FRAME_BYTES]
    assert len(frames_of(b"")[0]) == len(frames_of(b"x")[0]) == len(frames_of(some(60_000))[0])


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (0, 65_536),
        (65_536, 65_536),
        (65_537, 67_584),
        (67_584, 67_584),
        (67_585, 69_632),
        (131_073, 135_168),
        (1_000_000, 1_015_808),
        (25 * 1024 * 1024, 25 * 1024 * 1024),
        (25 * 1024 * 1024 + 1, 26_738_688),
    ],
)
def test_sizes_fall_into_buckets(length: int, size: int) -> None:
    assert bucket(length) == size


@given(st.integers(FRAME_BYTES, 1 << 30))
def test_a_bucket_is_never_smaller_and_at_most_an_eighth_larger(length: int) -> None:
    assert length <= bucket(length) <= length * 1.125
    assert bucket(bucket(length)) == bucket(length)


def test_frames_cannot_be_dropped_swapped_or_repeated() -> None:
    one, two, three = THREE
    for frames in (
        [],
        [one],
        [one, two],
        [one, three],
        [two, three],
        [three],
        [one, three, two],
        [two, one, three],
        [one, two, two, three],
        [one, two, three, three],
        [one, two, three, b""],
        [one + two, three],
    ):
        with pytest.raises(Damaged):
            content_of(frames)
    assert content_of(THREE) == some(3 * FRAME_BYTES)


def test_frames_of_two_files_do_not_mix() -> None:
    again = frames_of(some(3 * FRAME_BYTES))
    for frames in ([*again[:1], *THREE[1:]], [*THREE[:2], again[2]]):
        with pytest.raises(Damaged):
            content_of(frames)
    assert not set(again) & set(THREE)


def test_a_file_opens_in_its_place_only() -> None:
    for wrong in ({"key": KEY[::-1]}, {"case": FILE}, {"file": CASE}, {"case": FILE, "file": CASE}):
        with pytest.raises(Damaged):
            content_of(THREE, **wrong)


@pytest.mark.parametrize("at", [0, 23, 24, 25, 30, 5000, -17, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    for place, frame in enumerate(THREE):
        where = at % len(frame)
        broken = frame[:where] + bytes([frame[where] ^ 1]) + frame[where + 1 :]
        with pytest.raises(Damaged):
            content_of([*THREE[:place], broken, *THREE[place + 1 :]])


@pytest.mark.parametrize("size", [0, 1, 23, 24, 25, 40, 41, 44, 45, 1000])
def test_a_shortened_frame_is_noticed(size: int) -> None:
    for place, frame in enumerate(THREE):
        for broken in (frame[:size], frame[:-1], frame + b"x"):
            with pytest.raises(Damaged):
                content_of([*THREE[:place], broken, *THREE[place + 1 :]])


def made_by_hand(*plains: tuple[bytes, int], about: bytes = CASE.bytes + FILE.bytes) -> list[bytes]:
    """Frames with the right key, as only a faulty program of ours would make them."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    frames = [sodium.crypto_secretstream_xchacha20poly1305_init_push(state, KEY)]
    for number, (plain, tag) in enumerate(plains):
        place = about + struct.pack(">Q", number)
        frames.append(sodium.crypto_secretstream_xchacha20poly1305_push(state, plain, place, tag))
    return [frames[0] + frames[1], *frames[2:]]


def test_a_well_encrypted_frame_that_lies_about_its_content_is_refused() -> None:
    count = struct.Struct(">I").pack
    assert content_of(made_by_hand((count(2) + b"tea", 3))) == b"te"
    assert content_of(made_by_hand((count(3) + b"tea", 3))) == b"tea"
    assert content_of(made_by_hand((count(0), 3))) == b""
    for plain in (b"", b"\0\0\0", count(1), count(4) + b"tea", b"\xff\xff\xff\xfftea"):
        with pytest.raises(Damaged):
            content_of(made_by_hand((plain, 3)))
    with pytest.raises(Damaged):
        content_of(made_by_hand((count(3) + b"tea", 3), (count(3) + b"tea", 3)))
    assert content_of(made_by_hand((count(3) + b"tea", 0), (count(3) + b"tea", 3))) == b"teatea"
    for tag in (0, 1, 2):
        with pytest.raises(Damaged):
            content_of(made_by_hand((count(3) + b"tea", tag)))


def test_only_a_whole_key_encrypts() -> None:
    for key in (b"", KEY[:31], KEY + b"x"):
        with pytest.raises(Damaged):
            next(encrypted([b"x"], key, case=CASE, file=FILE))
        with pytest.raises(Damaged):
            content_of(THREE, key=key)


def test_a_large_file_is_never_held_whole() -> None:
    taken = 0

    def pieces() -> Iterable[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield some(FRAME_BYTES)

    frames = encrypted(pieces(), KEY, case=CASE, file=FILE)
    next(frames)
    assert taken == 2
    assert streams.FRAME_BYTES == 65_536
