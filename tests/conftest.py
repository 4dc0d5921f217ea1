"""What the tests stand on: a new community for each test, on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import build
from server.crypto import keyring
from server.database import Database
from server.migrations import history
from server.settings import Settings
from server.townhall.live.feed import Pace
from tests.clusters import Cluster, cluster
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.memories import Memory, memory
from tests.people import ADDRESS, Community

IN_CI = os.environ.get("CI") == "true"


def missing(what: str) -> None:
    """In CI a missing tool is a failure; elsewhere the test is skipped, with the reason."""
    if IN_CI:
        pytest.fail(f"{what} is missing, and this is CI")
    pytest.skip(f"{what} is not on this machine")


LONGEST = ("test_every_page.py", "test_bad_input.py", "test_cross_site.py", "test_an_import_made_to_harm.py")
"""These come first, so that no process is left with one of them while the others have nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; the others as they are found."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "community.sqlite3"
    db = Database(f"sqlite:///{path}")
    history.upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of our own, or the one that TEST_POSTGRES_URL names."""
    with cluster() as found:
        if found is None:
            missing("PostgreSQL (initdb, or TEST_POSTGRES_URL)")
        assert found is not None
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, migrated database: each test runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "community.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Cluster = request.getfixturevalue("postgres")
    with server.new_database() as url:
        yield url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A new SQLite database, for tests in which the kind of database makes no difference."""
    path = tmp_path / "community.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def memory_server() -> Iterator[Memory]:
    """A Redis of this test's own."""
    with memory() as found:
        if found is None:
            missing("Redis or Valkey (redis-server or valkey-server)")
        assert found is not None
        yield found


def community_at(url: str, tmp_path: Path, redis_url: str = "", clock: StillClock | None = None) -> Community:
    """A running community on this database."""
    settings = Settings(data_dir=tmp_path, database_url=url, public_url=ADDRESS, redis_url=redis_url)
    keyring.create(settings.keys_dir)
    clock, screen = clock or StillClock(), WordScreen()
    pace = Pace(tick=0.02, gather=0.005, picture=0.0, stalled=0.3)
    house = build(settings, clock=clock, screen=screen, passwords=quick_passwords, operator="Bridge Network", pace=pace)
    return Community(house, clock, screen)


@pytest.fixture
def community(sqlite_url: str, tmp_path: Path) -> Iterator[Community]:
    """A running community on SQLite, with an open space called `questions`."""
    with community_at(sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
def community_on_both(database_url: str, tmp_path: Path) -> Iterator[Community]:
    """The same on each kind of database."""
    with community_at(database_url, tmp_path) as made:
        yield made
