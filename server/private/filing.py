"""Filing: a concern is sealed to the people who may read it, and this server forgets it at once.

All slow and all secret work is done before the database is asked; the visit to the database only puts boxes in.
The same form sent twice, from the same page, is one case with one number, also after the room was killed.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.exc import OperationalError

from server.crypto.sealed import boxes, envelopes, manifests, signatures, slots
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.envelopes import Envelope
from server.crypto.sealed.receipts import ReporterKeys
from server.crypto.sealed.slots import Binding
from server.database import Database
from server.errors import Refused, say
from server.private import epochs, files, originals, records
from server.private.desks import Reporting, Topic
from server.private.epochs import Beginning
from server.private.facts import Facts, half_day, new_alias
from server.private.files import Attachment, NewFile
from server.private.insisting import insisting
from server.private.roster import Roster
from server.private.routing import Excluded, Route, interprets, route
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
    files: Sequence[Attachment] = ()
    taken_in_by: str = ""
    """Who wrote it down, under the name that reporters see; empty when the reporter wrote it."""
    practice: bool = False

    def body(self) -> dict[str, object]:
        """As it stands in the envelope, but for the files."""
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
            "taken_in_by": self.taken_in_by,
            "practice": self.practice,
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
    files: Sequence[NewFile]


class Filing:
    """Takes concerns in."""

    def __init__(self, db: Database, vault: Vault, roster: Roster, reporting: Reporting) -> None:
        self._db = db
        self._vault = vault
        self._roster = roster
        self._reporting = reporting

    def file(
        self, concern: Concern, keys: ReporterKeys, *, filing_key: bytes, at: datetime, writer: UUID | None = None
    ) -> UUID:
        """Seal it and keep it. Gives the case, also when this very form was sent before. Raises Refused.

        `writer` wrote it down for somebody, and cannot read it again.
        """
        digest = _digest(concern, filing_key)
        with self._db.reading() as tx:
            known = records.case_by_receipt(tx, self._vault, keys.lookup)
        if known is not None:
            return self._again(known, concern, digest)
        way = self._way(concern, at, writer)
        if way is None:
            raise Refused(NOBODY_READS, field="exclude")
        sealed = self.sealed(concern, keys, way, digest=digest, at=at, writer=writer)
        try:
            insisting(lambda: self._kept(sealed))
        except Exception:
            with self._db.reading() as tx:  # two of the same form at the same moment: the other one was first
                known = records.case_by_receipt(tx, self._vault, keys.lookup)
            if known is None:
                raise
            return self._again(known, concern, digest)
        return sealed.case

    def practise(
        self, paper: Certificate, text: str, *, language: str, at: datetime, attachments: Sequence[Attachment] = ()
    ) -> UUID:
        """An invented concern for one person of a desk, sealed like any other. Nobody has its number."""
        desk = self._reporting.desk(paper.desk)
        topic = next(iter(desk.topics), Topic.QUESTION)
        concern = Concern(topic, text, language, practice=True, files=attachments)
        seed, secret = boxes.new_key(), boxes.new_key()
        nobody = ReporterKeys(boxes.new_key(), secret, boxes.public_of(secret), seed, signatures.verify_of(seed))
        sealed = self.sealed(concern, nobody, Route(desk, [paper], ()), digest=_digest(concern, seed), at=at)
        insisting(lambda: self._kept(sealed))
        return sealed.case

    def could_keep_originals(self, concern: Concern, *, at: datetime, writer: UUID | None = None) -> bool:
        """Whether two people would hold the key for originals, if the office outside may be one of them."""
        way = self._way(concern, at, writer)
        holders = [] if way is None else [*way.readers, *way.outside]
        return len({one.person for one in holders if not interprets(one)}) > 1

    def somebody_reads(self, concern: Concern, *, at: datetime, writer: UUID | None = None) -> bool:
        """Whether it would reach anybody under the choices that were made."""
        return self._way(concern, at, writer) is not None

    def _way(self, concern: Concern, at: datetime, writer: UUID | None) -> Route | None:
        return route(
            self._reporting,
            [one for one in self._roster.certificates() if one.person != writer],
            topic=concern.topic,
            excluded=concern.excluded,
            today=at.date(),
            interpreted=concern.language if concern.consents.get("interpreter") else "",
        )

    def _kept(self, sealed: Sealed) -> None:
        """The rows first, then the key: what a crash leaves in between is given its key by whoever comes next."""
        with self._vault.filing():
            records.come_to_an_end(self._db, self._vault)
            self._vault.new_case(sealed.case)
            try:
                with self._db.transaction() as tx:
                    records.drop_noise(tx, self._vault, sealed.receipt_id)
                    records.put_case(tx, self._vault, sealed)
                    most = self._reporting.files.case_bytes
                    files.put(tx, self._vault, sealed.case, sealed.files, most_bytes=most)
                self._vault.keep_case(sealed.case)
            except BaseException:
                self._vault.give_up(sealed.case)
                with suppress(OperationalError), self._db.transaction() as tx:  # what went wrong first is what counts
                    records.drop_case(tx, sealed.case)
                raise

    def _again(self, known: records.Case, concern: Concern, digest: bytes) -> UUID:
        """This number is there already: the same form once more, or something in it was changed after going back.

        The same words and choices without the files are the same form too: a browser cannot choose files again.
        """
        kept = known.facts.filing
        parts = [kept[at : at + boxes.HASH_BYTES] for at in range(0, _DIGEST_BYTES, boxes.HASH_BYTES)]
        alike = [
            boxes.alike(part, digest[at * boxes.HASH_BYTES : (at + 1) * boxes.HASH_BYTES])
            for at, part in enumerate(parts)
        ]
        whole, choices, words = alike
        if whole or (words and not concern.files):
            return known.id
        raise Changed(known.id, only_words=choices, same_words=words)

    def sealed(
        self,
        concern: Concern,
        keys: ReporterKeys,
        way: Route,
        *,
        digest: bytes,
        at: datetime,
        writer: UUID | None = None,
    ) -> Sealed:
        """Everything about it, closed. Nothing of the case's own secret outlives this call."""
        case, message = uuid4(), uuid4()
        release = boxes.new_key() if concern.may_release and way.outside else b""
        began = Beginning(case, 0, keys.box_public, keys.verify_key, manifests.NOTHING_BEFORE)
        epoch = epochs.begun(self._vault, self._roster, began, concern.excluded, _slots(way, release))
        held = originals.begun(case, [*way.readers, *(way.outside if release else ())])
        entries, new_files = files.prepared(concern.files, case, held.public if held else b"")
        envelope = Envelope(
            case=case,
            message=message,
            seq=0,
            direction="in",
            author=keys.verify_key,
            day=at.date(),
            manifest=epoch.manifest.hash(),
            body={
                **concern.body(),
                "files": entries,
                "readers": sorted(str(one.person) for one in way.readers),
                "left": "" if writer is None else str(writer),
                **originals.body(held),
            },
        )
        known = _facts(concern, keys, way, digest=digest, at=at).changed(
            case_public=epoch.manifest.case_public,
            release_key=release,
            intake=writer is not None,
            originals=originals.marked(held.public if held else b"", case, keys),
        )
        return Sealed(
            case=case,
            receipt_id=keys.lookup,
            facts=known,
            manifest=manifests.signed(epoch.manifest, keys.signing_seed),
            slots=epoch.slots,
            pairs=epoch.pairs,
            first=boxes.sealed(known.case_public, envelopes.closed(envelope, keys.signing_seed)),
            message=message,
            files=new_files,
        )


