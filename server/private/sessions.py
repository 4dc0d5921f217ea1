"""Sessions of the private room: in this process's memory only, and readable only with the cookie in hand.

What a session holds is locked under a key made from its token and a secret of this boot. The token itself is not
kept, so an image of the memory without the cookie opens nothing, and with the process every session is gone.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NewType
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from server.crypto.sealed.boxes import Damaged, locked, unlocked
from server.policies import PrivateLimits

Token = NewType("Token", str)

TOKEN_BYTES = 32
LONGEST_TOKEN = 64
MOST_SESSIONS = 2_000
MOST_BYTES = 64 * 1024 * 1024
"""Over these the strangers' sessions that rest longest make room; nobody is ever refused."""


class Side(Enum):
    """Which of the two doors; the value is the name of its cookie."""

    REPORTER = "room"
    DESK = "desk"


@dataclass(slots=True)
class _Kept:
    """One session. Times are seconds of the monotonic clock; `person` is a keyed hash."""

    side: Side
    box: bytes
    person: bytes
    known: bool
    began: float
    used: float


class Sessions:
    """All of them. One thread at a time: they are used from the event loop only."""

    def __init__(
        self,
        limits: PrivateLimits,
        *,
        seconds: Callable[[], float] = time.monotonic,
        random: Callable[[int], bytes] = secrets.token_bytes,
        most: int = MOST_SESSIONS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._seconds, self._random = seconds, random
        self._most, self._most_bytes = most, most_bytes
        self._boot = random(32)
        self._lives = {
            Side.REPORTER: (limits.reporter_idle_minutes * 60, limits.reporter_minutes * 60),
            Side.DESK: (limits.desk_idle_minutes * 60, limits.desk_minutes * 60),
        }
        self._kept: dict[bytes, _Kept] = {}
        self._bytes = 0

    def begin(self, side: Side, value: bytes, *, person: UUID | None = None, known: bool = False) -> Token:
        """A new session that holds `value`. `known`: somebody proved who they are, or holds a receipt.

        `person` is whose sessions end_all() ends; it makes the session known as well.
        """
        self.sweep()
        token = Token(base64.urlsafe_b64encode(self._random(TOKEN_BYTES)).rstrip(b"=").decode())
        now = self._seconds()
        name = self._name(token)
        known = known or person is not None
        self._kept[name] = _Kept(side, self._locked(token, side, value), self._person(person), known, now, now)
        self._bytes += len(self._kept[name].box)
        self._make_room(name)
        return token

    def read(self, side: Side, token: Token | None) -> bytes | None:
        """What the session holds, or None; it rests anew from now on."""
        kept = self._alive(side, token)
        if kept is None or token is None:
            return None
        try:
            value = unlocked(self._key(token), kept.box, about=side.value.encode())
        except Damaged:
            return None
        kept.used = self._seconds()
        return value

    def write(self, side: Side, token: Token | None, value: bytes) -> bool:
        """Hold another value. Whether there was such a session."""
        kept = self._alive(side, token)
        if kept is None or token is None:
            return False
        box = self._locked(token, side, value)
        self._bytes += len(box) - len(kept.box)
        kept.box, kept.used = box, self._seconds()
        self._make_room(self._name(token))
        return True

    def end(self, token: Token | None) -> None:
        """Forget one session."""
        if token:
            self._drop(self._name(token))

    def end_all(self, person: UUID) -> None:
        """Forget every session of a person."""
        wanted = self._person(person)
        for name in [name for name, kept in self._kept.items() if hmac.compare_digest(kept.person, wanted)]:
            self._drop(name)

    def sweep(self) -> None:
        """Forget those whose time is over."""
        now = self._seconds()
        for name in [name for name, kept in self._kept.items() if self._over(kept, now)]:
            self._drop(name)

    def __len__(self) -> int:
        return len(self._kept)

    def _alive(self, side: Side, token: Token | None) -> _Kept | None:
        if not token:
            return None
        name = self._name(token)
        kept = self._kept.get(name)
        if kept is None or kept.side is not side:
            return None
        if self._over(kept, self._seconds()):
            self._drop(name)
            return None
        return kept

    def _over(self, kept: _Kept, now: float) -> bool:
        idle, whole = self._lives[kept.side]
        return now - kept.used >= idle or now - kept.began >= whole

    def _make_room(self, but: bytes) -> None:
        """Strangers' sessions go, those that rest longest first; known ones stay, even over the bound."""
        if len(self._kept) <= self._most and self._bytes <= self._most_bytes:
            return
        strangers = [(kept.used, name) for name, kept in self._kept.items() if not kept.known and name != but]
        for _, name in sorted(strangers):
            self._drop(name)
            if len(self._kept) <= self._most and self._bytes <= self._most_bytes:
                return

    def _drop(self, name: bytes) -> None:
        kept = self._kept.pop(name, None)
        if kept is not None:
            self._bytes -= len(kept.box)

    def _locked(self, token: Token, side: Side, value: bytes) -> bytes:
        return locked(self._key(token), value, about=side.value.encode())

    def _name(self, token: Token) -> bytes:
        return self._made("name", token.encode("utf-8", "replace")[:LONGEST_TOKEN])

    def _key(self, token: Token) -> bytes:
        return self._made("key", token.encode("utf-8", "replace")[:LONGEST_TOKEN])

    def _person(self, person: UUID | None) -> bytes:
        return b"" if person is None else self._made("person", person.bytes)

    def _made(self, purpose: str, raw: bytes) -> bytes:
        return hashlib.blake2b(raw, key=self._boot, digest_size=32, person=purpose.encode()).digest()


# Cookies -------------------------------------------------------------------------------------------------


def cookie_name(side: Side, *, secure: bool) -> str:
    """Over TLS the name promises that no other host can have set it."""
    return f"__Host-{side.value}" if secure else side.value


def token_in(request: Request, side: Side, *, secure: bool) -> Token | None:
    """The token that the browser brought for this door."""
    if "cookie" not in request.headers:
        return None
    value = request.cookies.get(cookie_name(side, secure=secure))
    return Token(value) if value and len(value) <= LONGEST_TOKEN else None


def set_cookie(response: Response, side: Side, token: Token, *, secure: bool) -> None:
    """Give the browser its token; it ends when the browser is closed."""
    response.set_cookie(
        cookie_name(side, secure=secure), token, path="/", secure=secure, httponly=True, samesite="strict"
    )


def drop_cookie(response: Response, side: Side, *, secure: bool) -> None:
    """Take the token away."""
    response.delete_cookie(cookie_name(side, secure=secure), path="/", secure=secure, httponly=True, samesite="strict")
