"""Writes a copy while the server serves: one snapshot of each database, sealed as it is read.

Nothing lies on the disk unsealed, and no other program takes part: the rows are read by our own statements within
one reading visit, which sees the database as it was at one moment, whoever writes meanwhile.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Column, Table, Text, cast, select, type_coerce

from server.backups import rows
from server.backups.parts import COMMUNITY, Part, here, officers, paths
from server.crypto import keyring
from server.crypto.sealed import copies, streams
from server.crypto.sealed.boxes import new_key
from server.crypto.sealed.copies import BACKUP, KEYS, Label
from server.crypto.sealed.shredding import ShredKeys
from server.database import Database, Transaction
from server.errors import BootRefused
from server.private import keys as private_keys
from server.private.work import SHRED_FILE
from server.settings import Settings

ENDINGS = {BACKUP: ".backup", KEYS: ".keys"}
AT_ONCE = 64
"""Rows that are held at a time; one may be a piece of a file."""
PIECE_BYTES = 1024 * 1024


def backup(chosen: Settings, folder: Path, *, at: datetime) -> Path:
    """Write a sealed copy of everything of this user's, but the keys. Raises BootRefused."""
    found = here(chosen)
    if not found:
        raise BootRefused(f"There is nothing of Baraza in {chosen.data_dir}. Run `baraza init` first.")
    public = officers(chosen)
    label, key = Label(uuid4(), BACKUP, at.date()), new_key()
    with ExitStack() as stack:
        opened = [(part, stack.enter_context(closing(part.database()))) for part in found]
        head = {
            "kind": BACKUP,
            "at": at.isoformat(),
            "parts": {
                part.name: {"revision": part.revision(db), "mark": copies.mark(part.mark, label, key).hex()}
                for part, db in opened
            },
        }
        content = _everything(chosen.data_dir, head, opened)
        return _sealed(folder, label, key, public, content)


def backup_of_keys(chosen: Settings, folder: Path, *, at: datetime) -> Path:
    """Write a sealed copy of the keys alone: it is kept apart from all others. Raises BootRefused."""
    found = here(chosen)
    if not found:
        raise BootRefused(f"There are no keys in {chosen.data_dir}. Run `baraza init` first.")
    label, key = Label(uuid4(), KEYS, at.date()), new_key()
    files = list(_keys(chosen, found))
    content = [rows.told(rows.HEAD, {"kind": KEYS, "parts": {}}), *_files(files), rows.told(rows.END, {})]
    return _sealed(folder, label, key, officers(chosen), content)


def _keys(chosen: Settings, found: Sequence[Part]) -> Iterator[tuple[str, Path]]:
    names = {part.name for part in found}
    if COMMUNITY in names:
        yield f"keys/{keyring.FILE_NAME}", chosen.keys_dir / keyring.FILE_NAME
    own = private_keys.folder_of(chosen.private_dir)
    newest = 1
    for path in sorted(own.glob("*.key")):
        yield f"private/keys/{path.name}", path
        newest = max(newest, int(path.stem.rpartition("-")[2]))
    if chosen.pepper_file is not None and own.is_dir():
        yield f"private/keys/pepper-{newest}.key", chosen.pepper_file


def _everything(data_dir: Path, head: dict[str, Any], opened: Sequence[tuple[Part, Database]]) -> Iterator[bytes]:
    yield rows.told(rows.HEAD, head)
    for part, db in opened:
        with db.reading() as tx:
            for table in part.tables.sorted_tables:
                yield from _table(tx, part, table)
        # Only now: a case whose row was seen had its key before, and one whose key is gone by now is erased.
        yield from _files(paths(data_dir, part.files))
    yield rows.told(rows.END, {})


def _table(tx: Transaction, part: Part, table: Table) -> Iterator[bytes]:
    names = [column.name for column in table.columns]
    yield rows.told(rows.TABLE, {"part": part.name, "table": table.name, "columns": names})
    wanted = select(*(_as_kept(tx, column) for column in table.columns)).order_by(*table.primary_key.columns)
    for row in tx.look(wanted.execution_options(yield_per=AT_ONCE)):
        yield rows.record(rows.ROW, rows.packed(row))


def _as_kept(tx: Transaction, column: Column[Any]) -> Any:
    """JSON as the text that lies there, so that nothing at all can be told from null."""
    if not isinstance(column.type, JSON):
        return column
    return cast(column, Text) if tx.is_postgres else type_coerce(column, Text)


def _files(found: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    for name, path in found:
        yield rows.told(rows.FILE, {"name": name})
        if path.name == SHRED_FILE:  # it may be overwritten just now; whoever wrote it knows how to read it
            yield rows.record(rows.PIECE, ShredKeys(path).content())
            continue
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield rows.record(rows.PIECE, piece)


def _sealed(folder: Path, label: Label, key: bytes, public: Sequence[bytes], content: Iterable[bytes]) -> Path:
    """The file, there whole or not at all."""
    if not folder.is_dir():
        raise BootRefused(f"There is no folder {folder}. Make it first, for this user only.")
    path = folder / f"baraza-{label.day.isoformat()}-{label.id.hex[:8]}{ENDINGS[label.kind]}"
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(copies.head(label, key, public).text().encode())
            for frame in streams.encrypted(content, key, case=label.id, file=label.id):
                file.write(frame)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path
