"""The data map held against the tables: nothing is kept that nobody has given a reason and an end.

`policies/data_map.toml` has an entry for every column. The server does not start while the database that it
was given has a column without an entry, or an entry has no column.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, cast

from sqlalchemy import Engine, MetaData, text

from server.errors import BootRefused
from server.policies import Retention

FILE_NAME = "data_map.toml"
PRIVATE_FILE_NAME = "data_map_private.toml"


class Whose(StrEnum):
    """Whose data a table holds."""

    MEMBER = "member"
    STAFF = "staff"
    SPACE = "space"
    INSTALLATION = "installation"
    REPORTER = "reporter"
    FOCAL_POINT = "focal_point"


class Kind(StrEnum):
    """What kind of thing a table holds, for people: the rows of the privacy page and of the register."""

    ACCOUNT = "account"
    SIGN_INS = "sign_ins"
    NAMES = "names"
    OWN_NOTES = "own_notes"
    MESSAGES = "messages"
    LETTERS = "letters"
    NOTICES = "notices"
    SCREENINGS = "screenings"
    FLAGS = "flags"
    DECISIONS = "decisions"
    APPEALS = "appeals"
    LEDGER = "ledger"
    ROLES = "roles"
    INVITATIONS = "invitations"
    CONFIRMATIONS = "confirmations"
    SPACES = "spaces"
    ANNOUNCEMENTS = "announcements"
    HELP = "help"
    HALL_SEATS = "hall_seats"
    HALL_QUESTIONS = "hall_questions"
    HALL_VOTES = "hall_votes"
    HALL_TEXTS = "hall_texts"
    HALL_TEAM = "hall_team"
    HALL_RECORDS = "hall_records"
    CASES = "cases"
    READERS = "readers"
    TRAIL = "trail"
    WORKS = "works"


class Maker(StrEnum):
    """Who makes a table. One that the server does not declare itself may be absent."""

    SERVER = "server"
    MIGRATIONS = "migrations"
    SQLITE = "sqlite"


class Sensitivity(StrEnum):
    """Who may see a value; the file calls it `class`."""

    PUBLIC = "public"
    INTERNAL = "internal"
    RESTRICTED = "restricted"
    SEALED = "sealed"


class Ground(StrEnum):
    """The legal ground on which a value is kept."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    LEGAL_OBLIGATION = "legal_obligation"
    NOT_PERSONAL = "not_personal"


class Ending(StrEnum):
    """What happens to a value at the end of its lifetime."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    CRYPTO_SHRED = "crypto_shred"


LASTING = frozenset({"account", "membership", "space", "installation", "row", "case"})
"""Lifetimes that are no number of days: as long as the thing itself."""
LIFETIMES = LASTING | {field.name for field in fields(Retention)}
"""Every lifetime that an entry may name; the others are the keys of retention.toml."""


@dataclass(frozen=True, slots=True)
class ColumnEntry:
    """Why a column is kept, who may see it, until when, and what ends it."""

    purpose: str
    sensitivity: Sensitivity
    ground: Ground
    lifetime: str
    ends: Ending


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table, and its columns by name."""

    about: str
    whose: Whose
    kind: Kind
    made_by: Maker
    columns: Mapping[str, ColumnEntry]
    sooner: tuple[str, ...] = ()
    """Lifetimes after which some of its rows go before the others."""


@dataclass(frozen=True, slots=True)
class DataMap:
    """Every table, by name."""

    tables: Mapping[str, TableEntry]
    file_name: str = FILE_NAME


def load_map(folder: Path, file_name: str = FILE_NAME) -> DataMap:
    """Read the map. Raises BootRefused naming the file and the key that is wrong."""
    entries = _toml(folder / file_name).items()
    return DataMap({name: _table(f"{file_name} [{name}]", entry) for name, entry in entries}, file_name)


def gaps(data_map: DataMap, metadata: MetaData) -> list[str]:
    """Where the map and the tables that the code declares differ; empty when they agree."""
    return _differences(data_map, {table.name: {c.name for c in table.columns} for table in metadata.tables.values()})


def gaps_in_database(data_map: DataMap, engine: Engine) -> list[str]:
    """Where the map and the tables that really exist differ, whoever made them."""
    return _differences(data_map, _tables_in(engine))


def check(data_map: DataMap, engine: Engine) -> None:
    """Raises BootRefused, with every gap, when the database does not agree with the map."""
    found = gaps_in_database(data_map, engine)
    if found:
        raise BootRefused(f"{data_map.file_name} and the database do not agree. {' '.join(found)}")


# What exists ---------------------------------------------------------------------------------------------

