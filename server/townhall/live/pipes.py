"""The ways to a listener. Each takes frames without waiting, holds little, and says when it is full."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from server.townhall.live.frames import Frame

MOST_HELD = 64
MOST_HELD_BYTES = 262_144
"""What waits for a slow reader; a browser that is further behind gets everything anew, as it stands then."""
EXTENSION = "baraza.wire"


class Pipe(Protocol):
    """A way to one listener."""

    def write(self, frame: Frame) -> bool:
        """Send it. False when the line is full, and this frame is not sent."""
        ...

    @property
    def is_free(self) -> bool:
        """Whether everything that was given has left."""
        ...

    def close(self, code: int) -> None:
        """No more of it."""
        ...


class Wire(Protocol):
    """What the server gives at a socket where finished frames can be written past all its layers."""

    @property
    def writable(self) -> bool:
        """Whether the other side takes what it is sent."""
        ...

    def write(self, frame: bytes) -> None:
        """Put a whole frame on the line."""
        ...


class WirePipe:
    """A socket whose transport is known: the same bytes for everybody, no task, no queue."""

    __slots__ = ("_close", "_wire")

    def __init__(self, wire: Wire, close: Callable[[int], None]) -> None:
        self._wire, self._close = wire, close

    def write(self, frame: Frame) -> bool:
        """Send it, unless the other side takes nothing."""
        if not self._wire.writable:
            return False
        self._wire.write(frame.wire)
        return True

    @property
    def is_free(self) -> bool:
        """Whether the other side takes what it is sent."""
        return self._wire.writable

    def close(self, code: int) -> None:
        """No more of it."""
        self._close(code)


class Inbox:
    """Frames wait here until whoever serves the connection fetches them: streams, long polls, plain sockets."""

    __slots__ = ("_bytes", "_frames", "_woken", "code")

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._woken = asyncio.Event()
        self.code: int | None = None

    def write(self, frame: Frame) -> bool:
        """Keep it for the fetcher; False when too much waits already. One large frame alone is always taken."""
        full = len(self._frames) >= MOST_HELD or self._bytes > MOST_HELD_BYTES
        if full or self.code is not None:
            return False
        self._frames.append(frame)
        self._bytes += len(frame.text)
        self._woken.set()
        return True

    @property
    def is_free(self) -> bool:
        """Whether everything was fetched."""
        return not self._frames

    def close(self, code: int) -> None:
        """Nothing comes any more. What waits is dropped: it may be what this listener may not have now."""
        if self.code is None:
            self.code = code
            if code != GOING_AWAY:
                self._frames.clear()
            self._woken.set()

    async def fetch(self) -> list[Frame]:
        """What has come, as soon as there is something; empty once it is closed."""
        await self._woken.wait()
        frames = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        if self.code is None:
            self._woken.clear()
        return frames


GOING_AWAY = 1012
MALFORMED, SIGNED_OUT, FORBIDDEN, TOO_LATE, TOO_MANY, TOO_FAST = 4400, 4401, 4403, 4408, 4409, 4429
"""Why a socket is closed: not our language; the seat or session is gone; not for you; nothing came or nothing was
taken; more sockets than one seat may have; more commands than one seat may send."""


def wire_of(scope: Any) -> Wire | None:
    """The short way, where the server offers it."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    return extensions.get(EXTENSION)
