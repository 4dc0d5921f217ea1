"""The private room on PostgreSQL: the same from the first word to the erasing, and no word in its files or its log."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from server.errors import NotFound
from server.private import database
from server.private.files import Attachment, digest_of
from server.private.migrations import history
from server.settings import Settings
from tests.clusters import Cluster
from tests.doubles import StillClock
from tests.private.rooms import Ticking
from tests.private.scene import Scene

pytestmark = pytest.mark.postgres
CANARY = "canary-4410-otter"
CONTROL = "control-9926-otter"


@pytest.fixture
def scene_there(room_settings: Settings, ticking: Ticking, postgres: Cluster) -> Iterator[Scene]:
    """The room with its database on PostgreSQL."""
    with postgres.new_database(migrated=False) as url:
        db = database.opened(url)
        history.upgrade(db)
        db.close()
        made = Scene(room_settings.model_copy(update={"private_database_url": url}), StillClock(), ticking)
        made.everybody()
        yield made
        made.close()


def files_of(cluster: Cluster) -> Path | None:
    """The folder of a server that these tests have made; None for one that somebody named."""
    with psycopg.connect(cluster.address) as connection:
        row = connection.execute("show data_directory").fetchone()
    assert row is not None
    folder = Path(str(row[0]))
    return folder if "baraza-postgres-" in str(folder) else None


def found_in(folder: Path, words: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_a_case_from_its_first_word_to_its_end(scene_there: Scene, postgres: Cluster) -> None:
    scene, work = scene_there, scene_there.work
    _, reporter = scene.filed(CANARY)
    now = scene.clock.now()
    cleo, dara = scene.people["cleo"].me, scene.people["dara"].me
    alias = work.casework.work_list(cleo, at=now)[0].alias
    work.casework.answer(cleo, alias, "answer " + CANARY, at=now)
    assert [one.text for one in work.conversations.shown(reporter, at=now).answers] == ["answer " + CANARY]
    work.conversations.add(reporter, "more " + CANARY, at=now)
    work.succession.recuse(cleo, alias, at=now)
    texts = [letter.body.get("text") for letter in work.casework.opened(dara, alias, at=now).letters]
    assert texts == [CANARY, "answer " + CANARY, "more " + CANARY, None]
    folder = files_of(postgres)
    if folder is not None:
        with psycopg.connect(postgres.address, autocommit=True) as connection:
            connection.execute(b"create table control (words text)")
            connection.execute("insert into control values (%s)", [CONTROL])
            connection.execute(b"checkpoint")
            assert found_in(folder, CONTROL), "the search finds what is there"
            connection.execute(b"drop table control")
        assert found_in(folder, CANARY) == []
    case = work.conversations.find(reporter, at=now)
    assert case is not None
    work.erasing.erase(case)
    with pytest.raises(NotFound):
        work.casework.opened(dara, alias, at=now)
    assert work.casework.work_list(dara, at=now) == []


def test_files_come_and_end_there_too(scene_there: Scene, postgres: Cluster) -> None:
    scene, work = scene_there, scene_there.work
    content = (CANARY + " in a picture ").encode() * 20_000
    kept = Attachment("a.jpg", "image/jpeg", bytearray(content), digest_of(content), bytearray(content))
    _, reporter = scene.filed(files=[kept])
    now = scene.clock.now()
    cleo, dara = scene.people["cleo"].me, scene.people["dara"].me
    alias = work.casework.work_list(cleo, at=now)[0].alias
    assert b"".join(work.files.copy(cleo, alias, 1, at=now).pieces) == content
    work.files.ask(cleo, alias, 1, "for the court", at=now)
    assert b"".join(work.files.original(dara, alias, 1, at=now).pieces) == content
    folder = files_of(postgres)
    assert folder is None or found_in(folder, CANARY) == []
    work.conversations.withdraw(reporter, at=now)
    scene.clock.goes_on(days=4)
    assert work.erasing.forget(at=scene.clock.now()).asked == 1
    scene.clock.goes_on(days=90)
    assert work.erasing.forget(at=scene.clock.now()).files == 2