def _facts(concern: Concern, keys: ReporterKeys, way: Route, *, digest: bytes, at: datetime) -> Facts:
    """What the room knows of a new case; its public key comes with its first keys."""
    return Facts(
        alias=new_alias(),
        desk=way.desk.code,
        topic=concern.topic.value,
        language=concern.language,
        opened=half_day(at),
        reporter_public=keys.box_public,
        reporter_verify=keys.verify_key,
        case_public=b"",
        filing=digest,
        urgent=concern.urgent,
        may_release=concern.may_release,
        practice=concern.practice,
        counts=concern.excluded == Excluded() and not concern.practice,
        consents=dict(concern.consents),
    )


def _slots(way: Route, release: bytes) -> Callable[[Certificate, bytes, Binding], bytes]:
    """One slot for everybody who has a certificate: real for the readers, noise for all others."""
    outside = {one.person for one in way.outside} if release else set[UUID]()

    def slot(reader: Certificate, secret: bytes, binding: Binding) -> bytes:
        if way.reads(reader.person):
            return slots.slot(reader.public, secret, binding)
        if reader.person in outside:
            return slots.locked_slot(reader.public, secret, binding, release)
        return slots.dummy()

    return slot


class Changed(Exception):
    """The form was sent before, with something else in it.

    `only_words`: the words or the files alone are others, so that case goes on with a second message. Else it must
    not: the new choices may bar those who read the first one. `same_words`: only the files are others.
    """

    def __init__(self, case: UUID, *, only_words: bool, same_words: bool) -> None:
        super().__init__("changed")
        self.case, self.only_words, self.same_words = case, only_words, same_words


_DIGEST_BYTES = 3 * boxes.HASH_BYTES


def _digest(concern: Concern, filing_key: bytes) -> bytes:
    """What was sent, under the key in the sender's own form: nobody else can test a guess against it.

    Three hashes: of all of it, of the choices alone, and of choices and words without the files.
    """
    body = concern.body()
    parts = [{**body, "files": files.told(concern.files)}, {**body, "text": ""}, body]
    said = [json.dumps(part, sort_keys=True, ensure_ascii=True).encode() for part in parts]
    return b"".join(hashlib.blake2b(one, key=filing_key, digest_size=boxes.HASH_BYTES).digest() for one in said)
