"""Makes safe copies of what somebody sends as evidence: drawn anew by a child, without place, time or device.

A file is known by its first bytes, never by its name. Nothing is decoded here, and nothing that a child says is
believed: a page is a JPEG of structure only, and a PDF is put together here, from such pages. Of sound and video only
the outer form is looked at: they are downloaded, never shown here. A child that fails, is killed, takes too long or
answers oddly means: this file is not taken.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from server.darkroom import recordings, walls
from server.darkroom.agreed import (
    ANSWER,
    MAGIC,
    MOST_ANSWER_BYTES,
    MOST_PIXELS,
    MOST_SIDE,
    PAGE,
    PAPER,
    PHOTOGRAPH,
    RECORDING,
)
from server.darkroom.picture_pages import DrawnPage, pdf_of
from server.darkroom.workshop import BEGIN, ROOT, nothing_but_a_drawing, said
from server.errors import Sentence, say

WALL_SECONDS = 22.0
"""For all files of a post together: the handover waits thirty seconds for an answer, and sealing takes some."""
LEAST_SECONDS = 0.5
FILM = "video/mp4"
BOXES = frozenset({b"ftyp", b"moov", b"moof", b"mdat", b"mfra"})
"""What an MP4 of ours is made of; the last one is written when nothing was left out."""

UNREADABLE = say(
    "“%(name)s” could not be opened. A photo (JPEG, PNG, WebP) or a PDF works; a new photo or a screenshot does too."
)
OFFICE = say("“%(name)s” is an Office file or an archive, which is not taken. Please send it as a PDF or a photo.")
NO_RECORDINGS = say(
    "“%(name)s” is sound or video, which cannot be taken here. You can write down what is heard or seen."
)
UNPLAYABLE = say("“%(name)s” could not be opened as sound or video. A shorter one, or another kind, may work.")
TOO_LARGE = say("“%(name)s” is too large to be opened here. Please send a smaller picture, or fewer pages at once.")
LOCKED = say("“%(name)s” is locked with a password. Please send it without one, or a photo of it.")
TOO_MANY_PAGES = say("“%(name)s” has too many pages. Please send fewer pages at once, or photos of them.")
NO_TIME = say(
    "“%(name)s” could not be made safe in time. Please send fewer or smaller files at once, or try again in a minute."
)
WHY_NOT: dict[bytes, Sentence] = {b"L": TOO_LARGE, b"E": LOCKED, b"P": TOO_MANY_PAGES}


@dataclass(frozen=True, slots=True, repr=False)
class SafeCopy:
    """What is kept and opened in place of what was sent. `media_type` is of our own making, never the sender's."""

    kind: str
    media_type: str
    content: bytearray

    def wipe(self) -> None:
        """Overwrite it."""
        self.content[:] = bytes(len(self.content))
        self.content.clear()


