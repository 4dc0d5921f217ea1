"""Reads what a browser sends, with a cap, and never onto the disk."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

MOST_FIELDS = 60
MOST_FILES = 8
"""More than one is too many, but is answered kindly up to here."""
PARSED_AT_ONCE = 65_536
"""A longer body is taken apart on a thread, so that it keeps nobody else waiting."""
MOST_DIGITS = 18
"""Of a declared length; Python refuses to read a number of thousands of digits."""


class TooLarge(Exception):
    """More than the server takes in one request."""


class Unreadable(Exception):
    """Not a form."""


class Flaw(Enum):
    """Why a file cannot be taken, although the form around it can be read."""

    TOO_LARGE = "too large"
    CUT_OFF = "cut off"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class FileRoom:
    """Which field of a form may hold a file, and how many bytes the file and the text may have together.

    With a file that is larger, the form is read on up to `read_bytes`, to find the text in it.
    """

    field: str
    most_bytes: int
    read_bytes: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. What it was called, and what it says it is, is never looked at."""

    content: bytes
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The fields in their order, and the file if one came."""

    pairs: Sequence[tuple[str, str]] = ()
    upload: Upload | None = None


async def read(request: Request, *, limit: int, file: FileRoom | None = None) -> Body:
    """What was sent. `limit`: the most bytes of text. Raises TooLarge or Unreadable."""
    kind = kind_of(request)
    with_file = file if kind == "multipart/form-data" else None
    most = limit if with_file is None else max(limit, with_file.read_bytes)
    if declared_bytes(request) > most:
        raise TooLarge
    capped = _capped(request.stream(), most)
    try:
        if kind == "application/x-www-form-urlencoded":
            body = b"".join([chunk async for chunk in capped])
            return Body(await fields_of(body))
        if kind == "multipart/form-data":
            return await _Parts(request.headers, capped, limit=limit, file=with_file).read()
        async for _ in capped:
            pass
    except (MultiPartException, KeyError, UnicodeError, ClientDisconnect) as error:
        raise Unreadable from error
    if kind:
        raise Unreadable
    return Body()


def kind_of(request: Request) -> str:
    """The media type that the browser names, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def declared_bytes(request: Request) -> int:
    """How long the body says it is; 0 when it does not say."""
    declared = request.headers.get("content-length", "")
    if not (declared.isascii() and declared.isdigit()):
        return 0
    return int(declared) if len(declared) <= MOST_DIGITS else 10**MOST_DIGITS


async def fields_of(body: bytes) -> Sequence[tuple[str, str]]:
    """The fields of a urlencoded body, in their order. Raises Unreadable."""
    return await asyncio.to_thread(_fields, body) if len(body) > PARSED_AT_ONCE else _fields(body)


def _fields(body: bytes) -> Sequence[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("latin-1"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Unreadable from None


async def _capped(stream: AsyncGenerator[bytes, None], limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit:
            raise TooLarge
        yield chunk


class _Parts(MultiPartParser):
    """Starlette's parser, which would put a file onto the disk; here its bytes stay in memory, or are dropped."""

    spool_max_size = 0  # would never go to the disk, even if something were written into it

    def __init__(
        self, headers: Headers, stream: AsyncGenerator[bytes, None], *, limit: int, file: FileRoom | None
    ) -> None:
        files = MOST_FILES if file else 0
        super().__init__(headers, stream, max_files=files, max_fields=MOST_FIELDS, max_part_size=limit)
        self._limit, self._file = limit, file
        self._text_bytes = 0
        self._content = bytearray()
        self._begun, self._whole = 0, 0
        self._flaw: Flaw | None = None
        self._ended = False

    async def read(self) -> Body:
        """The form. Raises Unreadable when it stops in the middle of its text."""
        await self.parse()
        pairs = [(name, value) for name, value in self.items if isinstance(value, str)]
        if len(pairs) > MOST_FIELDS:
            raise Unreadable
        if not self._ended and not self._begun:
            raise Unreadable
        if not self._begun:
            return Body(pairs)
        flaw = self._flaw or (Flaw.CUT_OFF if not self._ended or self._whole < self._begun else None)
        return Body(pairs, Upload(b"" if flaw else bytes(self._content), flaw))

    def on_headers_finished(self) -> None:
        """A file is welcome under one name only; an empty part without a name means that none was chosen."""
        super().on_headers_finished()
        part = self._current_part
        if part.file is None:
            return
        part.file.file.close()  # nothing is ever written into it
        if self._file is None or part.field_name != self._file.field:
            raise Unreadable
        if not part.file.filename:
            return
        self._begun += 1
        if self._begun > 1:
            self._drop(Flaw.SEVERAL)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Keep what belongs to a field or to the file, within their caps."""
        if self._current_part.file is None:
            self._text_bytes += end - start
            if self._text_bytes > self._limit:
                raise TooLarge
            super().on_part_data(data, start, end)
            return
        assert self._file is not None
        if not self._current_part.file.filename:  # a file without a name is no file that anybody chose
            raise Unreadable
        if self._text_bytes + len(self._content) + end - start > self._file.most_bytes:
            self._drop(Flaw.TOO_LARGE)
        if self._flaw is None:
            self._content += data[start:end]

    def on_part_end(self) -> None:
        """A field is finished; a file is not put among the fields."""
        if self._current_part.file is None:
            super().on_part_end()
        elif self._current_part.file.filename:
            self._whole += 1

    def on_end(self) -> None:
        """The last boundary came: nothing is missing."""
        self._ended = True

    def _drop(self, flaw: Flaw) -> None:
        """Let go of the file at once; only the text is read on."""
        self._flaw = self._flaw or flaw
        self._content.clear()
