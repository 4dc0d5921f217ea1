"""A device that makes passkeys, in software, by the letter of the standard; and it can lie wherever a test wants."""

import base64
import hashlib
import json
import re
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from httpx2 import Response
from webauthn.helpers import encode_cbor

from tests.people import ADDRESS, PASSPHRASE, Person

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    """As a browser writes it into the form."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def challenge_on(person: Person, path: str) -> str:
    """The question in the form of a page."""
    found = question_on(person, path)
    assert found, f"no question on {path}"
    return found


def question_on(person: Person, path: str) -> str:
    """The same; empty where nothing is asked, because the list is full or nobody is signed in."""
    found = re.search(r'name="challenge" value="([^"]+)"', person.gets(path).text)
    return found.group(1) if found else ""


@dataclass
class SoftAuthenticator:
    """One key. `count` goes up with each answer, if `counts`."""

    host: str = "localhost"
    origin: str = ADDRESS
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _authenticator_data(self, flags: int, more: bytes = b"") -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count) + more

    def public_key(self) -> bytes:
        """As devices write it."""
        numbers = self.key.public_key().public_numbers()
        if isinstance(numbers, rsa.RSAPublicNumbers):
            n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
            return encode_cbor({1: 3, 3: -257, -1: n, -2: numbers.e.to_bytes(3, "big")})
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def signature(self, signed: bytes) -> bytes:
        """What it answers to a question."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(signed, padding.PKCS1v15(), SHA256())
        return self.key.sign(signed, ec.ECDSA(SHA256()))

    def attestation(self) -> bytes:
        """What it shows when a key is made."""
        named = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id
        public = self.public_key()
        said: dict[str, Any] = {"fmt": "none", "attStmt": {}}
        said["authData"] = self._authenticator_data(self.flags | ATTESTED, named + public)
        return encode_cbor(said)

    def makes_form(self, person: Person, *, challenge: str = "") -> dict[str, str]:
        """The fields with which this device is added."""
        challenge = challenge or challenge_on(person, "/me/passkeys")
        client_data = self._client_data("webauthn.create", challenge)
        return {"challenge": challenge, "client_data": b64(client_data), "attestation": b64(self.attestation())}

    def is_added_by(self, person: Person, passphrase: str = PASSPHRASE, label: str = "") -> Response:
        """Add it, as the page does."""
        return person.sends("/me/passkeys", passphrase=passphrase, label=label, **self.makes_form(person))

    def signs_in_form(self, person: Person, *, challenge: str = "") -> dict[str, str]:
        """The fields with which somebody signs in."""
        challenge = challenge or challenge_on(person, "/sign-in")
        self.count += self.counts
        client_data, said = self._client_data("webauthn.get", challenge), self._authenticator_data(self.flags)
        signature = self.signature(said + hashlib.sha256(client_data).digest())
        return {
            "challenge": challenge,
            "credential": b64(self.credential_id),
            "client_data": b64(client_data),
            "authenticator_data": b64(said),
            "signature": b64(signature),
        }

    def signs_in(self, person: Person, **more: str) -> Response:
        """Sign in with it, as the page does."""
        return person.sends("/sign-in/passkey", **{**self.signs_in_form(person), **more})
