"""The one room that commits.

Two kinds of visit: `reading()` is a snapshot and changes nothing; `transaction()` writes, commits when the
block is left, rolls back when it raises, and only then lets the events go. On SQLite a writing visit is
BEGIN IMMEDIATE: a deferred one would lose updates or fail half-way when two write at once.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    MetaData,
    Select,
    UniqueConstraint,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from server.errors import BootRefused, Refused, Sentence, say
from server.events import Event
from server.hub import Hub
from server.prepared import Prepared, Rows

Kind = TypeVar("Kind")
THREADS = 16
"""Connections in the pool: more than there are threads that serve pages, so that none waits for another."""
BUSY_TIMEOUT_MS = 10_000
MOMENT_MS = 300
"""As long as a page may still be read when its words are to leave the log."""
PRAGMAS: Mapping[str, tuple[str, object]] = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "secure_delete": ("ON", 1),
    "busy_timeout": (str(BUSY_TIMEOUT_MS), BUSY_TIMEOUT_MS),
    "temp_store": ("MEMORY", 2),
    "trusted_schema": ("OFF", 0),
}
"""Set on every connection of SQLite and read back: a pragma that is not in force stops the boot."""
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

SQLModel.metadata.naming_convention = NAMING
metadata: MetaData = SQLModel.metadata

UNIQUE_SENTENCES: dict[str, Sentence] = {
    "uq_member_login_key": say("This sign-in name is taken. Please choose another."),
    "uq_membership_space_id_pseudonym_key": say("This name is taken in this space. Please choose another."),
    "uq_membership_member_id_space_id": say("You are a member of this space already."),
    "uq_bookmark_membership_id_message_id": say("This message is among your bookmarks already."),
    "uq_space_slug": say("There is a space with this address already. Please choose another."),
    "uq_flag_message_id_membership_id": say("You have flagged this message already."),
    "uq_appeal_decision_id": say("There is an appeal about this already. It is answered here."),
}
"""What a person reads when two of them wanted the same at the same moment."""


class Moment(TypeDecorator[datetime]):
    """A point in time as whole seconds since 1970, the same on both databases; aware UTC in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Seconds, without their fraction."""
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


_ALONE = text("SELECT pg_advisory_xact_lock(:name)")


class Transaction:
    """One visit to the database: a connection, and the events that leave after the commit.

    The session is made when a rule asks for it; most pages only look.
    """

    def __init__(self, connection: Connection) -> None:
        self.events: list[Event] = []
        self.last: list[Callable[[], None]] = []
        """Done just before the commit, after everything else: for what takes a lock that all visits share."""
        self.erases = False
        """Set by rules that overwrite somebody's words: the write-ahead log must forget them as well."""
        self._connection = connection
        self._is_heard = bool(connection.dispatch.before_cursor_execute)  # by a test, or a tracer
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """For rules, which add and change rows."""
        if self._session is None:
            self._session = Session(self._connection, autoflush=False, expire_on_commit=False)
        return self._session

    def look(
        self,
        statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]],
        params: Mapping[str, Any] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Read columns without the ORM's machinery: half the cost, for what every page asks."""
        if self._session is not None and self._session.new:
            self._session.flush()  # what this visit has just added is there to be seen
        return self._connection.execute(statement, params)

    def run(self, statement: Executable, params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> Any:
        """Change rows without the ORM's machinery, for what is done with every message; what was added comes first."""
        if self._session is not None and self._session.new:
            self._session.flush()
        return self._connection.execute(statement, params)

    def ask(self, prepared: Prepared, params: Mapping[str, Any]) -> Rows:
        """Read or change rows by a statement that is ready: a fifth of the cost, for what happens all the time."""
        if self._session is not None and self._session.new:
            self._session.flush()
        return (prepared.run_openly if self._is_heard else prepared.run)(self._connection, params)

    def ask_many(self, prepared: Prepared, many: Sequence[Mapping[str, Any]]) -> None:
        """Change rows by a statement that is ready, once for each."""
        if self._session is not None and self._session.new:
            self._session.flush()
        (prepared.run_openly if self._is_heard else prepared.run_many)(self._connection, many)

    def lock(self, prepared: Prepared, params: Mapping[str, Any]) -> None:
        """Hold rows still until this visit ends. On SQLite a writing visit is alone already."""
        if self.is_postgres:
            self.ask(prepared, params)

    def alone(self, name: int) -> None:
        """Wait until no other visit holds this name, and hold it to the end. On SQLite a writing visit is alone."""
        if self.is_postgres:
            self._connection.execute(_ALONE, {"name": name})

    @property
    def is_postgres(self) -> bool:
        """Where a statement must be said differently."""
        return self._connection.dialect.name == "postgresql"

    def flush(self) -> None:
        """Write what was added and is not yet there."""
        if self._session is not None:
            self._session.flush()

    def close(self) -> None:
        """Let the session's objects go; what they hold stays readable."""
        if self._session is not None:
            self._session.close()

    def announce(self, happened: Event) -> None:
        """Tell others of it, once it is committed."""
        self.events.append(happened)


class Database:
    """A database on SQLite or PostgreSQL: the community's, or, with other `tables`, the private room's."""

    def __init__(
        self,
        url: str,
        *,
        hub: Hub | None = None,
        threads: int = THREADS,
        tables: MetaData = metadata,
        sentences: Mapping[str, Sentence] | None = None,
    ) -> None:
        self.hub = hub or Hub()
        self._tables = tables
        self._sentences = UNIQUE_SENTENCES if sentences is None else sentences
        self.engine = _engine(url, threads)
        self._log_is_due = False
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            resting: list[Connection] = []
            self._reading = _Resting(self.engine, resting, writes=False)
            self._writing = _Resting(self.engine, resting, writes=True)
        else:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writing = self.engine

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """A snapshot to read from. Nothing done inside is kept."""
        with self._reading.connect() as connection:
            yield Transaction(connection)

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """A visit that writes. Raises Refused when a named constraint says no."""
        with self._writing.connect() as connection:
            whole = connection.begin()
            tx = Transaction(connection)
            try:
                yield tx
                tx.flush()
                for finish in tx.last:
                    finish()
                tx.close()
                whole.commit()
            except BaseException as error:
                tx.close()
                if whole.is_active:  # a refused row has rolled it back already
                    whole.rollback()
                sentence = self._sentence_for(error) if isinstance(error, IntegrityError) else None
                if sentence is None:
                    raise
                raise Refused(sentence) from None
        self._log_is_due = self._log_is_due or (tx.erases and self.is_sqlite)
        self.forget_log_when_due()
        self.hub.publish(tx.events)

    def forget_log_when_due(self) -> None:
        """Empty SQLite's write-ahead log, which still holds the pages as they were, if something was erased.

        A reader may be in the way: a page for a moment, which is waited for, or a backup for long. To wait for that
        would keep every writer waiting too: then the next visit that writes does it, or the clock.
        """
        if not self._log_is_due:
            return
        with self.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            connection.rollback()
            raw.execute(f"PRAGMA busy_timeout={MOMENT_MS}")
            try:
                self._log_is_due = False
                busy = bool(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            except sqlite3.OperationalError:  # another one is writing just now
                busy = True
            finally:
                raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            if busy:  # else it stays as it is: another visit may have erased something meanwhile
                self._log_is_due = True

    def rewrite(self, tables: Iterable[str]) -> None:
        """On PostgreSQL, write these tables anew, while nobody reads them: till then a deleted row stays in its file.

        SQLite overwrites at once (`secure_delete`). Raises KeyError for a table that is none of ours.
        """
        if self.is_sqlite:
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in sorted(set(tables)):
                quoted = connection.dialect.identifier_preparer.quote(self._tables.tables[name].name)
                connection.execute(text(f"VACUUM FULL {quoted}"))

    def _sentence_for(self, error: IntegrityError) -> Sentence | None:
        """The sentence of the unique constraint that said no, on either kind of database."""
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        return self._sentences.get(name or _named_by_columns(str(error.orig), self._tables) or "")

    def close(self) -> None:
        """Give every connection back."""
        for connections in (self._reading, self._writing):
            if isinstance(connections, _Resting):
                connections.close()
        self.engine.dispose()


class _Resting:
    """Connections to SQLite that rest between two visits: to make one ready costs more than a question.

    Those who read and those who write take them from the same place: whoever reads after another connection wrote
    must fetch every page anew, and a message is read for and written in turn.

    Not for PostgreSQL, whose connections can break while they rest; the pool knows what to do about that.
    """

    def __init__(self, engine: Engine, resting: list[Connection], *, writes: bool) -> None:
        self._engine = engine
        self._resting = resting
        self._writes = writes

    @contextmanager
    def connect(self) -> Generator[Connection]:
        """One for this visit alone. What it has begun is undone; after a failure it does not come back."""
        try:
            connection = self._resting.pop()
        except IndexError:
            connection = self._engine.connect()
        try:
            if connection.get_execution_options().get("writes", False) is not self._writes:
                connection.execution_options(writes=self._writes)
            yield connection
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        self._resting.append(connection)

    def close(self) -> None:
        """Let them go."""
        while self._resting:
            self._resting.pop().close()


def made(kind: Callable[..., Kind], row: Any, *more: Any) -> Kind:
    """A frozen dataclass from the columns of a row, in their order. The border where types come in."""
    return kind(*row, *more)


def changed(result: object) -> int:
    """How many rows a statement changed."""
    assert isinstance(result, CursorResult)
    return result.rowcount


def _engine(url: str, threads: int) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True, "pool_size": threads, "max_overflow": 4, "pool_timeout": 10}
    try:
        engine = create_engine(url, **options)
    except Exception as error:
        raise BootRefused(f"The database address cannot be used: {type(error).__name__}.") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name != "postgresql":
        raise BootRefused("The database must be SQLite or PostgreSQL (postgresql+psycopg://…).")
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event says BEGIN, so that it can be IMMEDIATE
    for name, (value, expected) in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise BootRefused(f"SQLite did not accept {name}={value}; it is {found}.")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _named_by_columns(message: str, declared: MetaData) -> str | None:
    """SQLite names the columns, not the constraint: "UNIQUE constraint failed: flag.message_id, flag.…"."""
    _, _, columns = message.partition("UNIQUE constraint failed: ")
    wanted = {part.strip() for part in columns.split(",") if part.strip()}
    for table in declared.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint) and wanted == {f"{table.name}.{c.name}" for c in constraint}:
                return str(constraint.name)
    return None
