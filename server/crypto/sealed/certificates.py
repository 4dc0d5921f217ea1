"""Certificates: who may read for a desk, said by two recovery officers with keys that never touch the server.

A paper is one line of JSON in one spelling, with the signatures of officers under it. Routing believes nothing but
these papers, so whoever can write into the database can make nobody a reader. To give a right takes two officers;
to take it away one is enough, because that must be quick and does no more harm than silence.
"""

import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged, hashed, whole
from server.crypto.sealed.signatures import genuine, signature, verify_of

OFFICERS_NEEDED = 2
_SUITE = 1
_CERTIFICATE, _REVOCATION, _AGENCY = "certificate", "revocation", "agency"
_PRINT_GROUPS = 10


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whose keys these are, and what this person may read. `name` is the alias that reporters see.

    `ties` are places and organisations that this person must not read about.
    """

    serial: UUID
    person: UUID
    name: str
    public: bytes
    verify: bytes
    desk: str
    organisation: str
    site: str
    roles: tuple[str, ...]
    languages: tuple[str, ...]
    ties: tuple[str, ...]
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class Revocation:
    """From this day on, the certificate with this serial says nothing."""

    serial: UUID
    day: date


@dataclass(frozen=True, slots=True)
class Agency:
    """An organisation to which a case may be sealed when its reporter agrees; nobody of it reads here."""

    serial: UUID
    name: str
    public: bytes
    verify: bytes
    organisation: str
    site: str
    ties: tuple[str, ...]
    starts: date
    ends: date


Paper = Certificate | Revocation | Agency
Grant = Certificate | Agency
"""What gives a right, and takes as many officers as trust demands."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A paper and who signed it: signatures by verify key, not yet checked."""

    paper: Paper
    marks: Mapping[bytes, bytes]

    def text(self) -> str:
        """The one line that is handed about."""
        signatures = [
            {"officer": officer.hex(), "signature": self.marks[officer].hex()} for officer in sorted(self.marks)
        ]
        content = {**_content(self.paper), "signatures": signatures}
        return plain_json.written(content).decode("utf-8", "surrogatepass") + "\n"


@dataclass(frozen=True, slots=True)
class Officer:
    """A recovery officer as the public file says: keys, and which offices this officer is close to."""

    name: str
    public: bytes
    verify: bytes
    organisation: str
    site: str
    ties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """The officers whose word counts, and how many of them it takes. Raises Damaged when two share a key."""

    officers: Mapping[str, Officer] = field(default_factory=dict[str, Officer])
    needed: int = OFFICERS_NEEDED

    def __post_init__(self) -> None:
        if self.needed < 1 or len({officer.verify for officer in self.officers.values()}) < len(self.officers):
            raise Damaged

    @classmethod
    def of(cls, texts: Iterable[str], *, needed: int = OFFICERS_NEEDED) -> "Trust":
        """From the public files of all officers. Raises Damaged when one is broken or two share a name or key."""
        found = [officer_in(text) for text in texts]
        officers = {officer.name: officer for officer in found}
        if len(officers) < len(found):
            raise Damaged
        return cls(officers, needed)

    @classmethod
    def load(cls, folder: Path, *, needed: int = OFFICERS_NEEDED) -> "Trust":
        """From the files `*.toml` of a folder; nobody is trusted where there are none. Raises Damaged."""
        try:
            texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))]
        except UnicodeDecodeError:
            raise Damaged from None
        return cls.of(texts, needed=needed)


def officer_in(text: str) -> Officer:
    """The officer in a public file (TOML). Raises Damaged."""
    try:
        content = tomllib.loads(text)
        return Officer(
            name=_word(content["name"]),
            public=_key(content["public"]),
            verify=_key(content["verify"]),
            organisation=_word(content["organisation"]),
            site=_word(content["site"]),
            ties=_words(content["ties"]),
        )
    except (KeyError, ValueError):
        raise Damaged from None


def unsigned(paper: Paper) -> str:
    """A paper that nobody has signed yet: what a focal point asks the officers to sign."""
    return Signed(paper, {}).text()


def countersigned(text: str, signing_seed: bytes) -> str:
    """The same with one more signature. Raises Damaged."""
    found = read(text)
    mark = signature(signing_seed, plain_json.written(_content(found.paper)), purpose=_purpose(found.paper))
    return Signed(found.paper, {**found.marks, verify_of(signing_seed): mark}).text()


def read(text: str) -> Signed:
    """A paper as it says of itself. Raises Damaged; whether it counts, `accepted` and `revocations` say."""
    raw = text.strip().encode("utf-8", "surrogatepass")
    content = plain_json.read(raw)
    try:
        found = Signed(_paper(content), {_key(one["officer"]): _hex(one["signature"]) for one in content["signatures"]})
    except (KeyError, ValueError, TypeError):
        raise Damaged from None
    if found.text() != text.strip() + "\n":  # another spelling, or a part too many
        raise Damaged
    return found


def signers(text: str, trust: Trust) -> tuple[str, ...]:
    """The names of the officers who really signed, sorted. Raises Damaged."""
    found = read(text)
    raw, purpose = plain_json.written(_content(found.paper)), _purpose(found.paper)
    return tuple(
        sorted(
            name
            for name, officer in trust.officers.items()
            if officer.verify in found.marks
            and genuine(officer.verify, raw, found.marks[officer.verify], purpose=purpose)
        )
    )


