"""Passkeys: keys that stay in a person's device and sign a question of ours (WebAuthn).

The questions are signed by this process and hold for five minutes; only those that were answered rightly are
remembered, so that no answer counts twice and nobody can fill the memory. Nothing is asked of the device but
that its owner unlocks it: no name, no model, no attestation.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import ModuleType
from typing import TypeVar
from urllib.parse import urlsplit

Result = TypeVar("Result")

CHALLENGE_SECONDS = 300
CHALLENGE_BYTES = 40
MOST_CREDENTIAL_BYTES = 1023
"""What the standard allows for the name of a key."""
NAME = "Baraza"
"""What the device writes beside the key; no name of the person or the account."""


class WrongKey(Exception):
    """The answer is not one that this place can take. Why is told to nobody."""


@dataclass(frozen=True, slots=True)
class Party:
    """The place that a passkey is made for: the host that the device knows it by, and the address of the pages."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answers when somebody signs in with it."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


def party_of(public_url: str) -> Party | None:
    """The place at this address; None where browsers know no passkeys: no name, an onion, or no TLS."""
    try:
        parts = urlsplit(public_url)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError:
        return None
    named = bool(host) and not host.endswith(".onion") and not _is_ip(host)
    if not named or (parts.scheme != "https" and (parts.scheme, host) != ("http", "localhost")):
        return None
    usual = port is None or port == {"https": 443, "http": 80}[parts.scheme]
    return Party(host, f"{parts.scheme}://{host}" if usual else f"{parts.scheme}://{host}:{port}")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


Once = Callable[[bytes, int], bool]
"""Whether nobody has said this within so many seconds."""


class Challenges:
    """Questions that hold for five minutes, for one session, and are answered once.

    The key is made anew at each start: what was answered before a start cannot be sent again after it. Several
    processes have a key in common, and `once` tells all of them what was answered.
    """

    def __init__(self, key: bytes = b"", once: Once | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._answered: dict[bytes, float] = {}
        self._once = once

    def issue(self, session_key: bytes, *, at: datetime) -> str:
        """A question for this session (empty bytes: for somebody who is not signed in)."""
        head = struct.pack(">Q", int(at.timestamp())) + secrets.token_bytes(16)
        return base64url(head + self._seal(head, session_key))

    def opened(self, challenge: str, session_key: bytes, *, at: datetime) -> bytes:
        """The bytes that the device must have signed. Raises WrongKey for what is not ours, or too old."""
        raw = from_base64url(challenge, most=CHALLENGE_BYTES)
        head, seal = raw[:24], raw[24:]
        if len(raw) != CHALLENGE_BYTES or not hmac.compare_digest(seal, self._seal(head, session_key)):
            raise WrongKey
        if not 0 <= at.timestamp() - struct.unpack(">Q", head[:8])[0] <= CHALLENGE_SECONDS:
            raise WrongKey
        return raw

    def spend(self, raw: bytes, *, at: datetime) -> None:
        """Answered rightly, and never again. Raises WrongKey the second time."""
        now = at.timestamp()
        if self._once is not None:
            if not self._once(raw, CHALLENGE_SECONDS):
                raise WrongKey
            return
        with self._lock:
            self._answered = {one: until for one, until in self._answered.items() if until >= now}
            if raw in self._answered:
                raise WrongKey
            self._answered[raw] = now + CHALLENGE_SECONDS

    def _seal(self, head: bytes, session_key: bytes) -> bytes:
        return hmac.digest(self._key, head + session_key, hashlib.sha256)[:16]


class Passkeys:
    """Asks devices, and checks what they answer."""

    def __init__(self, party: Party, challenges: Challenges | None = None) -> None:
        self.party = party
        self._challenges = challenges or Challenges()

    def question(self, session_key: bytes = b"", *, at: datetime) -> str:
        """What a device shall sign, in base64url."""
        return self._challenges.issue(session_key, at=at)

    def user_handle(self) -> str:
        """A random name for an account in a device; a new one for each key, kept by nobody but the device."""
        return base64url(secrets.token_bytes(32))

    def made(
        self, challenge: str, client_data: bytes, attestation: bytes, *, session_key: bytes, at: datetime
    ) -> NewKey:
        """The new key that a device shows to this session. Raises WrongKey."""
        raw = self._challenges.opened(challenge, session_key, at=at)
        new = _checked(lambda: _device_keys().new_key(self.party, raw, client_data, attestation))
        self._challenges.spend(raw, at=at)
        return new

    @cached_property
    def _nobodys_key(self) -> bytes:
        return _device_keys().public_key_of_nobody()

    def counted(
        self, challenge: str, answer: Answer, *, public_key: bytes | None, sign_count: int, at: datetime
    ) -> int:
        """What the device has counted up to with this answer. Raises WrongKey.

        Without a public key (nobody knows the passkey) the same is done with a key of nobody's, so that it takes
        as long.
        """
        raw = self._challenges.opened(challenge, b"", at=at)
        key = public_key or self._nobodys_key
        count = _checked(
            lambda: _device_keys().new_count(self.party, raw, answer, public_key=key, sign_count=sign_count)
        )
        if public_key is None:
            raise WrongKey
        self._challenges.spend(raw, at=at)
        return count


def base64url(raw: bytes) -> str:
    """As browsers write bytes in a form, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str, *, most: int) -> bytes:
    """The bytes again; none for what is too long or no base64url."""
    if len(text) > most * 4 // 3 + 4 or not text.isascii():
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)[:most]
    except (binascii.Error, ValueError):
        return b""


def known_names(credentials: Sequence[bytes]) -> str:
    """The names of keys that a device shall not make a second time, for the page."""
    return " ".join(base64url(credential) for credential in credentials)


def _checked(work: Callable[[], Result]) -> Result:
    """Whatever is wrong with hostile bytes is wrong in the same way. Raises WrongKey."""
    try:
        return work()
    except Exception:
        raise WrongKey from None


def _device_keys() -> ModuleType:
    from server.crypto import device_keys  # noqa: PLC0415  loaded when somebody uses a passkey, see there

    return device_keys
