"""Successors: a reader's new keys, vouched for by the old ones, under the certificate that officers once signed.

Officers certify a person; that person's keys change every few months without them. A successor names the keys before
and the keys after, and both have signed it: the old ones that they hand over, the new ones that somebody holds them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged, whole
from server.crypto.sealed.signatures import genuine, signature, verify_of

_SUITE = 1
_KIND = "successor"
_PURPOSE = "baraza/successor"


@dataclass(frozen=True, slots=True)
class Successor:
    """From this day on, this person has these keys in place of those."""

    person: UUID
    before: bytes
    public: bytes
    verify: bytes
    day: date


def written(found: Successor, *, old_seed: bytes, new_seed: bytes) -> str:
    """The one line that is kept. Raises Damaged unless both seeds are those of the keys that it names."""
    if (verify_of(old_seed), verify_of(new_seed)) != (found.before, found.verify):
        raise Damaged
    raw = plain_json.written(_content(found))
    marks = {
        name: signature(seed, raw, purpose=_PURPOSE).hex() for name, seed in (("old", old_seed), ("new", new_seed))
    }
    return plain_json.written({**_content(found), **marks}).decode() + "\n"


def read(text: str) -> Successor:
    """The successor that both keys have signed. Raises Damaged."""
    content = plain_json.read(text.strip().encode("utf-8", "surrogatepass"))
    try:
        marks = {name: bytes.fromhex(content.pop(name)) for name in ("old", "new")}
        found = Successor(
            person=UUID(content["person"]),
            before=bytes.fromhex(content["before"]),
            public=bytes.fromhex(content["public"]),
            verify=bytes.fromhex(content["verify"]),
            day=date.fromisoformat(content["day"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None
    raw = plain_json.written(_content(found))
    if plain_json.written(content) != raw or not (  # true and 1.0 are 1, but another spelling
        genuine(found.before, raw, marks["old"], purpose=_PURPOSE)
        and genuine(found.verify, raw, marks["new"], purpose=_PURPOSE)
    ):
        raise Damaged
    return found


def chain(person: UUID, verify: bytes, known: Collection[Successor]) -> list[Successor] | None:
    """The keys that followed on these, in order. None when two followed on one: nobody can say whose they are."""
    found: list[Successor] = []
    while True:
        following = {one for one in known if (one.person, one.before) == (person, verify)}
        if not following:
            return found
        if len(following) > 1 or len(found) > len(known):
            return None
        [step] = following
        found.append(step)
        verify = step.verify


def leading_to(ends: Collection[tuple[UUID, bytes]], known: Collection[Successor]) -> set[Successor]:
    """Those of them that came before the keys which these people have now."""
    left, found = set(ends), set[Successor]()
    while left:
        person, verify = left.pop()
        steps = {one for one in known if (one.person, one.verify) == (person, verify)} - found
        found |= steps
        left |= {(person, one.before) for one in steps}
    return found


def _content(found: Successor) -> dict[str, Any]:
    return {
        "v": _SUITE,
        "kind": _KIND,
        "person": str(found.person),
        "before": found.before.hex(),
        "public": whole(found.public).hex(),
        "verify": found.verify.hex(),
        "day": found.day.isoformat(),
    }
