"""Focal points: their accounts in the private database, their keys, and what opens them.

An account says nothing to whoever reads the database: name, passphrase hash, code secret and keys are one locked
box. Signing in shows nothing yet; the passphrase once more opens the keys, for the time of the visit.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from server.crypto.passwords import PassphraseHash, Passwords
from server.crypto.sealed import boxes, signatures, six_words
from server.crypto.sealed.phrases import Phrases
from server.crypto.second_factor import SecondFactors
from server.crypto.tokens import Code, new_code, plain_code
from server.database import Database, changed
from server.errors import Invalid, Refused, say
from server.private import models
from server.private.vault import Vault

PAIR_BYTES = 2 * boxes.KEY_BYTES
NO_MATCH = say("The sign-in name, the secret words or the code do not match. Please check all of them.")
NO_INVITATION = say("This code is not known here, or it was used already. Ask whoever gave it to you.")
NAME_TAKEN = say("This sign-in name is taken. Please choose another.")
WRONG_WORDS = say("These words do not open your keys. Please check them.")
WRONG_CODE = say("The code does not fit. Please wait for the next one and try again.")


@dataclass(frozen=True, slots=True)
class Away:
    """From one day to another, both included, somebody does not look; `cover` does, if there is somebody."""

    starts: date
    ends: date
    cover: UUID | None

    def on(self, day: date) -> bool:
        """Whether it is so that day."""
        return self.starts <= day <= self.ends

    def meets(self, other: "Away") -> bool:
        """Whether both are away on some day."""
        return self.starts <= other.ends and other.starts <= self.ends


@dataclass(frozen=True, slots=True)
class Person:
    """A focal point as the room knows one. `keys` are closed; `public` and `verify` are what officers certify."""

    id: UUID
    passphrase: PassphraseHash
    second_factor: bytes
    confirmed: bool
    last_step: int
    keys: bytes
    public: bytes
    verify: bytes
    keys_since: date = date.min
    """The day on which these keys were made."""
    second: bool = False
    """Whether six words from chance are needed besides the passphrase to open them."""
    version: int = 1
    away: Away | None = None
    earlier: bytes = b""
    """Box keys of before, closed for the present one, while a case that is not open yet may hold something for them."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A focal point with the keys open."""

    person: UUID
    box_secret: bytes
    signing_seed: bytes
    verify: bytes
    earlier: tuple[bytes, ...] = ()
    """Box keys of before, the newest first: for halves of originals in cases that open later, and for nothing else."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A new account: the person, and the secret for the code app, shown once."""

    person: UUID
    totp_secret: str
    unlocked: Unlocked


@dataclass(frozen=True, slots=True)
class Ring:
    """A focal point's keys; `before` only while they are being changed."""

    now: Unlocked
    before: Unlocked | None


