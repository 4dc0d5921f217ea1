"""Frames: what is sent, made once as bytes and written to everybody who may have it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

PROTOCOL = 1
TEXT_FRAME = 0x81
"""The first byte of a whole text message, unpacked and unmasked."""
SMALL, MIDDLE = 126, 65_536


@dataclass(frozen=True)
class Frame:
    """One message in the clothes of each transport. `mark` names its place in a channel, for browsers that resume."""

    message: Mapping[str, Any] = field(repr=False)
    mark: str = ""

    @cached_property
    def text(self) -> bytes:
        """As JSON."""
        return json.dumps(self.message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @cached_property
    def wire(self) -> bytes:
        """As a WebSocket carries it from a server."""
        size = len(self.text)
        if size < SMALL:
            return bytes((TEXT_FRAME, size)) + self.text
        if size < MIDDLE:
            return bytes((TEXT_FRAME, SMALL)) + size.to_bytes(2, "big") + self.text
        return bytes((TEXT_FRAME, SMALL + 1)) + size.to_bytes(8, "big") + self.text

    @cached_property
    def event(self) -> bytes:
        """As a line of an event stream; JSON as it is made here has no line breaks."""
        mark = f"id: {self.mark}\n".encode() if self.mark else b""
        return mark + b"data: " + self.text + b"\n\n"


def greeting(beat_seconds: float) -> Frame:
    """The first answer: how often something can be expected at the latest."""
    return Frame({"op": "hello", "p": PROTOCOL, "beat": beat_seconds})


def events(op: str, channel: str, last: int, count: int, entries: list[dict[str, Any]], epoch: int) -> Frame:
    """What happened on a channel: `s` is the last number in it, `n` how many numbers it covers."""
    message = {"op": op, "epoch": epoch, "ch": channel, "s": last, "n": count, "ev": entries}
    return Frame(message, f"{epoch}:{channel}:{last}")


def snapshot(channel: str, last: int, standing: Mapping[str, Any], epoch: int) -> Frame:
    """Everything that stands on a channel after its number `s`."""
    message = {"op": "snapshot", "epoch": epoch, "ch": channel, "s": last, "d": standing}
    return Frame(message, f"{epoch}:{channel}:{last}")


def state(epoch: int, standing: str) -> Frame:
    """The hall is in another state; sent before everything else."""
    return Frame({"op": "state", "epoch": epoch, "d": {"st": standing}})


def presence(about: int) -> Frame:
    """About how many are here, rounded; never who comes or goes."""
    return Frame({"op": "presence", "about": about})


def taken(command: str, result: Mapping[str, Any]) -> Frame:
    """A command was done."""
    return Frame({"op": "ack", "id": command, "ok": True, "d": result})


def refused(command: str, why: str, sentence: str, retry_ms: int = 0) -> Frame:
    """A command was not done; `msg` is a sentence for the person."""
    wait = {"retry_ms": retry_ms} if retry_ms else {}
    return Frame({"op": "ack", "id": command, "ok": False, "err": why, "msg": sentence, **wait})


BEAT = Frame({"op": "beat"})
"""Nothing happened, and the line is there."""
BYE = Frame({"op": "bye", "why": "drain", "retry_ms": 1500, "jitter_ms": 8000})
"""The server goes away for a moment; everybody comes back at another time."""