_SQLITE_COLUMNS = text(
    "select stored.name, coalesce(part.name, ''), coalesce(part.hidden, 0)"
    " from sqlite_master as stored left join pragma_table_xinfo(stored.name) as part"
    " where stored.type = 'table'"
)
"""Virtual tables, their shadows and SQLite's own tables are of this type too; table_xinfo also names
generated columns, which table_info hides."""
_SQLITE_HANDLE = 1
"""A hidden column of a virtual table: a handle for questions, in which nothing is stored."""
_POSTGRES_COLUMNS = text(
    "select case when space.nspname = current_schema() then kept.relname"
    "  else space.nspname || '.' || kept.relname end, coalesce(part.attname, ''), 0"
    " from pg_class as kept join pg_namespace as space on space.oid = kept.relnamespace"
    " left join pg_attribute as part"
    "  on part.attrelid = kept.oid and part.attnum > 0 and not part.attisdropped"
    " where kept.relkind in ('r', 'p', 'm', 'f')"
    "  and space.nspname <> 'information_schema' and space.nspname not like 'pg\\_%'"
)
"""Tables, partitions, materialised views and foreign tables, in every schema but the database's own."""


def _tables_in(engine: Engine) -> dict[str, set[str]]:
    question = _SQLITE_COLUMNS if engine.dialect.name == "sqlite" else _POSTGRES_COLUMNS
    found: dict[str, set[str]] = {}
    with engine.connect() as connection:
        for table, column, hidden in connection.execute(question):
            columns = found.setdefault(table, set())
            if column and hidden != _SQLITE_HANDLE:
                columns.add(column)
    return found


def _differences(data_map: DataMap, found: Mapping[str, set[str]]) -> list[str]:
    entries = data_map.tables
    expected = {name for name, entry in entries.items() if entry.made_by is Maker.SERVER}
    lines = [f"The table {name} has no entry." for name in sorted(found.keys() - entries.keys())]
    lines += [f"The entry {name} has no table." for name in sorted(expected - found.keys())]
    for name in sorted(found.keys() & entries.keys()):
        declared = entries[name].columns.keys()
        lines += [f"The column {name}.{column} has no entry." for column in sorted(found[name] - declared)]
        lines += [f"The entry {name}.{column} has no column." for column in sorted(declared - found[name])]
    return lines


# The file ------------------------------------------------------------------------------------------------

_TABLE_KEYS = frozenset({"about", "whose", "kind", "columns"})
_COLUMN_KEYS = frozenset({"purpose", "class", "ground", "lifetime", "ends"})
Choice = TypeVar("Choice", bound=StrEnum)


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BootRefused(f"The policy file {path.name} is missing.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BootRefused(f"The policy file {path.name} cannot be read: {error}.") from None


def _table(where: str, value: object) -> TableEntry:
    entry = _keyed(where, value, _TABLE_KEYS, optional=frozenset({"made_by", "sooner"}))
    columns = _dictionary(f"{where} columns", entry["columns"])
    return TableEntry(
        about=_sentence(where, "about", entry["about"]),
        whose=_choice(where, "whose", entry["whose"], Whose),
        kind=_choice(where, "kind", entry["kind"], Kind),
        made_by=_choice(where, "made_by", entry.get("made_by", Maker.SERVER), Maker),
        columns={name: _column(f"{where} {name}", column) for name, column in columns.items()},
        sooner=_sooner(where, entry.get("sooner", [])),
    )


def _sooner(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BootRefused(f"{where}: sooner must be a list of lifetimes.")
    return tuple(_one_of(where, "sooner", one, LIFETIMES - LASTING) for one in cast("list[object]", value))


def _column(where: str, value: object) -> ColumnEntry:
    entry = _keyed(where, value, _COLUMN_KEYS)
    return ColumnEntry(
        purpose=_sentence(where, "purpose", entry["purpose"]),
        sensitivity=_choice(where, "class", entry["class"], Sensitivity),
        ground=_choice(where, "ground", entry["ground"], Ground),
        lifetime=_one_of(where, "lifetime", entry["lifetime"], LIFETIMES),
        ends=_choice(where, "ends", entry["ends"], Ending),
    )


def _dictionary(where: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BootRefused(f"{where} must be a table.")
    return cast("dict[str, object]", value)  # TOML keys are always text


def _keyed(
    where: str, value: object, wanted: frozenset[str], *, optional: frozenset[str] = frozenset()
) -> dict[str, object]:
    entry = _dictionary(where, value)
    for key in sorted(entry.keys() - wanted - optional):
        raise BootRefused(f"{where} has an unknown key: {key}.")
    for key in sorted(wanted - entry.keys()):
        raise BootRefused(f"{where} lacks the key {key}.")
    return entry


def _sentence(where: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BootRefused(f"{where}: {key} must be a sentence.")
    return value


def _choice(where: str, key: str, value: object, kind: type[Choice]) -> Choice:
    return kind(_one_of(where, key, value, [str(member) for member in kind]))


def _one_of(where: str, key: str, value: object, allowed: Iterable[str]) -> str:
    choices = sorted(allowed)
    if not isinstance(value, str) or value not in choices:
        raise BootRefused(f"{where}: {key} must be one of {', '.join(choices)}.")
    return value
