"""Manifests: which keys a case has in each epoch, signed, each standing on the one before.

The reporter's key signs the first; whoever may read a case may sign the next. Each names an heir: a key made from
the case's secret, which must sign the next one too, so that a reader of another desk cannot. Before anything is
sealed to a case, its chain is checked, so that whoever can write into the database cannot slip in a key of their own.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.crypto.sealed.boxes import HASH_BYTES, Damaged, alike, derived, hashed, public_of, whole
from server.crypto.sealed.signatures import SIGNATURE_BYTES, genuine, signature, signer_and_raw, verify_of
from server.crypto.sealed.signatures import signed as signed_bytes

_PURPOSE, _HEIR = "baraza/manifest", "baraza/manifest/heir"
_SUITE = 2
_HEAD = struct.Struct(">B16sI32s32s32s32s32s")
NOTHING_BEFORE = bytes(HASH_BYTES)
"""What the first manifest names as the one before."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The keys of a case in one epoch. `blobs` are the hashes of all its slots and pairs, dummies too, sorted.

    `heir` is the verify key that must sign the next epoch beside its reader: only who has this epoch's secret can.
    """

    case: UUID
    epoch: int
    case_public: bytes
    reporter_public: bytes
    reporter_verify: bytes
    heir: bytes
    blobs: tuple[bytes, ...]
    previous: bytes

    def raw(self) -> bytes:
        """The one form as bytes that this manifest has. Raises Damaged for one that could not be read again."""
        if list(self.blobs) != sorted(set(self.blobs)):
            raise Damaged
        keys = (self.case_public, self.reporter_public, self.reporter_verify, self.heir, self.previous)
        head = _HEAD.pack(_SUITE, self.case.bytes, self.epoch, *(whole(key) for key in keys))
        return head + b"".join(whole(blob) for blob in self.blobs)

    def hash(self) -> bytes:
        """32 bytes that stand for it, in the next manifest and in every envelope."""
        return hashed(self.raw(), "manifest")

    def fits(self, case_secret: bytes) -> bool:
        """Whether this is the secret of the case in this epoch."""
        return alike(public_of(case_secret) + heir_of(case_secret), self.case_public + self.heir)

    def names(self, blob: bytes) -> bool:
        """Whether this slot or pair is one of the epoch's."""
        return blob_hash(blob) in self.blobs


def blob_hash(blob: bytes) -> bytes:
    """What a manifest keeps of a slot or a pair."""
    return hashed(blob, "blob")


def blobs_of(blobs: Iterable[bytes]) -> tuple[bytes, ...]:
    """The sorted hashes of slots and pairs, as a manifest names them."""
    return tuple(sorted({blob_hash(blob) for blob in blobs}))


def heir_of(case_secret: bytes) -> bytes:
    """What the next manifest is checked with, of an epoch with this secret."""
    return verify_of(_heir_seed(case_secret))


def signed(manifest: Manifest, signing_seed: bytes, *, before: bytes | None = None) -> bytes:
    """The manifest with its signer's key and signature. All but the first need the case's secret of `before`."""
    raw = manifest.raw()
    if before is not None:
        raw += signature(_heir_seed(before), _willed(verify_of(signing_seed), raw), purpose=_HEIR)
    return signed_bytes(signing_seed, raw, purpose=_PURPOSE)


def read(raw: bytes) -> tuple[bytes, Manifest]:
    """Who signed, and the manifest. Raises Damaged; whether that person may sign, `chain` says."""
    link = _link(raw)
    return link.signer, link.manifest


@dataclass(frozen=True, slots=True)
class _Link:
    """A manifest, who signed it, and the mark of the heir that the one before it named; the first has none."""

    signer: bytes
    manifest: Manifest
    mark: bytes

    def follows(self, before: Manifest) -> bool:
        """Whether somebody made it who had the secret of the epoch before."""
        return genuine(before.heir, _willed(self.signer, self.manifest.raw()), self.mark, purpose=_HEIR)


def _link(raw: bytes) -> _Link:
    signer, content = signer_and_raw(raw, purpose=_PURPOSE)
    if len(content) < _HEAD.size:
        raise Damaged
    _, case, epoch, case_public, reporter_public, reporter_verify, heir, previous = _HEAD.unpack_from(content)
    ends = len(content) - (SIGNATURE_BYTES if epoch else 0)
    blobs = tuple(content[at : at + HASH_BYTES] for at in range(_HEAD.size, ends, HASH_BYTES))
    manifest = Manifest(UUID(bytes=case), epoch, case_public, reporter_public, reporter_verify, heir, blobs, previous)
    if manifest.raw() != content[:ends]:  # another suite
        raise Damaged
    return _Link(signer, manifest, content[ends:])


def _heir_seed(case_secret: bytes) -> bytes:
    return derived(case_secret, "manifest/heir")


def _willed(signer: bytes, raw: bytes) -> bytes:
    """What the heir signs: which reader made this manifest of it."""
    return signer + raw


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
    links = sorted((_link(raw) for raw in raws), key=lambda link: link.manifest.epoch)
    if not links or links[0].signer != reporter_verify or links[0].manifest.reporter_verify != reporter_verify:
        raise Damaged
    before = NOTHING_BEFORE
    hashes: set[bytes] = set()
    for epoch, link in enumerate(links):
        manifest = link.manifest
        may = may_sign if could_sign is None or epoch == len(links) - 1 else could_sign
        if epoch > 0 and not (may(link.signer) and link.follows(links[epoch - 1].manifest)):
            raise Damaged
        if manifest.epoch != epoch or manifest.previous != before or not _same_case(manifest, links[0].manifest):
            raise Damaged
        before = manifest.hash()
        hashes.add(before)
    if not hashes.issuperset(seen):
        raise Damaged
    return links[-1].manifest


def _same_case(one: Manifest, other: Manifest) -> bool:
    return (one.case, one.reporter_public, one.reporter_verify) == (
        other.case,
        other.reporter_public,
        other.reporter_verify,
    )
