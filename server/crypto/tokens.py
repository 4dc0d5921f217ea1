"""Random tokens, codes for people, and the tokens in forms."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import time
from collections.abc import Callable
from typing import NewType

SessionToken = NewType("SessionToken", str)
Code = NewType("Code", str)

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty signs that nobody confuses when copying by hand: no 0 O, 1 I L, U V."""
CODE_SIGNS = 20
"""Twenty of thirty signs carry 98 bits."""
GUEST_LIFETIME_S = 4 * 3600
MEMBER_LIFETIME_S = 8 * 86400


def new_session_token() -> SessionToken:
    """256 random bits for a cookie."""
    return SessionToken(secrets.token_urlsafe(32))


def token_hash(token: SessionToken) -> bytes:
    """What the database keeps of it; the token has full entropy, so one quick hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def new_code() -> Code:
    """A code to copy on paper: five groups of four."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(CODE_SIGNS))
    return Code("-".join(signs[i : i + 4] for i in range(0, CODE_SIGNS, 4)))


def plain_code(typed: str) -> str:
    """A code as people type it, brought back to its signs: no spaces or dashes, upper case."""
    return "".join(sign for sign in typed.upper() if sign in ALPHABET)


def keyed_hash(key: bytes, text: str) -> bytes:
    """A hash that only this installation can compute; for login names and codes."""
    return hmac.digest(key, text.encode("utf-8", "replace"), hashlib.sha256)


class FormTokens:
    """Signed values in forms, for browsers that send neither Sec-Fetch-Site nor a usable Origin.

    Bound to the session, or before sign-in to nothing but a short time. Each one is new, so compressing a
    page tells nothing about it.
    """

    def __init__(
        self,
        key: bytes,
        *,
        seconds: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._key = key
        self._seconds, self._random = seconds, random

    def issue(self, session_key: bytes) -> str:
        """A token for a form shown to this session (empty bytes: nobody signed in)."""
        head = struct.pack(">I", int(self._seconds())) + self._random(8)
        return base64.urlsafe_b64encode(head + self._seal(head, session_key)).decode()

    def valid(self, token: str, session_key: bytes) -> bool:
        """Whether this installation made it for this session, not too long ago."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii", "replace"))
        except (binascii.Error, ValueError):
            return False
        head, seal = raw[:12], raw[12:]
        if len(raw) != 28 or not hmac.compare_digest(seal, self._seal(head, session_key)):
            return False
        age = self._seconds() - struct.unpack(">I", head[:4])[0]
        return -60 <= age <= (MEMBER_LIFETIME_S if session_key else GUEST_LIFETIME_S)

    def _seal(self, head: bytes, session_key: bytes) -> bytes:
        return hmac.digest(self._key, head + session_key, hashlib.sha256)[:16]
