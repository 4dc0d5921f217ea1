"""The two cookies there are: one is set when a person signs in, the other when somebody takes a seat in a hall."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.crypto.tokens import SessionToken

NAME, SEAT = "session", "seat"


def cookie_name(secure: bool, name: str = NAME) -> str:
    """Over TLS the name promises that no other host can have set it."""
    return f"__Host-{name}" if secure else name


def session_token(connection: HTTPConnection) -> SessionToken | None:
    """The token that the browser brought."""
    return _token(connection, NAME)


def seat_token(connection: HTTPConnection) -> SessionToken | None:
    """The token of a seat in a hall."""
    return _token(connection, SEAT)


def _token(connection: HTTPConnection, name: str) -> SessionToken | None:
    if "cookie" not in connection.headers:
        return None
    value = connection.cookies.get(cookie_name(connection.scope["scheme"] in ("https", "wss"), name))
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


def set_seat(response: Response, token: SessionToken, *, secure: bool) -> None:
    """Give the browser its seat, until it is closed."""
    response.set_cookie(cookie_name(secure, SEAT), token, path="/", secure=secure, httponly=True, samesite="lax")


def drop_session(response: Response, *, secure: bool) -> None:
    """Take the token away."""
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")


def drop_seat(response: Response, *, secure: bool) -> None:
    """Take the seat away."""
    response.delete_cookie(cookie_name(secure, SEAT), path="/", secure=secure, httponly=True, samesite="lax")
