"""The private database: tables of its own, every column with a reason, nothing that tells what came first."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import LargeBinary, inspect, text
from sqlalchemy.exc import IntegrityError

from server import database as community
from server import places, privacy
from server.database import Database
from server.errors import BootRefused
from server.private import checking, database, keys
from server.private.app import build
from server.private.beginning import make_ready
from server.private.keeping import refuse_unready
from server.private.migrations import history
from server.private.models import Case, Entry, metadata
from server.settings import Settings
from tests.clusters import Cluster

POLICIES = places.shipped("policies")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A private database at the newest revision, of each kind."""
    if request.param == "sqlite":
        made = database.opened(f"sqlite:///{tmp_path / 'private.sqlite3'}")
        history.upgrade(made)
        yield made
        made.close()
        return
    server: Cluster = request.getfixturevalue("postgres")
    with server.new_database(migrated=False) as url:
        made = database.opened(url)
        history.upgrade(made)
        yield made
        made.close()


def test_the_revisions_make_exactly_the_tables_of_the_code(db: Database) -> None:
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert ScriptDirectory(str(history.FOLDER)).get_current_head() == history.NEWEST
    history.check(db)


def test_every_column_has_a_purpose_and_an_end(db: Database) -> None:
    data_map = privacy.load_map(POLICIES, privacy.PRIVATE_FILE_NAME)
    privacy.check(data_map, db.engine)
    assert privacy.gaps(data_map, metadata) == []
    with db.engine.begin() as connection:
        connection.exec_driver_sql("alter table paper add column mood text")
    with pytest.raises(BootRefused, match=r"data_map_private.toml.*paper\.mood"):
        privacy.check(data_map, db.engine)


def test_no_table_is_the_communitys() -> None:
    from server import tables

    assert metadata is not tables.metadata
    assert all(table.metadata is metadata for table in metadata.tables.values())


def test_whatever_could_tell_of_a_person_is_ciphertext() -> None:
    plain = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not isinstance(column.type, LargeBinary) and not column.name.endswith("id")
    }
    assert plain == {"case.version", "person.version", "file_part.number", "leaf.day", "leaf.place", "head.day"}


def test_rows_on_sqlite_have_no_number_that_tells_their_order(tmp_path: Path) -> None:
    db = database.opened(f"sqlite:///{tmp_path / 'private.sqlite3'}")
    history.upgrade(db)
    with db.engine.connect() as connection:
        for table in metadata.tables:
            with pytest.raises(Exception, match="no such column: rowid"):
                connection.execute(text(f'select rowid from "{table}"'))
    db.close()


def test_a_case_goes_with_all_that_hangs_on_it(db: Database) -> None:
    case = Case(receipt_id=b"r" * 32, alias_key=b"a" * 32, facts=b"f")
    with db.transaction() as tx:
        tx.session.add(case)
        tx.session.flush()
        tx.session.add(Entry(case_id=case.id, for_desk=b"d", for_reporter=b"r"))
    with db.transaction() as tx:
        tx.run(text('delete from "case"'))
    with db.reading() as tx:
        assert tx.run(text("select count(*) from entry")).scalar_one() == 0


def test_two_cases_cannot_have_one_receipt(db: Database) -> None:
    with pytest.raises(IntegrityError) as raised, db.transaction() as tx:
        tx.session.add_all(Case(receipt_id=b"r" * 32, alias_key=alias * 32, facts=b"f") for alias in (b"a", b"b"))
    assert "rrrr" not in str(raised.value)


def test_every_protection_of_the_community_database_is_in_force(tmp_path: Path) -> None:
    db = database.opened(f"sqlite:///{tmp_path / 'private.sqlite3'}")
    with db.engine.connect() as connection:
        for name, (_, expected) in community.PRAGMAS.items():
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() == expected
    db.close()


def test_an_older_or_newer_database_is_not_opened(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(BootRefused, match="newest revision"):
        history.check(db)
    with pytest.raises(BootRefused, match="newer Baraza"):
        history.upgrade(db)


@pytest.mark.postgres
def test_a_database_server_that_logs_values_is_a_finding(postgres: Cluster, tmp_path: Path) -> None:
    with postgres.new_database(migrated=False) as url:
        settings = Settings(data_dir=tmp_path, private_database_url=url)
        make_ready(settings)
        look = dict(checking.looks(settings, POLICIES, here=True))["private room: database"]
        with pytest.raises(BootRefused, match="log_error_verbosity is default"):
            look()


# Keys ----------------------------------------------------------------------------------------------------


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    keys.create(tmp_path / "private")
    first = keys.load(tmp_path / "private")
    keys.create(tmp_path / "private")
    again = keys.load(tmp_path / "private")
    assert (again.newest.pepper, again.newest.salt) == (first.newest.pepper, first.newest.salt)
    assert (len(first.newest.pepper), len(first.newest.salt), first.newest.edition) == (32, 16, 1)
    for path in [tmp_path / "private", *(tmp_path / "private").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert "pepper" not in repr(first)


def test_a_newer_edition_is_put_beside_the_older_one(tmp_path: Path) -> None:
    keys.create(tmp_path)
    for kind, size in (("pepper", 32), ("salt", 16)):
        path = tmp_path / "keys" / f"{kind}-2.key"
        path.write_bytes(b"2" * size)
        path.chmod(0o600)
    found = keys.load(tmp_path)
    assert sorted(found.editions) == [1, 2]
    assert found.newest.pepper == b"2" * 32


def test_the_pepper_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "credential"
    keys.create(tmp_path / "private", pepper_file=elsewhere)
    assert not list((tmp_path / "private").rglob("pepper*"))
    assert keys.load(tmp_path / "private", pepper_file=elsewhere).newest.pepper == elsewhere.read_bytes()


@pytest.mark.parametrize("name", ["pepper-1.key", "salt-1.key"])
def test_a_key_that_is_missing_damaged_or_open_stops_the_boot(tmp_path: Path, name: str) -> None:
    keys.create(tmp_path)
    path = tmp_path / "keys" / name
    path.chmod(0o640)
    with pytest.raises(BootRefused, match="open to others"):
        keys.load(tmp_path)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BootRefused, match="damaged"):
        keys.load(tmp_path)
    path.unlink()
    with pytest.raises(BootRefused, match="key"):
        keys.load(tmp_path)


# Beginning -----------------------------------------------------------------------------------------------


def test_a_room_without_anything_is_refused_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(BootRefused, match="baraza migrate"):
        refuse_unready(settings)
    with pytest.raises(BootRefused, match="baraza migrate"):
        build(settings)
    make_ready(settings)
    refuse_unready(settings)
    make_ready(settings)
    house = build(settings)
    house.room.db.close()


def test_lost_keys_are_never_made_anew_behind_the_operators_back(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    make_ready(settings)
    for path in (settings.private_dir / "keys").iterdir():
        path.unlink()
    with pytest.raises(BootRefused, match="no key"):
        make_ready(settings)
    with pytest.raises(BootRefused, match="migrate"):
        refuse_unready(settings)


def test_the_rooms_database_is_another_than_the_communitys(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    make_ready(settings)
    assert settings.private_database != settings.database
    db = database.existing(settings.private_database)
    assert set(inspect(db.engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    db.close()
