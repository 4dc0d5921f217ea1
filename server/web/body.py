"""Reads what a browser sends, with a cap, and never onto the disk."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

MOST_FIELDS = 60
PARSED_AT_ONCE = 65_536
"""A longer body is taken apart on a thread, so that it keeps nobody else waiting."""
MOST_DIGITS = 18
"""Of a declared length; Python refuses to read a number of thousands of digits."""


class TooLarge(Exception):
    """More than the server takes in one request."""


class Unreadable(Exception):
    """Not a form."""


async def pairs(request: Request, *, limit: int) -> Sequence[tuple[str, str]]:
    """The fields in their order. Raises TooLarge or Unreadable."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > MOST_DIGITS or int(declared) > limit):
        raise TooLarge
    capped = _capped(request.stream(), limit)
    try:
        if kind == "application/x-www-form-urlencoded":
            body = b"".join([chunk async for chunk in capped])
            return await asyncio.to_thread(_fields, body) if len(body) > PARSED_AT_ONCE else _fields(body)
        if kind == "multipart/form-data":
            parser = MultiPartParser(request.headers, capped, max_files=0, max_fields=MOST_FIELDS, max_part_size=limit)
            form = await parser.parse()
        else:
            async for _ in capped:
                pass
            if kind:
                raise Unreadable
            return ()
    except (MultiPartException, KeyError, UnicodeError, ClientDisconnect) as error:
        raise Unreadable from error
    items = form.multi_items()
    if len(items) > MOST_FIELDS or any(isinstance(value, UploadFile) for _, value in items):
        raise Unreadable
    return [(name, value) for name, value in items if isinstance(value, str)]


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
