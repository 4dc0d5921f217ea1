"""Finds every row about one member, by the data map: a table without an entry does not exist, so none is left out.

What is sealed cannot be read by anybody, keys of rows say nothing to anybody, and rows about others are not here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select

from server.database import Transaction, metadata
from server.privacy import DataMap, Sensitivity, TableEntry, Whose

SHOWN = frozenset({Sensitivity.PUBLIC, Sensitivity.RESTRICTED})
MOST_ROWS = 100_000
_RENDERED = frozenset({"html", "truth_html", "renderer"})
"""What the server makes of words; the words themselves are here."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table: what they are about, what each column is for, and the rows."""

    table: str
    about: str
    purposes: dict[str, str]
    rows: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the member's own."""

    name: str
    content: bytes


def in_a_space(tx: Transaction, data_map: DataMap, membership_id: int) -> list[Part]:
    """Everything that hangs on one name in one space."""
    return [part for part in _parts(tx, data_map, "membership", membership_id) if part.rows]


def of_the_account(tx: Transaction, data_map: DataMap, member_id: int) -> list[Part]:
    """Everything that hangs on the account itself, and on no space."""
    return [part for part in _parts(tx, data_map, "member", member_id) if part.rows]


def pictures_of(tx: Transaction, membership_id: int) -> Iterator[Picture]:
    """The pictures, as they are kept."""
    pictures, messages = metadata.tables["picture"], metadata.tables["message"]
    own = pictures.c.message_id.in_(select(messages.c.id).where(messages.c.membership_id == membership_id))
    for public_id, media_type, content in tx.look(
        select(pictures.c.public_id, pictures.c.media_type, pictures.c.content).where(own)
    ):
        yield Picture(f"{public_id}.{str(media_type).rpartition('/')[2]}", bytes(content))


def _parts(tx: Transaction, data_map: DataMap, root: str, key: int) -> Iterator[Part]:
    for name, entry in data_map.tables.items():
        table = metadata.tables.get(name)
        if table is None or entry.whose is not Whose.MEMBER:
            continue
        here = _belongs(table, root, key)
        columns = _columns(table, entry)
        if here is None or not columns:
            continue
        found = tx.look(select(*(table.c[column] for column in columns)).where(here).limit(MOST_ROWS))
        rows = [dict(zip(columns, map(_plain, row), strict=True)) for row in found]
        yield Part(name, entry.about, {column: entry.columns[column].purpose for column in columns}, rows)


def _belongs(table: Table, root: str, key: int) -> ColumnElement[bool] | None:
    """How the rows of a table hang on the member: themselves, or by the message or the conversation they belong to."""
    if table.name == root:
        return table.c.id == key
    direct = {"member": "member_id", "membership": "membership_id"}[root]
    if direct in table.c and (root == "membership" or "membership_id" not in table.c):
        return table.c[direct] == key if table.name != "membership" else None
    if root == "membership":
        for column, parent in (("message_id", "message"), ("conversation_id", "conversation")):
            if column in table.c:
                whose = metadata.tables[parent]
                return table.c[column].in_(select(whose.c.id).where(whose.c.membership_id == key))
    return None


def _columns(table: Table, entry: TableEntry) -> list[str]:
    return [
        column.name
        for column in table.columns
        if entry.columns[column.name].sensitivity in SHOWN
        and not column.foreign_keys
        and column.name != "id"
        and column.name not in _RENDERED
        and column.type.python_type is not bytes
    ]


def _plain(value: Any) -> Any:
    """As JSON can say it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
