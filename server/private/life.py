"""Whether anything is alive in this process: what somebody wrote must not stay in memory when nobody is there."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from server.private.sessions import Sessions
from server.web.doorway import cookies_kept


class Life:
    """Counts who is inside, and knows when it was last used by somebody.

    Looking at the open page without a session is no use: nothing of a person comes with it, and a passer-by every
    few minutes must not keep another's words in memory.
    """

    def __init__(
        self, sessions: Sessions, *, rest_seconds: float, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions, self._rest, self._seconds = sessions, rest_seconds, seconds
        self._inside = 0
        self._last_use: float | None = None

    def comes(self, *, uses: bool) -> None:
        """A request begins."""
        self._inside += 1
        if uses:
            self._last_use = self._seconds()

    def goes(self, *, uses: bool) -> None:
        """It is over."""
        self._inside -= 1
        if uses:
            self._last_use = self._seconds()

    def is_over(self) -> bool:
        """Whether this process was used, and has rested long enough with nobody in it, to begin anew."""
        self._sessions.sweep()
        if self._last_use is None or self._inside or len(self._sessions):
            return False
        return self._seconds() - self._last_use >= self._rest


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
