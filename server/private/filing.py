"""Filing: a concern is sealed to the people who may read it, and this server forgets it at once.

All slow and all secret work is done before the database is asked; the visit to the database only puts boxes in.
The same form sent twice, from the same page, is one case with one number, also after the room was killed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from server.crypto.sealed import boxes, envelopes, manifests, slots
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.envelopes import Envelope
from server.crypto.sealed.manifests import Manifest
from server.crypto.sealed.receipts import ReporterKeys
from server.crypto.sealed.slots import Binding
from server.database import Database
from server.errors import Refused, say
from server.private import records
from server.private.desks import Reporting, Topic
from server.private.facts import Facts, half_day, new_alias
from server.private.roster import Roster
from server.private.routing import Excluded, Route, route
from server.private.vault import Vault

NOBODY_READS = say(
    "Nobody may read this under the choices you made, so it was not sent. Your text is still here. "
    "You can change who must not read it, or speak to one of the places on the first page."
)


@dataclass(frozen=True, slots=True)
class Concern:
    """What somebody sends: read by nobody but the desk."""

    topic: Topic
    text: str
    language: str
    excluded: Excluded = field(default_factory=Excluded)
    who: str = ""
    """On whose behalf: oneself, somebody who agreed, somebody who does not know, a witness, staff with a duty."""
    about_whom: str = ""
    urgent: bool = False
    child: bool = False
    may_release: bool = False
    consents: Mapping[str, bool] = field(default_factory=dict[str, bool])
    files: Sequence[Mapping[str, object]] = ()

    def body(self) -> dict[str, object]:
        """As it stands in the envelope."""
        return {
            "kind": "concern",
            "topic": self.topic.value,
            "text": self.text,
            "language": self.language,
            "who": self.who,
            "about_whom": self.about_whom,
            "excluded": {
                "organisation": self.excluded.organisation,
                "site": self.excluded.site,
                "role": self.excluded.role,
                "only_independent": self.excluded.only_independent,
            },
            "urgent": self.urgent,
            "child": self.child,
            "may_release": self.may_release,
            "consents": dict(self.consents),
            "files": [dict(one) for one in self.files],
        }


@dataclass(frozen=True, slots=True)
class Sealed:
    """A case as it goes into the database."""

    case: UUID
    receipt_id: bytes
    facts: Facts
    manifest: bytes
    slots: Mapping[bytes, bytes]
    """By tag."""
    pairs: Sequence[bytes]
    first: bytes
    message: UUID


class Filing:
    """Takes concerns in."""

    def __init__(self, db: Database, vault: Vault, roster: Roster, reporting: Reporting) -> None:
        self._db = db
        self._vault = vault
        self._roster = roster
        self._reporting = reporting

    def file(
        self, concern: Concern, keys: ReporterKeys, *, filing_key: bytes, at: datetime, intake: bool = False
    ) -> UUID:
        """Seal it and keep it. Gives the case, also when this very form was sent before. Raises Refused."""
        digest = _digest(concern, filing_key)
        with self._db.reading() as tx:
            known = records.case_by_receipt(tx, self._vault, keys.lookup)
        if known is not None:
            return self._again(known, digest)
        way = self._way(concern, at)
        if way is None:
            raise Refused(NOBODY_READS, field="exclude")
        sealed = self.sealed(concern, keys, way, digest=digest, at=at, intake=intake)
        try:
            self._kept(sealed)
        except Exception:
            with self._db.reading() as tx:  # two of the same form at the same moment: the other one was first
                known = records.case_by_receipt(tx, self._vault, keys.lookup)
            if known is None:
                raise
            return self._again(known, digest)
        return sealed.case

    def somebody_reads(self, concern: Concern, *, at: datetime) -> bool:
        """Whether it would reach anybody under the choices that were made."""
        return self._way(concern, at) is not None

    def _way(self, concern: Concern, at: datetime) -> Route | None:
        return route(
            self._reporting,
            self._roster.certificates(),
            topic=concern.topic,
            excluded=concern.excluded,
            today=at.date(),
            interpreted=concern.language if concern.consents.get("interpreter") else "",
        )

    def _kept(self, sealed: Sealed) -> None:
        """The key first, then the row: a crash in between leaves a key that opens nothing."""
        with self._vault.filing:
            self._vault.new_case(sealed.case)
            try:
                with self._db.transaction() as tx:
                    records.put_case(tx, self._vault, sealed)
            except BaseException:
                self._vault.shred.forget(sealed.case)
                raise

    def _again(self, known: records.Case, digest: bytes) -> UUID:
        """This number is there already: the same form once more, or its text was changed after going back."""
        if not boxes.alike(known.facts.filing, digest):
            half = len(digest) // 2
            raise Changed(known.id, only_words=boxes.alike(known.facts.filing[half:], digest[half:]))
        return known.id

    def sealed(
        self, concern: Concern, keys: ReporterKeys, way: Route, *, digest: bytes, at: datetime, intake: bool
    ) -> Sealed:
        """Everything about it, closed. Nothing of the case's own secret outlives this call."""
        case, message = uuid4(), uuid4()
        secret = boxes.new_key()
        public = boxes.public_of(secret)
        binding = Binding(case, 0, slots.reporter_of(keys.box_public, keys.verify_key))
        release = boxes.new_key() if concern.may_release and way.outside else b""
        tagged = self._slots(secret, binding, way, release)
        pairs = self._roster.pair_blobs(secret, binding, concern.excluded)
        manifest = Manifest(
            case=case,
            epoch=0,
            case_public=public,
            reporter_public=keys.box_public,
            reporter_verify=keys.verify_key,
            blobs=manifests.blobs_of([*tagged.values(), *pairs]),
            previous=manifests.NOTHING_BEFORE,
        )
        envelope = Envelope(
            case=case,
            message=message,
            seq=0,
            direction="in",
            author=keys.verify_key,
            day=at.date(),
            manifest=manifest.hash(),
            body={**concern.body(), "readers": sorted(str(one.person) for one in way.readers)},
        )
        known = Facts(
            alias=new_alias(),
            desk=way.desk.code,
            topic=concern.topic.value,
            language=concern.language,
            opened=half_day(at),
            reporter_public=keys.box_public,
            reporter_verify=keys.verify_key,
            case_public=public,
            filing=digest,
            urgent=concern.urgent,
            release_key=release,
            intake=intake,
            counts=concern.excluded == Excluded(),
            consents=dict(concern.consents),
        )
        return Sealed(
            case=case,
            receipt_id=keys.lookup,
            facts=known,
            manifest=manifests.signed(manifest, keys.signing_seed),
            slots=tagged,
            pairs=pairs,
            first=boxes.sealed(public, envelopes.closed(envelope, keys.signing_seed)),
            message=message,
        )

    def _slots(self, secret: bytes, binding: Binding, way: Route, release: bytes) -> dict[bytes, bytes]:
        """One slot for everybody who has a certificate: real for the readers, noise for all others."""
        boxes_by_tag: dict[bytes, bytes] = {}
        outside = {one.person for one in way.outside} if release else set[UUID]()
        for reader in self._roster.people():
            tag = slots.tag(self._vault.pepper, reader.person, binding.case, binding.epoch)
            boxes_by_tag[tag] = self._slot(reader, secret, binding, way, release if reader.person in outside else b"")
        return boxes_by_tag

    def _slot(self, reader: Certificate, secret: bytes, binding: Binding, way: Route, release: bytes) -> bytes:
        if way.reads(reader.person):
            return slots.slot(reader.public, secret, binding)
        if release:
            return slots.locked_slot(reader.public, secret, binding, release)
        return slots.dummy()


class Changed(Exception):
    """The form was sent before, with something else in it.

    `only_words`: the words alone are others, so that case goes on with a second message. Else it must not: the new
    choices may bar those who read the first one.
    """

    def __init__(self, case: UUID, *, only_words: bool) -> None:
        super().__init__("changed")
        self.case, self.only_words = case, only_words


def _digest(concern: Concern, filing_key: bytes) -> bytes:
    """What was sent, under the key in the sender's own form: nobody else can test a guess against it."""
    body = concern.body()
    parts = [body, {**body, "text": ""}]  # all of it, and the choices alone
    said = [json.dumps(part, sort_keys=True, ensure_ascii=True).encode() for part in parts]
    return b"".join(hashlib.blake2b(one, key=filing_key, digest_size=32).digest() for one in said)
