"""Secrets that lie under a phrase which somebody knows by heart."""

import unicodedata

from server.crypto.sealed.boxes import KEY_BYTES, SALT_BYTES, Damaged, keyed, locked, new_salt, slow, unlocked

MEMORY_KIB = 262_144
"""256 MiB: people choose worse phrases than chance does, so a guess must cost more than one at a receipt."""
PASSES = 3
NO_PEPPER = bytes(KEY_BYTES)
"""For keys that lie on somebody's own computer, where there is no second secret."""


class Phrases:
    """Locks secrets under phrases. Slow and heavy on purpose: half a second and 256 MiB for each call."""

    def __init__(self, pepper: bytes, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._pepper = pepper
        self._memory_kib = memory_kib
        self._passes = passes

    def locked(self, phrase: str, plain: bytes, *, about: bytes) -> bytes:
        """A box that opens with the same phrase, here, and only where it is about the same thing."""
        salt = new_salt()
        return salt + locked(self._key(phrase, salt), plain, about=about)

    def unlocked(self, phrase: str, box: bytes, *, about: bytes) -> bytes | None:
        """What lies in the box; None for a wrong phrase, and for a box of another person, place or server."""
        salt, content = box[:SALT_BYTES], box[SALT_BYTES:]
        try:
            return unlocked(self._key(phrase, salt), content, about=about)
        except Damaged:
            return None

    def _key(self, phrase: str, salt: bytes) -> bytes:
        # One computer types é as one sign, another as two.
        typed = unicodedata.normalize("NFC", phrase).encode("utf-8", "surrogatepass")
        guessed = slow(typed, salt, memory_kib=self._memory_kib, passes=self._passes)
        return keyed(self._pepper, guessed, "phrase")
