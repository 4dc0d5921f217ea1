"""A request as the private room sees it: no address, no device, only what the handover lets through."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from server.private import answering, sessions
from server.private.room import Room
from server.private.sessions import Side, Token
from server.web.doorway import BUCKET_HEADER
from server.web.words import Reading, read_in, reading

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Asked(Request):
    """One request."""

    def __init__(self, scope: Scope, receive: Receive, room: Room) -> None:
        super().__init__(scope, receive)
        self.room = room

    @property
    def secure(self) -> bool:
        """Whether the browser came over TLS."""
        return self.scope["scheme"] == "https"

    @property
    def bucket(self) -> str:
        """The hourly hashed bucket of the network that the request came from."""
        return self.headers.get(BUCKET_HEADER, "unknown")[:64]

    @property
    def readable_on_the_way(self) -> bool:
        """Whether others on the network could read along: plain http that is neither loopback nor onion."""
        host = self.url.hostname or ""
        return not (self.secure or host in LOOPBACK or host.endswith(".onion"))

    def token(self, side: Side) -> Token | None:
        """The cookie of one of the two doors."""
        return sessions.token_in(self, side, secure=self.secure)

    def listen_for_language(self) -> None:
        """The address decides, then the browser's list."""
        catalogues = self.room.pages.catalogues
        asked = catalogues.offered(self.query_params.get("lang"))
        language = asked or catalogues.best_of(self.headers.get("accept-language", ""))
        read_in(Reading(language, asked is not None, self.room.clock.now().date()))

    def page(self, template: str, status: int = 200, **context: object) -> Response:
        """A template as an answer. It also knows language, languages, asked, said, operator, demonstration."""
        room = self.room
        html = room.pages.render(
            template,
            {
                "language": reading().language,
                "languages": room.pages.switcher(self),
                "asked": self,
                "at": "/help",
                "said": room.pages.catalogues.said,
                "operator": room.operator,
                "demonstration": room.demonstration,
                **context,
            },
        )
        return answering.page(html, status)

    @property
    def shown_at(self) -> str:
        """The address of this page."""
        return self.url.path

    @property
    def query(self) -> dict[str, str]:
        """The query, each name once."""
        return dict(self.query_params)


Answer = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Place:
    """An address of the room, what may be done there, and who answers."""

    path: str
    name: str
    method: str
    answer: Answer
