"""The desk's side of a case: what a focal point sees after unlocking, and what they may do with it.

A case exists for somebody only if their slot opens. Whoever is left out finds noise, and nothing here tells noise
from nothing: not a line, not a number, not another page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

from server.crypto.sealed import boxes, envelopes, manifests, slots
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.envelopes import Envelope
from server.crypto.sealed.manifests import Manifest
from server.crypto.sealed.slots import Binding
from server.database import Database, Transaction
from server.errors import NotFound, Refused, say
from server.private import letters, records
from server.private.audit_trail import AuditTrail
from server.private.consents import Consent, holds
from server.private.desks import Desk, Reporting
from server.private.facts import Facts, State, Support, half_day
from server.private.letters import NOT_WHOLE, Letter, excluded_in
from server.private.people import Unlocked
from server.private.records import Case
from server.private.roster import Roster, Signers
from server.private.routing import interprets, takes_in, unbarred
from server.private.tracks import MOVES, OUTCOMES, SUPPORT_MOVES, Due, due, is_released
from server.private.vault import Vault

NOT_FROM_HERE = say("That is not the next step from here. Nothing was changed.")
CHANGES = ("concern", "succession")
"""The letters that say who reads from then on."""
ASK_FIRST = say("Offer help first, and tell the person what became of it. Then the case can be closed.")


@dataclass(frozen=True, slots=True)
class Line:
    """One case on the work list."""

    alias: str
    topic: str
    language: str
    urgent: bool
    state: State
    support: Support
    opened: int
    due: Due
    practice: bool
    news: bool
    """Whether the reporter has written something since a desk last wrote anything."""
    asks: bool
    """Whether somebody asked something of the others lately; of whom, the letters say."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that this person may read."""

    case: Case
    desk: Desk
    secret: bytes
    manifest: Manifest
    letters: Sequence[Letter]
    reporter: bytes
    """What is sealed to for the reporter: the key that their present number opens, as they have signed it."""
    missing: bool
    """Whether envelopes or files are gone: somebody has taken rows away."""
    stale: bool
    """Whether the case needs new keys before anything is sealed: whoever signed the present ones was revoked."""
    due: Due

    @property
    def practice(self) -> bool:
        """Whether it is invented: its first letter says so, which nobody can write for a reporter."""
        return any(letter.inward and letter.body.get("practice") is True for letter in self.letters)


@dataclass(frozen=True, slots=True)
class _Mine:
    """A case that opens for somebody, and the key it opened with; `laid`: two officers have laid it in."""

    case: Case
    secret: bytes
    laid: bool


