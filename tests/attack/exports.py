"""Folders of an export that somebody makes to do harm, with the keys or without them."""

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from server.crypto import keyring
from server.database import Database
from server.errors import BootRefused
from server.moving import laying, shape
from server.settings import Settings
from server.tables import metadata
from tests.doubles import StillClock

CLOCK = StillClock(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))


def summed(folder: Path, *, sealed: bool = True) -> None:
    """Write the checksums anew, as somebody who wants to do harm can; and the seal, as only who has the keys can."""
    old = (folder / "checksums").read_text("utf-8").splitlines()
    names = [line.partition("  ")[2] for line in old]
    told = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in names]
    (folder / "checksums").write_text("\n".join(told) + "\n", "utf-8")
    if sealed:
        sealed_anew(folder)


def sealed_anew(folder: Path) -> None:
    """By who has the keys: what is looked at behind the seal holds against them too."""
    sums = hashlib.sha256((folder / "checksums").read_bytes()).digest()
    (folder / "seal").write_text(shape.sealed(keyring.load(folder.parent / "keys"), sums) + "\n", "utf-8")


def tree(place: Path) -> dict[str, tuple[int, int]]:
    """Everything below a folder, but what databases write for themselves."""
    return {
        path.relative_to(place).as_posix(): (path.lstat().st_size, path.lstat().st_mode)
        for path in sorted(place.rglob("*"))
        if not path.name.startswith("community.sqlite3")
    }


def is_refused(target: Settings, folder: Path, match: str) -> None:
    """Nothing came in, and nothing was written beside."""
    before = tree(target.data_dir)
    with pytest.raises(BootRefused, match=match) as refused:
        laying.import_(target, folder, at=CLOCK.now())
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400
    assert tree(target.data_dir) == before
    with closing(Database(target.database)) as db, db.reading() as tx:
        for table in metadata.sorted_tables:
            assert tx.look(select(func.count()).select_from(table)).scalar_one() == 0, table.name


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows as they are written."""
    return [json.loads(line) for line in (folder / "tables" / f"{table}.jsonl").read_bytes().splitlines()]


def spoiled(folder: Path, table: str, change: Callable[[list[dict[str, Any]]], object], *, sealed: bool = True) -> None:
    """Change rows, and make everything else fit again."""
    rows = rows_of(folder, table)
    change(rows)
    written = [json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n" for row in rows]
    (folder / "tables" / f"{table}.jsonl").write_text("".join(written), "utf-8")
    counted(folder, table, len(rows), sealed=sealed)


def counted(folder: Path, table: str, rows: int, *, sealed: bool = True) -> None:
    """Say in the schema that there are so many rows."""
    schema = json.loads((folder / "schema.json").read_bytes())
    schema["tables"][table]["rows"] = rows
    (folder / "schema.json").write_text(json.dumps(schema), "utf-8")
    summed(folder, sealed=sealed)
