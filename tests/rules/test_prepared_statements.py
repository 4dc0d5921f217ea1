"""A prepared statement does what SQLAlchemy does: the same rows, types, snapshot and refusals, on both databases."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, event, func, select, text, update
from sqlmodel import col

from server.accounts.queries import _SESSION  # pyright: ignore[reportPrivateUsage]
from server.database import Database, Transaction
from server.errors import Refused
from server.forum.queries import _HELD, _TOPIC_BY_ID  # pyright: ignore[reportPrivateUsage]
from server.prepared import Prepared, new_row
from server.spaces.models import Access, Joining, Space, SpaceState

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_NEW = Prepared(new_row(Space).returning(col(Space.id)))
_FOUND = select(
    col(Space.id),
    col(Space.languages),
    col(Space.read_only),
    col(Space.words_changed_at),
    col(Space.state),
    col(Space.id).label("again"),
).where(col(Space.slug) == bindparam("slug"), col(Space.state).in_([SpaceState.OPEN, SpaceState.ARCHIVED]))


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def _row(slug: str) -> dict[str, Any]:
    return {
        "slug": slug,
        "access": Access.OPEN,
        "joining": Joining.OPEN,
        "state": SpaceState.OPEN,
        "premoderated": False,
        "messages_days": None,
        "read_only": True,
        "locked_for": None,
        "archived_at": None,
        "words_changed_at": AT,
        "host": "Bridge Network",
        "languages": ["en", "ar"],
        "timezone": "UTC",
        "version": 1,
    }


def _filled(db: Database, slug: str) -> int:
    with db.transaction() as tx:
        return int(tx.ask(_NEW, _row(slug)).one().id)


def test_rows_and_types_are_those_of_sqlalchemy(db: Database) -> None:
    key = _filled(db, "questions")
    prepared = Prepared(_FOUND)
    with db.reading() as tx:
        found = tx.ask(prepared, {"slug": "questions"}).one()
        usual = tx.look(_FOUND, {"slug": "questions"}).one()
        assert tuple(found) == tuple(usual)
        assert [type(part) for part in found] == [type(part) for part in usual]
        assert found.again == key
        assert found.words_changed_at == AT
        assert found.languages == ["en", "ar"]
        assert tx.ask(prepared, {"slug": "nothing"}).first() is None
        assert tx.ask(prepared, {"slug": "nothing"}).value() is None


def test_a_visit_that_fails_leaves_nothing(db: Database) -> None:
    _filled(db, "kept")
    rename = Prepared(update(Space).where(col(Space.slug) == bindparam("was")).values(slug=bindparam("name")))

    def fails(tx: Transaction) -> None:
        tx.ask(rename, {"was": "kept", "name": "lost"})
        raise RuntimeError

    with pytest.raises(RuntimeError), db.transaction() as tx:
        fails(tx)
    with db.reading() as tx:
        assert tx.ask(Prepared(_FOUND), {"slug": "kept"}).first() is not None


def test_reading_is_a_snapshot_from_the_first_question_on(db: Database) -> None:
    _filled(db, "first")
    prepared = Prepared(_FOUND)
    with db.reading() as tx:
        assert tx.ask(prepared, {"slug": "second"}).first() is None
        _filled(db, "second")
        assert tx.ask(prepared, {"slug": "second"}).first() is None
    with db.reading() as tx:
        assert tx.ask(prepared, {"slug": "second"}).first() is not None


def test_a_named_constraint_refuses_with_its_sentence(db: Database) -> None:
    _filled(db, "questions")
    with pytest.raises(Refused) as refused:
        _filled(db, "questions")
    assert "address" in refused.value.sentence.english


def test_a_missing_value_is_an_error_and_not_nothing(db: Database) -> None:
    with db.reading() as tx, pytest.raises(KeyError):
        tx.ask(Prepared(_FOUND), {})


def test_whoever_listens_to_statements_hears_of_these(db: Database) -> None:
    heard: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    _filled(db, "heard")
    event.remove(db.engine, "before_cursor_execute", note)
    assert any("INSERT INTO space" in statement for statement in heard)


@pytest.mark.parametrize("prepared", [_SESSION, _TOPIC_BY_ID, _HELD], ids=["session", "topic", "held"])
def test_the_busiest_questions_give_the_columns_that_their_readers_count(db: Database, prepared: Prepared) -> None:
    params: Callable[[str], Any] = {
        "token_hash": b"0" * 32,
        "now": AT,
        "public_id": uuid4(),
        "member_id": 1,
        "membership_id": 1,
        "topic_id": 1,
    }.__getitem__
    asked = {name: params(name) for name, bound in prepared.statement.compile().binds.items() if bound.required}
    with db.reading() as tx:
        assert list(tx.ask(prepared, asked)) == list(tx.look(prepared.statement, asked))  # type: ignore[arg-type]


def test_many_rows_at_once_and_one_that_is_there_already_changes_nothing(db: Database) -> None:
    new = Prepared(new_row(Space))
    with db.transaction() as tx:
        tx.ask_many(new, [_row("one"), _row("two")])
    with db.reading() as tx:
        assert [tx.ask(Prepared(_FOUND), {"slug": slug}).value() for slug in ("one", "two")] != [None, None]
    with pytest.raises(Refused), db.transaction() as tx:
        tx.ask_many(new, [_row("three"), _row("one")])
    with db.reading() as tx:
        assert tx.ask(Prepared(_FOUND), {"slug": "three"}).first() is None


def test_who_writes_is_alone_from_the_beginning_also_where_somebody_has_read_before(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'community.db'}")
    with db.reading() as tx:
        tx.look(select(func.count()).select_from(text("sqlite_master")))
    other = sqlite3.connect(tmp_path / "community.db", timeout=0, isolation_level=None)
    with db.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with db.reading() as tx:
        tx.look(select(func.count()).select_from(text("sqlite_master")))
        other.execute("BEGIN IMMEDIATE")  # who only reads holds up nobody, also where somebody has written before
    other.close()
    db.close()
