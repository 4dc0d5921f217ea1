"""Transfers: a case on its way to another organisation, sealed to the key that officers have certified for it.

In front stands a statement: who sends what to whom, on which day, signed by the reader who sends it, with the paper
that makes them a reader. So the organisation can show what it got and from whom, and nobody else can read any of it.
"""

import struct
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from server.crypto.sealed import plain_json, streams, successors
from server.crypto.sealed.boxes import Damaged, alike, hashed, new_key, sealed, unsealed
from server.crypto.sealed.certificates import Agency, Certificate, Trust, accepted
from server.crypto.sealed.signatures import signed, signer_and_raw
from server.crypto.sealed.successors import Successor

_SUITE = 1
_KIND = "transfer"
_PURPOSE = "baraza/transfer"
_KEY_PURPOSE = b"baraza/transfer\0"
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is handed over: the words of a case, or a file that came with it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Statement:
    """What is handed over, by whom, and to whom: `agency` is the serial of the receiver's paper."""

    id: UUID
    day: date
    agency: UUID
    sender: tuple[str, ...]
    """The signed certificate, and the successors of its keys."""
    said_yes_to: tuple[str, ...]
    items: tuple[tuple[str, int, bytes], ...]
    """Name, length in bytes, hash."""


def of(items: Sequence[Item], **more: Any) -> Statement:
    """A statement about these items."""
    told = tuple((item.name, len(item.content), hashed(item.content, "transfer/item")) for item in items)
    return Statement(items=told, **more)


def written(statement: Statement, items: Sequence[Item], *, seed: bytes, to: Agency) -> Iterator[bytes]:
    """The file, piece by piece. Raises Damaged when the statement is not about these items or this receiver."""
    if statement.agency != to.serial or [item.name for item in items] != [name for name, _, _ in statement.items]:
        raise Damaged
    key = new_key()
    box = sealed(to.public, _KEY_PURPOSE + statement.id.bytes + key)
    yield _line(statement.id, box) + b"\n"
    said = signed(seed, plain_json.written(_content(statement)), purpose=_PURPOSE)
    pieces = [_LENGTH.pack(len(said)), said, *(item.content for item in items)]
    yield from streams.encrypted(pieces, key, case=statement.id, file=statement.id)


class Replaced(Damaged):
    """All of it is as it was signed, but with keys that others have followed, or that two others claim to follow."""


def opened(
    raw: bytes,
    secret: bytes,
    *,
    to: Agency,
    trust: Trust,
    revoked: Container[UUID] = frozenset(),
    known: Collection[Successor] = (),
) -> tuple[Certificate, Statement, list[Item]]:
    """Who sent it, the statement, and the items. Raises Damaged unless all of it is as it was signed.

    `revoked` are serials that the receiver knows of; who held such a paper sends nothing. `known` are successors that
    came with earlier transfers: whoever has the keys before them sends nothing either, and Replaced is raised.
    """
    line, _, body = raw.partition(b"\n")
    content = plain_json.read(line)
    try:
        name, box = UUID(content["id"]), bytes.fromhex(content["box"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if line != _line(name, box):  # another suite, or a part too many
        raise Damaged
    key = _key(unsealed(secret, box), name)
    plain = b"".join(streams.decrypted(_frames(body), key, case=name, file=name))
    length = int.from_bytes(plain[: _LENGTH.size], "big")  # of what is too short for one, nothing is left to be signed
    said, rest = plain[_LENGTH.size : _LENGTH.size + length], plain[_LENGTH.size + length :]
    signer, about = signer_and_raw(said, purpose=_PURPOSE)
    statement = _statement(plain_json.read(about))
    sender = _sender(statement, trust, revoked, signer)
    if (statement.id, statement.agency) != (name, to.serial):
        raise Damaged
    items = list(_items(statement, rest))
    if _newest(sender, {*told(statement), *known}) != signer:
        raise Replaced
    return replace(sender, verify=signer), statement, items


def told(statement: Statement) -> list[Successor]:
    """Which keys followed on those in the sender's certificate. Raises Damaged."""
    return [successors.read(one) for one in statement.sender[1:]]


def _sender(statement: Statement, trust: Trust, revoked: Container[UUID], signer: bytes) -> Certificate:
    """Who sent it: a certificate that held that day, whose keys lead to the one that signed. Raises Damaged."""
    found = accepted(statement.sender[0] if statement.sender else "", trust, today=statement.day, revoked=revoked)
    if found is None or _newest(found, told(statement)) != signer:
        raise Damaged
    return found


def _newest(found: Certificate, known: Collection[Successor]) -> bytes | None:
    """The key that somebody has now; None when two claim to follow on one."""
    steps = successors.chain(found.person, found.verify, known)
    if steps is None:
        return None
    return steps[-1].verify if steps else found.verify


def _items(statement: Statement, rest: bytes) -> Iterator[Item]:
    at = 0
    for name, length, seal in statement.items:
        content = rest[at : at + length]
        if not alike(hashed(content, "transfer/item"), seal):
            raise Damaged
        yield Item(name, content)
        at += length
    if at != len(rest):
        raise Damaged


def _frames(body: bytes) -> Iterable[bytes]:
    first = streams.HEADER_BYTES + streams.BOX_BYTES
    yield body[:first]
    for at in range(first, len(body), streams.BOX_BYTES):
        yield body[at : at + streams.BOX_BYTES]


def _line(name: UUID, box: bytes) -> bytes:
    return plain_json.written({"v": _SUITE, "kind": _KIND, "id": str(name), "box": box.hex()})


def _key(content: bytes | None, name: UUID) -> bytes:
    start = _KEY_PURPOSE + name.bytes
    if content is None or not content.startswith(start):
        raise Damaged
    return content[len(start) :]


def _content(statement: Statement) -> dict[str, Any]:
    return {
        "v": _SUITE,
        "id": str(statement.id),
        "day": statement.day.isoformat(),
        "agency": str(statement.agency),
        "sender": list(statement.sender),
        "said_yes_to": list(statement.said_yes_to),
        "items": [{"name": name, "bytes": length, "hash": seal.hex()} for name, length, seal in statement.items],
    }


def _statement(content: dict[str, Any]) -> Statement:
    try:
        found = Statement(
            id=UUID(content["id"]),
            day=date.fromisoformat(content["day"]),
            agency=UUID(content["agency"]),
            sender=tuple(content["sender"]),
            said_yes_to=tuple(content["said_yes_to"]),
            items=tuple((one["name"], one["bytes"], bytes.fromhex(one["hash"])) for one in content["items"]),
        )
        sound = _content(found) == content and all(type(size) is int and size >= 0 for _, size, _ in found.items)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if not sound:
        raise Damaged
    return found
