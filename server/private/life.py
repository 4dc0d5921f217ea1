"""Whether anything is alive in this process: what somebody wrote must not stay in memory when nobody is there."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from server.private.sessions import Sessions
from server.web.doorway import cookies_kept


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a process may live, in seconds.

    After `rest` without use it ends. From `most` after its first use on it ends as soon as nobody is there; `patience`
    later the visits are ended; and `last` after that it ends whoever is inside. Somebody who sends a form every few
    minutes must not keep what others wrote in memory for ever.
    """

    rest: float
    most: float
    patience: float
    last: float


class Life:
    """Counts who is inside, and knows when it was first and last used by somebody.

    Looking at the open page without a session is no use: nothing of a person comes with it, and a passer-by every
    few minutes must not keep another's words in memory.
    """

    def __init__(
        self, sessions: Sessions, lifetime: Lifetime, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions, self._lifetime, self._seconds = sessions, lifetime, seconds
        self._inside = 0
        self._first_use: float | None = None
        self._last_use = 0.0

    def comes(self, *, uses: bool) -> None:
        """A request begins."""
        self._inside += 1
        if uses:
            self._last_use = self._seconds()
            if self._first_use is None:
                self._first_use = self._last_use

    def goes(self, *, uses: bool) -> None:
        """It is over."""
        self._inside -= 1
        if uses:
            self._last_use = self._seconds()

    def is_over(self) -> bool:
        """Whether this process is to begin anew: it was used and has rested, or it has lived for too long."""
        self._sessions.sweep()
        if self._first_use is None:
            return False
        now, ends = self._seconds(), self._first_use + self._lifetime.most
        if now >= ends + self._lifetime.patience + self._lifetime.last:
            return True
        if self._inside:
            return False
        if now >= ends + self._lifetime.patience:
            return True
        return not len(self._sessions) and (now >= ends or now - self._last_use >= self._lifetime.rest)


class Living:
    """Tells Life of every request."""

    def __init__(self, app: ASGIApp, life: Life) -> None:
        self._app, self._life = app, life

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        uses = scope["method"] not in ("GET", "HEAD") or any(
            name == b"cookie" and cookies_kept(value, of_the_room=True) for name, value in scope["headers"]
        )
        self._life.comes(uses=uses)
        try:
            await self._app(scope, receive, send)
        finally:
            self._life.goes(uses=uses)
