"""The private room in this process, and forms as browsers send them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.private import database, keys
from server.private.app import PrivateHouse, build
from server.private.migrations import history
from server.settings import Settings
from tests.doubles import StillClock
from tests.people import Community
from tests.private.houses import WholeHouse, whole_house
from tests.private.rooms import RoomBrowser, Ticking
from tests.private.scene import Scene


@pytest.fixture(scope="session")
def prepared_room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private database at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("private") / "private.sqlite3"
    db = database.opened(f"sqlite:///{path}")
    history.upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


@pytest.fixture
def room_settings(prepared_room: Path, tmp_path: Path) -> Settings:
    """A data directory in which the private room can start."""
    settings = Settings(data_dir=tmp_path)
    keys.create(settings.private_dir)
    (settings.private_dir / "private.sqlite3").write_bytes(prepared_room.read_bytes())
    return settings


@pytest.fixture
def ticking() -> Ticking:
    """Seconds that pass when they are told to."""
    return Ticking()


@pytest.fixture
def house(room_settings: Settings, ticking: Ticking) -> Iterator[PrivateHouse]:
    """The private room, in this process."""
    made = build(room_settings, clock=StillClock(), seconds=ticking)
    yield made
    made.room.pool.close()
    made.room.threads.close()
    made.room.db.close()


@pytest.fixture
def browser(house: PrivateHouse) -> RoomBrowser:
    """Somebody at the door of the room."""
    return RoomBrowser(house)


@pytest.fixture
def scene(room_settings: Settings, ticking: Ticking) -> Iterator[Scene]:
    """The room with officers and with people at every desk."""
    made = Scene(room_settings, StillClock(), ticking)
    made.everybody()
    yield made
    made.close()


@pytest.fixture
def house_to_copy(
    room_settings: Settings, community: Community, ticking: Ticking, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeHouse]:
    """A community and a private room on SQLite."""
    made = whole_house(room_settings, community, ticking, tmp_path_factory.mktemp("outside"))
    yield made
    made.scene.close()
