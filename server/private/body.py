"""Reads what is sent to the private room: text and files, in memory only, however slowly it comes.

Nothing typed is lost: a post with too much in it is read past its files, and its text comes back. Text never waits;
posts with files wait for one of few places, by turns of their networks. A body that stops is cut off, and nothing of
it is kept.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from server.policies import PrivateLimits
from server.turns import Turns
from server.web.body import MOST_FIELDS, Unreadable, declared_bytes, fields_of, kind_of

SMALL_BYTES = 1_048_576
"""A post up to here is held without a place among the uploads."""
SMALL_AT_ONCE = 1_000
PATIENCE = 4
"""How many times the most of a post is read, to find the text in one that is too large."""
LARGE_SECONDS = 900
"""What a post with files may take in all while others wait: or a few that are just fast enough hold every place."""
MOST_NAME_BYTES = 500

Pairs = Sequence[tuple[str, str]]


class TooMuch(Enum):
    """What there was too much of."""

    TEXT = "text"
    FILE = "file"
    FILES = "files"
    POST = "post"


class Cut(Exception):
    """The body stopped in the middle: nobody is there any more, and nothing of it is kept."""


class TooSlow(Exception):
    """The body came too slowly to be waited for. `pairs`: the fields that had come."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__("too slow")
        self.pairs = pairs


class TooLarge(Exception):
    """There was more than fits. `pairs`: every field of the form, to be shown again."""

    def __init__(self, pairs: Pairs, what: TooMuch) -> None:
        super().__init__(what.value)
        self.pairs, self.what = pairs, what


@dataclass(frozen=True, slots=True, repr=False)
class Attached:
    """A file as it came: the name that the sender's device gave it, and its bytes."""

    name: str
    content: bytearray


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """The fields in their order, and the files."""

    pairs: Pairs = ()
    files: Sequence[Attached] = ()


