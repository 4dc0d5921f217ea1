"""The same room twice, from one seed, clock and chance: once with a case, once without. Whoever is left out of the case
gets the same bytes in both, and whoever may read it does not."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.crypto.sealed import audit, recovery
from server.private import models
from server.private.recovering import Recovering
from server.private.routing import Excluded
from server.settings import Settings
from tests.doubles import StillClock
from tests.private.rooms import Ticking
from tests.private.scene import Scene, send

Seen = list[tuple[int, tuple[tuple[str, str], ...], bytes]]
FILING = re.compile(rb'name="filing" value="[^"]*"')
"""The name of an empty form is the one thing that comes from libsodium's own chance."""
BARRED = Excluded(organisation="Harbour Refugee Support")


class Chance:
    """Bytes that look like chance, and are the same each time."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(4, "big")).digest(size)


class World(Scene):
    """A copy of a scene: the same people, papers and keys, and the same chance from here on."""

    def __init__(self, of: Scene, folder: Path) -> None:
        shutil.copytree(of.settings.data_dir, folder)
        self.settings = Settings(data_dir=folder)
        self.clock, self.ticking = StillClock(of.clock.now()), Ticking()
        self.officers, self.more = of.officers, {"random": Chance()}
        self.house = self.opened()
        self.people = {}
        for name, person in of.people.items():
            self.people[name] = type(person)(person.me, person.login, person.totp, person.paper, self.browser())


@contextmanager
def worlds(scene: Scene, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """The room with a case, worked on by those who may, and the room without."""
    scene.close()
    with_case, without = World(scene, tmp_path / "with"), World(scene, tmp_path / "without")
    work, now = with_case.work, with_case.clock.now()
    _, reporter = with_case.filed("He is from Harbour.", excluded=BARRED, urgent=True, may_release=True)
    dara = with_case.people["dara"].me
    alias = work.casework.work_list(dara, at=now)[0].alias
    work.casework.opened(dara, alias, at=now)
    work.casework.answer(dara, alias, "We are with you.", at=now)
    work.conversations.add(reporter, "Thank you.", at=now)
    try:
        yield with_case, without
    finally:
        with_case.close()
        without.close()


def whole_view(world: World, name: str, alias: str = "") -> Seen:
    """Everything that somebody at a desk can ask for: every byte, header and cookie of every answer."""
    world.people[name].browser = world.browser()
    browser, seen = world.sign_in(name), Seen()
    asked: list[Callable[[], object]] = [
        lambda: browser.get("/desk"),
        lambda: browser.get(f"/desk/{alias or 'ABCDEF'}"),
        lambda: send(browser, "answer", f"/desk/{alias or 'ABCDEF'}", text="Is anybody there?"),
        lambda: send(browser, "recuse", f"/desk/{alias or 'ABCDEF'}"),
        lambda: browser.get("/desk/paper"),
        lambda: browser.get("/desk"),
        lambda: browser.get("/help"),
        lambda: send(browser, "write", topic="sea"),
        lambda: send(browser, "return", receipt="0000-0000-0000-0000-0000"),
    ]
    for ask in asked:
        answer = ask()
        body = FILING.sub(b"", answer.content)
        seen.append((answer.status_code, tuple(sorted(answer.headers.multi_items())), body))
        seen.append((0, (("seconds", f"{world.ticking.at:.6f}"),), b""))
    return seen


def test_the_whole_view_of_somebody_who_is_left_out_is_the_same_to_the_byte(scene: Scene, tmp_path: Path) -> None:
    with worlds(scene, tmp_path) as (with_case, without):
        alias = with_case.work.casework.work_list(with_case.people["dara"].me, at=with_case.clock.now())[0].alias
        for name in ("cleo", "farah", "gul", "ines"):
            assert whole_view(with_case, name, alias) == whole_view(without, name, alias), name
        with_case.clock.goes_on(days=5)
        without.clock.goes_on(days=5)
        assert whole_view(with_case, "cleo", alias) == whole_view(without, "cleo", alias), "also when it is late"


@pytest.mark.parametrize("name", ["dara", "emil"])
def test_the_view_of_somebody_who_may_read_it_differs(scene: Scene, tmp_path: Path, name: str) -> None:
    with worlds(scene, tmp_path) as (with_case, without):
        assert whole_view(with_case, name) != whole_view(without, name)


def test_the_office_outside_sees_the_same_until_the_case_is_released_to_it(scene: Scene, tmp_path: Path) -> None:
    with worlds(scene, tmp_path) as (with_case, without):
        assert whole_view(with_case, "hana") == whole_view(without, "hana")
        for world in (with_case, without):
            world.clock.goes_on(days=100)
        assert whole_view(with_case, "hana") != whole_view(without, "hana")


def opened_by(world: World, officer: int) -> tuple[list[dict[str, object]], int, int, int]:
    """What an officer can read of the trail, and what a bundle shows them."""
    from sqlalchemy import select
    from sqlmodel import col

    secret = world.officers[officer].box_secret
    columns = (col(models.Leaf.day), col(models.Leaf.place), col(models.Leaf.box), col(models.Leaf.seal))
    with world.work.db.reading() as tx:
        rows = tx.look(select(*columns).order_by(col(models.Leaf.day), col(models.Leaf.place))).all()
    leaves = [audit.opened(audit.Leaf(*row), secret) for row in rows]
    bundle = Recovering(world.work).bundle()
    half = recovery.half_opened(recovery.read(bundle), secret)
    return [line for line in leaves if line is not None], len(bundle), half.opened, len(half.bundle.boxes)


def test_an_officer_who_is_left_out_reads_the_same_trail_and_the_same_bundle(scene: Scene, tmp_path: Path) -> None:
    folder = scene.settings.private_dir / "officers" / "officer0.toml"
    folder.write_text(folder.read_text("utf-8").replace("Board 0", "Harbour Refugee Support"), "utf-8")
    with worlds(scene, tmp_path) as (with_case, without):
        assert opened_by(with_case, 0) == opened_by(without, 0)
        assert opened_by(with_case, 1) != opened_by(without, 1)


def test_both_worlds_are_the_same_where_nothing_was_filed(scene: Scene, tmp_path: Path) -> None:
    """The measure itself: one seed gives one sequence of bytes, tokens and cookies included."""
    scene.close()
    one, other = World(scene, tmp_path / "one"), World(scene, tmp_path / "other")
    assert whole_view(one, "dara") == whole_view(other, "dara")
    other.more["random"](1)
    assert whole_view(one, "cleo") != whole_view(other, "cleo"), "and another chance shows"
    one.close()
    other.close()
