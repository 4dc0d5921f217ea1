"""A case that somebody destroys or changes is missed: at the desk, calmly, and by whoever checks."""

import threading
from collections.abc import Callable
from contextlib import closing
from uuid import UUID

import pytest
from sqlalchemy import text

from server.crypto.sealed.shredding import ShredKeys
from server.database import Database
from server.errors import BootRefused
from server.places import CHECKOUT
from server.private import checking, database, records, wholeness
from server.private.daily import Daily
from server.private.facts import State
from server.private.people import Away
from server.private.recovering import Recovering
from server.private.vault import UNFINISHED, Vault
from server.private.wholeness import Wholeness
from server.private.work import SHRED_FILE
from tests.private.scene import Scene, words
from tests.private.test_originals import attachment, the_alias

TOLD = "Something of a case is missing or was changed"


def rows_gone(scene: Scene) -> None:
    with scene.work.db.transaction() as tx:
        tx.run(text('delete from "case"'))


def key_gone(scene: Scene) -> None:
    scene.work.vault.shred.forget(*scene.work.vault.shred.keys())


def row_changed(scene: Scene) -> None:
    with scene.work.db.transaction() as tx:
        tx.run(text('update "case" set facts = receipt_id'))


def alias_changed(scene: Scene) -> None:
    with scene.work.db.transaction() as tx:
        tx.run(text('update "case" set alias_key = receipt_id'))


HARM: dict[str, Callable[[Scene], None]] = {
    "the rows of a case are gone": rows_gone,
    "a case's key is gone": key_gone,
    "a case's row was changed": row_changed,
}


@pytest.mark.parametrize("what", HARM)
def test_whoever_checks_and_the_desk_are_told_and_nobody_is_told_which(scene: Scene, what: str) -> None:
    scene.filed("first")
    assert scene.work.wholeness.look().whole
    looks = dict(checking.looks(scene.settings, CHECKOUT / "policies", here=True))
    assert "each has" in looks["private room: cases"]()
    HARM[what](scene)
    assert wholeness.told(scene.work.wholeness) == what
    with pytest.raises(BootRefused, match=what):
        looks["private room: cases"]()
    pages = [words(scene.sign_in(name).get("/desk")) for name in ("cleo", "ines")]
    assert all(TOLD in page for page in pages), "also those who do not read it: so it tells them nothing of it"
    scene.work.wholeness.settle(wait=lambda _: None)
    assert wholeness.told(scene.work.wholeness) == ""
    assert TOLD not in words(scene.people["cleo"].browser.get("/desk"))


THINNED = ["slot", "pair", "entry", "manifest"]


@pytest.mark.parametrize("table", THINNED)
def test_rows_that_are_taken_out_of_a_case_are_missed_and_the_rest_is_kept(scene: Scene, table: str) -> None:
    scene.filed("first")
    assert scene.work.wholeness.look().whole
    with scene.work.db.transaction() as tx:
        tx.run(text(f"delete from {table}"))
    assert wholeness.told(scene.work.wholeness) == "something of a case is gone"
    scene.work.wholeness.settle()
    with scene.work.db.reading() as tx:
        assert records.every_case(tx, scene.work.vault), "whoever takes one row away must not erase the rest with it"


