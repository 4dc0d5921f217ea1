"""Puts what lives as long as the process into every request, where routes of halls find it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from server.townhall.asking.together import TOGETHER
from server.townhall.live.company import GENERATION, KEY, LiveHalls


class WithHalls:
    """Names the halls of this process in the scope."""

    def __init__(self, app: ASGIApp, live: LiveHalls) -> None:
        self._app = app
        self._live = live
        self._named = {KEY: live, TOGETHER: live.together}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        await self._app({**scope, **self._named, GENERATION: self._live.generation}, receive, send)
