"""The private database: boxes in, boxes out. Whoever reads these rows without the keys reads noise."""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import col

from server.crypto.sealed import boxes
from server.crypto.sealed.boxes import Damaged
from server.database import Database, Transaction, changed
from server.errors import NotFound, Refused, say
from server.private import models
from server.private.facts import Facts
from server.private.vault import Vault

MANIFEST, SLOT, PAIR, DESK, REPORTER = b"manifest", b"slot", b"pair", b"desk", b"reporter"
TAGS_AT_ONCE = 400
RECOVERED = 1 << 31
"""Added to an epoch: where the slot lies that two officers have made, beside the one that was there before."""
MEANWHILE = say("Something changed here meanwhile. Please look again, and send it once more. Your text is still here.")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it lies in the database, its facts opened."""

    id: UUID
    facts: Facts
    version: int


@dataclass(frozen=True, slots=True)
class Link:
    """One epoch of a case's keys: the signed manifest, and the secret of the epoch before, sealed to this one."""

    manifest: bytes
    before: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One envelope, closed: a copy for the desk, and one for the reporter or noise of the same length."""

    id: UUID
    for_desk: bytes
    for_reporter: bytes


class NewCase(Protocol):
    """What filing makes."""

    @property
    def case(self) -> UUID: ...  # noqa: D102
    @property
    def receipt_id(self) -> bytes: ...  # noqa: D102
    @property
    def facts(self) -> Facts: ...  # noqa: D102
    @property
    def manifest(self) -> bytes: ...  # noqa: D102
    @property
    def slots(self) -> Mapping[bytes, bytes]: ...  # noqa: D102
    @property
    def pairs(self) -> Sequence[bytes]: ...  # noqa: D102
    @property
    def first(self) -> bytes: ...  # noqa: D102
    @property
    def message(self) -> UUID: ...  # noqa: D102


_CASES = select(col(models.Case.id), col(models.Case.facts), col(models.Case.version))


def case_by_receipt(tx: Transaction, vault: Vault, receipt_id: bytes) -> Case | None:
    """The case that a number opens; None when there is none, or its key is gone."""
    row = tx.look(_CASES.where(col(models.Case.receipt_id) == receipt_id)).first()
    return None if row is None else _case(vault, row)


def case_by_id(tx: Transaction, vault: Vault, case: UUID) -> Case | None:
    """One case."""
    row = tx.look(_CASES.where(col(models.Case.id) == case)).first()
    return None if row is None else _case(vault, row)


def case_by_alias(tx: Transaction, vault: Vault, alias: str) -> Case | None:
    """The case that the desk calls by this name."""
    row = tx.look(_CASES.where(col(models.Case.alias_key) == vault.lookup("alias", alias))).first()
    return None if row is None else _case(vault, row)


def every_case(tx: Transaction, vault: Vault) -> list[Case]:
    """All of them. A row that somebody has tampered with is left out here, and found by the checks."""
    return [case for row in tx.look(_CASES) if (case := _case(vault, row)) is not None]


def put_case(tx: Transaction, vault: Vault, new: NewCase) -> None:
    """A new case with everything in it."""
    case = new.case
    tx.run(
        insert(models.Case),
        {
            "id": case,
            "receipt_id": new.receipt_id,
            "alias_key": vault.lookup("alias", new.facts.alias),
            "facts": vault.lock_facts(case, new.facts),
            "version": 1,
        },
    )
    put_link(tx, vault, case, Link(new.manifest, b""))
    put_slots(tx, vault, case, new.slots)
    put_pairs(tx, vault, case, new.pairs)
    put_entry(tx, vault, case, new.message, for_desk=new.first, for_reporter=b"")


def keep(tx: Transaction, vault: Vault, was: Case, known: Facts) -> Case:
    """Write changed facts. Raises Refused when somebody else was first."""
    done = tx.run(
        update(models.Case)
        .where(col(models.Case.id) == was.id, col(models.Case.version) == was.version)
        .values(facts=vault.lock_facts(was.id, known), version=was.version + 1)
    )
    if changed(done) != 1:
        raise Refused(MEANWHILE)
    return Case(was.id, known, was.version + 1)


def links(tx: Transaction, vault: Vault, case: UUID) -> list[Link]:
    """The epochs of a case, in no order. Raises Damaged."""
    rows = tx.look(select(col(models.Manifest.box)).where(col(models.Manifest.case_id) == case))
    return [_link(vault.open(case, box, about=MANIFEST)) for (box,) in rows]


def put_link(tx: Transaction, vault: Vault, case: UUID, link: Link) -> None:
    """A new epoch."""
    raw = json.dumps({"manifest": b64encode(link.manifest).decode(), "before": b64encode(link.before).decode()})
    box = vault.lock(case, raw.encode(), about=MANIFEST)
    tx.run(insert(models.Manifest), {"id": uuid4(), "case_id": case, "box": box})


def put_slots(tx: Transaction, vault: Vault, case: UUID, by_tag: Mapping[bytes, bytes]) -> None:
    """Where each person finds the case's key, or noise."""
    rows = [
        {"tag": tag, "case_id": case, "box": vault.lock(case, box, about=SLOT + tag)} for tag, box in by_tag.items()
    ]
    if rows:
        tx.run(insert(models.Slot), rows)


