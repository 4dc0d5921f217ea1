"""One row as one line of JSON, in one writing only; and every value looked at, on the way out and on the way in."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, cast, get_args
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import JSON, Column, Table
from sqlmodel import SQLModel

from server.darkroom.workshop import LONGEST_SIDE, MEDIA_TYPE
from server.moving import effects
from server.moving.shape import AT_REST, kind_of, media_name
from server.permissions import Role
from server.spaces.lives import ALL_DAYS, MOST_HELD_DAYS, SPACE_DAYS
from server.spaces.models import HoldState
from server.web.text import is_clean

LONGEST_LINE = 4 * 1024 * 1024
_DEEPEST = 12
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Wrong(ValueError):
    """A value or a line that is not what it must be; the text says why."""


class Record(dict[str, Any]):
    """The values of one row by column."""

    __slots__ = ("__weakref__",)


def written(table: Table, record: Mapping[str, Any]) -> bytes:
    """The line of a row. Raises Wrong."""
    sheet = _sheet(table)
    shown = {name: None if record[name] is None else sheet[name].write(record[name]) for name in sorted(sheet)}
    try:
        line = _dumped(shown).encode() + b"\n"
    except (ValueError, RecursionError):
        raise Wrong("it holds signs or numbers that cannot be written") from None
    if len(line) > LONGEST_LINE:
        raise Wrong("it is longer than a line may be")
    return line


def read(table: Table, line: bytes) -> Record:
    """The row of a line. Raises Wrong."""
    found = parsed(line)
    sheet = _sheet(table)
    if set(found) != set(sheet):
        raise Wrong("its columns are not those of the table")
    record = Record((name, one.value(found[name])) for name, one in sheet.items())
    if written(table, record) != line:
        raise Wrong("it is not written in the one way that lines are written")
    look(table, record)
    return record


def parsed(line: bytes) -> dict[str, Any]:
    """A JSON object without anything twice. Raises Wrong."""
    try:
        found: Any = json.loads(line.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except Wrong:
        raise
    except (ValueError, RecursionError):
        raise Wrong("it is no JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise Wrong("it is no JSON object")
    return cast("dict[str, Any]", found)


def canonical(content: Mapping[str, Any]) -> bytes:
    """A whole file that says something about the others."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def _dumped(shown: Mapping[str, Any]) -> str:
    return json.dumps(shown, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("a name is in it twice")
    return found


def _no_constant(_name: str) -> Any:
    raise Wrong("a number in it is none")


# One column ----------------------------------------------------------------------------------------------


class _Cell:
    """How the values of one column are written, read and looked at."""

    def __init__(self, column: Column[Any], annotation: Any) -> None:
        self.name, self._empty = column.name, bool(column.nullable)
        kind = kind_of(column)
        self._most = int(kind.rpartition(" ")[2]) if kind.startswith("text up to ") else None
        self.write, self._read = _WAYS.get(kind, _WAYS["text"])
        self._is_json = isinstance(column.type, JSON)
        choice = self._is_json or any(
            isinstance(one, type) and issubclass(one, Enum) for one in (annotation, *get_args(annotation))
        )
        self._adapter: TypeAdapter[Any] | None = TypeAdapter(annotation) if choice else None

    def value(self, shown: Any) -> Any:
        """What a line says, as the database takes it. Raises Wrong."""
        if shown is None:
            if not self._empty:
                raise Wrong(f"{self.name} must not be empty")
            return None
        try:
            return self._read(shown)
        except (ValueError, TypeError, OverflowError):
            raise Wrong(f"{self.name} is not what this column holds") from None

    def look(self, value: Any) -> None:
        """Raises Wrong for a value that the server would never have written."""
        if value is None:
            return
        if self._most is not None and len(value) > self._most:
            raise Wrong(f"{self.name} is longer than {self._most} signs")
        if isinstance(value, str) or self._is_json:
            _no_zeros(self.name, value, _DEEPEST)
        if self._adapter is not None:
            try:
                self._adapter.validate_python(value, strict=self._is_json)
            except ValidationError:
                raise Wrong(f"{self.name} is not what this column holds") from None


def _no_zeros(name: str, value: Any, deep: int) -> None:
    """PostgreSQL takes no NUL in a text; and nothing that we keep is as deep as this."""
    if not deep or (isinstance(value, str) and "\0" in value):
        raise Wrong(f"{name} holds what cannot be kept")
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            _no_zeros(name, key, deep - 1)
            _no_zeros(name, one, deep - 1)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            _no_zeros(name, one, deep - 1)


def _plain(value: Any) -> Any:
    return value


def _typed(kind: type, *, but: type | tuple[()] = ()) -> Callable[[Any], Any]:
    def read(shown: Any) -> Any:
        if not isinstance(shown, kind) or isinstance(shown, but):
            raise TypeError
        return shown

    return read


def _integer(bits: int) -> Callable[[Any], int]:
    whole = _typed(int, but=bool)

    def read(shown: Any) -> int:
        if not -(2 ** (bits - 1)) <= whole(shown) < 2 ** (bits - 1):
            raise OverflowError
        return int(shown)

    return read


def _number(shown: Any) -> float:
    if not isinstance(shown, float) or not isfinite(shown):
        raise TypeError
    return shown


def _moment(shown: Any) -> datetime:
    found = datetime.fromisoformat(_typed(str)(shown))
    if found.utcoffset() is None:
        raise ValueError
    return found.astimezone(UTC)


def _bytes(shown: Any) -> bytes:
    try:
        return base64.b64decode(_typed(str)(shown), validate=True)
    except binascii.Error:
        raise ValueError from None


_WAYS: Mapping[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "moment": (lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z"), _moment),
    "uuid": (str, lambda shown: UUID(_typed(str)(shown))),
    "yes or no": (bool, _typed(bool)),
    "integer of 64 bits": (int, _integer(64)),
    "integer of 32 bits": (int, _integer(32)),
    "number": (float, _number),
    "day": (date.isoformat, lambda shown: date.fromisoformat(_typed(str)(shown))),
    "bytes": (lambda value: base64.b64encode(value).decode(), _bytes),
    "json": (_plain, _plain),
    "file": (_plain, _typed(str)),
    "text": (str, _typed(str)),
}


@cache
def _sheet(table: Table) -> Mapping[str, _Cell]:
    annotations = {name: field.annotation for name, field in _model_of(table).model_fields.items()}
    return {column.name: _Cell(column, annotations[column.name]) for column in table.columns}


@cache
def _model_of(table: Table) -> type[SQLModel]:
    waiting: list[type[SQLModel]] = [SQLModel]
    while waiting:
        kind = waiting.pop()
        if getattr(kind, "__table__", None) is table:
            return kind
        waiting += kind.__subclasses__()
    raise LookupError(table.name)


# A whole row ---------------------------------------------------------------------------------------------


def look(table: Table, record: Mapping[str, Any]) -> None:
    """Raises Wrong for a row that the server would never have written: what a page shows as it is, above all."""
    for name, cell in _sheet(table).items():
        cell.look(record[name])
    for name in HTML.get(table.name, ()):
        if not is_clean(record[name]):
            raise Wrong(f"{name} is no HTML that this server makes")
    for name, check in _MORE.get(table.name, {}).items():
        if record[name] is not None and not check(record):
            raise Wrong(f"{name} is not what this column holds")


def _is_time_zone(record: Mapping[str, Any]) -> bool:
    try:
        ZoneInfo(record["timezone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _side(name: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda record: 1 <= record[name] <= LONGEST_SIDE


_ROLES = frozenset(str(role) for role in Role)
HTML: Mapping[str, Mapping[str, str]] = {
    "message": {"html": "text"},
    "letter": {"html": "text"},
    "announcement_text": {"html": "text", "truth_html": "truth"},
    "space_text": {"rules_html": "rules"},
}
"""By table: columns with HTML, and the text that each is made from."""
_MORE: Mapping[str, Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "space": {
        "slug": lambda record: bool(_SLUG.fullmatch(record["slug"])),
        "timezone": _is_time_zone,
        "messages_days": lambda record: record["messages_days"] in SPACE_DAYS,
    },
    "member": {"totp_confirmed": lambda record: not record["totp_confirmed"] or bool(record["totp_secret"])},
    "message": {"lasts_days": lambda record: record["lasts_days"] in ALL_DAYS},
    "space_hold": {
        "until": lambda record: (record["until"] - record["asked_on"]).days <= MOST_HELD_DAYS,
        "state": lambda record: record["state"] != HoldState.STANDS or record["agreed_on"] is not None,
        "agreed_by": lambda record: record["agreed_by"] != record["asked_by"],
    },
    "hall": {"timezone": _is_time_zone, "state": lambda record: record["state"] in AT_REST},
    "decision_effect": {
        "before": lambda record: effects.fits(record["kind"], record["before"], before=True),
        "after": lambda record: effects.fits(record["kind"], record["after"], before=False),
    },
    "picture": {
        "media_type": lambda record: record["media_type"] == MEDIA_TYPE,
        "width": _side("width"),
        "height": _side("height"),
        "content": lambda record: record["content"] == media_name(record["id"]),
    },
    "role_grant": {"role": lambda record: record["role"] in _ROLES},
}
