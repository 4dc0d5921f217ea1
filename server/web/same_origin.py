"""Does a request that changes something come from our own pages?

Sec-Fetch-Site decides where it is sent; else an Origin that is not `null`; else the form must carry a token
(old phones, plain http on a local network, `Origin: null`).
"""

from enum import Enum
from urllib.parse import urlsplit

from starlette.requests import Request


class Sender(Enum):
    """What the headers say."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


def sender(request: Request) -> Sender:
    """Judge by the headers alone; UNKNOWN must be settled by the token in the form."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return Sender.OURS if site in ("same-origin", "none") else Sender.FOREIGN
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return Sender.UNKNOWN
    return Sender.OURS if _same(origin, request) else Sender.FOREIGN


def _same(origin: str, request: Request) -> bool:
    try:
        parts = urlsplit(origin)
        theirs = (parts.scheme, parts.hostname, parts.port or _port(parts.scheme))
        ours = (request.url.scheme, request.url.hostname, request.url.port or _port(request.url.scheme))
    except ValueError:
        return False
    return theirs == ours


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