def replace_slot(tx: Transaction, vault: Vault, case: UUID, tag: bytes, box: bytes) -> None:
    """Another slot in one person's place."""
    tx.run(delete(models.Slot).where(col(models.Slot.tag) == tag))
    put_slots(tx, vault, case, {tag: box})


def drop_slots(tx: Transaction, case: UUID) -> None:
    """Before a new epoch: the old keys are reached through the new ones only."""
    tx.run(delete(models.Slot).where(col(models.Slot.case_id) == case))


def slots_by_tag(tx: Transaction, tags: Sequence[bytes]) -> dict[bytes, bytes]:
    """The locked slots at these tags."""
    found: dict[bytes, bytes] = {}
    for start in range(0, len(tags), TAGS_AT_ONCE):
        some = tags[start : start + TAGS_AT_ONCE]
        rows = tx.look(select(col(models.Slot.tag), col(models.Slot.box)).where(col(models.Slot.tag).in_(some)))
        found.update((tag, box) for tag, box in rows)
    return found


def put_pairs(tx: Transaction, vault: Vault, case: UUID, pairs: Sequence[bytes]) -> None:
    """What two officers together can open."""
    rows = [{"id": uuid4(), "case_id": case, "box": vault.lock(case, box, about=PAIR)} for box in pairs]
    if rows:
        tx.run(insert(models.Pair), rows)


def pairs(tx: Transaction, vault: Vault, case: UUID) -> list[bytes]:
    """The officers' boxes. One that somebody has tampered with is left out: the others still open."""
    rows = tx.look(select(col(models.Pair.box)).where(col(models.Pair.case_id) == case))
    return [box for (locked,) in rows if (box := _pair(vault, case, locked)) is not None]


def drop_pairs(tx: Transaction, case: UUID) -> None:
    """Before a new epoch."""
    tx.run(delete(models.Pair).where(col(models.Pair.case_id) == case))


def put_entry(
    tx: Transaction, vault: Vault, case: UUID, message: UUID, *, for_desk: bytes, for_reporter: bytes
) -> None:
    """One envelope. Without a copy for the reporter, noise of the same length stands in its place."""
    copy = for_reporter or secrets.token_bytes(len(for_desk))
    tx.run(
        insert(models.Entry),
        {
            "id": message,
            "case_id": case,
            "for_desk": vault.lock(case, for_desk, about=DESK + message.bytes),
            "for_reporter": vault.lock(case, copy, about=REPORTER + message.bytes),
        },
    )


def entries(tx: Transaction, vault: Vault, case: UUID) -> list[Entry]:
    """All envelopes of a case, in no order. Raises Damaged."""
    columns = (col(models.Entry.id), col(models.Entry.for_desk), col(models.Entry.for_reporter))
    return [
        Entry(
            message,
            vault.open(case, desk, about=DESK + message.bytes),
            vault.open(case, reporter, about=REPORTER + message.bytes),
        )
        for message, desk, reporter in tx.look(select(*columns).where(col(models.Entry.case_id) == case))
    ]


def has_entry(tx: Transaction, message: UUID) -> bool:
    """Whether there is a message of this name."""
    return tx.look(select(col(models.Entry.id)).where(col(models.Entry.id) == message)).first() is not None


def silence(tx: Transaction, vault: Vault, case: UUID, message: UUID, length: int) -> None:
    """Take an answer away from the reporter's side: noise in its place."""
    noise = vault.lock(case, secrets.token_bytes(length), about=REPORTER + message.bytes)
    tx.run(
        update(models.Entry)
        .where(col(models.Entry.case_id) == case, col(models.Entry.id) == message)
        .values(for_reporter=noise)
    )
    tx.erases = True


def reseal(tx: Transaction, vault: Vault, case: UUID, message: UUID, for_reporter: bytes) -> None:
    """The same answer, for the reporter's new number."""
    box = vault.lock(case, for_reporter, about=REPORTER + message.bytes)
    tx.run(
        update(models.Entry)
        .where(col(models.Entry.case_id) == case, col(models.Entry.id) == message)
        .values(for_reporter=box)
    )
    tx.erases = True