def test_a_file_that_goes_before_its_time_is_missed(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    me, alias = scene.people["cleo"].me, the_alias(scene)
    assert not scene.work.casework.looked_at(me, alias, at=scene.clock.now()).missing
    with scene.work.db.transaction() as tx:
        tx.run(text("delete from file_part"))
        tx.run(text("delete from file"))
    assert scene.work.casework.looked_at(me, alias, at=scene.clock.now()).missing


def test_a_case_that_was_given_another_name_is_missed_too(scene: Scene) -> None:
    scene.filed("first")
    alias_changed(scene)
    assert wholeness.told(scene.work.wholeness) == "a case's row was changed"


def test_what_was_erased_in_good_order_is_not_missed(scene: Scene) -> None:
    _, reporter = scene.filed("first")
    scene.filed("second")
    case = scene.work.conversations.find(reporter, at=scene.clock.now())
    assert case is not None
    scene.work.erasing.erase(case)
    scene.work.erasing.forget(at=scene.clock.now())
    assert scene.work.wholeness.look().whole
    assert len(scene.work.vault.shred.keys()) == 1


def test_a_crash_while_something_is_filed_leaves_no_false_alarm_for_a_stolen_case_and_the_form_can_be_sent_again(
    scene: Scene,
) -> None:
    """The rows are there and the key is not: noise, which the same form replaces."""
    from server.crypto.sealed import receipts
    from server.private.desks import Topic
    from server.private.filing import Concern

    work = scene.work
    filing_key = work.filing_keys.read(work.filing_keys.issue())
    assert filing_key is not None
    reporter = work.derivation.keys(receipts.receipt_for(filing_key, work.vault.pepper))
    concern = Concern(Topic.SEA, "first", "en")
    case = work.filing.file(concern, reporter, filing_key=filing_key, at=scene.clock.now())
    work.vault.shred.forget(case)
    assert wholeness.told(work.wholeness) == "a case's key is gone"
    again = work.filing.file(concern, reporter, filing_key=filing_key, at=scene.clock.now())
    assert again != case
    assert work.wholeness.look().whole
    assert work.conversations.shown(reporter, at=scene.clock.now()).case.facts.state is State.RECEIVED


def test_a_key_that_cannot_be_written_leaves_nothing(scene: Scene) -> None:
    scene.settings.private_dir.joinpath("shred.keys.new").mkdir()
    with pytest.raises(IsADirectoryError):
        scene.filed("first")
    scene.settings.private_dir.joinpath("shred.keys.new").rmdir()
    assert scene.work.wholeness.look().whole
    scene.filed("first")
    assert scene.work.wholeness.look().whole


def beside(scene: Scene, db: Database) -> Wholeness:
    """What an operator's command looks with: nothing of the serving process is shared but the files."""
    return Wholeness(db, Vault(scene.work.vault.pepper, ShredKeys(scene.settings.private_dir / SHRED_FILE)))


def test_settling_beside_a_room_that_takes_concerns_in_destroys_none(scene: Scene) -> None:
    alarms: list[str] = []
    with closing(database.existing(scene.settings.private_database)) as db:
        operator = beside(scene, db)
        filed = threading.Thread(target=lambda: [scene.filed(f"concern {n}") for n in range(20)])
        filed.start()
        while filed.is_alive():
            alarms.append(wholeness.told(operator))
            operator.settle(wait=lambda _: None)
        filed.join()
    with scene.work.db.reading() as tx:
        assert len(records.every_case(tx, scene.work.vault)) == 20
    assert set(alarms) == {""}


def test_settling_takes_only_what_was_not_whole_in_two_looks(scene: Scene) -> None:
    scene.filed("first")
    [(case, key)] = scene.work.vault.shred.keys().items()
    scene.work.vault.shred.forget(case)
    waited: list[float] = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        scene.work.vault.shred.add(case, key)

    scene.work.wholeness.settle(wait=meanwhile)
    assert waited == [wholeness.BETWEEN_LOOKS]
    assert scene.work.vault.has_key(case)
    assert scene.work.wholeness.last.whole


def test_one_damaged_case_holds_up_neither_the_end_of_the_others_nor_the_days_other_work(scene: Scene) -> None:
    for text_of_it in ("first", "second"):
        scene.filed(text_of_it)
    with scene.work.db.transaction() as tx:
        for case in records.every_case(tx, scene.work.vault):
            records.keep(tx, scene.work.vault, case, case.facts.changed(state=State.CLOSED, closed=case.facts.opened))
        tx.run(text("update entry set for_reporter = for_desk where case_id = (select case_id from entry limit 1)"))
    work, done = scene.work, list[str]()
    scene.clock.goes_on(days=3000)
    also = [lambda at: done.append("also")]
    Daily(scene.clock, work.erasing, work.trail, work.wholeness, scene.settings.private_dir, also).run(
        scene.clock.now()
    )
    assert done == ["also"]
    assert not work.vault.shred.keys()


def test_what_the_daily_work_cannot_open_is_told_and_never_settled(scene: Scene) -> None:
    scene.filed("first")
    [case] = scene.work.vault.shred.keys()
    scene.work.wholeness.is_told_of([case])
    assert wholeness.told(scene.work.wholeness) == "a case's row was changed"
    assert TOLD in words(scene.sign_in("cleo").get("/desk"))
    scene.work.wholeness.settle(wait=lambda _: None)
    assert scene.work.vault.has_key(case)


def test_a_damaged_case_keeps_nobody_from_going_away(scene: Scene) -> None:
    for text_of_it in ("first", "second"):
        scene.filed(text_of_it)
    with scene.work.db.transaction() as tx:
        tx.run(text("delete from manifest where case_id = (select case_id from manifest limit 1)"))
    me, cover = scene.people["cleo"].me, scene.people["dara"].me.person
    today = scene.clock.now().date()
    left = scene.work.covering.goes(me, Away(today, today, cover), why="leave", at=scene.clock.now()).nobody
    assert len(left) == 1, "the one that does not open"
    assert scene.work.covering.of(me.person) is not None


def test_a_damaged_box_keeps_the_officers_from_no_other_case(scene: Scene) -> None:
    for text_of_it in ("first", "second"):
        scene.filed(text_of_it)
    with scene.work.db.transaction() as tx:
        tx.run(text("update pair set box = zeroblob(100) where id = (select id from pair limit 1)"))
    assert Recovering(scene.work).bundle()


def test_what_a_crash_left_is_given_its_key_and_nothing_else_is(scene: Scene) -> None:
    """Whoever destroys a key and lays back a file of the moment in which it was made gives the case back whole."""
    unfinished = scene.settings.private_dir / UNFINISHED
    seen = list[bytes]()

    class Watched(ShredKeys):
        def add(self, case: UUID, key: bytes | None = None) -> bytes:
            seen.append(unfinished.read_bytes())
            return super().add(case, key)

    work = scene.work
    work.vault.shred = Watched(work.vault.shred.folder / SHRED_FILE)
    _, reporter = scene.filed("first")
    assert not unfinished.exists()
    [(case, key)] = work.vault.shred.keys().items()
    assert key not in seen[0] and case.bytes not in seen[0]
    work.vault.shred.forget(case)
    assert wholeness.told(work.wholeness) == "a case's key is gone"
    unfinished.write_bytes(seen[0][:-1])
    assert wholeness.told(work.wholeness) == "a case's key is gone" and not unfinished.exists()
    unfinished.write_bytes(seen[0])
    assert work.wholeness.look().whole and not unfinished.exists()
    assert work.conversations.find(reporter, at=scene.clock.now()) == case
    work.erasing.erase(case)
    unfinished.write_bytes(seen[0])
    assert work.wholeness.look().whole and not work.vault.shred.keys(), "what was erased stays erased"


def test_the_next_concern_is_filed_whatever_a_crash_has_left(scene: Scene) -> None:
    (scene.settings.private_dir / UNFINISHED).write_bytes(b"half a line")
    scene.filed("first")
    assert scene.work.wholeness.look().whole
