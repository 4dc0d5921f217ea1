"""Envelopes: one message of a case, signed by its author, bound to its place, filled up to a common size.

An envelope lies in a box that anybody could have made; the signature in it says whose words these are, and the
place in it says that nobody has moved them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast, get_args
from uuid import UUID

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged, padded, unpadded, whole
from server.crypto.sealed.signatures import signed, signer_and_raw, verify_of

Direction = Literal["in", "out", "note"]
"""From the reporter, to the reporter, or among those who read the case."""

_PURPOSE = "baraza/envelope"
_SUITE = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message. `author` is a verify key, `manifest` the hash of the newest manifest that its author saw."""

    case: UUID
    message: UUID
    seq: int
    direction: Direction
    author: bytes
    day: date
    manifest: bytes
    body: dict[str, Any]


def closed(envelope: Envelope, signing_seed: bytes) -> bytes:
    """The envelope as signed and filled bytes, ready for a box. Raises Damaged when the seed is not its author's."""
    if envelope.author != verify_of(signing_seed):
        raise Damaged
    return padded(signed(signing_seed, plain_json.written(_content(envelope)), purpose=_PURPOSE))


def opened(raw: bytes, *, case: UUID, message: UUID, authors: Callable[[bytes], bool]) -> Envelope:
    """The message that belongs here, by somebody who may write here. Raises Damaged.

    `seq` and `manifest` are what the author said; whether they follow on the others is for the caller to see.
    """
    author, content = signer_and_raw(unpadded(raw), purpose=_PURPOSE)
    envelope = _read(content, author)
    if (envelope.case, envelope.message) != (case, message) or not authors(author):
        raise Damaged
    return envelope


def _content(envelope: Envelope) -> dict[str, Any]:
    return {
        "v": _SUITE,
        "case": str(envelope.case),
        "message": str(envelope.message),
        "seq": envelope.seq,
        "direction": envelope.direction,
        "day": envelope.day.isoformat(),
        "manifest": whole(envelope.manifest).hex(),
        "body": envelope.body,
    }


def _read(raw: bytes, author: bytes) -> Envelope:
    content = plain_json.read(raw)
    try:
        envelope = Envelope(
            case=UUID(content["case"]),
            message=UUID(content["message"]),
            seq=content["seq"],
            direction=cast(Direction, content["direction"]),
            author=author,
            day=date.fromisoformat(content["day"]),
            manifest=bytes.fromhex(content["manifest"]),
            body=content["body"],
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    if not _sound(content) or plain_json.written(_content(envelope)) != raw:  # another suite, or a field too many
        raise Damaged
    return envelope


def _sound(content: dict[str, Any]) -> bool:
    counted = type(content["seq"]) is int and content["seq"] >= 0  # true is an int too
    return counted and content["direction"] in get_args(Direction) and isinstance(content["body"], dict)
