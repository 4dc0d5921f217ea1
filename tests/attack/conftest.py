"""An export to be spoiled, and a place for it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from server.moving import writing
from server.settings import Settings
from server.townhall.halls.models import Hall
from server.townhall.halls.states import HallState
from tests.attack.exports import CLOCK
from tests.conftest import community_at
from tests.roads import world


@pytest.fixture(scope="module")
def exported(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The data directory of a community, and what it exported."""
    data_dir = tmp_path_factory.mktemp("source")
    shutil.copy(migrated_sqlite, data_dir / "community.sqlite3")
    with community_at(f"sqlite:///{data_dir / 'community.sqlite3'}", data_dir) as community:
        world(community)
        with community.services.db.transaction() as tx:
            tx.run(update(Hall).where(col(Hall.state) != HallState.PREPARING).values(state=HallState.CLOSED))
    writing.export(Settings(data_dir=data_dir), data_dir / "export", clock=CLOCK)
    return data_dir, data_dir / "export"


@pytest.fixture
def folder(exported: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy to be spoiled, beside the keys."""
    shutil.copytree(exported[0] / "keys", tmp_path / "keys")
    return Path(shutil.copytree(exported[1], tmp_path / "export", symlinks=True))


@pytest.fixture
def target(folder: Path, database_url: str, tmp_path: Path) -> Settings:
    """An empty, migrated installation with the same keys, on both kinds."""
    assert folder.parent == tmp_path
    return Settings(data_dir=tmp_path, database_url=database_url)
