"""Statements that are asked with every page or message, translated once and handed to the driver as they are.

SQLAlchemy composes, keys, adapts and wraps every statement anew: four fifths of what a small question costs.
"""

import threading
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Insert, Select, Update, bindparam, insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]


class Rows:
    """What was found, all of it. Each row is a tuple whose parts have the names of their columns."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        """Every row."""
        return self._rows

    def first(self) -> Any | None:
        """The first row, if there is one."""
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """The only row. Raises LookupError when there are none or more."""
        if len(self._rows) != 1:
            raise LookupError(f"One row was expected; there are {len(self._rows)}.")
        return self._rows[0]

    def value(self) -> Any | None:
        """The first column of the first row, if there is one."""
        return self._rows[0][0] if self._rows else None


@dataclass(frozen=True, slots=True)
class _Translated:
    """A statement in the words of one database: its parameters in order, and what their values go through."""

    sql: str
    order: Sequence[tuple[str, Convert | None]] | None
    """None for a driver that takes its parameters by name."""
    fixed: Mapping[str, Any]
    given: Sequence[tuple[str, Convert | None]]
    found: Sequence[tuple[int, Convert]]
    row: Callable[[Sequence[Any]], Any] | None
    """None when nothing is given back."""

    def values(self, params: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them. Raises KeyError when one is missing."""
        if self.order is not None:
            whole = {**params, **self.fixed} if self.fixed else params
            return [whole[name] if convert is None else convert(whole[name]) for name, convert in self.order]
        values = dict(self.fixed)
        for name, convert in self.given:
            value = params[name]
            values[name] = value if convert is None else convert(value)
        return values

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """What the driver found, in Python's types."""
        assert self.row is not None
        if not self.found:
            return [self.row(line) for line in found]
        rows: list[Any] = []
        for line in found:
            cells = list(line)
            for place, convert in self.found:
                cells[place] = convert(cells[place])
            rows.append(self.row(cells))
        return rows


class Prepared:
    """One statement with named parameters. Make it once, at the top of a module.

    Lists in it (`IN`) must be known when it is made. Everything that SQLAlchemy promises of types holds here too.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update) -> None:
        self.statement = statement
        self._translations: dict[str, _Translated] = {}
        self._lock = threading.Lock()

    def run(self, connection: Connection, params: Mapping[str, Any]) -> Rows:
        """Ask the database within the connection's transaction. Raises what SQLAlchemy would raise."""
        translated = self._in_words_of(connection.dialect)
        found = _driven(connection, "execute", translated.sql, translated.values(params))
        return Rows(translated.rows(found.fetchall()) if translated.row else ())

    def run_many(self, connection: Connection, many: Sequence[Mapping[str, Any]]) -> None:
        """The same for many parameters at once; nothing is given back."""
        translated = self._in_words_of(connection.dialect)
        _driven(connection, "executemany", translated.sql, [translated.values(params) for params in many])

    def run_openly(self, connection: Connection, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Rows:
        """The ordinary way, for whoever listens to every statement."""
        answer = connection.execute(self.statement, params)
        return Rows(answer.all() if answer.returns_rows else ())

    def _in_words_of(self, dialect: Dialect) -> _Translated:
        known = self._translations.get(dialect.name)
        if known is None:
            with self._lock:
                known = self._translations[dialect.name] = _translated(self.statement, dialect)
        return known


def _driven(connection: Connection, how: str, sql: str, values: Any) -> Any:
    if not connection.in_transaction():
        connection.begin()
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        getattr(cursor, how)(sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        dialect = connection.dialect
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=dialect) from error
    return cursor


def _translated(statement: Any, dialect: Dialect) -> _Translated:
    compiled: Any = statement.compile(dialect=dialect)
    asked = {name for name, bound in compiled.binds.items() if bound.required}
    state = compiled.construct_expanded_state(dict.fromkeys(asked))  # lists are written out, value by value
    converts = {name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in asked}
    processors: Mapping[str, Convert] = state.processors
    fixed = {
        name: processors[name](value) if name in processors else value
        for name, value in state.parameters.items()
        if name not in asked
    }
    columns = list(statement.exported_columns) if not isinstance(statement, Update) else []
    shapes = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return _Translated(
        sql=state.statement,
        order=[(name, converts.get(name)) for name in state.positiontup or ()] if compiled.positional else None,
        fixed=fixed,
        given=list(converts.items()),
        found=[(place, convert) for place, convert in enumerate(shapes) if convert is not None],
        row=_row_of([str(column.name) for column in columns]) if columns else None,
    )


def _row_of(names: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    return kind._make


def named(table: Any) -> dict[str, Any]:
    """A named parameter for every column that a row is given; the database numbers the rows itself."""
    columns = table.__table__.columns
    return {column.name: bindparam(column.name, type_=column.type) for column in columns if not _numbered(column)}


def new_row(table: Any) -> Insert:
    """A new row of the table, all of its columns given by name."""
    return insert(table).values(named(table)).inline()


def _numbered(column: Any) -> bool:
    return column.primary_key and column.table.autoincrement_column is column
