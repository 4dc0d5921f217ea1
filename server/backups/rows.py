"""Rows of tables as bytes, the same for both kinds of database, and a stream of records around them.

Read through the types that the tables declare, so that a copy made on one kind of database can be laid into the
other. Each record has its length in front; whatever does not fit exactly is refused.
"""

import json
import struct
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from server.crypto.sealed.boxes import Damaged

HEAD, TABLE, ROW, FILE, PIECE, END = b"H", b"T", b"R", b"F", b"P", b"E"
MOST_BYTES = 256 * 1024 * 1024
"""A longer record was not written by us."""
_LENGTH = struct.Struct(">I")
_NUMBER, _FLOAT, _MOMENT = struct.Struct(">q"), struct.Struct(">d"), struct.Struct(">q")
Record = tuple[bytes, bytes]
_Taken = Callable[[int], bytes]


def record(kind: bytes, content: bytes) -> bytes:
    """One record with its length."""
    return _LENGTH.pack(len(content) + 1) + kind + content


def told(kind: bytes, content: dict[str, Any]) -> bytes:
    """A record that says something about those that follow."""
    return record(kind, json.dumps(content, sort_keys=True).encode())


def records(pieces: Iterable[bytes]) -> Generator[Record]:
    """The records in a stream that comes in pieces of any size. What fills the end up is zeros. Raises Damaged."""
    held, ended = bytearray(), False
    for piece in pieces:
        held += piece
        while not ended and len(held) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(held)
            if not 1 <= length <= MOST_BYTES:
                raise Damaged
            if len(held) < _LENGTH.size + length:
                break
            whole = bytes(held[_LENGTH.size : _LENGTH.size + length])
            del held[: _LENGTH.size + length]
            yield whole[:1], whole[1:]
            ended = whole[:1] == END
    if not ended or held:
        raise Damaged


def content_of(raw: bytes) -> dict[str, Any]:
    """What a telling record says. Raises Damaged."""
    try:
        content: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise Damaged from None
    if not isinstance(content, dict):
        raise Damaged
    return content  # pyright: ignore[reportUnknownVariableType]


def packed(values: Sequence[Any]) -> bytes:
    """One row."""
    return b"".join(_packed(value) for value in values)


def unpacked(raw: bytes) -> list[Any]:
    """The row again. Raises Damaged."""
    try:
        return list(_values(raw))
    except (KeyError, ValueError, OverflowError):
        raise Damaged from None


def _packed(value: Any) -> bytes:
    for kind, letter, written in _KINDS:
        if type(value) is kind or (letter == b"s" and isinstance(value, str)):
            return letter + written(value)
    raise TypeError(f"a column of {type(value).__name__} is not foreseen")


def _with_length(raw: bytes) -> bytes:
    return _LENGTH.pack(len(raw)) + raw


_KINDS: Sequence[tuple[type, bytes, Callable[[Any], bytes]]] = (
    (type(None), b"0", lambda _: b""),
    (int, b"i", _NUMBER.pack),
    (str, b"s", lambda value: _with_length(value.encode("utf-8", "surrogatepass"))),
    (bytes, b"b", _with_length),
    (UUID, b"u", lambda value: value.bytes),
    (bool, b"t", lambda value: b"\1" if value else b"\0"),
    (datetime, b"m", lambda value: _MOMENT.pack(int(value.timestamp()))),
    (date, b"d", lambda value: _LENGTH.pack(value.toordinal())),
    (float, b"f", _FLOAT.pack),
)


def _values(raw: bytes) -> Iterator[Any]:
    at = 0

    def taken(count: int) -> bytes:
        nonlocal at
        part, at = raw[at : at + count], at + count
        if len(part) != count:
            raise ValueError
        return part

    while at < len(raw):
        yield _READ[taken(1)](taken)


def _lengthy(taken: _Taken) -> bytes:
    return taken(_LENGTH.unpack(taken(_LENGTH.size))[0])


_READ: Mapping[bytes, Callable[[_Taken], Any]] = {
    b"0": lambda _: None,
    b"i": lambda taken: _NUMBER.unpack(taken(8))[0],
    b"s": lambda taken: _lengthy(taken).decode("utf-8", "surrogatepass"),
    b"b": _lengthy,
    b"u": lambda taken: UUID(bytes=taken(16)),
    b"t": lambda taken: taken(1) == b"\1",
    b"m": lambda taken: datetime.fromtimestamp(_MOMENT.unpack(taken(8))[0], UTC),
    b"d": lambda taken: date.fromordinal(_LENGTH.unpack(taken(4))[0]),
    b"f": lambda taken: _FLOAT.unpack(taken(8))[0],
}