class NotTaken(Exception):
    """Why there is no safe copy."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.english)
        self.sentence = sentence


class SafeCopies:
    """A few children at a time. Whoever waits does so without a thread."""

    def __init__(
        self,
        *,
        at_once: int,
        most_pages: int,
        wall_seconds: float = WALL_SECONDS,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = ThreadPoolExecutor(at_once, thread_name_prefix="darkroom")
        self._most_pages, self._wall_seconds, self._seconds = most_pages, wall_seconds, seconds
        self._ffmpeg, self._walls = recordings.program(), walls.possible()

    @property
    def takes_recordings(self) -> bool:
        """Whether sound and video can be made safe on this machine."""
        return self._ffmpeg is not None

    async def made(self, originals: Sequence[bytes | bytearray]) -> list[SafeCopy | Sentence]:
        """A safe copy of each, or why there is none (a sentence that wants the file's `name`); one time for all."""
        ends = self._seconds() + self._wall_seconds
        loop = asyncio.get_running_loop()
        work = [loop.run_in_executor(self._children, self._one, one, ends) for one in originals]
        return list(await asyncio.gather(*work))

    def close(self) -> None:
        """Take no more."""
        self._children.shutdown(wait=True, cancel_futures=True)

    def _one(self, original: bytes | bytearray, ends: float) -> SafeCopy | Sentence:
        try:
            kind = kind_of(original)
            if kind == RECORDING and self._ffmpeg is None:
                raise NotTaken(NO_RECORDINGS)
            if kind == PAPER and not self._walls:
                raise NotTaken(UNREADABLE)
            left = ends - self._seconds()
            if left < LEAST_SECONDS:
                raise NotTaken(NO_TIME)
            return self._copy(kind, self._said(kind, original, left))
        except NotTaken as refused:
            return NO_TIME if self._seconds() >= ends else refused.sentence

    def _copy(self, kind: str, heard: bytearray) -> SafeCopy:
        """What a child said, as far as it is what it should be. Raises NotTaken."""
        if kind != RECORDING:
            return _drawn(kind, heard, self._most_pages if kind == PAPER else 1)
        if not whole_film(heard):
            raise NotTaken(UNPLAYABLE)
        return SafeCopy(kind, FILM, heard)

    def _said(self, kind: str, original: bytes | bytearray, left: float) -> bytearray:
        command = self._command(kind)
        if kind != RECORDING:
            return said(command, original, wall_seconds=left, most=MOST_ANSWER_BYTES)
        held = os.memfd_create("")  # memory, never a disk; only in a file can the index at a video's end be reached
        try:
            view = memoryview(original)
            while view:
                view = view[os.write(held, view) :]
            os.lseek(held, 0, os.SEEK_SET)
            return said(command, b"", wall_seconds=left, most=MOST_ANSWER_BYTES, opened=held)
        finally:
            os.close(held)

    def _command(self, kind: str) -> Sequence[str]:
        told = ("recordings", self._ffmpeg or "") if kind == RECORDING else ("evidence", kind, str(self._most_pages))
        return (sys.executable, "-I", "-B", "-c", BEGIN.format(told[0]), ROOT, *told[1:])


def kind_of(original: bytes | bytearray) -> str:
    """What it is, by its first bytes. Raises NotTaken."""
    head = bytes(original[:16])
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return PHOTOGRAPH
    if head.startswith(b"%PDF-"):
        return PAPER
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        raise NotTaken(OFFICE)
    if _sounds(head):
        return RECORDING
    raise NotTaken(UNREADABLE)


SUFFIXES: Sequence[tuple[int, bytes, str]] = (
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG", "png"),
    (8, b"WEBP", "webp"),
    (0, b"%PDF-", "pdf"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "webm"),
    (0, b"OggS", "ogg"),
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"#!AMR", "amr"),
    (0, b"ID3", "mp3"),
    (0, b"\xff", "mp3"),
)


def suffix_of(original: bytes | bytearray) -> str:
    """What its kind of file is usually called; never taken from its name."""
    return next((word for at, sign, word in SUFFIXES if original[at : at + len(sign)] == sign), "bin")


def _sounds(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] not in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"hevc")  # these are pictures
    riff = head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI ")
    frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return riff or frame or head.startswith((b"\x1aE\xdf\xa3", b"OggS", b"ID3", b"fLaC", b"#!AMR"))


def whole_film(heard: bytes | bytearray) -> bool:
    """Whether these bytes are one MP4 as we ask for it, to its end: nothing before, between or after its boxes."""
    found: list[bytes] = []
    at = 0
    while at < len(heard):
        size, name = int.from_bytes(heard[at : at + 4], "big"), bytes(heard[at + 4 : at + 8])
        if size < 8 or name not in BOXES:
            return False
        found.append(name)
        at += size
    return at == len(heard) and found[:2] == [b"ftyp", b"moov"] and found[-1:] == [b"mfra"]


def _drawn(kind: str, heard: bytearray, most_pages: int) -> SafeCopy:
    """Believe nothing that a child says: it may have been taken over. Raises NotTaken."""
    pages = _pages(heard, most_pages)
    heard[:] = bytes(len(heard))
    if kind == PAPER:
        return SafeCopy(kind, "application/pdf", pdf_of(pages))
    return SafeCopy(kind, "image/jpeg", bytearray(pages[0].jpeg))


def _pages(heard: bytearray, most: int) -> list[DrawnPage]:
    if len(heard) < ANSWER.size:
        raise NotTaken(UNREADABLE)
    magic, verdict, count = ANSWER.unpack_from(heard)
    if magic != MAGIC or verdict != b"K" or not 1 <= count <= most:
        raise NotTaken(WHY_NOT.get(verdict, UNREADABLE) if magic == MAGIC else UNREADABLE)
    pages: list[DrawnPage] = []
    at = ANSWER.size
    for _ in range(count):
        if at + PAGE.size > len(heard):
            raise NotTaken(UNREADABLE)
        width, height, length = PAGE.unpack_from(heard, at)
        at += PAGE.size
        jpeg = bytes(heard[at : at + length])
        at += length
        sound = 1 <= width <= MOST_SIDE and 1 <= height <= MOST_SIDE and width * height <= MOST_PIXELS
        if len(jpeg) != length or not (sound and nothing_but_a_drawing(jpeg)):
            raise NotTaken(UNREADABLE)
        pages.append(DrawnPage(width, height, jpeg))
    if at != len(heard):
        raise NotTaken(UNREADABLE)
    return pages
