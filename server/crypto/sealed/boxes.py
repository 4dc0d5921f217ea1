"""Boxes that only one key opens, keys made from keys, and sizes that tell little.

Whatever does not open raises Damaged, without a word on why: a reason would help whoever tries.
"""

import hashlib
import hmac

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

KEY_BYTES = 32
HASH_BYTES = 32
SALT_BYTES = sodium.crypto_pwhash_SALTBYTES
NONCE_BYTES = sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
LOCK_BYTES = NONCE_BYTES + sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES
"""What a locked box has more than its content."""
SEAL_BYTES = sodium.crypto_box_SEALBYTES
"""What a sealed box has more than its content."""
_STEPS = ((3 * 1024, 1024), (12 * 1024, 4096))
_LARGEST_STEP = 16 * 1024
"""Steps of padded sizes: small texts in steps of 1 KiB up to 3 KiB, then 4 KiB up to 12 KiB, then 16 KiB."""


class Damaged(Exception):
    """A box, a signature or a chain is not what it should be: broken, swapped, cut short or forged."""


def new_key() -> bytes:
    """32 random bytes."""
    return sodium.randombytes(KEY_BYTES)


def new_salt() -> bytes:
    """16 random bytes."""
    return sodium.randombytes(SALT_BYTES)


def whole(key: bytes) -> bytes:
    """The key itself. Raises Damaged unless it has 32 bytes; the library reads past the end of a shorter one."""
    if len(key) != KEY_BYTES:
        raise Damaged
    return key


def public_of(secret: bytes) -> bytes:
    """The public half of a box key (X25519)."""
    return sodium.crypto_scalarmult_base(whole(secret))


def sealed(to: bytes, plain: bytes) -> bytes:
    """A box that only the holder of this public key opens; it does not say who made it, nor for whom.

    Raises Damaged for a key that is none (wrong length, or a point of small order).
    """
    try:
        return sodium.crypto_box_seal(plain, whole(to))
    except CryptoError:
        raise Damaged from None


def unsealed(secret: bytes, box: bytes) -> bytes | None:
    """What lies in a sealed box, or None when it is not for this key."""
    try:
        return sodium.crypto_box_seal_open(box, public_of(secret), secret)
    except CryptoError:
        return None


def locked(key: bytes, plain: bytes, *, about: bytes) -> bytes:
    """A box that opens with the same key, and only where it is about the same thing."""
    nonce = sodium.randombytes(NONCE_BYTES)
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, about, nonce, whole(key))


def unlocked(key: bytes, box: bytes, *, about: bytes) -> bytes:
    """What lies in a locked box. Raises Damaged."""
    if len(box) < LOCK_BYTES:
        raise Damaged
    nonce, content = box[:NONCE_BYTES], box[NONCE_BYTES:]
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(content, about, nonce, whole(key))
    except CryptoError:
        raise Damaged from None


def hashed(raw: bytes, purpose: str) -> bytes:
    """32 bytes that stand for these, for this purpose only (at most 16 signs)."""
    return hashlib.blake2b(raw, digest_size=HASH_BYTES, person=purpose.encode()).digest()


def keyed(key: bytes, raw: bytes, purpose: str) -> bytes:
    """32 bytes that only the holder of the key can compute, for this purpose only (at most 16 signs)."""
    return hashlib.blake2b(raw, key=whole(key), digest_size=HASH_BYTES, person=purpose.encode()).digest()


def derived(key: bytes, purpose: str) -> bytes:
    """A key made from a key; one purpose (at most 16 signs) says nothing of another."""
    return keyed(key, b"", purpose)


def slow(secret: bytes, salt: bytes, *, memory_kib: int, passes: int) -> bytes:
    """32 bytes from something that people keep, at a cost that makes guessing dear (Argon2id, one lane).

    The salt has 16 bytes. Raises Damaged for a cost or a salt that Argon2id does not know.
    """
    try:
        return sodium.crypto_pwhash_alg(
            KEY_BYTES, secret, salt, passes, memory_kib * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13
        )
    except CryptoError:
        raise Damaged from None


def both(one: bytes, other: bytes) -> bytes:
    """A key for which both are needed."""
    return bytes(a ^ b for a, b in zip(whole(one), whole(other), strict=True))


def alike(one: bytes, other: bytes) -> bool:
    """Whether two values are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def padded(raw: bytes) -> bytes:
    """The same, filled up to a size that many others have too."""
    return padded_to(raw, _step(len(raw)))


def unpadded(box: bytes) -> bytes:
    """What was filled up. Raises Damaged."""
    return unpadded_from(box, _step(len(box)))


def padded_to(raw: bytes, step: int) -> bytes:
    """The same, filled up to a whole number of steps; at least one byte is added."""
    return sodium.sodium_pad(raw, step)


def unpadded_from(box: bytes, step: int) -> bytes:
    """What was filled up to a whole number of steps. Raises Damaged."""
    if len(box) % step:
        raise Damaged
    try:
        return sodium.sodium_unpad(box, step)
    except CryptoError:
        raise Damaged from None


def _step(size: int) -> int:
    return next((step for most, step in _STEPS if size <= most), _LARGEST_STEP)
