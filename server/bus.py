"""How several processes that serve one community hear what another of them has done.

The database is where everything is; the bus only wakes. What is lost on the way costs two seconds: whoever hears
nothing any more looks for itself.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from pydantic import ConfigDict, TypeAdapter, with_config

from server import events
from server.events import Event

MAC_BYTES, NAME_BYTES = 16, 8
BEAT = b"beat"
Hear = Callable[[Event], None]


class BusAway(Exception):
    """What the processes have in common cannot be asked just now."""


class Bus(Protocol):
    """Carries what was committed here to other processes, and what they committed to this one."""

    @property
    def alone(self) -> bool:
        """Whether there is no other process that could tell anything."""
        ...

    @property
    def hears(self) -> bool:
        """Whether what others do comes through just now."""
        ...

    def pass_on(self, event: Event) -> None:
        """Tell the others. Called on any thread after a commit; quick, and never raises."""
        ...

    def begin(self, hear: Hear) -> None:
        """From now on call this, on a thread of the bus, with what others tell."""
        ...

    def end(self) -> None:
        """Tell and hear nothing any more."""
        ...


class Alone:
    """There is one process."""

    alone = hears = True

    def pass_on(self, event: Event) -> None:
        """Nobody else is there."""

    def begin(self, hear: Hear) -> None:
        """Nobody tells anything."""

    def end(self) -> None:
        """Nothing was begun."""


class Letters:
    """Events as bytes, signed: whoever can only reach the bus cannot end anybody's session."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._name = secrets.token_bytes(NAME_BYTES)
        self.channel = "baraza:" + hashlib.blake2b(b"channel", key=key, digest_size=12).hexdigest()

    def of(self, event: Event) -> bytes:
        """One event, to be sent."""
        kind = type(event).__name__
        return self._signed(json.dumps([kind, _KINDS[kind].dump_python(event, mode="json")]).encode())

    def beat(self) -> bytes:
        """A sign of life."""
        return self._signed(BEAT)

    def read(self, letter: bytes) -> tuple[bool, Event | None]:
        """Whether it is this process's own, and the event in it: none in a beat. Raises ValueError for what is
        not ours."""
        mac, rest = letter[:MAC_BYTES], letter[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(rest)):
            raise ValueError("not signed with the key of this community")
        own, body = rest[:NAME_BYTES] == self._name, rest[NAME_BYTES:]
        if own or body == BEAT:
            return own, None
        kind, fields = json.loads(body)
        return own, _KINDS[kind].validate_python(fields, strict=False)

    def _signed(self, body: bytes) -> bytes:
        rest = self._name + body
        return self._mac(rest) + rest

    def _mac(self, rest: bytes) -> bytes:
        return hashlib.blake2b(rest, key=self._key, digest_size=MAC_BYTES).digest()


_HEX = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")


def _kinds() -> dict[str, TypeAdapter[Any]]:
    """Every event there is, by name."""
    found = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]
    return {kind.__name__: TypeAdapter(with_config(_HEX)(kind)) for kind in found if kind is not Event}


_KINDS = _kinds()
