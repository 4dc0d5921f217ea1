"""Keys that others have followed never count again, whatever somebody does to the rows; and no reader is locked out by
a change that was cut off."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from server.crypto.sealed import boxes, successors
from server.crypto.sealed.successors import Successor
from server.errors import NotFound, Refused
from server.private import models
from server.private.people import Ring
from tests.private.scene import WORDS, Scene
from tests.private.test_changing_keys import AFTER, BEFORE, texts, unlocks

CUT_OFF = ("before", "follow", "rekey", "hand_on")


def papers(scene: Scene) -> list[object]:
    with scene.work.db.reading() as tx:
        return [name for (name,) in tx.look(select(col(models.Paper.id)))]


def rows_since_are_gone(scene: Scene, before: list[object]) -> None:
    """Somebody takes out of the database what came after that."""
    with scene.work.db.transaction() as tx:
        tx.run(delete(models.Paper).where(col(models.Paper.id).not_in(before)))


def begun_anew(scene: Scene) -> None:
    scene.close()
    scene.house = scene.opened()


@pytest.mark.parametrize("restarts", [False, True])
def test_an_old_key_does_not_come_back_when_the_row_of_its_successor_is_destroyed(scene: Scene, restarts: bool) -> None:
    scene.filed(BEFORE)
    old, before = scene.people["cleo"].me, papers(scene)
    scene.clock.goes_on(days=91)
    new = unlocks(scene, "cleo")
    rows_since_are_gone(scene, before)
    if restarts:
        begun_anew(scene)
    else:
        scene.work.roster._looked = 0.0  # a second later
    assert {one.verify for one in scene.work.roster.of(old.person)} == {new.verify}
    scene.filed(AFTER)
    assert sorted(texts(scene, new)) == sorted([BEFORE, AFTER]), "and the reader goes on as if nothing had been"
    assert texts(scene, old) == []
    alias = scene.work.casework.work_list(new, at=scene.clock.now())[0].alias
    with pytest.raises((Refused, NotFound)):
        scene.work.casework.answer(old, alias, "Words of a thief.", at=scene.clock.now())


def test_the_next_day_does_not_forget_a_successor_whose_row_is_gone(scene: Scene) -> None:
    before = papers(scene)
    scene.clock.goes_on(days=91)
    new = unlocks(scene, "cleo")
    rows_since_are_gone(scene, before)
    for _ in range(3):
        scene.clock.goes_on(days=1)
        scene.work.forgetting.once_a_day()
        scene.work.forgetting.note([uuid4()])
    begun_anew(scene)
    assert {one.verify for one in scene.work.roster.of(new.person)} == {new.verify}


def test_keys_that_changed_before_the_list_knew_of_it_are_on_it_the_next_day(scene: Scene) -> None:
    before = papers(scene)
    scene.clock.goes_on(days=91)
    ring = begun(scene)
    follows_without_a_list(scene, ring)
    scene.work.forgetting.refresh()
    rows_since_are_gone(scene, before)
    begun_anew(scene)
    assert {one.verify for one in scene.work.roster.of(ring.now.person)} == {ring.now.verify}


def begun(scene: Scene) -> Ring:
    return scene.work.people.begin_change(scene.people["cleo"].me.person, WORDS)


def follows_without_a_list(scene: Scene, ring: Ring) -> None:
    old, new = ring.before, ring.now
    assert old is not None
    day = scene.clock.now().date()
    step = Successor(new.person, old.verify, boxes.public_of(new.box_secret), new.verify, day)
    scene.work.roster.follow(successors.written(step, old_seed=old.signing_seed, new_seed=new.signing_seed))


def cut_off(scene: Scene, at: str) -> Ring:
    """A change of keys that ended in the middle."""
    ring, rotating = begun(scene), scene.work.rotating
    steps: list[Callable[[], object]] = [
        lambda: follows_without_a_list(scene, ring),
        lambda: rotating._follow(ring, scene.clock.now()),
        lambda: rotating._closed_anew(ring, scene.clock.now()),
    ]
    for step in steps[: CUT_OFF.index(at)]:
        step()
    return ring


@pytest.mark.parametrize("at", CUT_OFF)
def test_a_paper_that_ends_while_the_keys_are_being_changed_locks_nobody_out(scene: Scene, at: str) -> None:
    scene.filed(BEFORE)
    scene.clock.goes_on(days=91)
    ring, paper = cut_off(scene, at), scene.people["cleo"].paper
    scene.clock.goes_on(days=300)
    assert scene.work.roster.of(paper.person) == []
    assert unlocks(scene, "cleo") == ring.now, "the words still open the keys"
    assert texts(scene, ring.now) == []
    known, today = scene.work.people.by_id(paper.person), scene.clock.now().date()
    assert known is not None
    renewed = replace(
        paper, serial=uuid4(), public=known.public, verify=known.verify, starts=today,
        ends=today.replace(year=today.year + 1),
    )  # fmt: skip
    scene.work.roster.admit(scene.signed(renewed))
    again = unlocks(scene, "cleo")
    assert again == ring.now
    assert texts(scene, again) == [BEFORE]
    assert scene.work.people.opened(again.person, WORDS).before is None, "the change has come to its end"


def test_two_changes_in_a_row_survive_the_loss_of_both_rows(scene: Scene) -> None:
    before = papers(scene)
    for _ in range(2):
        scene.clock.goes_on(days=91)
        new = unlocks(scene, "cleo")
    rows_since_are_gone(scene, before)
    begun_anew(scene)
    assert {one.verify for one in scene.work.roster.of(new.person)} == {new.verify}