def renumber(tx: Transaction, case: UUID, receipt_id: bytes) -> None:
    """Another number opens the case from now on."""
    tx.run(update(models.Case).where(col(models.Case.id) == case).values(receipt_id=receipt_id))


def forgotten_by_reporters(
    tx: Transaction, vault: Vault, *, number: Callable[[bytes], bool], answer: Callable[[UUID], bool]
) -> None:
    """In a copy that is laid back: numbers that were changed since open nothing, and erased answers are noise."""
    for case, receipt_id in tx.look(select(col(models.Case.id), col(models.Case.receipt_id))).all():
        if number(receipt_id):
            renumber(tx, case, secrets.token_bytes(32))
    columns = (col(models.Entry.case_id), col(models.Entry.id), func.length(col(models.Entry.for_reporter)))
    for case, message, length in tx.look(select(*columns)).all():
        if answer(message):
            silence(tx, vault, case, message, max(0, length - boxes.LOCK_BYTES))


def close_door(tx: Transaction, vault: Vault, case: Case) -> None:
    """The reporter's number opens nothing any more, and no answer is left on that side."""
    columns = (col(models.Entry.id), func.length(col(models.Entry.for_reporter)))
    for message, length in tx.look(select(*columns).where(col(models.Entry.case_id) == case.id)).all():
        silence(tx, vault, case.id, message, max(0, length - boxes.LOCK_BYTES))
    stranger = secrets.token_bytes(32)
    tx.run(update(models.Case).where(col(models.Case.id) == case.id).values(receipt_id=stranger))


def drop_files(tx: Transaction, case: UUID) -> int:
    """All files of a case."""
    files = [
        name for (name,) in tx.look(select(col(models.StoredFile.id)).where(col(models.StoredFile.case_id) == case))
    ]
    if files:
        tx.run(delete(models.FilePart).where(col(models.FilePart.file_id).in_(files)))
        tx.run(delete(models.StoredFile).where(col(models.StoredFile.case_id) == case))
        tx.erases = True
    return len(files)


def drop_case(tx: Transaction, case: UUID) -> None:
    """Every row of a case."""
    drop_files(tx, case)
    for table in (models.Entry, models.Manifest, models.Slot, models.Pair):
        tx.run(delete(table).where(col(table.case_id) == case))
    tx.run(delete(models.Case).where(col(models.Case.id) == case))
    tx.erases = True


def drop_noise(tx: Transaction, vault: Vault, receipt_id: bytes) -> None:
    """What a crash has left under this number: rows that no key opens."""
    for (case,) in tx.look(select(col(models.Case.id)).where(col(models.Case.receipt_id) == receipt_id)).all():
        if not vault.has_key(case):
            drop_case(tx, case)


def come_to_an_end(db: Database, vault: Vault) -> None:
    """What was being filed when a process was killed: it is there, key and all, or it is not.

    While the vault's `filing` is held. Nobody can make the room keep a key that it did not make for this case.
    """
    case = vault.unfinished()
    if case is None:
        return
    with db.reading() as tx:
        there = tx.look(select(col(models.Case.id)).where(col(models.Case.id) == case)).first() is not None
    if there:
        vault.keep_case(case)
    else:
        vault.give_up(case)


def counts(tx: Transaction, table: type[models.Entry | models.Slot | models.Pair]) -> dict[UUID, int]:
    """How many rows of this table each case has."""
    named = col(table.case_id)
    return {case: number for case, number in tx.look(select(named, func.count()).group_by(named))}  # noqa: C416


def names_of_cases(tx: Transaction) -> dict[UUID, bytes]:
    """All cases, damaged ones too, and the keyed hash of what the desk calls each."""
    rows = tx.look(select(col(models.Case.id), col(models.Case.alias_key))).all()
    return {case: alias_key for case, alias_key in rows}  # noqa: C416  rows are no pairs to the type checker


def _case(vault: Vault, row: Any) -> Case | None:
    case, box, version = row
    try:
        return Case(case, vault.open_facts(case, box), version)
    except (Damaged, NotFound):
        return None


def _pair(vault: Vault, case: UUID, box: bytes) -> bytes | None:
    try:
        return vault.open(case, box, about=PAIR)
    except (Damaged, NotFound):
        return None


def _link(raw: bytes) -> Link:
    try:
        values = json.loads(raw)
        return Link(b64decode(values["manifest"]), b64decode(values["before"]))
    except (ValueError, KeyError, TypeError):
        raise Damaged from None
