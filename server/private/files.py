"""Files of a case: encrypted frame by frame as they go into the database, each under a key of its own.

The key, the name and the length stand in the reporter's signed envelope and nowhere else, so that nobody who writes
into the database can put another file in the place of one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from server.crypto.sealed import boxes, streams
from server.crypto.sealed.boxes import Damaged
from server.database import Database, Transaction
from server.errors import Refused, say
from server.private import models
from server.private.vault import Vault

PARTS_AT_ONCE = 16
"""A mebibyte at a time goes in and out."""
FACTS_STEP = 4096
NOBODY = UUID(int=0)
SUFFIXES = {"image/jpeg": "jpg", "application/pdf": "pdf", "video/mp4": "mp4"}
FILE, ORIGINAL = b"file", b"original"
FULL = say("There are too many files in this conversation already. Nothing was sent. Your text is still here.")
NO_ORIGINALS = say(
    "The original cannot be kept here, because two people are needed to open one. Choose to take the hidden data "
    "out; nothing was sent, and your text is still here."
)


@dataclass(frozen=True, slots=True, repr=False)
class Attachment:
    """A file on its way in: its safe copy, and the original if the reporter wants it kept.

    `digest` stands for what was sent, so that the same sending twice is one.
    """

    name: str
    media_type: str
    content: bytearray
    digest: bytes
    original: bytearray | None = None
    suffix: str = "bin"
    """What the original's kind of file is usually called."""