class Casework:
    """What focal points do."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        roster: Roster,
        reporting: Reporting,
        trail: AuditTrail,
        deserted: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        """`deserted` gives the desks where nobody is just now."""
        self._db = db
        self._deserted = deserted
        self._trail = trail
        self._vault = vault
        self._roster = roster
        self._reporting = reporting

    def work_list(self, me: Unlocked, *, at: datetime) -> list[Line]:
        """The cases that open for this person: the urgent ones first, then the late ones, then the oldest."""
        now = half_day(at)
        with self._db.reading() as tx:
            found = self._openable(tx, me, now, records.every_case(tx, self._vault))
            mine = [one.case for one in found if self._is_shown(tx, me, one, now)]
        lines = [self._line(case.facts, now) for case in mine]
        return sorted(lines, key=lambda one: (one.state.value in _ENDED, not one.urgent, not one.due.late, one.opened))

    def opened(self, me: Unlocked, alias: str, *, at: datetime) -> Opened:
        """One case, all of it. Raises NotFound for everything that does not open for this person."""
        with self._db.transaction() as tx:
            found = self.read(tx, me, alias, at)
            self.trace(tx, "read", me, found, at)
        return found

    def looked_at(self, me: Unlocked, alias: str, *, at: datetime) -> Opened:
        """The same for what the room itself must know of it, with nothing shown to anybody: that leaves no line."""
        with self._db.reading() as tx:
            return self.read(tx, me, alias, at)

    def said_yes(self, found: Opened, name: Consent) -> bool:
        """Whether the reporter's yes to this is in force today."""
        return self._yes(found.case.facts, name)

    def unbarred(self, found: Opened) -> list[Certificate]:
        """Who may read it: nobody whom the reporter left out, no interpreter without the reporter's yes, and nobody
        who has left it or has written it down for somebody: what made them leave does not end."""
        yes = self.said_yes(found, Consent.INTERPRETER)
        left = {letter.body.get("left") for letter in found.letters if letter.body.get("kind") in CHANGES}
        holding = unbarred(self._roster.certificates(), excluded_in(found.letters))
        reading = [one for one in holding if not takes_in(one) and (yes or not interprets(one))]
        return [one for one in reading if str(one.person) not in left]

    def trace(self, tx: Transaction, what: str, me: Unlocked, found: Opened, at: datetime) -> None:
        """A line for the recovery officers, but for those who must not know of this case. Practice leaves none."""
        if found.practice:
            return
        excluded = excluded_in(found.letters)
        self._trail.note(tx, what, at=at, excluded=excluded, case=found.case.facts.alias, by=str(me.person))

    def read(self, tx: Transaction, me: Unlocked, alias: str, at: datetime) -> Opened:
        """The same within a visit to the database that goes on to change it.

        Raises NotFound for whoever must not read it, whatever key was laid for them.
        """
        mine = self._mine(tx, me, alias, at)
        found = self._read(tx, mine.case, mine.secret, half_day(at))
        if not self._may_read(me, found):
            raise NotFound
        return found

    def alias_of(self, case: UUID) -> str:
        """What the desk calls a case. Raises NotFound."""
        with self._db.reading() as tx:
            found = records.case_by_id(tx, self._vault, case)
        if found is None:
            raise NotFound
        return found.facts.alias

    def answer(self, me: Unlocked, alias: str, text: str, *, at: datetime, kind: str = "answer") -> None:
        """Write to the reporter. The first answer is the acknowledgement."""
        now = half_day(at)

        def answered(known: Facts) -> Facts:
            state = State.ACKNOWLEDGED if known.state is State.RECEIVED else known.state
            first = now if known.acknowledged is None else known.acknowledged
            return known.changed(state=state, acknowledged=first, answered=now)

        self.write(me, alias, {"kind": kind, "text": text}, at=at, to_reporter=True, then=answered)

    def note(self, me: Unlocked, alias: str, text: str, *, at: datetime) -> None:
        """For colleagues who read this case; the reporter does not see it."""
        self.write(me, alias, {"kind": "note", "text": text}, at=at)

    def move(self, me: Unlocked, alias: str, state: State, reason: str, *, at: datetime) -> None:
        """The next step of the concern; the reporter is told it. Raises Refused for steps that are none."""
        self.refuse_interpreter(me)
        now = half_day(at)

        def moved(known: Facts) -> Facts:
            if state not in MOVES[known.state]:
                raise Refused(NOT_FROM_HERE, field="state")
            if state is State.CLOSED and known.support is Support.NOT_ASKED:
                raise Refused(ASK_FIRST, field="state")
            first = now if known.acknowledged is None else known.acknowledged
            closed = now if state is State.CLOSED else None
            outcome = state.value if state in OUTCOMES else known.outcome
            known = known if known.is_open else known.reopened(now=now)
            return known.changed(state=state, acknowledged=first, answered=now, closed=closed, outcome=outcome)

        body = {"kind": "state", "state": state.value, "text": reason}
        self.write(me, alias, body, at=at, to_reporter=True, then=moved)

    def support(self, me: Unlocked, alias: str, support: Support, reason: str, *, at: datetime) -> None:
        """The next step of the help; the reporter is told it. Raises Refused for steps that are none."""
        self.refuse_interpreter(me)

        def moved(known: Facts) -> Facts:
            if support not in SUPPORT_MOVES[known.support]:
                raise Refused(NOT_FROM_HERE, field="support")
            return known.changed(support=support, answered=half_day(at))

        body = {"kind": "support", "support": support.value, "text": reason}
        self.write(me, alias, body, at=at, to_reporter=True, then=moved)

    def refuse_interpreter(self, me: Unlocked) -> None:
        """What somebody who only puts it into another language does not decide. Raises Refused."""
        if self._roster.only_interprets(me.person):
            raise Refused(NOT_FROM_HERE)

    def write(
        self,
        me: Unlocked,
        alias: str,
        body: Mapping[str, object],
        *,
        at: datetime,
        to_reporter: bool = False,
        then: Callable[[Facts], Facts] = lambda known: known,
    ) -> None:
        """A signed letter, and what it changes; for the reporter too, unless that could harm."""
        with self._db.transaction() as tx:
            found = self.read(tx, me, alias, at)
            if found.missing or found.stale or not self._roster.holds(me.person, me.verify):
                raise Refused(NOT_WHOLE)
            case, manifest = found.case, found.manifest
            known = then(case.facts)
            envelope = Envelope(
                case=case.id,
                message=uuid4(),
                seq=case.facts.sent,
                direction="out" if to_reporter else "note",
                author=me.verify,
                day=at.date(),
                manifest=manifest.hash(),
                body=dict(body),
            )
            closed = envelopes.closed(envelope, me.signing_seed)
            records.put_entry(
                tx,
                self._vault,
                case.id,
                envelope.message,
                for_desk=boxes.sealed(manifest.case_public, closed),
                for_reporter=boxes.sealed(found.reporter, closed) if to_reporter else b"",
            )
            records.keep(tx, self._vault, case, known.changed(sent=known.sent + 1, handled=known.sent + 1))
            self.trace(tx, str(body["kind"]), me, found, at)

    def _mine(self, tx: Transaction, me: Unlocked, alias: str, at: datetime) -> "_Mine":
        """The case of this alias, if it opens. Raises NotFound, the same for one that does not open and for none."""
        case = records.case_by_alias(tx, self._vault, alias)
        found = self._openable(tx, me, half_day(at), [] if case is None else [case])
        if not found:
            raise NotFound
        return found[0]

    def _openable(self, tx: Transaction, me: Unlocked, now: int, cases: Sequence[Case]) -> "list[_Mine]":
        if not self._roster.of(me.person):  # papers that have ended or were revoked open nothing any more
            return []
        tags = {
            slots.tag(self._vault.pepper, me.person, case.id, place): (case, place != case.facts.epoch)
            for case in cases
            for place in (case.facts.epoch, case.facts.epoch | records.RECOVERED)
        }
        found = records.slots_by_tag(tx, list(tags))
        deserted = self._deserted()
        opened: list[_Mine] = []
        for tag, locked in found.items():
            case, laid = tags[tag]
            secret = self._tried(me, case, tag, locked, now, deserted)
            if secret is not None:
                opened.append(_Mine(case, secret, laid))
        return opened

    def _tried(
        self, me: Unlocked, case: Case, tag: bytes, locked: bytes, now: int, deserted: frozenset[str]
    ) -> bytes | None:
        known = case.facts
        try:
            box = self._vault.open(case.id, locked, about=records.SLOT + tag)
            desk = self._reporting.desk(known.desk)
        except (Damaged, NotFound, KeyError):
            return None
        binding = Binding(case.id, known.epoch, slots.reporter_of(known.reporter_public, known.reporter_verify))
        released = is_released(known, desk, now=now, deserted=desk.code in deserted)
        released = released and self._yes(known, Consent.OUTSIDE)
        release = known.release_key if released else None
        secret = slots.opened(box, me.box_secret, binding, release)
        if secret is None or not boxes.alike(boxes.public_of(secret), known.case_public):
            return None  # anybody can lay a slot for somebody; only the case's own secret counts
        return secret

    def _is_shown(self, tx: Transaction, me: Unlocked, mine: "_Mine", now: int) -> bool:
        """Whether it stands on the list. To open every case for that were too slow: the room itself knows of a yes
        that was taken back, and only a key that two officers laid in may be for somebody whom the reporter left out.
        """
        if self._roster.only_interprets(me.person) and not self._yes(mine.case.facts, Consent.INTERPRETER):
            return False
        try:
            return not mine.laid or self._may_read(me, self._read(tx, mine.case, mine.secret, now))
        except Refused:
            return True  # its page says what is wrong with it

    def _may_read(self, me: Unlocked, found: Opened) -> bool:
        return any(one.person == me.person for one in self.unbarred(found))

    def _yes(self, known: Facts, name: Consent) -> bool:
        today = half_day(datetime.combine(self._roster.today(), time.min, UTC)) + 1
        return holds(known, name, now=today, hours=self._reporting.form.withdrawal_hours)

    def _line(self, known: Facts, now: int) -> Line:
        desk = self._reporting.desk(known.desk)
        return Line(
            alias=known.alias,
            topic=known.topic,
            language=known.language,
            urgent=known.urgent,
            state=known.state,
            support=known.support,
            opened=known.opened,
            due=due(known, desk, now=now),
            practice=known.practice,
            news=known.heard > known.handled,
            asks=known.asks is not None and now < known.asks,
        )

    def _read(self, tx: Transaction, case: Case, secret: bytes, now: int) -> Opened:
        stale = False
        try:
            self._checked(tx, case, secret, self._roster.signers())
        except Refused:
            stale = True
        manifest = self._checked(tx, case, secret, self._roster.earlier_signers())
        secrets_by_epoch = self._older(tx, case, secret)
        try:
            entries = records.entries(tx, self._vault, case.id)
        except Damaged:
            raise Refused(NOT_WHOLE) from None
        whole, reporter = letters.in_order(
            [letters.opened(entry, case, secrets_by_epoch) for entry in entries], case, self._roster
        )
        missing = [letter.seq for letter in whole] != list(range(case.facts.sent))
        missing = missing or letters.files_are_lost(tx, case, whole)
        seen = [letter.manifest for letter in whole]
        self._checked(tx, case, secret, self._roster.earlier_signers(), seen)
        desk = self._reporting.desk(case.facts.desk)
        return Opened(case, desk, secret, manifest, whole, reporter, missing, stale, due(case.facts, desk, now=now))

    def _checked(
        self, tx: Transaction, case: Case, secret: bytes, signers: Signers, seen: Sequence[bytes] = ()
    ) -> Manifest:
        """The keys of the case, signed from the reporter on, and the ones that this slot opened.

        `seen` are the keys that its letters name. Raises Refused.
        """
        try:
            raws = [link.manifest for link in records.links(tx, self._vault, case.id)]
            verify = case.facts.reporter_verify  # proved by the slot, which holds a hash of it
            manifest = manifests.chain(raws, reporter_verify=verify, seen=seen, **signers)
            same = (manifest.case, manifest.epoch, manifest.reporter_public)
            if same != (case.id, case.facts.epoch, case.facts.reporter_public) or not manifest.fits(secret):
                raise Damaged
        except Damaged:
            raise Refused(NOT_WHOLE) from None
        return manifest

    def _older(self, tx: Transaction, case: Case, secret: bytes) -> list[bytes]:
        """The secrets of all epochs, the newest first: each newer key opens the one before."""
        found = [secret]
        by_public: dict[bytes, bytes] = {}
        for link in records.links(tx, self._vault, case.id):
            _, manifest = manifests.read(link.manifest)
            by_public[manifest.case_public] = link.before
        while (before := by_public.get(boxes.public_of(found[-1]), b"")) != b"":
            older = boxes.unsealed(found[-1], before)
            if older is None:
                raise Refused(NOT_WHOLE)
            found.append(older)
        return found


_ENDED = frozenset({State.CLOSED.value, State.WITHDRAWN.value})
