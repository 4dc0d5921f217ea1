"""Time-based one-time codes for staff; the secret is stored sealed."""

import hmac

import pyotp
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

STEP_SECONDS = 30
WINDOW = 1
"""Steps before and after the present one that are taken: phones' clocks are off by half a minute."""


class SecondFactors:
    """Makes, seals and checks the secrets of authenticator apps."""

    def __init__(self, key: bytes) -> None:
        self._box = SecretBox(key)

    def new_secret(self) -> str:
        """A base32 secret of 160 bits, as apps expect it."""
        return pyotp.random_base32()

    def sealed(self, secret: str) -> bytes:
        """What the database keeps."""
        return bytes(self._box.encrypt(secret.encode()))

    def opened(self, sealed: bytes) -> str | None:
        """The secret again, or None when the seal is not ours."""
        try:
            return self._box.decrypt(sealed).decode()
        except (CryptoError, UnicodeDecodeError, ValueError):
            return None

    def address(self, secret: str, *, installation: str) -> str:
        """The otpauth address for a QR code. It names the installation, never the person."""
        return pyotp.totp.TOTP(secret).provisioning_uri(name="staff", issuer_name=installation)

    def used_step(self, secret: str, code: str, *, at: float, last_step: int) -> int | None:
        """The time step that the code belongs to; None when it is wrong or that step was used before."""
        typed = "".join(sign for sign in code if sign.isascii() and sign.isdigit())
        totp = pyotp.totp.TOTP(secret)
        now = int(at) // STEP_SECONDS
        for step in range(now - WINDOW, now + WINDOW + 1):
            if step > last_step and hmac.compare_digest(typed, totp.generate_otp(step)):
                return step
        return None
