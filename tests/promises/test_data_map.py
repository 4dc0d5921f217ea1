"""Nothing is kept that nobody has given a reason and an end: the data map and the tables agree."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table
from sqlalchemy.engine import Engine

from server import policies
from server.database import Database
from server.errors import BootRefused
from server.migrations import history
from server.privacy import LASTING, LIFETIMES, DataMap, Ending, Ground, Sensitivity, Whose, check, gaps, load_map
from server.tables import metadata

POLICIES = Path(__file__).resolve().parents[2] / "policies"
NEVER_KEPT = {"email", "mail", "phone", "ip", "agent", "referrer", "device", "latitude", "longitude", "seen", "born"}
"""Parts of column names for things that the privacy page says are never kept."""

ENTRY = 'mood = { purpose = "Why.", class = "public", ground = "consent", lifetime = "messages_days", ends = "delete" }'
SMALL_MAP = f'[diary]\nabout = "A diary."\nwhose = "member"\nkind = "messages"\n[diary.columns]\n{ENTRY}\n'


@pytest.fixture
def data_map() -> DataMap:
    """The map that ships."""
    return load_map(POLICIES)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with every table of the server."""
    database = Database(f"sqlite:///{tmp_path / 'community.sqlite3'}")
    metadata.create_all(database.engine)
    yield database.engine
    database.close()


def small_map(tmp_path: Path, words: str) -> DataMap:
    """The map that these words make."""
    (tmp_path / "data_map.toml").write_text(words, "utf-8")
    return load_map(tmp_path)


def run(engine: Engine, statement: str) -> None:
    """Change the database behind the server's back."""
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def refusal_to_start(data_map: DataMap, engine: Engine) -> str:
    """What the operator reads."""
    with pytest.raises(BootRefused) as refused:
        check(data_map, engine)
    return str(refused.value)


def test_every_column_has_a_purpose_and_a_lifetime_and_every_entry_a_column(data_map: DataMap) -> None:
    assert gaps(data_map, metadata) == []


def test_the_server_starts_on_its_own_tables(data_map: DataMap, engine: Engine) -> None:
    check(data_map, engine)


def test_the_server_starts_on_the_tables_that_the_migrations_make(data_map: DataMap, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    history.upgrade(database)
    check(data_map, database.engine)
    database.close()


def test_a_column_that_nobody_explained_stops_the_boot(data_map: DataMap, engine: Engine) -> None:
    run(engine, "alter table message add column mood text")
    assert "The column message.mood has no entry." in refusal_to_start(data_map, engine)


def test_a_computed_column_does_not_hide(data_map: DataMap, engine: Engine) -> None:
    run(engine, "alter table message add column first_words text as (substr(text, 1, 20)) virtual")
    assert "The column message.first_words has no entry." in refusal_to_start(data_map, engine)


def test_an_entry_without_a_column_stops_the_boot(data_map: DataMap, engine: Engine) -> None:
    run(engine, "alter table message drop column renderer")
    assert "The entry message.renderer has no column." in refusal_to_start(data_map, engine)


def test_an_entry_without_a_table_stops_the_boot(data_map: DataMap, engine: Engine) -> None:
    run(engine, "drop table duty_hours")
    assert "The entry duty_hours has no table." in refusal_to_start(data_map, engine)


def test_a_stray_table_in_the_database_stops_the_boot(data_map: DataMap, engine: Engine) -> None:
    run(engine, "create table visit_log (address text)")
    assert "The table visit_log has no entry." in refusal_to_start(data_map, engine)


def test_a_search_index_and_its_shadows_stop_the_boot(data_map: DataMap, engine: Engine) -> None:
    run(engine, "create virtual table words using fts5(text)")
    refusal = refusal_to_start(data_map, engine)
    assert "The table words has no entry." in refusal
    assert "The table words_content has no entry." in refusal


def test_an_empty_database_does_not_pass_for_a_complete_one(data_map: DataMap, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert "The entry message has no table." in refusal_to_start(data_map, database.engine)
    database.close()


def test_tables_of_the_migrations_and_of_sqlite_may_be_there(data_map: DataMap, engine: Engine) -> None:
    run(engine, "create table alembic_version (version_num varchar(32) not null)")
    run(engine, "insert into alembic_version values ('0001')")
    run(engine, "analyze")
    check(data_map, engine)


def test_a_table_that_the_code_declares_needs_an_entry_before_any_database_exists(tmp_path: Path) -> None:
    declared = MetaData()
    Table("diary", declared, Column("id", Integer, primary_key=True))
    found = gaps(small_map(tmp_path, SMALL_MAP), declared)
    assert found == ["The column diary.id has no entry.", "The entry diary.mood has no column."]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('class = "public"', 'class = "secret"'),
        ('ground = "consent"', 'ground = "curiosity"'),
        ('lifetime = "messages_days"', 'lifetime = "forever"'),
        ('lifetime = "messages_days"', "lifetime = 365"),
        ('ends = "delete"', 'ends = "archive"'),
        ('whose = "member"', 'whose = "nobody"'),
        ('whose = "member"', 'whose = "member"\nmade_by = "magic"'),
        ('purpose = "Why."', 'purpose = " "'),
        ('purpose = "Why.", ', ""),
        ('ends = "delete"', 'ends = "delete", shared_with = "others"'),
        ('about = "A diary."\n', ""),
        ('about = "A diary."\n', 'about = "A diary."\nmood = 1\n'),
        (ENTRY, 'mood = "kept"'),
        ("[diary]\n", "[diary\n"),
    ],
)
def test_a_wrong_entry_stops_the_boot_and_is_named(tmp_path: Path, written: str, instead: str) -> None:
    small_map(tmp_path, SMALL_MAP)
    assert written in SMALL_MAP
    with pytest.raises(BootRefused, match=r"data_map\.toml"):
        small_map(tmp_path, SMALL_MAP.replace(written, instead))


