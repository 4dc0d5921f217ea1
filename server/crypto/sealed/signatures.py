"""Signed bytes: who signed stands in front, and what it was signed for is part of what is signed."""

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from server.crypto.sealed.boxes import KEY_BYTES, Damaged, whole

SIGNATURE_BYTES = sodium.crypto_sign_BYTES
_HEAD_BYTES = KEY_BYTES + SIGNATURE_BYTES


def verify_of(seed: bytes) -> bytes:
    """The public half of a signing key (Ed25519)."""
    return sodium.crypto_sign_seed_keypair(whole(seed))[0]


def signature(seed: bytes, raw: bytes, *, purpose: str) -> bytes:
    """64 bytes that only the holder of the seed can make, and only for this purpose."""
    verify, secret = sodium.crypto_sign_seed_keypair(whole(seed))
    return sodium.crypto_sign(_said(verify, raw, purpose), secret)[:SIGNATURE_BYTES]


def genuine(verify: bytes, raw: bytes, mark: bytes, *, purpose: str) -> bool:
    """Whether this key made this signature under these bytes, for this purpose."""
    if len(verify) != KEY_BYTES or len(mark) != SIGNATURE_BYTES:
        return False  # the library does not look how long they are
    try:
        sodium.crypto_sign_open(mark + _said(verify, raw, purpose), verify)
    except CryptoError:
        return False
    return True


def signed(seed: bytes, raw: bytes, *, purpose: str) -> bytes:
    """The bytes with their signer's key and signature in front."""
    return verify_of(seed) + signature(seed, raw, purpose=purpose) + raw


def signer_and_raw(box: bytes, *, purpose: str) -> tuple[bytes, bytes]:
    """Who signed, and what. Raises Damaged; whether that person may sign is for the caller to say."""
    verify, mark, raw = box[:KEY_BYTES], box[KEY_BYTES:_HEAD_BYTES], box[_HEAD_BYTES:]
    if not genuine(verify, raw, mark, purpose=purpose):
        raise Damaged
    return verify, raw


def _said(verify: bytes, raw: bytes, purpose: str) -> bytes:
    return purpose.encode() + b"\0" + verify + raw
