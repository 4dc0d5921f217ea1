"""Files: encrypted frame by frame while they come in, so that no plain copy ever lies anywhere.

Each frame is bound to case, file and number, and the last one says that it is the last: frames that are swapped,
repeated, taken from another file or cut off are noticed. The whole is filled up to a size that many files share.
"""

import struct
from collections.abc import Iterable, Iterator
from uuid import UUID

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from server.crypto.sealed.boxes import Damaged, whole

FRAME_BYTES = 64 * 1024
"""What a frame holds of a file, filling included."""
_COUNT = struct.Struct(">I")
"""In front of each frame: how much of it is file; the rest is filling."""
HEADER_BYTES = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
BOX_BYTES = _COUNT.size + FRAME_BYTES + sodium.crypto_secretstream_xchacha20poly1305_ABYTES
"""What a whole frame takes once it is encrypted; the header comes before the first one."""
_MORE = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL


def encrypted(chunks: Iterable[bytes], key: bytes, *, case: UUID, file: UUID) -> Iterator[bytes]:
    """The frames of a file that comes in pieces of any size. The key is for this one file."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    header = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, whole(key))
    for number, (frame, tag) in enumerate(_framed(chunks)):
        box = sodium.crypto_secretstream_xchacha20poly1305_push(state, frame, _about(case, file, number), tag)
        yield box if number else header + box


def decrypted(frames: Iterable[bytes], key: bytes, *, case: UUID, file: UUID) -> Iterator[bytes]:
    """The file again, in pieces. Raises Damaged, at the latest after the last piece: till then nothing is certain."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    tag = _MORE
    for number, frame in enumerate(frames):
        if tag == _FINAL:
            raise Damaged
        try:
            if number == 0:
                sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, frame[:HEADER_BYTES], whole(key))
            box = frame if number else frame[HEADER_BYTES:]
            plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, box, _about(case, file, number))
        except CryptoError:
            raise Damaged from None
        if content := _content(plain):
            yield content
    if tag != _FINAL:
        raise Damaged


def bucket(length: int) -> int:
    """The size that a file of so many bytes is filled up to: at most an eighth more, and one frame at least.

    Source: Padmé, in Nikitin et al., Reducing Metadata Leakage from Encrypted Files, 2019.
    """
    length = max(length, FRAME_BYTES)
    exponent = length.bit_length() - 1
    free = (1 << exponent - exponent.bit_length()) - 1
    return (length + free) & ~free


def _framed(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    held, total = bytearray(), 0
    for chunk in chunks:
        held += chunk
        total += len(chunk)
        while len(held) > FRAME_BYTES:
            yield _frame(held[:FRAME_BYTES], FRAME_BYTES), _MORE
            del held[:FRAME_BYTES]
    left = bucket(total) - (total - len(held))
    while left > FRAME_BYTES:  # the filling of a large file takes more than its last frame
        yield _frame(held, FRAME_BYTES), _MORE
        held.clear()
        left -= FRAME_BYTES
    yield _frame(held, left), _FINAL


def _frame(content: bytes | bytearray, size: int) -> bytes:
    return _COUNT.pack(len(content)) + content + bytes(size - len(content))


def _content(plain: bytes) -> bytes:
    if len(plain) < _COUNT.size:
        raise Damaged
    (count,) = _COUNT.unpack_from(plain)
    if count > len(plain) - _COUNT.size:
        raise Damaged
    return plain[_COUNT.size : _COUNT.size + count]


def _about(case: UUID, file: UUID, number: int) -> bytes:
    return case.bytes + file.bytes + struct.pack(">Q", number)
