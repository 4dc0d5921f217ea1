"""Hands a picture to a child process and takes the clean one back. Nothing is decoded here.

A child that fails, is killed, takes too long or answers oddly means: this file is no picture.
"""

import os
import re
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server.errors import Invalid, Sentence, TooFast, say

ROOT = str(Path(__file__).parents[2])
BEGIN = "import sys; sys.path.append(sys.argv[1]); from server.darkroom.{} import main; main(*sys.argv[2:])"
COMMAND = (sys.executable, "-I", "-B", "-c", BEGIN.format("child"), ROOT)
ANSWER = struct.Struct(">4sc3I")
MAGIC = b"BZP1"
LONGEST_SIDE = 1280
MOST_ANSWER_BYTES = 4 * 1024 * 1024
PIECE = 65_536
WALL_SECONDS = 15.0
"""Longer than the processor time that a child is given, because a small machine may be busy."""
RETRY_SECONDS = 10
MEDIA_TYPE = "image/jpeg"
FIELD = "image"

UNREADABLE = say(
    "This file could not be read as a picture. A photo (JPEG) or a screenshot (PNG, WebP) works. "
    "You can also take a new photo."
)
TOO_MANY_PIXELS = say("This picture is too large to be opened here. Please choose a smaller one, or take a new photo.")
BUSY = say("Many pictures are being made ready just now. Please send yours again in a few seconds.")
WHY_NOT: dict[bytes, Sentence] = {b"L": TOO_MANY_PIXELS, b"M": TOO_MANY_PIXELS}

_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Within the drawing itself a marker is neither a stuffed zero nor a restart."""
_JFIF, _END, _SCAN = 0xE0, 0xD9, 0xDA
_STRUCTURE = frozenset({_JFIF, 0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD})
"""Frame, tables, scans: what a JPEG needs to be drawn. Everything else could carry something along."""
_JFIF_BYTES = 16


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture drawn anew: nothing of the original file is in it. `child_kib` is what opening it took."""

    content: bytes
    width: int
    height: int
    child_kib: int
    media_type: str = MEDIA_TYPE


class Workshop:
    """A few children at a time, and a few people waiting; the overflow is told to come back."""

    def __init__(self, *, at_once: int, waiting: int, wall_seconds: float = WALL_SECONDS) -> None:
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._children = threading.BoundedSemaphore(at_once)
        self._wall_seconds = wall_seconds

    def cleaned(self, original: bytes) -> CleanPicture:
        """The picture as it may be kept. Raises Invalid when it is none, TooFast when too many wait."""
        if not self._places.acquire(blocking=False):
            raise TooFast(BUSY, retry_after=RETRY_SECONDS)
        try:
            with self._children:
                return _taken(self._answer(original))
        finally:
            self._places.release()

    def _answer(self, original: bytes) -> bytes:
        return bytes(said(COMMAND, original, wall_seconds=self._wall_seconds, most=MOST_ANSWER_BYTES))


def said(
    command: Sequence[str], original: bytes | bytearray, *, wall_seconds: float, most: int, opened: int | None = None
) -> bytearray:
    """Whatever a child says before its time is over, at most so many bytes. It reads all before it says anything.

    `opened` is an open file that the child finds as its standard input, in place of a pipe with the original.
    """
    heard = bytearray()
    with subprocess.Popen(  # noqa: S603  our own files, no argument from outside
        command,
        stdin=subprocess.PIPE if opened is None else opened,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        impatience = threading.Timer(wall_seconds, _killed, (child,))
        impatience.start()
        try:
            if opened is None:
                _given(child, original)
            while len(heard) < most and (piece := child.stdout.read(min(PIECE, most - len(heard)))):
                heard += piece
            return heard
        finally:
            impatience.cancel()
            impatience.join()  # or it might kill a stranger who is given the same number
            _killed(child)


def _killed(child: "subprocess.Popen[bytes]") -> None:
    """End it and whatever it has begun: another process of it would hold the pipe open, and us with it.

    Nobody has waited for it yet, so that its number is still its own.
    """
    os.killpg(child.pid, signal.SIGKILL)


def _given(child: "subprocess.Popen[bytes]", original: bytes | bytearray) -> None:
    """Hand over the original; a child that died meanwhile has no ears, and its answer will be empty."""
    assert child.stdin is not None
    try:
        child.stdin.write(original)
        child.stdin.close()
    except BrokenPipeError:
        pass


def _taken(answer: bytes) -> CleanPicture:
    """Believe nothing that a child says: it may have been taken over. Raises Invalid."""
    if len(answer) < ANSWER.size:
        raise Invalid(UNREADABLE, field=FIELD)
    magic, verdict, width, height, child_kib = ANSWER.unpack_from(answer)
    content = answer[ANSWER.size :]
    if magic != MAGIC or verdict != b"K":
        raise Invalid(WHY_NOT.get(verdict, UNREADABLE), field=FIELD)
    if not (1 <= width <= LONGEST_SIDE and 1 <= height <= LONGEST_SIDE and nothing_but_a_drawing(content)):
        raise Invalid(UNREADABLE, field=FIELD)
    return CleanPicture(content, width, height, child_kib)


def nothing_but_a_drawing(jpeg: bytes | bytearray) -> bool:
    """Whether these bytes are one JPEG of structural segments only, from its first byte to its last."""
    if jpeg[:2] != b"\xff\xd8":
        return False
    at = 2
    while True:
        if jpeg[at : at + 1] != b"\xff" or at + 2 > len(jpeg):
            return False
        marker = jpeg[at + 1]
        if marker == _END:
            return at + 2 == len(jpeg)
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker not in _STRUCTURE or (marker == _JFIF and length != _JFIF_BYTES):
            return False
        at += 2 + length
        if marker == _SCAN:
            found = _NEXT_MARKER.search(jpeg, at)
            if found is None:
                return False
            at = found.start()