class Intake:
    """Takes posts in, few large ones at a time."""

    def __init__(self, limits: PrivateLimits, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._seconds = limits, seconds
        self._large = Turns(limits.uploads_at_once)
        self._small = asyncio.Semaphore(SMALL_AT_ONCE)

    @asynccontextmanager
    async def form(self, request: Request, *, files: str = "", whose: str = "") -> AsyncGenerator[Sent]:
        """What was sent, for as long as the block lasts; then the files' memory is overwritten.

        `files` names the one field that may hold files; `whose` is the network that it comes from. Raises Cut, TooSlow,
        TooLarge or Unreadable.
        """
        size = declared_bytes(request)
        large = bool(files) and kind_of(request) == "multipart/form-data" and not 0 < size <= SMALL_BYTES
        form = _Form(self._limits, files)
        try:
            if large:
                await self._large.take(whose)
                try:
                    yield await self._read(request, form, large=True)
                finally:
                    self._large.give_back()
            else:
                async with self._small:
                    sent = await self._read(request, form, large=False)
                yield sent  # what is done with it takes no place from others who write
        finally:
            form.wipe()

    async def _read(self, request: Request, form: "_Form", *, large: bool) -> Sent:
        kind = kind_of(request)
        size, chunks = 0, self._chunks(request, form, large=large)
        if kind == "application/x-www-form-urlencoded":
            return Sent(await self._fields(chunks))
        if kind != "multipart/form-data":
            async for _ in chunks:
                raise Unreadable
            if kind:
                raise Unreadable
            return Sent()
        form.opens(request.headers["content-type"])
        async for chunk in chunks:
            size += len(chunk)
            form.takes(chunk, size)
            if size > self._limits.post_bytes * PATIENCE:
                raise TooLarge(form.pairs, TooMuch.POST)
        return form.whole()

    async def _fields(self, chunks: AsyncGenerator[bytes]) -> Pairs:
        """The fields of a form without files. Raises TooSlow with those that had come."""
        body = bytearray()
        try:
            async for chunk in chunks:
                if len(body) + len(chunk) > self._limits.text_bytes:
                    raise TooLarge((), TooMuch.TEXT)
                body += chunk
        except TooSlow:
            raise TooSlow(await fields_of(bytes(body))) from None
        return await fields_of(bytes(body))

    async def _chunks(self, request: Request, form: "_Form", *, large: bool) -> AsyncGenerator[bytes]:
        """The body as it comes. Raises Cut when it stops, TooSlow when too little comes or a text takes too long.

        Whoever sends just enough in each while would hold a place, and this process, for hours.
        """
        limits = self._limits
        first = begun = self._seconds()
        came = 0
        while True:
            left = begun + limits.slow_seconds - self._seconds()
            try:
                message = await asyncio.wait_for(request.receive(), max(left, 0.001))
            except TimeoutError:
                message = None
            if message is not None:
                if message["type"] == "http.disconnect":
                    raise Cut
                chunk = message.get("body", b"")
                came += len(chunk)
                if chunk:
                    yield chunk
                if not message.get("more_body", False):
                    return
            contended = large and self._large.waiting > 0
            in_all = limits.text_seconds if not large else LARGE_SECONDS if contended else math.inf
            if self._seconds() - first >= in_all:
                raise TooSlow(form.pairs)
            if self._seconds() - begun >= limits.slow_seconds:
                least = limits.least_when_others_wait if contended else limits.least_bytes_per_second
                if came < least * limits.slow_seconds:
                    raise TooSlow(form.pairs)
                begun, came = self._seconds(), 0


@dataclass(slots=True)
class _Part:
    """The part that is being read."""

    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: str = ""
    name: str = ""
    file: Attached | None = None
    is_file: bool = False
    text: bytearray = field(default_factory=bytearray)


class _Form:
    """A multipart form taken apart while it comes. The parser of python-multipart, with rooms of our own."""

    def __init__(self, limits: PrivateLimits, files: str) -> None:
        self._limits, self._field = limits, files
        self._parser: MultipartParser | None = None
        self.pairs: list[tuple[str, str]] = []
        self._files: list[Attached] = []
        self._part = _Part()
        self._text_bytes = self._parts = self._chosen = 0
        self._too_much: TooMuch | None = None
        self._ended = False

    def opens(self, content_type: str) -> None:
        """Begin. Raises Unreadable without a boundary."""
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_end": self._finish,
                },
            )
        except FormParserError:
            raise Unreadable from None
        if not boundary:
            raise Unreadable

    def takes(self, chunk: bytes, size: int) -> None:
        """Read on; `size` is all that has come. Raises Unreadable, or TooLarge when it is the text."""
        assert self._parser is not None
        if size > self._limits.post_bytes:
            self._drop(TooMuch.POST)
        try:
            self._parser.write(chunk)
        except (FormParserError, UnicodeError):
            raise Unreadable from None

    def whole(self) -> Sent:
        """The form, when its end has come. Raises Unreadable or TooLarge."""
        if not self._ended:
            raise Unreadable
        if self._too_much is not None:
            raise TooLarge(self.pairs, self._too_much)
        return Sent(self.pairs, self._files)

    def wipe(self) -> None:
        """Overwrite what the files held."""
        for attached in (*self._files, *([self._part.file] if self._part.file else [])):
            attached.content[:] = bytes(len(attached.content))
            attached.content.clear()
        self._files.clear()

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_FIELDS:
            raise Unreadable
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _header_end(self) -> None:
        if bytes(self._part.header).lower() == b"content-disposition":
            self._part.disposition = self._part.value.decode("latin-1")
        self._part.header, self._part.value = bytearray(), bytearray()

    def _headers_end(self) -> None:
        """A file is welcome under one name only; a part without a file's name means that none was chosen."""
        part = self._part
        kind, options = parse_options_header(part.disposition)
        if kind != b"form-data" or b"name" not in options:
            raise Unreadable
        part.name = options[b"name"][:MOST_NAME_BYTES].decode("utf-8", "replace")
        if b"filename" not in options:
            return
        part.is_file = True
        if not self._field or part.name != self._field:
            raise Unreadable
        called = options[b"filename"][:MOST_NAME_BYTES].decode("utf-8", "replace")
        if not called:
            return
        self._chosen += 1
        part.file = Attached(called, bytearray())
        if self._chosen > self._limits.files:
            self._drop(TooMuch.FILES)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.is_file:
            if part.file is None:  # a file without a name is no file that anybody chose
                raise Unreadable
            if len(part.file.content) + end - start > self._limits.file_bytes:
                self._drop(TooMuch.FILE)
            if self._too_much is None:
                part.file.content.extend(data[start:end])
            return
        self._text_bytes += end - start
        if self._text_bytes > self._limits.text_bytes:
            raise TooLarge(self.pairs, TooMuch.TEXT)
        part.text += data[start:end]

    def _end(self) -> None:
        part = self._part
        if not part.is_file:
            self.pairs.append((part.name, part.text.decode("utf-8", "replace")))
        elif part.file is not None and self._too_much is None:
            self._files.append(part.file)

    def _finish(self) -> None:
        self._ended = True

    def _drop(self, what: TooMuch) -> None:
        """Let go of the files at once; only the text is read on."""
        if self._too_much is None:
            self._too_much = what
            self.wipe()
