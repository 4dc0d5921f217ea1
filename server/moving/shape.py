"""What moves and what stays behind, and how the folder says so."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Float, Integer, LargeBinary, String, Table, Uuid

from server.crypto.keyring import Keyring, Purpose
from server.crypto.tokens import keyed_hash
from server.database import Moment
from server.migrations import history
from server.privacy import DataMap
from server.tables import metadata
from server.townhall.halls.states import HallState

FORMAT = 3
AT_REST = (HallState.PREPARING, HallState.CLOSED)
"""A hall in any other state has seats, keys and screens, which do not move."""
SCHEMA, CHECKSUMS, SEAL, TABLES, MEDIA = "schema.json", "checksums", "seal", "tables", "media"
STAYS: Mapping[str, str] = {
    "account_session": "Everybody signs in anew.",
    "invitation": "Open invitations are made anew.",
    "hall_key": "A key never leaves its installation; a hall that is being prepared gets new ones.",
    "hall_seat": "A seat is a session.",
    "hall_screen": "A screen is a session.",
    "hall_call": "A call for help belongs to a hall that runs.",
    "hall_channel": "It belongs to a hall that runs.",
    "hall_command": "It belongs to a hall that runs.",
    "hall_event": "It belongs to a hall that runs.",
}
"""Tables that do not move, and why."""
PICTURES, CONTENT = "picture", "content"
"""The one column whose bytes lie in files of their own."""


def moving() -> Iterator[Table]:
    """The tables that move, each after those that it points at."""
    return (table for table in metadata.sorted_tables if table.name not in STAYS)


def is_media(column: Column[Any]) -> bool:
    """Whether the values of a column lie in files of their own."""
    return (column.table.name, column.name) == (PICTURES, CONTENT)


def media_name(number: int) -> str:
    """The file of a picture; its number has leading zeros, so that names and numbers have one order."""
    return f"{MEDIA}/{number:012d}.jpg"


def table_name(table: Table) -> str:
    """The file of a table."""
    return f"{TABLES}/{table.name}.jsonl"


def kind_of(column: Column[Any]) -> str:
    """The type of a column in plain words, the same on both kinds of database."""
    if is_media(column):
        return "file"
    for kind, word in _KINDS:
        if isinstance(column.type, kind):
            return word
    length = getattr(column.type, "length", None)
    return "text" if length is None else f"text up to {length}"


_KINDS: tuple[tuple[type, str], ...] = (
    (Moment, "moment"),
    (Uuid, "uuid"),
    (Boolean, "yes or no"),
    (BigInteger, "integer of 64 bits"),
    (Integer, "integer of 32 bits"),
    (Float, "number"),
    (Date, "day"),
    (LargeBinary, "bytes"),
    (JSON, "json"),
    (String, "text"),
)


def mark(keys: Keyring) -> str:
    """Tells whose keys an export asks for. Everybody who has seen one can write it: it shows nothing."""
    return keyed_hash(keys.key(Purpose.COPIES), "a community that moves").hex()


def sealed(keys: Keyring, sums: bytes) -> str:
    """Shows that somebody with these keys wrote the checksums, by their SHA-256, and so every file."""
    return keyed_hash(keys.key(Purpose.COPIES), f"an export with the checksums {sums.hex()}").hex()


def schema(data_map: DataMap, own_mark: str, rows: Mapping[str, int], day: date) -> dict[str, Any]:
    """What `schema.json` says."""
    return {
        "format": FORMAT,
        "migration": history.newest(),
        "keys": own_mark,
        "day": day.isoformat(),
        "stays": dict(STAYS),
        "tables": {table.name: {**described(table, data_map), "rows": rows[table.name]} for table in moving()},
    }


def described(table: Table, data_map: DataMap | None) -> dict[str, Any]:
    """The columns of a table, and, with the data map, the class of each."""
    columns: dict[str, Any] = {}
    for column in table.columns:
        columns[column.name] = {"type": kind_of(column), "empty": bool(column.nullable)}
        if data_map is not None:
            columns[column.name]["class"] = str(data_map.tables[table.name].columns[column.name].sensitivity)
    return {"columns": columns, "order": [column.name for column in table.primary_key]}


def inside(folder: Path, name: str) -> Path:
    """A file of the folder by one of our own names."""
    return folder.joinpath(*name.split("/"))
