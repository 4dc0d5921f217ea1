"""A picture for a practice case, made of rectangles: a card without a name, so that somebody can open a safe copy."""

import struct
import zlib

from server.errors import Sentence
from server.private.call import Call
from server.private.files import Attachment, digest_of

NAME = "card.png"
WIDE, HIGH = 640, 400
PAPER, INK, BAND, FRAME = b"\xf7\xf3\xea", b"\x4a\x4a\x4a", b"\x1f\x6f\x6b", b"\xc9\xc2\xb4"
_RECTANGLES = (
    (0, 0, WIDE, HIGH, FRAME),
    (20, 20, WIDE - 20, HIGH - 20, PAPER),
    (20, 20, WIDE - 20, 90, BAND),
    (50, 120, 200, 310, FRAME),  # where a face would be
    (95, 150, 155, 215, INK),
    (75, 225, 175, 310, INK),
    *((240, top, right, top + 14, INK) for top, right in ((130, 560), (170, 500), (210, 540), (250, 430))),
    *((240 + 30 * step, 320, 258 + 30 * step, 350, BAND) for step in range(10)),
)
"""Left, top, right, bottom in pixels, and the colour; later ones lie on top."""


def png() -> bytes:
    """The picture as a camera or a screenshot could have made it."""
    rows = [bytearray(PAPER * WIDE) for _ in range(HIGH)]
    for left, top, right, bottom, colour in _RECTANGLES:
        for row in rows[top:bottom]:
            row[3 * left : 3 * right] = colour * (right - left)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    head = struct.pack(">IIBBBBB", WIDE, HIGH, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


async def attached(call: Call) -> list[Attachment]:
    """Its safe copy, made as one is made at the door; nothing where that does not work just now."""
    drawn = bytearray(png())
    [made] = await call.room.darkroom.made([drawn])
    if isinstance(made, Sentence):
        return []
    return [Attachment(NAME, made.media_type, made.content, digest_of(drawn))]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