def accepted(text: str, trust: Trust, *, today: date, revoked: Container[UUID]) -> Certificate | None:
    """The certificate, if enough officers signed it, it holds today and nobody revoked it; None for all else."""
    paper = granted(text, trust)
    if not isinstance(paper, Certificate) or paper.serial in revoked:
        return None
    return paper if paper.starts <= today <= paper.ends else None


def accepted_agency(text: str, trust: Trust, *, today: date, revoked: Container[UUID]) -> Agency | None:
    """The same for an organisation."""
    found = granted(text, trust)
    if not isinstance(found, Agency) or found.serial in revoked:
        return None
    return found if found.starts <= today <= found.ends else None


def granted(text: str, trust: Trust) -> Grant | None:
    """What enough officers have signed, whenever it holds. None for all else."""
    try:
        paper, names = read(text).paper, signers(text, trust)
    except Damaged:
        return None
    return None if isinstance(paper, Revocation) or len(names) < trust.needed else paper


def revocations(texts: Iterable[str], trust: Trust, *, today: date) -> frozenset[UUID]:
    """The serials that at least one officer has revoked by today; what is no revocation is let be."""
    return frozenset(paper.serial for text in texts if (paper := _revocation(text, trust)) and paper.day <= today)


def fingerprint(public: bytes, verify: bytes) -> str:
    """Both keys as ten groups of four digits (132 bits), to be read aloud and compared in person."""
    number = int.from_bytes(hashed(whole(public) + whole(verify), "fingerprint"), "big")
    digits = f"{number % 10 ** (4 * _PRINT_GROUPS):0{4 * _PRINT_GROUPS}}"
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _revocation(text: str, trust: Trust) -> Revocation | None:
    try:
        paper, names = read(text).paper, signers(text, trust)
    except Damaged:
        return None
    return paper if isinstance(paper, Revocation) and names else None


def _purpose(paper: Paper) -> str:
    return "baraza/" + _KINDS[type(paper)]


_KINDS: Mapping[type[Paper], str] = {Certificate: _CERTIFICATE, Revocation: _REVOCATION, Agency: _AGENCY}


def _content(paper: Paper) -> dict[str, Any]:
    if isinstance(paper, Agency):
        return _agency_content(paper)
    if isinstance(paper, Revocation):
        return {"v": _SUITE, "kind": _REVOCATION, "serial": str(paper.serial), "day": paper.day.isoformat()}
    return {
        "v": _SUITE,
        "kind": _CERTIFICATE,
        "serial": str(paper.serial),
        "person": str(paper.person),
        "name": paper.name,
        "public": whole(paper.public).hex(),
        "verify": whole(paper.verify).hex(),
        "desk": paper.desk,
        "organisation": paper.organisation,
        "site": paper.site,
        "roles": list(paper.roles),
        "languages": list(paper.languages),
        "ties": list(paper.ties),
        "starts": paper.starts.isoformat(),
        "ends": paper.ends.isoformat(),
    }


def _agency_content(paper: Agency) -> dict[str, Any]:
    return {
        "v": _SUITE,
        "kind": _AGENCY,
        "serial": str(paper.serial),
        "name": paper.name,
        "public": whole(paper.public).hex(),
        "verify": whole(paper.verify).hex(),
        "organisation": paper.organisation,
        "site": paper.site,
        "ties": list(paper.ties),
        "starts": paper.starts.isoformat(),
        "ends": paper.ends.isoformat(),
    }


def _paper(content: dict[str, Any]) -> Paper:
    if content["kind"] == _AGENCY:
        return _agency(content)
    if content["kind"] == _REVOCATION:
        return Revocation(UUID(_word(content["serial"])), date.fromisoformat(_word(content["day"])))
    return Certificate(
        serial=UUID(_word(content["serial"])),
        person=UUID(_word(content["person"])),
        name=_word(content["name"]),
        public=_key(content["public"]),
        verify=_key(content["verify"]),
        desk=_word(content["desk"]),
        organisation=_word(content["organisation"]),
        site=_word(content["site"]),
        roles=_words(content["roles"]),
        languages=_words(content["languages"]),
        ties=_words(content["ties"]),
        starts=date.fromisoformat(_word(content["starts"])),
        ends=date.fromisoformat(_word(content["ends"])),
    )


def _agency(content: dict[str, Any]) -> Agency:
    return Agency(
        serial=UUID(_word(content["serial"])),
        name=_word(content["name"]),
        public=_key(content["public"]),
        verify=_key(content["verify"]),
        organisation=_word(content["organisation"]),
        site=_word(content["site"]),
        ties=_words(content["ties"]),
        starts=date.fromisoformat(_word(content["starts"])),
        ends=date.fromisoformat(_word(content["ends"])),
    )


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise Damaged
    return value


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Damaged
    return tuple(_word(one) for one in cast(list[object], value))


def _hex(value: object) -> bytes:
    return bytes.fromhex(_word(value))


def _key(value: object) -> bytes:
    return whole(_hex(value))