class People:
    """Accounts at the desks."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        passwords: Passwords,
        phrases: Phrases,
        factors: SecondFactors,
        *,
        today: Callable[[], date],
    ) -> None:
        self._db = db
        self._today = today
        self._vault = vault
        self._passwords = passwords
        self._phrases = phrases
        self._factors = factors

    def invite(self) -> Code:
        """A code that makes one account; given by the operator, worth nothing without the officers' signatures."""
        code = new_code()
        with self._db.transaction() as tx:
            key = self._vault.lookup("invitation", plain_code(code))
            box = self._vault.lock_paper(b"{}", about=b"invitation" + key)
            tx.run(insert(models.Invitation), {"code_key": key, "box": box})
        return code

    def join(self, code: str, login: str, passphrase: str) -> Joined:
        """A new account with new keys. Slow. Raises Invalid."""
        person, secret, seed = uuid4(), boxes.new_key(), boxes.new_key()
        totp = self._factors.new_secret()
        new = Person(
            id=person,
            passphrase=self._passwords.hash(passphrase),
            second_factor=self._factors.sealed(totp),
            confirmed=False,
            last_step=0,
            keys=self._phrases.locked(passphrase, secret + seed, about=b"keys" + person.bytes),
            public=boxes.public_of(secret),
            verify=signatures.verify_of(seed),
            keys_since=self._today(),
        )
        with self._db.transaction() as tx:
            known = self._vault.lookup("invitation", plain_code(code))
            if changed(tx.run(delete(models.Invitation).where(col(models.Invitation.code_key) == known))) != 1:
                raise Invalid(NO_INVITATION, field="invitation")
            login_key = self._login_key(login)
            if tx.look(select(col(models.Person.id)).where(col(models.Person.login_key) == login_key)).first():
                raise Invalid(NAME_TAKEN, field="login")
            box = self._closed(new)
            tx.run(insert(models.Person), {"id": person, "login_key": login_key, "facts": box, "version": 1})
        return Joined(person, totp, Unlocked(person, secret, seed, new.verify))

    def signed_in(self, login: str, passphrase: str, code: str, *, at: datetime) -> Person:
        """Who this is. Slow; a name that does not exist takes as long. Raises Refused."""
        with self._db.reading() as tx:
            row = tx.look(_ROWS.where(col(models.Person.login_key) == self._login_key(login))).first()
        person = None if row is None else self._person(row)
        fits = self._passwords.matches(None if person is None else person.passphrase, passphrase)
        if person is None or not fits:
            raise Refused(NO_MATCH)
        step = self._step(person, code, at)
        if step is None:
            raise Refused(NO_MATCH)
        outdated = self._passwords.is_outdated(person.passphrase)
        kept = self._passwords.hash(passphrase) if outdated else person.passphrase
        return self._keep(person, replace(person, confirmed=True, last_step=step, passphrase=kept))

    def confirmed(self, person: UUID, code: str, *, at: datetime) -> Person:
        """The code app was set up to the end. Raises Invalid."""
        known = self.by_id(person)
        step = None if known is None else self._step(known, code, at)
        if known is None or step is None:
            raise Invalid(WRONG_CODE, field="code")
        return self._keep(known, replace(known, confirmed=True, last_step=step))

    def phrase(self, person: UUID, passphrase: str, second: str) -> str:
        """What opens this person's keys, from what was typed."""
        known = self.by_id(person)
        return joined_words(passphrase, second) if known is not None and known.second else passphrase

    def add_second(self, person: UUID, passphrase: str, second: str) -> None:
        """From now on the keys need these six words too. Slow. Raises Invalid."""
        known = self.by_id(person)
        raw = None if known is None else self._phrases.unlocked(passphrase, known.keys, about=b"keys" + person.bytes)
        if known is None or raw is None or known.second:
            raise Invalid(WRONG_WORDS, field="phrase")
        keys = self._phrases.locked(joined_words(passphrase, second), raw, about=b"keys" + person.bytes)
        self._keep(known, replace(known, keys=keys, second=True))

    def unlock(self, person: UUID, passphrase: str) -> Unlocked:
        """Open the keys. Slow. Raises Invalid."""
        return self.opened(person, passphrase).now

    def opened(self, person: UUID, passphrase: str) -> Ring:
        """The keys, and those before them while they are being changed. Slow. Raises Invalid."""
        known = self.by_id(person)
        raw = None if known is None else self._phrases.unlocked(passphrase, known.keys, about=b"keys" + person.bytes)
        if known is None or raw is None:
            raise Invalid(WRONG_WORDS, field="phrase")
        pairs = [raw[at : at + PAIR_BYTES] for at in range(0, len(raw), PAIR_BYTES)]
        earlier = _earlier(known, [pair[: boxes.KEY_BYTES] for pair in pairs])
        rings = [_unlocked(person, pair, earlier) for pair in pairs]
        return Ring(rings[-1], rings[0] if len(rings) > 1 else None)

    def begin_change(self, person: UUID, passphrase: str) -> Ring:
        """New keys beside the old ones: until the change has ended, the words open both. Slow. Raises Invalid."""
        old, known = self.opened(person, passphrase).now, self.by_id(person)
        assert known is not None
        new = _unlocked(person, boxes.new_key() + boxes.new_key(), old.earlier)
        changed_keys = replace(
            known,
            keys=self._phrases.locked(passphrase, _raw(old) + _raw(new), about=b"keys" + person.bytes),
            public=boxes.public_of(new.box_secret),
            verify=new.verify,
            keys_since=self._today(),
        )
        self._keep(known, changed_keys)
        return Ring(new, old)

    def end_change(self, person: UUID, passphrase: str, *, keep: Sequence[bytes] = ()) -> Unlocked:
        """The old keys are nowhere any more, but for the box keys that are to be kept. Slow. Raises Invalid."""
        new, known = self.opened(person, passphrase).now, self.by_id(person)
        assert known is not None
        keys = self._phrases.locked(passphrase, _raw(new), about=b"keys" + person.bytes)
        earlier = boxes.sealed(boxes.public_of(new.box_secret), b"".join(keep)) if keep else b""
        self._keep(known, replace(known, keys=keys, earlier=earlier))
        return replace(new, earlier=tuple(keep))

    def by_id(self, person: UUID) -> Person | None:
        """The account."""
        with self._db.reading() as tx:
            row = tx.look(_ROWS.where(col(models.Person.id) == person)).first()
        return None if row is None else self._person(row)

    def everybody(self) -> list[Person]:
        """All accounts."""
        with self._db.reading() as tx:
            return [self._person(row) for row in tx.look(_ROWS)]

    def goes_away(self, person: UUID, away: Away | None) -> None:
        """Note it, or that they are back. Raises Refused when the account changed meanwhile."""
        known = self.by_id(person)
        if known is not None:
            self._keep(known, replace(known, away=away))

    def away(self, *, since: date) -> dict[UUID, Away]:
        """Who is away on that day or later."""
        return {one.id: one.away for one in self.everybody() if one.away is not None and one.away.ends >= since}

    def codes_used(self, *, step: int) -> None:
        """After a restoring: codes until this step were used, perhaps, and are taken no more."""
        for person in self.everybody():
            self._keep(person, replace(person, last_step=max(person.last_step, step)))

    def remove(self, person: UUID) -> None:
        """An account ends, and its keys with it."""
        with self._db.transaction() as tx:
            tx.run(delete(models.Person).where(col(models.Person.id) == person))
            tx.erases = True

    def totp_secret(self, person: Person) -> str:
        """For the page that sets up the code app. Raises Refused when the box is damaged."""
        secret = self._factors.opened(person.second_factor)
        if secret is None:
            raise Refused(NO_MATCH)
        return secret

    def _step(self, person: Person, code: str, at: datetime) -> int | None:
        secret = self._factors.opened(person.second_factor)
        if secret is None:
            return None
        return self._factors.used_step(secret, code, at=at.timestamp(), last_step=person.last_step)

    def _keep(self, was: Person, now: Person) -> Person:
        """Write it; when a code is used twice at one moment, one of the two is refused."""
        newer = replace(now, version=was.version + 1)
        with self._db.transaction() as tx:
            done = tx.run(
                update(models.Person)
                .where(col(models.Person.id) == was.id, col(models.Person.version) == was.version)
                .values(facts=self._closed(newer), version=newer.version)
            )
            if changed(done) != 1:
                raise Refused(NO_MATCH)
            tx.erases = True  # what lay there before may have been a key
        return newer

    def _login_key(self, login: str) -> bytes:
        return self._vault.lookup("login", plain_login(login))

    def _closed(self, person: Person) -> bytes:
        values = {
            "passphrase": person.passphrase,
            "confirmed": person.confirmed,
            "last_step": person.last_step,
            "away": None if person.away is None else _written(person.away),
            "second": person.second,
            "keys_since": person.keys_since.isoformat(),
            **{name: base64.b64encode(getattr(person, name)).decode() for name in _BYTES},
        }
        return self._vault.lock_paper(json.dumps(values).encode(), about=b"person" + person.id.bytes)

    def _person(self, row: Any) -> Person:
        person, box, version = row
        values = json.loads(self._vault.open_paper(box, about=b"person" + person.bytes))
        raw = {name: base64.b64decode(values.get(name, "")) for name in _BYTES}
        return Person(
            id=person,
            passphrase=values["passphrase"],
            confirmed=values["confirmed"],
            last_step=values["last_step"],
            second=values.get("second", False),
            keys_since=date.fromisoformat(values.get("keys_since", date.min.isoformat())),
            version=version,
            away=_read(values.get("away")),
            **raw,
        )


