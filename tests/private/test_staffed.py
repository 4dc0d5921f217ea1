"""The room tells which desks have readers: enough of them, of enough organisations, with papers that hold."""

import json
from datetime import timedelta
from pathlib import Path

from server.going_live import facts
from server.private import staffed
from server.private.app import once_a_day
from server.private.staffed import Staffed
from tests.private.scene import Scene


def told(scene: Scene, folder: Path, *, after: int = 0) -> dict[str, bool]:
    """What stands in the file after so many days."""
    work = scene.work
    Staffed(work.reporting, work.roster, folder).run(work.now() + timedelta(days=after))
    return json.loads((folder / staffed.FILE_NAME).read_text())["desks"]


def test_a_desk_with_its_readers_is_told_and_one_without_is_told_too(scene: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "told"
    desks = told(scene, folder)
    assert set(desks) == {desk.code for desk in scene.work.reporting.desks}
    assert desks["sea"] and desks["independent"]
    assert oct((folder / staffed.FILE_NAME).stat().st_mode)[-3:] == "640"
    assert set(json.loads((folder / staffed.FILE_NAME).read_text())) == {"day", "desks"}


def test_papers_that_ended_count_for_nothing(scene: Scene, tmp_path: Path) -> None:
    last = max(one.ends for one in scene.work.roster.certificates())
    days = (last - scene.work.now().date()).days
    assert not any(told(scene, tmp_path, after=days + 1).values())


def test_the_community_reads_what_the_room_writes(scene: Scene, tmp_path: Path) -> None:
    told(scene, tmp_path)
    today = scene.work.now().date()
    for days, known in ((0, True), (3, True), (4, False), (-1, False)):
        found = facts.look(
            policies=tmp_path, told_dir=tmp_path, backup_dir=None, today=today + timedelta(days=days)
        ).desks_without_readers
        assert (found is not None) is known, days
    assert staffed.FILE_NAME == facts.STAFFED_FILE


def test_a_process_that_begins_anew_does_not_touch_the_file(scene: Scene, tmp_path: Path) -> None:
    told(scene, tmp_path)
    before = (tmp_path / staffed.FILE_NAME).stat()
    told(scene, tmp_path)
    after = (tmp_path / staffed.FILE_NAME).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_room_does_it_once_a_day(scene: Scene) -> None:
    for work in once_a_day(scene.house.room):
        work(scene.work.now())
    assert (scene.settings.told_dir / staffed.FILE_NAME).is_file()
