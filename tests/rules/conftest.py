"""What several of these tests begin with."""

from pathlib import Path
from typing import Any

import pytest

from tests.moves import Move
from tests.people import Community
from tests.rules.test_moving import installed


@pytest.fixture
def move(request: pytest.FixtureRequest, community_on_both: Community, tmp_path: Path) -> Any:
    """The old community on each kind of database, and the new one on the same kind."""
    (tmp_path / "backups").mkdir()
    old = installed(community_on_both, tmp_path).model_copy(update={"backup_dir": tmp_path / "backups"})
    if community_on_both.services.db.is_sqlite:
        yield Move(community_on_both, old, "")
        return
    with request.getfixturevalue("postgres").new_database(migrated=False) as url:
        yield Move(community_on_both, old, url)
