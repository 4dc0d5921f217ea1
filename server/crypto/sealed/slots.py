"""Key slots: how a case's secret reaches each person who may read it, and looks the same for those who may not.

Every member of a desk has a slot in every case. Those who must not read have a dummy, made by the same steps for
a key that nobody keeps, so that neither its length nor its bytes tell it from a true one.
"""

import hashlib
import struct
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from server.crypto.sealed.boxes import (
    KEY_BYTES,
    LOCK_BYTES,
    SEAL_BYTES,
    Damaged,
    derived,
    hashed,
    keyed,
    locked,
    new_key,
    public_of,
    sealed,
    unlocked,
    unsealed,
    whole,
)

_CONTENT_BYTES = KEY_BYTES + LOCK_BYTES
SLOT_BYTES = _CONTENT_BYTES + SEAL_BYTES
_PAIRED = struct.Struct(">16sI32s32s")
"""What lies in a pair: case, epoch, reporter, secret. It says itself where it belongs, so a list of pairs need not."""
INNER_BYTES = _PAIRED.size + SEAL_BYTES
PAIR_BYTES = INNER_BYTES + SEAL_BYTES
_AJAR = bytes(KEY_BYTES)
"""The key of a slot without release key: known to all, so the sealed box around it alone protects the secret."""


def reporter_of(reporter_public: bytes, reporter_verify: bytes) -> bytes:
    """32 bytes that stand for the reporter's two public keys."""
    return hashed(whole(reporter_public) + whole(reporter_verify), "reporter")


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a slot belongs. Laid anywhere else, it does not open."""

    case: UUID
    epoch: int
    reporter: bytes

    def raw(self, purpose: bytes) -> bytes:
        """The same as bytes, for one purpose."""
        return purpose + self.case.bytes + struct.pack(">I", self.epoch) + whole(self.reporter)


def slot(to_public: bytes, case_secret: bytes, binding: Binding) -> bytes:
    """The case's secret for one person."""
    return locked_slot(to_public, case_secret, binding, _AJAR)


def locked_slot(to_public: bytes, case_secret: bytes, binding: Binding, release_key: bytes) -> bytes:
    """The case's secret for one person, who can open it only once the release key is given out."""
    return sealed(to_public, locked(release_key, whole(case_secret), about=binding.raw(b"slot")))


def dummy() -> bytes:
    """A slot that nobody opens."""
    return sealed(public_of(new_key()), locked(new_key(), new_key(), about=b""))


def opened(box: bytes, secret: bytes, binding: Binding, release_key: bytes | None = None) -> bytes | None:
    """The case's secret; None for a dummy, another's slot, one not released, or one of another place.

    Anybody can lay a slot for somebody: hold the secret against the manifest's `case_public` before use.
    """
    content = unsealed(secret, box)
    return None if content is None else _case_secret(content, binding.raw(b"slot"), release_key)


def handed_on(box: bytes, old_secret: bytes, new_public: bytes) -> bytes | None:
    """The same slot for somebody's new key, locked or not; None when it is not for the old one, or a dummy."""
    content = unsealed(old_secret, box)
    return None if content is None else sealed(new_public, content)


def tag(pepper: bytes, person: UUID, case: UUID, epoch: int) -> bytes:
    """Where a person's slot lies; nobody without the pepper can tell whose it is."""
    return keyed(pepper, person.bytes + case.bytes + struct.pack(">I", epoch), "slot/tag")


def pair_blob(outer_public: bytes, inner_public: bytes, case_secret: bytes, binding: Binding) -> bytes:
    """The case's secret for two recovery officers together: one opens the outer box, the other the inner."""
    place = (binding.case.bytes, binding.epoch, whole(binding.reporter))
    return sealed(outer_public, sealed(inner_public, _PAIRED.pack(*place, whole(case_secret))))


def pair_dummy() -> bytes:
    """A pair that nobody opens."""
    return sealed(public_of(new_key()), inner_dummy())


def inner_dummy() -> bytes:
    """The inner box of a pair that nobody opens."""
    return sealed(public_of(new_key()), bytes(_PAIRED.size))


def pair_decoy(key: bytes) -> bytes:
    """A pair that nobody opens, always the same one for a key: a point, and noise."""
    noise = hashlib.shake_256(derived(key, "pair/decoy")).digest(PAIR_BYTES - KEY_BYTES)
    return public_of(derived(key, "pair/point")) + noise


def pair_opened_outer(box: bytes, secret: bytes) -> bytes | None:
    """The inner box, still closed; None when the outer one is not for this officer."""
    inner = unsealed(secret, box)
    return inner if inner is not None and len(inner) == INNER_BYTES else None


def pair_opened_inner(inner: bytes, secret: bytes) -> tuple[Binding, bytes] | None:
    """Where it belongs and the case's secret; None when the inner box is not for this officer.

    Anybody can lay a pair for two officers: whoever gets the secret holds it against the manifest's `case_public`.
    """
    content = unsealed(secret, inner)
    if content is None or len(content) != _PAIRED.size:
        return None
    case, epoch, reporter, case_secret = _PAIRED.unpack(content)
    return Binding(UUID(bytes=case), epoch, reporter), case_secret


def _case_secret(content: bytes, about: bytes, release_key: bytes | None) -> bytes | None:
    for key in (_AJAR,) if release_key is None else (_AJAR, release_key):
        with suppress(Damaged):
            return whole(unlocked(key, content, about=about))
    return None
