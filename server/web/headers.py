"""Headers on every answer: what a browser may do with our pages, which is little."""

from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NEVER = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "camera",
        "clipboard-read",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "screen-wake-lock",
        "usb",
        "xr-spatial-tracking",
    )
)
PERMISSIONS = f"{_NEVER}, publickey-credentials-create=(self), publickey-credentials-get=(self)"
"""Passkeys are for this site's own pages; everything else is for nobody."""
HSTS = "max-age=63072000; includeSubDomains"


def content_security_policy(neutral_origin: str) -> str:
    """Nothing but our own style, script and forms. The neutral page's origin is named, or Leave is blocked."""
    forms = f"'self' {neutral_origin}".strip()
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        f"frame-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )


FRAMED = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""The policy of a page that stands in a frame of another page of ours, and has no script."""


PART = "default-src 'none'; frame-ancestors 'none'"
"""The policy of a script, a sheet or a sign. Whoever opens one by itself sees a document that may do nothing."""
_OF_PAGES = (b"cross-origin-opener-policy", b"permissions-policy")
"""What a browser asks of a page only: with each part of it, it would cost half a kilobyte on a poor line."""


class SafeHeaders:
    """Adds the headers to every answer, errors included. What is no page may bring a stricter policy of its own."""

    def __init__(self, app: ASGIApp, *, neutral_origin: str, onion_url: str = "") -> None:
        self._app = app
        self._onion = onion_url.rstrip("/")
        self._fixed = [  # the policy comes first
            (b"content-security-policy", content_security_policy(neutral_origin).encode()),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", PERMISSIONS.encode()),
            (b"referrer-policy", b"same-origin"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"x-robots-tag", b"noindex, nofollow"),
        ]
        deny = (b"x-frame-options", b"DENY")
        self._part = [each for each in self._fixed if each[0] not in _OF_PAGES]
        self._framed = [(b"x-frame-options", b"SAMEORIGIN") if each == deny else each for each in self._fixed]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secure = scope["scheme"] == "https"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                stricter = any(name == b"content-security-policy" for name, _ in own)
                framed = any(value == FRAMED.encode() for _, value in own)
                part = any(value == PART.encode() for _, value in own)
                fixed = self._framed if framed else self._part if part else self._fixed
                message["headers"] = [*own, *(fixed[1:] if stricter else fixed)]
                if secure:
                    headers = MutableHeaders(scope=message)
                    headers["strict-transport-security"] = HSTS
                    if self._onion:  # Tor Browser offers to change over
                        headers["onion-location"] = self._onion + quote(scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers)