def _raw(keys: Unlocked) -> bytes:
    return keys.box_secret + keys.signing_seed


def _unlocked(person: UUID, raw: bytes, earlier: tuple[bytes, ...]) -> Unlocked:
    secret, seed = raw[: boxes.KEY_BYTES], raw[boxes.KEY_BYTES :]
    return Unlocked(person, secret, seed, signatures.verify_of(seed), earlier)


def _earlier(known: Person, secrets: Sequence[bytes]) -> tuple[bytes, ...]:
    """The keys of before; while keys are being changed they are closed for the old one still."""
    raw = next((raw for one in secrets if (raw := boxes.unsealed(one, known.earlier)) is not None), b"")
    return tuple(raw[at : at + boxes.KEY_BYTES] for at in range(0, len(raw), boxes.KEY_BYTES))


def joined_words(passphrase: str, second: str) -> str:
    """Both, as one phrase; no passphrase has a NUL in it, so no two pairs are the same."""
    return f"{passphrase}\0{six_words.plain(second)}"


def plain_login(login: str) -> str:
    """A sign-in name as it is looked up: without regard to case and spaces."""
    return " ".join(login.casefold().split())


def _written(away: Away) -> list[str]:
    return [away.starts.isoformat(), away.ends.isoformat(), "" if away.cover is None else str(away.cover)]


def _read(values: list[str] | None) -> Away | None:
    if values is None:
        return None
    starts, ends, cover = values
    return Away(date.fromisoformat(starts), date.fromisoformat(ends), UUID(cover) if cover else None)


_BYTES = ("second_factor", "keys", "public", "verify", "earlier")
_ROWS = select(col(models.Person.id), col(models.Person.facts), col(models.Person.version))
