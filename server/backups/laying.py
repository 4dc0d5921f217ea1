"""Lays rows and files of a copy into an empty place. What it made is taken away again when something fails."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import JSON, Column, Integer, Table, Text, bindparam, cast, inspect, text
from sqlalchemy import insert as insert_into

from server.backups import rows
from server.backups.parts import Part
from server.backups.rows import Record
from server.crypto.sealed.boxes import Damaged
from server.database import Database, Transaction
from server.errors import BootRefused

AT_ONCE = 500
ADDED = ".restoring"


@dataclass(slots=True)
class Place:
    """A part's new database while it is being laid. On SQLite it lies beside its later name until all is well."""

    part: Part
    db: Database
    _file: Path | None = None
    _done: bool = False

    @classmethod
    def of(cls, part: Part) -> "Place":
        """An empty place for this part. Raises BootRefused when it is not empty."""
        if not part.url.startswith("sqlite:///"):
            db = part.at(part.url)
            if inspect(db.engine).get_table_names():
                db.close()
                raise BootRefused(f"The {part.name} database is not empty. A copy is laid into an empty one only.")
            return cls(part, db)
        path = Path(part.url.removeprefix("sqlite:///"))
        if path.exists():
            raise BootRefused(f"There is a database at {path} already. A copy is laid into an empty place only.")
        for left in (path.with_name(path.name + ADDED + end) for end in ("", "-wal", "-shm")):
            left.unlink(missing_ok=True)
        return cls(part, part.at(f"{part.url}{ADDED}"), path)

    def finish(self) -> None:
        """From now on it is there."""
        self.db.close()
        if self._file is not None:
            self._file.with_name(self._file.name + ADDED).replace(self._file)
        self._done = True

    def give_up(self) -> None:
        """As if nothing had been, unless it is finished."""
        if self._done:
            return
        if self._file is None:
            with suppress(Exception), self.db.engine.begin() as connection:
                self.part.tables.drop_all(connection)
                connection.execute(text("drop table if exists alembic_version"))
        self.db.close()
        if self._file is not None:
            for end in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + ADDED + end).unlink(missing_ok=True)


@dataclass(slots=True)
class Files:
    """Files of a copy, written for their owner only; what is there already stays as it is."""

    folder: Path
    made: list[Path] = field(default_factory=list[Path])
    _name: str = ""

    def begin(self, name: str) -> None:
        """The pieces that follow belong to this file. Raises Damaged for a name that leads elsewhere."""
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts:
            raise Damaged
        path = self.folder.joinpath(*pure.parts)
        self._name = ""
        if path.exists():
            return
        for parent in reversed(path.relative_to(self.folder).parents):
            folder = self.folder / parent
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
        path.touch(mode=0o600)
        self.made.append(path)
        self._name = name

    def add(self, piece: bytes) -> None:
        """One more piece."""
        if self._name:
            with self.made[-1].open("ab") as file:
                file.write(piece)

    def give_up(self) -> None:
        """None of them was ever here."""
        for path in self.made:
            path.unlink(missing_ok=True)


def lay(found: Iterator[Record], places: Sequence[Place], files: Files) -> None:
    """Everything in the records that belongs to these places. Raises Damaged."""
    wanted = {place.part.name: place for place in places}
    names = tuple(name for place in places for name in place.part.files)
    laying: _Table | None = None
    skips = False
    for kind, raw in found:
        if kind == rows.ROW:
            if laying is not None:
                laying.add(rows.unpacked(raw))
            continue
        if laying is not None and kind in (rows.TABLE, rows.FILE, rows.END):
            laying.flush()
            laying = None
        if kind == rows.TABLE:
            told = rows.content_of(raw)
            place = wanted.get(told["part"])
            laying = None if place is None else _Table(place, told)
        elif kind == rows.FILE:
            name = str(rows.content_of(raw)["name"])
            skips = not any(name == one or name.startswith(one + "/") for one in names)
            if not skips:
                files.begin(name)
        elif kind == rows.PIECE and not skips:
            files.add(raw)


class _Table:
    """Rows of one table on their way in."""

    def __init__(self, place: Place, told: dict[str, Any]) -> None:
        table: Table | None = place.part.tables.tables.get(str(told["table"]))
        columns: list[str] = told["columns"]
        if table is None or any(name not in table.columns for name in columns):
            raise BootRefused("Another version of Baraza made this copy. Restore it with that one, then migrate.")
        self._db, self._columns = place.db, columns
        values = {name: _bound(table.columns[name], place.db.is_sqlite) for name in columns}
        self._insert = insert_into(table).values(values)
        self._rows: list[dict[str, Any]] = []

    def add(self, values: list[Any]) -> None:
        """One row. Raises Damaged."""
        if len(values) != len(self._columns):
            raise Damaged
        self._rows.append({f"in_{name}": value for name, value in zip(self._columns, values, strict=True)})
        if len(self._rows) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what has come."""
        if self._rows:
            with self._db.transaction() as tx:
                tx.run(self._insert, self._rows)
            self._rows = []


def _bound(column: Column[Any], is_sqlite: bool) -> Any:
    if not isinstance(column.type, JSON):
        return bindparam(f"in_{column.name}", type_=column.type)
    kept = bindparam(f"in_{column.name}", type_=Text())
    return kept if is_sqlite else cast(kept, column.type)


def check(tx: Transaction, part: Part) -> None:
    """References, the pages of the file, and the counters from which new rows take their keys.

    Raises BootRefused.
    """
    if tx.is_postgres:
        for table in part.tables.sorted_tables:
            if [(c.name, isinstance(c.type, Integer)) for c in table.primary_key] == [("id", True)]:
                tx.run(
                    text(
                        f"select setval(pg_get_serial_sequence('{table.name}', 'id'),"  # noqa: S608  our own names
                        f" coalesce((select max(id) from {table.name}), 0) + 1, false)"
                    )
                )
        return
    broken = tx.run(text("PRAGMA foreign_key_check")).first()
    whole = tx.run(text("PRAGMA integrity_check")).scalar_one()
    if broken is not None or whole != "ok":
        raise BootRefused("The copy was read, and what came of it does not hold together. Nothing was changed.")
