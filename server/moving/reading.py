"""Reads a folder that somebody may have made to do harm: nothing in it is trusted, nothing outside it is opened."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import Table

from server.darkroom.workshop import MOST_ANSWER_BYTES, nothing_but_a_drawing
from server.errors import BootRefused
from server.migrations import history
from server.moving import lines, shape
from server.moving.lines import Record, Wrong

PIECE_BYTES = 1024 * 1024
LONGEST_SUM = 200
_SEAL = re.compile(rb"[0-9a-f]{64}\n")
_SUM = re.compile(r"([0-9a-f]{64})  (schema\.json|tables/[a-z_]{1,63}\.jsonl|media/[0-9]{12}\.jpg)\n")
NOT_OURS = "Another version of Baraza wrote this folder. Import it with that one, then run `baraza migrate`."


@dataclass(frozen=True, slots=True)
class Export:
    """A folder whose files are all there and as they were written."""

    folder: Path
    mark: str
    seal: str
    checksums: bytes
    """The SHA-256 of the checksums: what the seal is about."""
    sums: dict[str, str]
    """Of every file but pictures."""
    day: date
    rows: dict[str, int]

    @classmethod
    def at(cls, folder: Path) -> "Export":
        """Look at every file once. Raises BootRefused, naming the file and the line."""
        if folder.is_symlink() or not folder.is_dir():
            raise BootRefused(f"{folder} is no folder.")
        checksums, sums, pictures = _summed(folder)
        if shape.SCHEMA not in sums:
            raise BootRefused(f"{shape.SCHEMA} is not among the checksums.")
        said = _schema(folder, sums[shape.SCHEMA])
        expected = {shape.SCHEMA, *(shape.table_name(table) for table in shape.moving())}
        for name in sorted(expected ^ set(sums)):
            raise BootRefused(f"{name} is {'missing' if name in expected else 'no file of an export'}.")
        rows = {name: one["rows"] for name, one in said["tables"].items()}
        if rows[shape.PICTURES] != pictures:
            raise BootRefused(f"There are {pictures} pictures, and {shape.SCHEMA} says {rows[shape.PICTURES]}.")
        day = date.fromisoformat(said["day"])
        return cls(folder, said["keys"], _seal(folder), checksums, sums, day, rows)

    def records(self, table: Table) -> Iterator[tuple[int, Record]]:
        """The rows of a table, each with the number of its line. Raises BootRefused."""
        name, last = shape.table_name(table), ()
        key = [column.name for column in table.primary_key]
        number, whole = 0, hashlib.sha256()
        with opened(self.folder, name) as file:
            while line := file.readline(lines.LONGEST_LINE + 1):
                number += 1
                whole.update(line)
                try:
                    record = _record(table, line)
                    order = tuple(record[column] for column in key)
                    if last and order <= last:
                        raise Wrong("it is there twice, or not in its place")
                except Wrong as wrong:
                    raise refused(name, number, str(wrong)) from None
                last = order
                yield number, record
        if whole.hexdigest() != self.sums[name]:  # a disk may say something else the second time
            raise BootRefused(f"{name} is not as it was a moment ago. Nothing was changed.")
        if number != self.rows[table.name]:
            raise BootRefused(f"{name} has {number} lines, and {shape.SCHEMA} says {self.rows[table.name]}.")

    def picture(self, number: int) -> bytes:
        """The bytes of a picture. Raises BootRefused unless they are a drawing and nothing else."""
        name = shape.media_name(number)
        with opened(self.folder, name) as file:
            content = file.read(MOST_ANSWER_BYTES + 1)
        if len(content) > MOST_ANSWER_BYTES or not nothing_but_a_drawing(content):
            raise BootRefused(f"{name} is no picture as this server makes them.")
        return content


def refused(name: str, number: int, why: str) -> BootRefused:
    """Where it is and what it is."""
    return BootRefused(f"{name}, line {number}: {why}. Nothing was changed.")


def opened(folder: Path, name: str) -> BinaryIO:
    """A plain file by one of our own names; links lead nowhere and nothing is waited for."""
    try:
        handle = os.open(shape.inside(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise BootRefused(f"{name} is missing or cannot be read.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BootRefused(f"{name} is no plain file.")
    return os.fdopen(handle, "rb")


def _record(table: Table, line: bytes) -> Record:
    if len(line) > lines.LONGEST_LINE:
        raise Wrong("it is longer than a line may be")
    return lines.read(table, line)


def _summed(folder: Path) -> tuple[bytes, dict[str, str], int]:
    """Hold every file against its checksum. The hash of the checksums, each but those of pictures, and how many these
    are."""
    sums: dict[str, str] = {}
    whole = hashlib.sha256()
    pictures, number, last = 0, 0, ""
    _no_links(folder)
    with opened(folder, shape.CHECKSUMS) as told:
        while line := told.readline(LONGEST_SUM):
            number += 1
            whole.update(line)
            found = _SUM.fullmatch(line.decode("utf-8", "replace"))
            if found is None:
                raise refused(shape.CHECKSUMS, number, "it is no checksum of a file of an export")
            wanted, name = found.groups()
            is_media = name.startswith(shape.MEDIA)
            if name in sums or (is_media and name <= last):
                raise refused(shape.CHECKSUMS, number, f"{name} is there twice, or not in its place")
            if is_media:
                last, pictures = name, pictures + 1
            else:
                sums[name] = wanted
            if _hash(folder, name) != wanted:
                raise refused(shape.CHECKSUMS, number, f"{name} is not as it was written")
    there = _count(folder)
    if there != number + 1 + os.path.lexists(folder / shape.SEAL):
        raise BootRefused(f"The folder has {there} files, and the checksums name {number}. Nothing was changed.")
    return whole.digest(), sums, pictures


def _seal(folder: Path) -> str:
    with opened(folder, shape.SEAL) as file:
        raw = file.read(LONGEST_SUM)
    if not _SEAL.fullmatch(raw):
        raise BootRefused(f"{shape.SEAL} is no seal of an export. Nothing was changed.")
    return raw.decode().strip()


def _hash(folder: Path, name: str) -> str:
    whole = hashlib.sha256()
    with opened(folder, name) as file:
        while piece := file.read(PIECE_BYTES):
            whole.update(piece)
    return whole.hexdigest()


def _no_links(folder: Path) -> None:
    for name in (shape.TABLES, shape.MEDIA):
        if (folder / name).is_symlink() or not (folder / name).is_dir():
            raise BootRefused(f"{name} is no folder of this export.")


def _count(folder: Path) -> int:
    total = 0
    for one in (folder, folder / shape.TABLES, folder / shape.MEDIA):
        with os.scandir(one) as entries:
            total += sum(1 for entry in entries if not entry.is_dir(follow_symlinks=False))
    return total


def _schema(folder: Path, wanted: str) -> dict[str, Any]:
    with opened(folder, shape.SCHEMA) as file:
        raw = file.read(lines.LONGEST_LINE)
    if hashlib.sha256(raw).hexdigest() != wanted:
        raise BootRefused(f"{shape.SCHEMA} is not as it was a moment ago, or too long. Nothing was changed.")
    try:
        said = lines.parsed(raw)
    except Wrong as wrong:
        raise BootRefused(f"{shape.SCHEMA}: {wrong}. Nothing was changed.") from None
    if said.get("format") != shape.FORMAT or said.get("migration") != history.newest():
        raise BootRefused(NOT_OURS)
    tables: Any = said.get("tables")
    own = {table.name: table for table in shape.moving()}
    if not isinstance(tables, dict) or not isinstance(said.get("keys"), str):
        raise BootRefused(NOT_OURS)
    described = cast("dict[str, Any]", tables)
    if set(described) != set(own) or not all(_is_as_here(own[name], one) for name, one in described.items()):
        raise BootRefused(NOT_OURS)
    try:
        date.fromisoformat(said["day"])
    except (KeyError, TypeError, ValueError):
        raise BootRefused(NOT_OURS) from None
    return said


def _is_as_here(table: Table, said: Any) -> bool:
    """Whether columns, types and order are ours; the class of a column is the operator's own."""
    if not isinstance(said, dict):
        return False
    told = cast("dict[str, Any]", said)
    columns: Any = told.get("columns")
    rows: Any = told.get("rows")
    if not isinstance(columns, dict) or not isinstance(rows, int) or isinstance(rows, bool):
        return False
    bare: dict[str, Any] = {}
    for name, one in cast("dict[str, Any]", columns).items():
        if not isinstance(one, dict):
            return False
        bare[name] = {key: value for key, value in cast("dict[str, Any]", one).items() if key != "class"}
    return {"columns": bare, "order": told.get("order")} == shape.described(table, None)
