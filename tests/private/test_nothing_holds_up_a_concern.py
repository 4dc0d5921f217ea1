"""A concern is kept though others hold the database, or somebody's keys are being changed; and no word is lost."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from server.database import Database, Transaction
from server.errors import Refused
from server.private import records
from server.private.conversation import Conversations
from server.private.filing import Filing
from server.private.insisting import PAUSES, insisting
from server.private.people import Unlocked
from server.private.rotating import Rotating
from tests.private.scene import Scene, told


class Held(Database):
    """A database of which somebody holds a row, for so many visits."""

    def __init__(self, url: str, times: int) -> None:
        from server.private.models import metadata

        super().__init__(url, tables=metadata)
        self.times = times

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """As ever, but for the first ones."""
        if self.times:
            self.times -= 1
            raise OperationalError("insert", {}, Exception("database is locked"))
        with super().transaction() as tx:
            yield tx


def held(scene: Scene, times: int) -> Held:
    return Held(scene.work.db.engine.url.render_as_string(False), times)


def test_a_concern_is_kept_though_somebody_held_a_row(scene: Scene) -> None:
    work, db = scene.work, held(scene, 2)  # once to be stored, and once to be cleared away
    object.__setattr__(work, "filing", Filing(db, work.vault, work.roster, work.reporting))
    _, reporter = scene.filed("He asked for money.")
    assert work.conversations.find(reporter, at=scene.clock.now()) is not None
    with work.db.reading() as tx:
        assert len(records.every_case(tx, work.vault)) == 1
    assert work.wholeness.look().whole and db.times == 0
    db.close()


def test_a_message_is_kept_though_somebody_held_a_row(scene: Scene) -> None:
    _, reporter = scene.filed()
    work, db = scene.work, held(scene, 1)
    there = Conversations(db, work.vault, work.roster, work.reporting, work.forgetting)
    there.add(reporter, "More.", at=scene.clock.now())
    db.close()
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias = work.casework.work_list(cleo, at=now)[0].alias
    assert [one.body.get("text") for one in work.casework.opened(cleo, alias, at=now).letters][1:] == ["More."]


def test_the_words_come_back_when_it_goes_on() -> None:
    waited: list[float] = []

    def never() -> None:
        raise OperationalError("insert", {}, Exception("database is locked"))

    with pytest.raises(Refused, match="Your text is still here"):
        insisting(never, wait=waited.append)
    assert tuple(waited) == PAUSES


def test_what_is_wrong_in_another_way_is_not_tried_again() -> None:
    tries: list[int] = []

    def wrong() -> None:
        tries.append(1)
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        insisting(wrong, wait=lambda _: None)
    assert len(tries) == 1


class Slow(Rotating):
    """Changes somebody's keys, and does not come to an end before it is told to."""

    def __init__(self, me: Unlocked) -> None:
        self.me, self.begun, self.may_end = me, threading.Event(), threading.Event()

    def unlock(self, person: UUID, passphrase: str, *, at: datetime) -> Unlocked:
        """After a while."""
        self.begun.set()
        assert self.may_end.wait(60)
        return self.me


def test_nobody_waits_with_a_concern_until_a_readers_keys_are_changed(scene: Scene) -> None:
    slow = Slow(scene.people["cleo"].me)
    object.__setattr__(scene.work, "rotating", slow)
    reader = threading.Thread(target=lambda: scene.sign_in("cleo"))
    reader.start()
    assert slow.begun.wait(30)
    filed: list[str] = []
    reporter = threading.Thread(target=lambda: filed.append(told(scene.browser())))
    reporter.start()
    reporter.join(20)
    waits = reporter.is_alive()
    slow.may_end.set()
    reader.join()
    reporter.join()
    assert not waits and len(filed) == 1
