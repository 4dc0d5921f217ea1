"""New keys for a case: a secret, a slot for everybody who has a certificate, boxes for pairs of officers, and the
manifest that binds them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.crypto.sealed import boxes, manifests, slots
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.manifests import Manifest
from server.crypto.sealed.slots import Binding
from server.private.roster import Roster
from server.private.routing import Excluded
from server.private.vault import Vault


@dataclass(frozen=True, slots=True, repr=False)
class Epoch:
    """The keys of a case from now on. The secret must not outlive the visit in which they are made."""

    secret: bytes
    slots: Mapping[bytes, bytes]
    """By tag."""
    pairs: Sequence[bytes]
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Beginning:
    """What new keys are for: which epoch of which case, whose reporter has these public keys."""

    case: UUID
    number: int
    reporter_public: bytes
    reporter_verify: bytes
    previous: bytes
    """The hash of the manifest before."""


def begun(
    vault: Vault,
    roster: Roster,
    new: Beginning,
    excluded: Excluded,
    slot: Callable[[Certificate, bytes, Binding], bytes],
) -> Epoch:
    """Make them. `slot` gives what lies in somebody's place: the secret, closed for them, or noise."""
    secret = boxes.new_key()
    binding = Binding(new.case, new.number, slots.reporter_of(new.reporter_public, new.reporter_verify))
    tagged = {
        slots.tag(vault.pepper, one.person, new.case, new.number): slot(one, secret, binding) for one in roster.people()
    }
    pairs = roster.pair_blobs(secret, binding, excluded)
    manifest = Manifest(
        case=new.case,
        epoch=new.number,
        case_public=boxes.public_of(secret),
        reporter_public=new.reporter_public,
        reporter_verify=new.reporter_verify,
        heir=manifests.heir_of(secret),
        blobs=manifests.blobs_of([*tagged.values(), *pairs]),
        previous=new.previous,
    )
    return Epoch(secret, tagged, pairs, manifest)