def test_the_refusal_names_the_key_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(BootRefused) as refused:
        small_map(tmp_path, SMALL_MAP.replace('"messages_days"', '"forever"'))
    assert str(refused.value).startswith("data_map.toml [diary] mood: lifetime must be one of account, ")


def test_a_missing_map_stops_the_boot(tmp_path: Path) -> None:
    with pytest.raises(BootRefused, match=r"data_map\.toml is missing"):
        load_map(tmp_path)


def test_every_lifetime_in_days_is_a_key_that_the_policies_read(data_map: DataMap) -> None:
    kept = policies.load(POLICIES).retention
    named = {column.lifetime for table in data_map.tables.values() for column in table.columns.values()}
    assert {field.name for field in fields(kept)} == LIFETIMES - LASTING
    assert named - LASTING
    assert all(getattr(kept, lifetime) > 0 for lifetime in named - LASTING)


def test_nothing_about_a_person_is_called_impersonal(data_map: DataMap) -> None:
    for name, table in data_map.tables.items():
        if table.whose in (Whose.MEMBER, Whose.STAFF):
            assert all(column.ground is not Ground.NOT_PERSONAL for column in table.columns.values()), name


def test_what_is_emptied_at_its_end_can_be_empty(data_map: DataMap) -> None:
    emptied = [
        (name, column)
        for name, table in data_map.tables.items()
        for column, entry in table.columns.items()
        if entry.ends is Ending.ANONYMISE
    ]
    assert emptied
    assert all(metadata.tables[table].columns[column].nullable for table, column in emptied)


def test_secrets_are_kept_sealed_and_nothing_else_is_called_so(data_map: DataMap) -> None:
    secret = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) or column.name.endswith("_hash")
        if (table.name, column.name) != ("picture", "content")  # bytes that are there to be seen
        if (table.name, column.name)
        not in {("ledger_entry", name) for name in ("salt", "previous", "seal")}  # to check
        if (table.name, column.name) not in {("passkey", "credential_id"), ("passkey", "public_key")}  # open nothing
    }
    sealed = {
        (name, column)
        for name, table in data_map.tables.items()
        for column, entry in table.columns.items()
        if entry.sensitivity is Sensitivity.SEALED
    }
    assert secret == sealed


def test_no_column_has_the_name_of_something_that_is_never_kept(data_map: DataMap) -> None:
    for name, table in data_map.tables.items():
        for column in table.columns:
            assert not NEVER_KEPT & set(column.split("_")), f"{name}.{column}"


def test_every_purpose_is_one_plain_sentence(data_map: DataMap) -> None:
    for table in data_map.tables.values():
        for purpose in (column.purpose for column in table.columns.values()):
            assert purpose.endswith(".") and purpose.count(".") == 1 and purpose[0].isupper(), purpose
            assert len(purpose) <= 160, purpose
