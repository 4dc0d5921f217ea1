"""Manifests: which keys a case has in each epoch, signed, each standing on the one before.

The reporter's key signs the first; whoever may read a case may sign the next. Before anything is sealed to a
case, its chain is checked, so that whoever can write into the database cannot slip in a key of their own.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.crypto.sealed.boxes import HASH_BYTES, Damaged, alike, hashed, public_of, whole
from server.crypto.sealed.signatures import signed as signed_bytes
from server.crypto.sealed.signatures import signer_and_raw

_PURPOSE = "baraza/manifest"
_SUITE = 1
_HEAD = struct.Struct(">B16sI32s32s32s32s")
NOTHING_BEFORE = bytes(HASH_BYTES)
"""What the first manifest names as the one before."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The keys of a case in one epoch. `blobs` are the hashes of all its slots and pairs, dummies too, sorted."""

    case: UUID
    epoch: int
    case_public: bytes
    reporter_public: bytes
    reporter_verify: bytes
    blobs: tuple[bytes, ...]
    previous: bytes

    def raw(self) -> bytes:
        """The one form as bytes that this manifest has. Raises Damaged for one that could not be read again."""
        if list(self.blobs) != sorted(set(self.blobs)):
            raise Damaged
        keys = (self.case_public, self.reporter_public, self.reporter_verify, self.previous)
        head = _HEAD.pack(_SUITE, self.case.bytes, self.epoch, *(whole(key) for key in keys))
        return head + b"".join(whole(blob) for blob in self.blobs)

    def hash(self) -> bytes:
        """32 bytes that stand for it, in the next manifest and in every envelope."""
        return hashed(self.raw(), "manifest")

    def fits(self, case_secret: bytes) -> bool:
        """Whether this is the secret of the case in this epoch."""
        return alike(public_of(case_secret), self.case_public)

    def names(self, blob: bytes) -> bool:
        """Whether this slot or pair is one of the epoch's."""
        return blob_hash(blob) in self.blobs


def blob_hash(blob: bytes) -> bytes:
    """What a manifest keeps of a slot or a pair."""
    return hashed(blob, "blob")


def blobs_of(blobs: Iterable[bytes]) -> tuple[bytes, ...]:
    """The sorted hashes of slots and pairs, as a manifest names them."""
    return tuple(sorted({blob_hash(blob) for blob in blobs}))


def signed(manifest: Manifest, signing_seed: bytes) -> bytes:
    """The manifest with its signer's key and signature."""
    return signed_bytes(signing_seed, manifest.raw(), purpose=_PURPOSE)


def read(raw: bytes) -> tuple[bytes, Manifest]:
    """Who signed, and the manifest. Raises Damaged; whether that person may sign, `chain` says."""
    signer, content = signer_and_raw(raw, purpose=_PURPOSE)
    head, rest = content[: _HEAD.size], content[_HEAD.size :]
    if len(head) != _HEAD.size:
        raise Damaged
    _, case, epoch, case_public, reporter_public, reporter_verify, previous = _HEAD.unpack(head)
    blobs = tuple(rest[at : at + HASH_BYTES] for at in range(0, len(rest), HASH_BYTES))
    manifest = Manifest(UUID(bytes=case), epoch, case_public, reporter_public, reporter_verify, blobs, previous)
    if manifest.raw() != content:  # another suite
        raise Damaged
    return signer, manifest


def chain(
    raws: Sequence[bytes],
    *,
    reporter_verify: bytes,
    may_sign: Callable[[bytes], bool],
    could_sign: Callable[[bytes], bool] | None = None,
    seen: Iterable[bytes] = (),
) -> Manifest:
    """The newest of a case's manifests, given in any order. Raises Damaged unless the whole chain holds.

    `may_sign` says of a verify key whether its owner's word counts: certified once and not revoked since. (A lapsed
    certificate is no reason to say no: keys change every few months, and cases would close by themselves.)
    `could_sign` says it of all but the newest, whose signer has looked at them: somebody revoked since may have
    signed those. `seen` are manifests that signed envelopes name: if one is not in the chain, somebody took the
    newest away.
    """
    links = sorted((read(raw) for raw in raws), key=lambda link: link[1].epoch)
    if not links or links[0][0] != reporter_verify or links[0][1].reporter_verify != reporter_verify:
        raise Damaged
    before = NOTHING_BEFORE
    hashes: set[bytes] = set()
    for epoch, (signer, manifest) in enumerate(links):
        may = may_sign if could_sign is None or epoch == len(links) - 1 else could_sign
        if epoch > 0 and not may(signer):
            raise Damaged
        if manifest.epoch != epoch or manifest.previous != before or not _same_case(manifest, links[0][1]):
            raise Damaged
        before = manifest.hash()
        hashes.add(before)
    if not hashes.issuperset(seen):
        raise Damaged
    return links[-1][1]


def _same_case(one: Manifest, other: Manifest) -> bool:
    return (one.case, one.reporter_public, one.reporter_verify) == (
        other.case,
        other.reporter_public,
        other.reporter_verify,
    )
