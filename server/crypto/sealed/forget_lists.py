"""Forget lists: what was erased since, so that an older copy does not bring it back.

A list holds keyed hashes, never names, and is closed under a key of the installation: nobody else can write one,
take a line out, or see how many there are. It lies beside the copies, because it must outlive what it speaks of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged, keyed, locked, padded_to, unlocked, unpadded_from

_VERSIONS = (1, 2)
"""A list of the second one tells of more; a program that knows only the first would take it for less than it says."""
STEP_BYTES = 16 * 1024
"""Lists have few sizes: their length must not tell how much was erased."""
KEPT_DAYS = 60
"""So long a line stays: longer than any copy may live."""


@dataclass(frozen=True, slots=True)
class ForgetList:
    """What one part of the house has forgotten.

    `at` is when it was written; `gone` are hashes of what was erased, by the day; `standing` are, by kind, hashes of
    rights that are in force: whatever of that kind is not among them was taken away. `papers` are signed revocations;
    `followed` tell which keys followed on which: as the newest list says, because an older copy has older keys.
    """

    at: datetime
    gone: Mapping[bytes, date] = field(default_factory=dict[bytes, date])
    standing: Mapping[str, frozenset[bytes]] = field(default_factory=dict[str, frozenset[bytes]])
    papers: frozenset[str] = frozenset()
    followed: frozenset[str] = frozenset()
    version: int = _VERSIONS[0]

    @property
    def since(self) -> datetime:
        """Of what was erased before it says nothing."""
        return self.at - timedelta(days=KEPT_DAYS)


def name_of(key: bytes, kind: str, raw: bytes) -> bytes:
    """How something is called in a list."""
    return keyed(key, kind.encode() + b"\0" + raw, "forgotten")


def younger(found: ForgetList, today: date) -> ForgetList:
    """The list without lines that no copy can need any more."""
    since = today - timedelta(days=KEPT_DAYS)
    gone = {name: day for name, day in found.gone.items() if day >= since}
    return replace(found, gone=gone)


def united(found: Sequence[ForgetList]) -> ForgetList:
    """Everything that is gone by any of these lists; what stands and what followed is as the newest says."""
    newest = max(found, key=lambda one: one.at)
    gone: dict[bytes, date] = {}
    for one in found:
        for name, day in one.gone.items():
            gone[name] = max(day, gone.get(name, day))
    return replace(newest, gone=gone, papers=frozenset[str]().union(*(one.papers for one in found)))


def each_for_its_days(found: Sequence[ForgetList]) -> Iterator[ForgetList]:
    """Lists that were each worked out whole, the newest first, each with the days that no newer one can know.

    What an older list calls gone may stand again: of the days that both know, the newer one tells.
    """
    until = date.max
    for one in found:
        yield replace(one, gone={name: day for name, day in one.gone.items() if day <= until})
        until = one.since.date()


def known_since(found: Sequence[ForgetList]) -> datetime:
    """From which moment on such lists, the newest first, tell of every day."""
    since = found[0].since
    for one in found[1:]:
        if one.at < since:
            break
        since = one.since
    return since


def closed(found: ForgetList, key: bytes, *, part: str) -> bytes:
    """The list as it lies on the disk. `part`: of which part of the house it is."""
    content = {
        "v": found.version,
        "at": found.at.isoformat(),
        "gone": {name.hex(): day.isoformat() for name, day in found.gone.items()},
        "standing": {kind: sorted(name.hex() for name in names) for kind, names in found.standing.items()},
        "papers": sorted(found.papers),
        "followed": sorted(found.followed),
    }
    return locked(key, padded_to(plain_json.written(content), STEP_BYTES), about=_about(part))


def opened(raw: bytes, key: bytes, *, part: str) -> ForgetList:
    """The list again. Raises Damaged for one of another installation, of another part, or changed."""
    content = plain_json.read(unpadded_from(unlocked(key, raw, about=_about(part)), STEP_BYTES))
    if content.get("v") not in _VERSIONS:
        raise Damaged
    try:
        standing = cast("dict[str, Any]", content["standing"]).items()
        return ForgetList(
            datetime.fromisoformat(content["at"]),
            {bytes.fromhex(name): date.fromisoformat(day) for name, day in content["gone"].items()},
            {kind: frozenset(bytes.fromhex(name) for name in names) for kind, names in standing},
            frozenset(content["papers"]),
            frozenset(content["followed"]),
            content["v"],
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged from None


def _about(part: str) -> bytes:
    return b"baraza/forgotten/" + part.encode()
