"""Writes the folder: one snapshot of the database, a row at a time, a checksum for each file, and a seal over them.

It appears under its name when all of it is there. There is no time in it but the day, and no word of this machine, so
that two exports of the same community on one day are the same bytes.
"""

import hashlib
import os
import shutil
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select
from sqlmodel import col

from server import places, privacy
from server.clock import Clock
from server.crypto import keyring
from server.crypto.keyring import Keyring
from server.database import Database, Transaction
from server.errors import BootRefused
from server.forgetting import lists
from server.migrations import history
from server.moving import lines, shape
from server.moving.lines import Record, Wrong
from server.settings import Settings
from server.townhall.halls.models import Hall

AT_ONCE = 64
"""Rows that are held at a time."""
PICTURES_AT_ONCE = 4


def export(chosen: Settings, folder: Path, *, clock: Clock) -> list[str]:
    """Write the community, as of today, into a new or empty folder. Gives the lines to print. Raises BootRefused.

    The forget list beside the backups is written anew after it: one from some minutes before the export, laid over it,
    would take away what came in these minutes.
    """
    keys = keyring.load(chosen.keys_dir)
    data_map = privacy.load_map(places.policies(chosen.data_dir))
    if chosen.database.startswith("sqlite:///") and not Path(chosen.database.removeprefix("sqlite:///")).is_file():
        raise BootRefused("There is no community here. Run `baraza init` first.")
    with closing(Database(chosen.database)) as db:
        history.check(db)
        folder = folder.absolute()
        part = _beside(folder)
        try:
            rows, checksums = _everything(db, part, data_map, keys, clock.now().date())
            told = _list_anew(chosen, db, clock, checksums)
            os.sync()
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part)
            raise
    total = sum(rows.values())
    return [
        f"Written: {folder} ({total} rows, {rows[shape.PICTURES]} pictures). It holds everything that people wrote.",
        "Carry it as you would carry the database, and delete it when the other installation has it.",
        "The keys, the private room, policies of your own and settings are not in it: see policies/en/moving.md.",
        *told,
    ]


def _list_anew(chosen: Settings, db: Database, clock: Clock, export: bytes) -> list[str]:
    """The list beside the backups, as of now. A disk that is gone keeps nobody from moving away."""
    if chosen.backup_dir is None:
        return []
    try:
        lists.write_community(chosen, db, at=clock.now(), folders=[chosen.backup_dir], export=export)
    except OSError:
        return [f"The forget list in {chosen.backup_dir} was not written anew. Lay no list of today over this export."]
    return []


def _beside(folder: Path) -> Path:
    """A new folder that gets the name at the end."""
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
        raise BootRefused(f"{folder} is there already. Name a new folder, or an empty one.")
    part = folder.with_name(folder.name + ".part")
    if not folder.parent.is_dir():
        raise BootRefused(f"There is no folder {folder.parent}.")
    try:
        part.mkdir(mode=0o700)
    except FileExistsError:
        raise BootRefused(f"{part} is left from an export that was cut off. Look at it and delete it first.") from None
    return part


def _everything(
    db: Database, part: Path, data_map: privacy.DataMap, keys: Keyring, day: date
) -> tuple[dict[str, int], bytes]:
    """How many rows each table has, and what stands for all of it: the SHA-256 of the checksums."""
    for name in (shape.TABLES, shape.MEDIA):
        (part / name).mkdir(mode=0o700)
    rows: dict[str, int] = {}
    with Sheet(part, shape.CHECKSUMS) as sums, db.reading() as tx:
        _nobody_meets(tx)
        for table in shape.moving():
            rows[table.name] = _table(tx, part, table, sums)
        with Sheet(part, shape.SCHEMA) as sheet:
            sheet.write(lines.canonical(shape.schema(data_map, shape.mark(keys), rows, day)))
        sums.write(sheet.sum())
    with Sheet(part, shape.SEAL) as sheet:
        sheet.write(f"{shape.sealed(keys, sums.digest)}\n".encode())
    return rows, sums.digest


def _nobody_meets(tx: Transaction) -> None:
    """A hall that runs has seats and keys, which do not move."""
    running = select(func.count()).select_from(Hall).where(col(Hall.state).not_in(shape.AT_REST))
    if tx.look(running).scalar_one():
        raise BootRefused("A hall is open to people. Close it first: seats and votes under way do not move.")


def _table(tx: Transaction, part: Path, table: Table, sums: "Sheet") -> int:
    names = [column.name for column in table.columns]
    held = PICTURES_AT_ONCE if table.name == shape.PICTURES else AT_ONCE
    wanted = select(*table.columns).order_by(*table.primary_key.columns).execution_options(yield_per=held)
    count = 0
    with Sheet(part, shape.table_name(table)) as sheet:
        for row in tx.look(wanted):
            record = Record(zip(names, row, strict=True))
            if table.name == shape.PICTURES:
                _media(part, record, sums)
            try:
                lines.look(table, record)
                sheet.write(lines.written(table, record))
            except Wrong as wrong:
                key = ", ".join(str(record[column.name]) for column in table.primary_key)
                raise BootRefused(f"The row {key} of {table.name} cannot be moved: {wrong}.") from None
            count += 1
    sums.write(sheet.sum())
    return count


def _media(part: Path, record: Record, sums: "Sheet") -> None:
    """The bytes of a picture in a file of their own, and its name in their place."""
    name = shape.media_name(record["id"])
    with Sheet(part, name) as sheet:
        sheet.write(bytes(record[shape.CONTENT]))
    sums.write(sheet.sum())
    record[shape.CONTENT] = name


class Sheet:
    """A new file for its owner only, and its checksum."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name, self._hash = name, hashlib.sha256()
        path = shape.inside(folder, name)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._file = os.fdopen(handle, "wb")

    def __enter__(self) -> "Sheet":
        return self

    def __exit__(self, *_: Any) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        """A further piece."""
        self._hash.update(content)
        self._file.write(content)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of what was written."""
        return self._hash.digest()

    def sum(self) -> bytes:
        """Its line among the checksums, as `sha256sum --check` reads them."""
        return f"{self._hash.hexdigest()}  {self._name}\n".encode()