@dataclass(frozen=True, slots=True, repr=False)
class NewFile:
    """A file as it goes into the database."""

    id: UUID
    key: bytes
    content: bytearray


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as an envelope tells of it. `sealed_key` is of an original: sealed to the key that two can use."""

    id: UUID
    name: str
    media_type: str
    size: int
    suffix: str = "bin"
    key: bytes = b""
    sealed_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Sent:
    """One file of a letter: the safe copy, and the original if it was kept."""

    copy: Stored
    original: Stored | None


def digest_of(content: bytes | bytearray) -> bytes:
    """32 bytes that stand for a file as it came."""
    return hashlib.blake2b(content, digest_size=32).digest()


def told(attachments: Sequence[Attachment]) -> list[list[object]]:
    """What makes two sendings the same one."""
    return [[one.digest.hex(), one.original is not None] for one in attachments]


def prepared(
    attachments: Sequence[Attachment], case: UUID, originals_public: bytes
) -> tuple[list[dict[str, object]], list[NewFile]]:
    """What the envelope says of them, and what goes into the database. Raises Refused."""
    entries: list[dict[str, object]] = []
    files: list[NewFile] = []
    for one in attachments:
        copy = NewFile(uuid4(), boxes.new_key(), one.content)
        entry: dict[str, object] = {
            "id": str(copy.id),
            "name": one.name,
            "media_type": one.media_type,
            "bytes": len(one.content),
            "key": copy.key.hex(),
        }
        files.append(copy)
        if one.original is not None:
            if not originals_public:
                raise Refused(NO_ORIGINALS, field="originals")
            kept = NewFile(uuid4(), boxes.new_key(), one.original)
            bound = boxes.sealed(originals_public, kept.key + _about(case, kept.id))
            entry["original"] = {
                "id": str(kept.id),
                "bytes": len(one.original),
                "key": bound.hex(),
                "suffix": one.suffix,
            }
            files.append(kept)
        entries.append(entry)
    return entries, files


def original_key(stored: Stored, case: UUID, secret: bytes) -> bytes:
    """The key of an original, opened with the key that two have put together. Raises Damaged."""
    plain = boxes.unsealed(secret, stored.sealed_key) or b""
    key, about = plain[: boxes.KEY_BYTES], plain[boxes.KEY_BYTES :]
    if about != _about(case, stored.id):
        raise Damaged
    return key


def read(body: Mapping[str, object]) -> list[Sent]:
    """The files that a letter tells of. What is not as we write it is left out."""
    entries = body.get("files")
    found: list[Sent] = []
    for entry in cast("list[Any]", entries) if isinstance(entries, list) else []:
        try:
            name, media_type, kept = str(entry["name"]), str(entry["media_type"]), entry.get("original")
            copy = Stored(
                id=UUID(entry["id"]),
                name=name,
                media_type=media_type,
                size=int(entry["bytes"]),
                suffix=SUFFIXES.get(media_type, "bin"),
                key=bytes.fromhex(entry["key"]),
            )
            original = None if kept is None else _original(name, kept)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        found.append(Sent(copy, original))
    return found


def _original(name: str, kept: Any) -> Stored:
    suffix = str(kept["suffix"])
    return Stored(
        id=UUID(kept["id"]),
        name=name,
        media_type="application/octet-stream",
        size=int(kept["bytes"]),
        suffix=suffix if suffix.isascii() and suffix.isalnum() and len(suffix) < 5 else "bin",
        sealed_key=bytes.fromhex(kept["key"]),
    )


def put(tx: Transaction, vault: Vault, case: UUID, files: Sequence[NewFile], *, most_bytes: int) -> None:
    """Encrypt them into the database. Raises Refused when the case would hold too much."""
    if not files:
        return
    if _held(tx, case) + sum(streams.bucket(len(one.content)) for one in files) > most_bytes:
        raise Refused(FULL, field="files")
    for one in files:
        facts = vault.lock(case, _facts(Asked()), about=FILE + one.id.bytes)
        tx.run(insert(models.StoredFile), {"id": one.id, "case_id": case, "facts": facts})
        rows: list[dict[str, object]] = []
        for number, frame in enumerate(streams.encrypted(_pieces(one.content), one.key, case=case, file=one.id)):
            rows.append({"file_id": one.id, "number": number, "content": frame})
            if len(rows) == PARTS_AT_ONCE:
                tx.run(insert(models.FilePart), rows)
                rows = []
        if rows:
            tx.run(insert(models.FilePart), rows)


def pieces(db: Database, case: UUID, file: UUID, key: bytes) -> Iterator[bytes]:
    """A file again, a piece at a time. Raises Damaged, at the latest after the last piece."""
    return streams.decrypted(_frames(db, file), key, case=case, file=file)


def present(tx: Transaction, case: UUID) -> set[UUID]:
    """The files that are still there."""
    return {
        name for (name,) in tx.look(select(col(models.StoredFile.id)).where(col(models.StoredFile.case_id) == case))
    }


def every(tx: Transaction) -> list[tuple[UUID, UUID]]:
    """All files, each after its case."""
    return [(case, name) for case, name in tx.look(select(col(models.StoredFile.case_id), col(models.StoredFile.id)))]


@dataclass(frozen=True, slots=True)
class Asked:
    """That somebody asked a colleague to open an original with them: the half-day, who, and the halves handed on.

    Why stands in their signed letter.
    """

    since: int = 0
    by: UUID = NOBODY
    boxes: tuple[bytes, ...] = ()


def asked(tx: Transaction, vault: Vault, case: UUID, file: UUID) -> Asked:
    """What was asked of this file last. Raises Damaged when there is no such file."""
    row = tx.look(
        select(col(models.StoredFile.facts)).where(
            col(models.StoredFile.id) == file, col(models.StoredFile.case_id) == case
        )
    ).first()
    if row is None:
        raise Damaged
    return _asked(vault.open(case, row[0], about=FILE + file.bytes))


def ask(tx: Transaction, vault: Vault, case: UUID, file: UUID, what: Asked) -> None:
    """Write down what is asked now, in place of what was asked before."""
    facts = vault.lock(case, _facts(what), about=FILE + file.bytes)
    tx.run(update(models.StoredFile).where(col(models.StoredFile.id) == file).values(facts=facts))
    tx.erases = True


def _facts(what: Asked) -> bytes:
    values = {"since": what.since, "by": str(what.by), "boxes": [box.hex() for box in what.boxes]}
    return boxes.padded_to(json.dumps(values).encode(), FACTS_STEP)


def _asked(raw: bytes) -> Asked:
    try:
        values = json.loads(boxes.unpadded_from(raw, FACTS_STEP))
        given = tuple(bytes.fromhex(box) for box in values["boxes"])
        return Asked(int(values["since"]), UUID(values["by"]), given)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Damaged from None


def _held(tx: Transaction, case: UUID) -> int:
    """Bytes of all files of a case, as they lie there."""
    size = tx.look(
        select(func.sum(func.length(col(models.FilePart.content))))
        .join(models.StoredFile, col(models.StoredFile.id) == col(models.FilePart.file_id))
        .where(col(models.StoredFile.case_id) == case)
    ).scalar()
    return int(size or 0)


def _pieces(content: bytearray) -> Iterator[bytes]:
    for start in range(0, len(content), streams.FRAME_BYTES):
        yield bytes(content[start : start + streams.FRAME_BYTES])


def _frames(db: Database, file: UUID) -> Iterator[bytes]:
    first = 0
    while True:
        numbers = col(models.FilePart.number)
        wanted = (
            select(col(models.FilePart.content))
            .where(col(models.FilePart.file_id) == file, numbers >= first, numbers < first + PARTS_AT_ONCE)
            .order_by(numbers)
        )
        with db.reading() as tx:
            frames = [bytes(frame) for (frame,) in tx.look(wanted)]
        yield from frames
        if len(frames) < PARTS_AT_ONCE:
            return
        first += PARTS_AT_ONCE


def _about(case: UUID, file: UUID) -> bytes:
    return ORIGINAL + case.bytes + file.bytes
