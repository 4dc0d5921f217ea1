"""How the private room answers: pages filled up to sizes that many have, never compressed, kept by nobody.

The browser may do nothing with them but show them, send their forms, and load our own style and pictures.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.headers import HSTS, PERMISSIONS
from server.web.padding import padded

HTML = "text/html; charset=utf-8"
SANDBOX = "sandbox; default-src 'none'"
"""For a file: no script, no form, no picture from anywhere, and an origin of its own."""
OnAThread = Callable[[Callable[[], bytes]], Awaitable[bytes]]
NOT_HERE = b"This page opens only by itself, in a window of its own."


def page(html: str, status: int = 200) -> Response:
    """A page of a common size."""
    return Response(padded(html.encode("utf-8", "replace")), status, media_type=HTML)


class Outgoing(Protocol):
    """A file on its way out."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def media_type(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def pieces(self) -> Iterator[bytes]: ...  # noqa: D102


def file(found: Outgoing, on_a_thread: OnAThread, *, shown: bool = False) -> Response:
    """A file, a piece at a time, that may do nothing in the browser. `shown`: in the window and not as a download.

    When a piece turns out to be damaged the line breaks off, so that no part is taken for the whole.
    """

    async def going() -> AsyncGenerator[bytes]:
        while True:
            piece = await on_a_thread(lambda: next(found.pieces, b""))
            if not piece:
                return
            yield piece

    headers = {
        "content-disposition": f'{"inline" if shown else "attachment"}; filename="{found.name}"',
        "content-length": str(found.size),
        "content-security-policy": SANDBOX,
    }
    return StreamingResponse(going(), 200, headers, found.media_type)


def see_other(path: str) -> Response:
    """Go on to another of our pages, by GET. As large as a page, so that the line does not tell them apart."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("Only a path of this site can be gone on to.")
    return Response(padded(b""), 303, {"location": path}, HTML)


def content_security_policy(neutral_url: str) -> str:
    """Style, pictures and forms of our own, and no script. Leave goes on to the neutral page, so it is named."""
    parts = urlsplit(neutral_url)
    neutral = f" {parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
    return (
        "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action 'self'{neutral}; base-uri 'none'; frame-ancestors 'none'"
    )


class Answering:
    """Adds the headers to every answer, and refuses requests for anything but a page in a window.

    A page of another kind (a picture, a frame, what a script fetches) could measure, or show to others, what is here.
    """

    def __init__(self, app: ASGIApp, *, neutral_url: str) -> None:
        self._app = app
        self._fixed = {
            "content-security-policy": content_security_policy(neutral_url),
            "cache-control": "no-store",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": PERMISSIONS,
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "x-robots-tag": "noindex, nofollow",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; sockets are closed."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._fixed.items():
                    if headers.get(name) != SANDBOX:  # a file may do even less than a page
                        headers[name] = value
                if scope["scheme"] == "https":
                    headers["strict-transport-security"] = HSTS
            await send(message)

        if Headers(scope=scope).get("sec-fetch-dest", "") in ("", "document"):
            await self._app(scope, receive, send_with_headers)
        else:
            await Response(padded(NOT_HERE), 403, media_type="text/plain")(scope, receive, send_with_headers)
