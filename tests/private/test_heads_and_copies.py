"""The heads of the trail that were published: a copy that is laid back is older than they are, and that is no alarm;
a line that somebody took out is one, before a copy is made and after."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from server import operating
from server.private import models
from server.private.daily import HEADS_FILE, Daily, published
from server.settings import Settings
from tests.private.houses import WholeHouse

WHOLE, FAULTS = "private: the trail is whole.", "private: the trail has faults: see baraza audit verify."
TELL = "Tell whoever notes the heads down."


def days_go_by(house: WholeHouse, days: int) -> list[date]:
    """Each day something is done, and the day is closed and published."""
    work, went_by = house.scene.work, list[date]()
    daily = Daily(house.scene.clock, work.erasing, work.trail, work.wholeness, house.settings.private_dir)
    for _ in range(days):
        went_by.append(house.scene.clock.now().date())
        with work.db.transaction() as tx:
            work.trail.note(tx, "read", at=house.scene.clock.now(), by="cleo")
        house.community.clock.goes_on(days=1)
        house.scene.clock.at = house.community.clock.at
        daily.run(house.scene.clock.now())
    return went_by


def with_the_heads(house: WholeHouse, folder: Path) -> Settings:
    """A new machine, on which somebody has laid the heads that were published last."""
    new = house.elsewhere(folder)
    (new.private_dir / HEADS_FILE).write_bytes((house.settings.private_dir / HEADS_FILE).read_bytes())
    return new


def test_days_that_were_closed_after_the_copy_are_told_and_are_no_fault(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house = house_to_copy
    days_go_by(house, 3)
    copy = house.backed_up()
    later = days_go_by(house, 3)
    new = with_the_heads(house, tmp_path / "new")
    told = house.restored(new, copy)
    assert WHOLE in told
    [said] = [line for line in told if TELL in line]
    assert later[0].isoformat() in said and later[-1].isoformat() in said
    assert len(published(new.private_dir)) == 3
    fine, lines = operating.audited(new)
    assert fine, lines


def test_a_copy_from_before_the_days_work_is_no_fault_either(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    """The day before is closed in the course of the day: a copy of the early morning has its lines and not its head."""
    house = house_to_copy
    days_go_by(house, 3)
    with house.scene.work.db.transaction() as tx:
        house.scene.work.trail.note(tx, "read", at=house.scene.clock.now(), by="cleo")
    house.community.clock.goes_on(days=1)
    house.scene.clock.at = house.community.clock.at
    copy = house.backed_up()
    days_go_by(house, 1)
    told = house.restored(with_the_heads(house, tmp_path / "new"), copy)
    assert WHOLE in told and any(TELL in line for line in told)


def heads_cut_off(house: WholeHouse, since: date) -> None:
    with house.scene.work.db.transaction() as tx:
        tx.run(delete(models.Head).where(col(models.Head.day) >= since))
        tx.run(delete(models.Leaf).where(col(models.Leaf.day) >= since))


def one_head_changed(house: WholeHouse, since: date) -> None:
    with house.scene.work.db.transaction() as tx:
        tx.run(update(models.Head).where(col(models.Head.day) == since).values(root=bytes(32)))


@pytest.mark.parametrize("harm", [heads_cut_off, one_head_changed])
def test_what_somebody_took_out_before_the_copy_is_a_fault(house_to_copy: WholeHouse, tmp_path: Path, harm) -> None:
    house = house_to_copy
    went_by = days_go_by(house, 4)
    harm(house, went_by[2])
    copy = house.backed_up()
    new = with_the_heads(house, tmp_path / "new")
    before = published(new.private_dir)
    told = house.restored(new, copy)
    assert FAULTS in told
    assert published(new.private_dir) == before, "what was published is left for whoever looks into it"


@pytest.mark.parametrize("harm", [heads_cut_off, one_head_changed])
def test_the_days_work_does_not_publish_in_place_of_what_was_published(
    house_to_copy: WholeHouse, harm, caplog: pytest.LogCaptureFixture
) -> None:
    house = house_to_copy
    went_by = days_go_by(house, 4)
    before = published(house.settings.private_dir)
    harm(house, went_by[2])
    days_go_by(house, 2)
    after = published(house.settings.private_dir)
    assert {day: after[day] for day in before} == before and len(after) == 6
    assert "the trail is not as it was published: see baraza audit verify" in caplog.messages
    fine, lines = operating.audited(house.settings)
    assert not fine and any(went_by[2].isoformat() in line for line in lines)


def test_heads_that_cannot_be_read_end_no_other_work_of_the_day(house_to_copy: WholeHouse) -> None:
    house = house_to_copy
    days_go_by(house, 1)
    (house.settings.private_dir / HEADS_FILE).write_text("noise\n")
    work, done = house.scene.work, list[str]()
    daily = Daily(
        house.scene.clock, work.erasing, work.trail, work.wholeness, house.settings.private_dir,
        [lambda at: done.append("also")],
    )  # fmt: skip
    daily.run(house.scene.clock.now())
    assert done == ["also"] and (house.settings.private_dir / HEADS_FILE).read_text() == "noise\n"
