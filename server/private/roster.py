"""Who may read and write at the desks: only what recovery officers have signed on computers of their own.

The papers lie in the database, but nobody gets in by writing there: every paper is checked against the officers'
public keys, which the operator has put beside the database, each time it is read.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TypedDict
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlmodel import col

from server.crypto.sealed import certificates, slots, successors
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Agency, Certificate, Officer, Paper, Revocation, Trust
from server.crypto.sealed.slots import Binding
from server.crypto.sealed.successors import Successor
from server.database import Database
from server.errors import Refused, say
from server.private import models
from server.private.desks import INDEPENDENT
from server.private.routing import INTERPRETER, Excluded, in_force, interprets, plain, takes_in
from server.private.vault import Vault
from server.private.worn_keys import Worn, newest, worn

NOT_SIGNED = say("This paper is not signed by enough recovery officers of this place, or it does not hold today.")

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Papers:
    """Everything that officers have signed: certificates, and since when some of them hold no more."""

    certificates: Sequence[Certificate] = ()
    """With the keys that each person has now."""
    revoked: Mapping[UUID, date] | None = None
    agencies: Sequence[Agency] = ()
    worn: Sequence[Worn] = ()
    """Every key that anybody at a desk has had."""
    contested: Sequence[Certificate] = ()
    """Certificates whose keys two others claim to follow: nothing is sealed to any of them."""

    def ended(self, one: Certificate) -> date:
        """The last day on which it holds."""
        revoked = (self.revoked or {}).get(one.serial)
        return one.ends if revoked is None else min(one.ends, revoked)


class Roster:
    """The papers of the desks, checked, and kept in memory until one is added."""

    def __init__(self, db: Database, vault: Vault, trust: Trust, *, today: Callable[[], date]) -> None:
        self._db = db
        self._vault = vault
        self.trust = trust
        self._today = today
        self.kept_outside: Callable[[], Iterable[str]] = tuple
        """Gives the revocations and the successors that are written down outside the database, too."""
        self._lock = threading.Lock()
        self._read: _Papers | None = None
        self._known: frozenset[UUID] = frozenset()
        self._looked = 0.0

    def today(self) -> date:
        """The day on which papers are held."""
        return self._today()

    def certificates(self) -> list[Certificate]:
        """Those that hold today."""
        papers, today = self._papers(), self._today()
        revoked = papers.revoked or {}
        return [one for one in in_force(papers.certificates, today) if revoked.get(one.serial, date.max) > today]

    def people(self) -> list[Certificate]:
        """One certificate of each person who has one today: whoever gets a slot, true or not."""
        return list({one.person: one for one in self.certificates()}.values())

    def of(self, person: UUID) -> list[Certificate]:
        """What this person holds today."""
        return [one for one in self.certificates() if one.person == person]

    def only_interprets(self, person: UUID) -> bool:
        """Whether somebody reads only to put it into another language."""
        held = self.of(person)
        return bool(held) and all(interprets(one) for one in held)

    def holds(self, person: UUID, verify: bytes) -> bool:
        """Whether this person is at a desk today, with this very key."""
        return any(one.verify == verify for one in self.of(person))

    def named(self, person: UUID, verify: bytes) -> bool:
        """Whether this is the newest key under a paper of this person's that was not taken back, ended or not."""
        papers = self._papers()
        known = [one for one in papers.certificates if one.serial not in (papers.revoked or {})]
        return any((one.person, one.verify) == (person, verify) for one in known)

    def may_sign(self, verify: bytes) -> bool:
        """Whether new keys under this signature count: certified once, and not revoked since.

        A certificate that has ended is no reason for doubt: else a case would lock itself when its last signer leaves.
        """
        papers, today = self._papers(), self._today()
        revoked = papers.revoked or {}
        return any(key.verify == verify and revoked.get(key.paper.serial, date.max) > today for key in papers.worn)

    def could_sign(self, verify: bytes) -> bool:
        """Whether this key's owner was ever at a desk: what they wrote then is still theirs."""
        return any(key.verify == verify for key in self._papers().worn)

    def signed_on(self, verify: bytes, day: date) -> bool:
        """Whether this key's owner was at a desk that day, and had this key."""
        papers = self._papers()
        return any(
            key.verify == verify and key.since <= day <= min(key.until, papers.ended(key.paper)) for key in papers.worn
        )

    def somebody_is_revoked(self) -> bool:
        """Whether any case could have been signed last by somebody who was revoked since."""
        return bool(self._papers().revoked)

    def signers(self) -> "Signers":
        """Whose signature under a case's newest keys counts, and whose under the older ones."""
        return {"may_sign": self.may_sign, "could_sign": self.could_sign}

    def earlier_signers(self) -> "Signers":
        """To read a case whose last signer was revoked: nothing is sealed under those keys any more."""
        return {"may_sign": self.could_sign, "could_sign": self.could_sign}

    def name_of(self, verify: bytes) -> str:
        """The name under which somebody at a desk writes; empty for a stranger."""
        return next((key.paper.name for key in self._papers().worn if key.verify == verify), "")

    def person_of(self, verify: bytes) -> UUID | None:
        """Who has or had this key; None for a stranger."""
        return next((key.paper.person for key in self._papers().worn if key.verify == verify), None)

    def offices(self) -> list[tuple[str, str]]:
        """Organisations and their sites, for "Who must not read it?". Never people. Without a site: all of it."""
        holding = self.certificates()
        return sorted({(one.organisation, site) for one in holding for site in ("", one.site)})

    def roles(self) -> list[str]:
        """What those who may read are there, for the same question: a role that nobody has would leave nobody out."""
        said = {plain(role): role.strip() for one in self.certificates() if not takes_in(one) for role in one.roles}
        return sorted(role for name, role in said.items() if name and name != INTERPRETER)

    def contested(self) -> list[Certificate]:
        """Readers who are shut out because two keys claim to follow on theirs: somebody had their words."""
        return list(self._papers().contested)

    def agencies(self) -> list[Agency]:
        """Organisations to which a case may be sealed today."""
        papers, today = self._papers(), self._today()
        revoked = papers.revoked or {}
        return [
            one
            for one in papers.agencies
            if one.starts <= today <= one.ends and revoked.get(one.serial, date.max) > today
        ]

    def admit_agency(self, text: str) -> Agency:
        """Take an organisation's signed paper in. Raises Refused."""
        found = certificates.accepted_agency(text, self.trust, today=self._today(), revoked=self._revoked())
        if found is None:
            raise Refused(NOT_SIGNED, field="paper")
        if all(one.serial != found.serial for one in self._papers().agencies):
            self._keep(text)
        return found

    def paper_of(self, verify: bytes) -> tuple[str, ...]:
        """The signed paper of somebody at a desk, and the successors that lead from its keys to these.

        For those elsewhere who trust the same officers; nothing when there is none.
        """
        mine = {one.serial for one in self.certificates() if one.verify == verify}
        texts = self._texts()
        for text in texts:
            paper = self._signed(text)
            if isinstance(paper, Certificate) and paper.serial in mine:
                steps = successors.chain(paper.person, paper.verify, _successors(texts)) or []
                return (text, *(one for step in steps for one in texts if _successor(one) == step))
        return ()

    def follow(self, text: str) -> None:
        """Take in that somebody's keys have successors. Raises Refused unless these are the keys they have now.

        A paper that has ended meanwhile is no reason to refuse: it gives no right, and the next one names the new keys.
        """
        found = _successor(text)
        if found is None or not self.named(found.person, found.before):
            raise Refused(NOT_SIGNED)
        self._keep(text)

    def admit(self, text: str) -> Certificate:
        """Take a signed certificate in. Raises Refused."""
        found = certificates.accepted(text, self.trust, today=self._today(), revoked=self._revoked())
        if found is None:
            raise Refused(NOT_SIGNED, field="paper")
        others = [one for one in self._papers().certificates if one.person == found.person]
        if any((one.public, one.verify) != (found.public, found.verify) for one in others):
            raise Refused(NOT_SIGNED, field="paper")  # somebody else's place, with other keys
        if all(one.serial != found.serial for one in self._papers().certificates):
            self._keep(text)
        return found

    def revoke(self, text: str) -> UUID:
        """Take a signed revocation in. Raises Refused."""
        paper = self._signed(text)
        if not isinstance(paper, Revocation):
            raise Refused(NOT_SIGNED, field="paper")
        self._keep(text)
        return paper.serial

    def revocations(self) -> list[str]:
        """Every revocation that officers have signed, as it was brought."""
        return [text for text in self._texts() if isinstance(self._signed(text), Revocation)]

    def successions(self) -> list[str]:
        """Every line in the database that tells which keys followed on which."""
        return [text for text in self._rows() if _successor(text) is not None]

    def pair_blobs(self, secret: bytes, binding: Binding, excluded: Excluded) -> list[bytes]:
        """For every two officers a box that only both together open; noise for two of whom one is barred."""
        inside = {one.organisation.casefold() for one in self.certificates() if one.desk != INDEPENDENT}

        def barred(one: Officer) -> bool:
            return excluded.bars(one) or (excluded.only_independent and one.organisation.casefold() in inside)

        return [
            slots.pair_dummy()
            if barred(one) or barred(other)
            else slots.pair_blob(one.public, other.public, secret, binding)
            for one, other in combinations(self.trust.officers.values(), 2)
        ]

    def _keep(self, text: str) -> None:
        name = uuid4()
        came = f"{self._today().isoformat()}\n{text}"
        box = self._vault.lock_paper(came.encode(), about=b"paper" + name.bytes)
        with self._db.transaction() as tx:
            tx.run(insert(models.Paper), {"id": name, "box": box})
        with self._lock:
            self._read = None

    def _revoked(self) -> frozenset[UUID]:
        return frozenset(self._papers().revoked or {})

    def _papers(self) -> _Papers:
        """What is signed. Another process may have taken a paper in, so the names are looked at every second."""
        with self._lock:
            now = time.monotonic()
            if self._read is None or now - self._looked >= LOOK_SECONDS:
                names, self._looked = self._names(), now
                if self._read is None or names != self._known:
                    self._known, self._read = names, self._from_database()
            return self._read

    def _names(self) -> frozenset[UUID]:
        with self._db.reading() as tx:
            return frozenset(name for (name,) in tx.look(select(col(models.Paper.id))))

    def _from_database(self) -> _Papers:
        found: list[Certificate] = []
        agencies: list[Agency] = []
        revoked: dict[UUID, date] = {}
        texts = self._texts()
        for text, taken_in in texts.items():
            paper = self._signed(text)
            if isinstance(paper, Certificate):
                found.append(paper)
            elif isinstance(paper, Agency):
                agencies.append(paper)
            elif paper is not None:
                since = max(paper.day, taken_in)  # what was written before it came stays proved
                revoked[paper.serial] = min(since, revoked.get(paper.serial, since))
        followed = [(one, successors.chain(one.person, one.verify, _successors(texts))) for one in found]
        now = [newest(one, steps) for one, steps in followed if steps is not None]
        keys = [key for one, steps in followed for key in worn(one, steps or [])]
        return _Papers(now, revoked, agencies, keys, [one for one, steps in followed if steps is None])

    def _texts(self) -> dict[str, date]:
        """The papers that lie here or are written down outside, and the day on which each came."""
        found = self._rows()
        for text in self.kept_outside():
            found.setdefault(text, date.min)  # somebody took its row away: it holds from the day that it names
        return found

    def _rows(self) -> dict[str, date]:
        with self._db.reading() as tx:
            rows = tx.look(select(col(models.Paper.id), col(models.Paper.box))).all()
        found: dict[str, date] = {}
        for name, box in rows:
            try:
                came, _, text = self._vault.open_paper(box, about=b"paper" + name.bytes).decode().partition("\n")
                taken_in = date.fromisoformat(came)
            except (Damaged, ValueError):
                continue  # put there by somebody without the room's key
            found[text] = min(taken_in, found.get(text, taken_in))
        return found

    def _signed(self, text: str) -> Paper | None:
        """A paper that enough officers have signed, whenever it holds: two to give a right, one to take it away."""
        try:
            paper, names = certificates.read(text).paper, certificates.signers(text, self.trust)
        except Damaged:
            return None
        needed = 1 if isinstance(paper, Revocation) else self.trust.needed
        return paper if len(names) >= needed else None


def _successors(texts: Iterable[str]) -> list[Successor]:
    return [found for text in texts if (found := _successor(text)) is not None]


def _successor(text: str) -> Successor | None:
    try:
        return successors.read(text)
    except Damaged:
        return None


class Signers(TypedDict):
    """As `manifests.chain` asks for them."""

    may_sign: Callable[[bytes], bool]
    could_sign: Callable[[bytes], bool]
