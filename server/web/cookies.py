"""The one cookie there is, set when a person signs in."""

from starlette.requests import Request
from starlette.responses import Response

from server.crypto.tokens import SessionToken

NAME = "session"


def cookie_name(secure: bool) -> str:
    """Over TLS the name promises that no other host can have set it."""
    return f"__Host-{NAME}" if secure else NAME


def session_token(request: Request) -> SessionToken | None:
    """The token that the browser brought."""
    if "cookie" not in request.headers:
        return None
    value = request.cookies.get(cookie_name(request.scope["scheme"] == "https"))
    return SessionToken(value) if value and len(value) < 100 else None


def set_session(response: Response, token: SessionToken, *, secure: bool, days: int | None) -> None:
    """Give the browser its token; without days it ends when the browser is closed."""
    response.set_cookie(
        cookie_name(secure),
        token,
        max_age=None if days is None else days * 86_400,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_session(response: Response, *, secure: bool) -> None:
    """Take the token away."""
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")
