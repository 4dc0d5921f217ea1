"""The reporter's side of a case: the answers, and what can be added. Never what was written at first.

The keys come from the number that was typed; they are in this call, in the visit's wrapped session, and nowhere.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from server.crypto.sealed import boxes, envelopes, manifests, receipts
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.envelopes import Envelope
from server.crypto.sealed.manifests import Manifest
from server.crypto.sealed.receipts import Receipt, ReporterKeys
from server.database import Database, Transaction
from server.errors import Invalid, NotFound, Refused, say
from server.private import consents, files, originals, records
from server.private.consents import Consent, Said, standing
from server.private.desks import Reporting
from server.private.facts import Facts, State, half_day, halves
from server.private.files import Attachment
from server.private.forgetting import Forgetting
from server.private.insisting import insisting
from server.private.letters import NEW_NUMBER
from server.private.records import Case
from server.private.roster import Roster
from server.private.tracks import withdrawal_is_due
from server.private.vault import Vault

HAS_NUMBER = say(
    "Your number is in this text. Whoever reads the text could then read our answers. Please take it out and send it "
    "again. Your text is still here."
)
NOT_SAFE = say("Something is wrong with this conversation, so nothing was sent. Please speak to us in another way.")
NOBODY_OUTSIDE = say("Your yes to the office outside does not count, or does not count yet, so this stays where it is.")

NO_OFFICE_YET = say(
    "The office outside has no key to this yet. Your yes is kept: it gets one when there is such an office and "
    "somebody here opens your message again."
)

_ORIGIN = b"origin"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody at the desk wrote to the reporter."""

    id: UUID
    seq: int
    day: date
    text: str
    name: str
    kind: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A case as its reporter sees it."""

    case: Case
    answers: Sequence[Answer]
    consents: Mapping[Consent, Said]


class Conversations:
    """Opens, reads and goes on with conversations."""

    def __init__(
        self, db: Database, vault: Vault, roster: Roster, reporting: Reporting, forgetting: Forgetting
    ) -> None:
        self._db = db
        self._vault = vault
        self._roster = roster
        self._reporting = reporting
        self._forgetting = forgetting

    def find(self, keys: ReporterKeys, *, at: datetime) -> UUID | None:
        """The case of these keys, if its reporter may still come back. Wrong, erased and ended ones are the same."""
        with self._db.reading() as tx:
            case = records.case_by_receipt(tx, self._vault, keys.lookup)
        return case.id if case is not None and not self._over(case.facts, at) else None

    def desk_of(self, keys: ReporterKeys) -> str:
        """The desk that reads the case of these keys. Raises NotFound."""
        with self._db.reading() as tx:
            case = records.case_by_receipt(tx, self._vault, keys.lookup)
        if case is None:
            raise NotFound
        return case.facts.desk

    def shown(self, keys: ReporterKeys, *, at: datetime) -> Conversation:
        """The answers as they stand, and note which of them are seen for the first time. Raises NotFound."""
        with self._db.transaction() as tx:
            case = self._mine(tx, keys, at)
            case = self._settled(tx, case, at)
            answers = self._answers(tx, case, keys, half_day(at))
            fresh = {str(answer.id): half_day(at) for answer in answers if str(answer.id) not in case.facts.read}
            if fresh:
                case = records.keep(tx, self._vault, case, case.facts.changed(read={**case.facts.read, **fresh}))
        hours = self._reporting.form.withdrawal_hours
        return Conversation(case, answers, standing(case.facts, now=half_day(at), hours=hours))

    def add(
        self,
        keys: ReporterKeys,
        text: str,
        *,
        at: datetime,
        receipt: Receipt | None = None,
        attachments: Sequence[Attachment] = (),
        sending: bytes = b"",
    ) -> None:
        """One more message to the desk. Raises Invalid when the number is in it, Refused when the keys look wrong.

        `sending` is the key in the sender's form: with it the same message sent twice is there once.
        """
        if receipt is not None and receipts.mentioned(text, receipt):
            raise Invalid(HAS_NUMBER, field="text")

        def written(known: Facts) -> Facts:
            if known.state is not State.CLOSED:
                return known
            return known.reopened(now=half_day(at))  # or nobody at the desk would look

        body = {"kind": "message", "text": text}
        name = _name(sending, [text, files.told(attachments)]) if sending else uuid4()
        insisting(lambda: self._send(keys, body, at, written, name=name, attachments=attachments))

    def say(self, keys: ReporterKeys, name: Consent, value: bool, *, at: datetime) -> None:
        """Yes or no to something: a signed line in the case, and in force after some days."""
        hours, now = self._reporting.form.withdrawal_hours, half_day(at)
        body = {"kind": "consent", "name": name.value, "value": value}

        def said(known: Facts) -> Facts:
            changed = consents.changed(known, name, value, now=now, hours=hours)
            if name is not Consent.OUTSIDE or value:
                return changed
            return changed.changed(release_key=b"", asked_outside=False)  # what protects is not put off

        self._send(keys, body, at, said)

    def says_yes(self, known: Facts, name: Consent, *, at: datetime) -> bool:
        """Whether the reporter's yes to this is in force."""
        return consents.holds(known, name, now=half_day(at), hours=self._reporting.form.withdrawal_hours)

    def erase_answers(self, keys: ReporterKeys, *, at: datetime) -> None:
        """Take all answers away from this side; the desk keeps its own."""
        with self._db.transaction() as tx:
            case = self._mine(tx, keys, at)
            erased = records.entries(tx, self._vault, case.id)
            for entry in erased:
                records.silence(tx, self._vault, case.id, entry.id, len(entry.for_reporter))
        self._forgetting.note_answers(entry.id for entry in erased)

    def withdraw(self, keys: ReporterKeys, *, at: datetime) -> None:
        """Take the concern back. It shows at once and has its effect later: somebody may have been made to do it."""
        self._send(keys, {"kind": "withdrawal", "on": True}, at, lambda known: known.changed(withdrawn_at=half_day(at)))

    def keep_going(self, keys: ReporterKeys, *, at: datetime) -> None:
        """Undo the withdrawal, while that can be done."""
        self._send(keys, {"kind": "withdrawal", "on": False}, at, lambda known: known.changed(withdrawn_at=None))

    def known_to_others(self, keys: ReporterKeys, *, at: datetime) -> bool:
        """Whether somebody else wrote it down, and so knows the number: it must be changed before anything is shown."""
        with self._db.reading() as tx:
            return self._mine(tx, keys, at).facts.intake

    def change_number(self, keys: ReporterKeys, new: ReporterKeys, *, at: datetime) -> None:
        """Another number opens the answers from now on, and the old one nothing. Raises NotFound and Refused.

        The old key signs the new ones over, in a letter to the desk, so that nobody else can put keys in their place.
        """
        with self._db.transaction() as tx:
            case = self._mine(tx, keys, at)
            began, verify = self._origin(case, keys)
            body = {"kind": NEW_NUMBER, "public": new.box_public.hex(), "verify": new.verify_key.hex()}
            self._put(tx, case, keys, body, at)
            for entry in records.entries(tx, self._vault, case.id):
                raw = boxes.unsealed(keys.box_secret, entry.for_reporter)
                if raw is not None:
                    records.reseal(tx, self._vault, case.id, entry.id, boxes.sealed(new.box_public, raw))
            origin = boxes.locked(_origin_key(new), began + verify, about=_ORIGIN + case.id.bytes)
            public = originals.proved(case.facts.originals, case.id, keys)
            kept = originals.marked(public, case.id, new)
            known = case.facts.changed(origin=origin, originals=kept, intake=False, sent=case.facts.sent + 1)
            records.keep(tx, self._vault, case, known)
            records.renumber(tx, case.id, new.lookup)
        self._forgetting.note_number(keys.lookup)

    def ask_outside(self, keys: ReporterKeys, *, at: datetime) -> None:
        """Nobody answers: let the office outside read it. Raises Refused when the reporter had said no to that."""

        def asked(known: Facts) -> Facts:
            if not self.says_yes(known, Consent.OUTSIDE, at=at):
                raise Refused(NOBODY_OUTSIDE)
            if not known.release_key:
                raise Refused(NO_OFFICE_YET)
            return known.changed(asked_outside=True)

        self._send(keys, {"kind": "asked_outside"}, at, asked)

    def _send(
        self,
        keys: ReporterKeys,
        body: Mapping[str, object],
        at: datetime,
        then: Callable[[Facts], Facts],
        *,
        name: UUID | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> None:
        """Seal one envelope to the desk, signed with the reporter's key."""
        with self._db.transaction() as tx:
            case = self._mine(tx, keys, at)
            if name is not None and records.has_entry(tx, name):
                return
            self._put(tx, case, keys, body, at, name=name, attachments=attachments)
            sent = case.facts.sent + 1
            records.keep(tx, self._vault, case, then(case.facts).changed(sent=sent, heard=sent))

    def _put(
        self,
        tx: Transaction,
        case: Case,
        keys: ReporterKeys,
        body: Mapping[str, object],
        at: datetime,
        *,
        name: UUID | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> None:
        seen = [found.manifest for found in self._opened(tx, case, keys)]
        manifest = self.checked_manifest(tx, case, keys, seen)
        public = originals.proved(case.facts.originals, case.id, keys)
        entries, new_files = files.prepared(attachments, case.id, public)
        envelope = Envelope(
            case=case.id,
            message=name or uuid4(),
            seq=case.facts.sent,
            direction="in",
            author=keys.verify_key,
            day=at.date(),
            manifest=manifest.hash(),
            body={**body, "files": entries} if entries else dict(body),
        )
        box = boxes.sealed(manifest.case_public, envelopes.closed(envelope, keys.signing_seed))
        records.put_entry(tx, self._vault, case.id, envelope.message, for_desk=box, for_reporter=b"")
        files.put(tx, self._vault, case.id, new_files, most_bytes=self._reporting.files.case_bytes)

    def keeps_originals(self, case: Case, keys: ReporterKeys) -> bool:
        """Whether an original could be kept: two people are needed to open it."""
        return bool(originals.proved(case.facts.originals, case.id, keys))

    def _origin(self, case: Case, keys: ReporterKeys) -> tuple[bytes, bytes]:
        """The public keys that the case began with: the box key and the verify key. Raises Refused."""
        if not case.facts.origin:
            return keys.box_public, keys.verify_key
        try:
            raw = boxes.unlocked(_origin_key(keys), case.facts.origin, about=_ORIGIN + case.id.bytes)
        except Damaged:
            raise Refused(NOT_SAFE) from None
        return raw[: boxes.KEY_BYTES], raw[boxes.KEY_BYTES :]

    def _opened(self, tx: Transaction, case: Case, keys: ReporterKeys) -> list[Envelope]:
        """The answers that are there, as their authors signed them. Raises Refused."""
        found: list[Envelope] = []
        for entry in records.entries(tx, self._vault, case.id):
            raw = boxes.unsealed(keys.box_secret, entry.for_reporter)
            envelope = None if raw is None else self._envelope(raw, case.id, entry.id)
            if envelope is not None:
                found.append(envelope)
        return found

    def checked_manifest(self, tx: Transaction, case: Case, keys: ReporterKeys, seen: Sequence[bytes] = ()) -> Manifest:
        """The newest keys of the case, proved from the reporter's own signature on; `seen` are those that answers name.

        Raises Refused: nothing is sealed to keys that somebody has put there, nor to old ones that were brought back.
        """
        try:
            public, verify = self._origin(case, keys)
            raws = [link.manifest for link in records.links(tx, self._vault, case.id)]
            manifest = manifests.chain(raws, reporter_verify=verify, seen=seen, **self._roster.signers())
            if manifest.case != case.id or manifest.epoch != case.facts.epoch:
                raise Damaged
            if manifest.reporter_public != public:
                raise Damaged
        except Damaged:
            raise Refused(NOT_SAFE) from None
        return manifest

    def _mine(self, tx: Transaction, keys: ReporterKeys, at: datetime) -> Case:
        case = records.case_by_receipt(tx, self._vault, keys.lookup)
        if case is None or self._over(case.facts, at):
            raise NotFound
        return case

    def _over(self, known: Facts, at: datetime) -> bool:
        """Whether the number opens nothing any more."""
        ended = known.closed
        return ended is not None and half_day(at) >= ended + halves(days=self._reporting.keeping.reporter_days)

    def _settled(self, tx: Transaction, case: Case, at: datetime) -> Case:
        """A withdrawal whose time has come has its effect now."""
        hours = self._reporting.form.withdrawal_hours
        if case.facts.state is State.WITHDRAWN or not withdrawal_is_due(case.facts, now=half_day(at), hours=hours):
            return case
        known = case.facts.changed(state=State.WITHDRAWN, closed=half_day(at))
        return records.keep(tx, self._vault, case, known)

    def _answers(self, tx: Transaction, case: Case, keys: ReporterKeys, now: int) -> list[Answer]:
        lasts = halves(days=self._reporting.form.replies_days)
        answers: list[Answer] = []
        for entry in records.entries(tx, self._vault, case.id):
            first_read = case.facts.read.get(str(entry.id))
            if first_read is not None and now >= first_read + lasts:
                records.silence(tx, self._vault, case.id, entry.id, len(entry.for_reporter))
                continue
            raw = boxes.unsealed(keys.box_secret, entry.for_reporter)
            answer = None if raw is None else self._answer(raw, case.id, entry.id)
            if answer is not None:
                answers.append(answer)
        return sorted(answers, key=lambda answer: answer.seq)

    def _envelope(self, raw: bytes, case: UUID, message: UUID) -> Envelope | None:
        """An answer counts only when somebody at a desk has signed it. None for one that nobody stands for any more.

        Raises Refused when it is no answer at all.
        """
        try:
            found = envelopes.opened(raw, case=case, message=message, authors=self._roster.could_sign)
            if found.direction != "out":
                raise Damaged
        except Damaged:
            raise Refused(NOT_SAFE) from None
        return found if self._roster.signed_on(found.author, found.day) else None

    def _answer(self, raw: bytes, case: UUID, message: UUID) -> Answer | None:
        found = self._envelope(raw, case, message)
        if found is None:
            return None
        body = found.body
        return Answer(
            id=message,
            seq=found.seq,
            day=found.day,
            text=str(body.get("text", "")),
            name=self._roster.name_of(found.author),
            kind=str(body.get("kind", "answer")),
            values=body,
        )


def _name(sending: bytes, what: object) -> UUID:
    """The same message from the same form has the same name."""
    raw = json.dumps(what, ensure_ascii=True).encode()
    return UUID(bytes=hashlib.blake2b(raw, key=sending, digest_size=16).digest(), version=4)


def _origin_key(keys: ReporterKeys) -> bytes:
    return boxes.derived(keys.box_secret, "receipt/origin")
