"""What a passphrase opens: a key that needs the words, the account's own salt, and PEPPER."""

from nacl import bindings as sodium

from server.crypto.sealed.boxes import keyed

MEMORY_KIB = 262_144
"""256 MiB: a stolen database is no use for guessing, even with PEPPER."""
PASSES = 3
SALT_BYTES = 16


class Unlocking:
    """Makes keys from passphrases. Slow: call it in the derivation pool."""

    def __init__(self, pepper: bytes, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._pepper = pepper
        self._memory = memory_kib * 1024
        self._passes = passes

    def key(self, passphrase: str, salt: bytes) -> bytes:
        """32 bytes; the same words in any spacing or case give the same key."""
        words = " ".join(passphrase.casefold().split()).encode("utf-8", "surrogatepass")
        raw = sodium.crypto_pwhash_alg(32, words, salt, self._passes, self._memory, sodium.crypto_pwhash_ALG_ARGON2ID13)
        return keyed(self._pepper, raw, "unlock")
