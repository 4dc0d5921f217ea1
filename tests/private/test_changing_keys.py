"""A reader's keys change every ninety days: cases are closed anew, nothing is lost, and old copies open nothing new."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select
from sqlmodel import col

from server.crypto.sealed import boxes, certificates, successors, transfers
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Revocation, Trust
from server.crypto.sealed.signatures import verify_of
from server.crypto.sealed.successors import Successor
from server.desk_work import told
from server.errors import NotFound, Refused
from server.private import models, records
from server.private.people import Unlocked
from server.private.work import OFFICERS
from tests.private.scene import WORDS, Scene, send, words
from tests.private.test_originals import ORIGINAL, asks, attachment, opens, the_alias
from tests.private.test_passing_on import AGENCY_KEYS, certified
from tests.private.test_stolen_room import Thief

BEFORE, AFTER = "canary-4401-teal", "canary-4402-teal"


def unlocks(scene: Scene, name: str) -> Unlocked:
    """The words once more, as the page does it."""
    return scene.work.rotating.unlock(scene.people[name].me.person, WORDS, at=scene.clock.now())


def texts(scene: Scene, me: Unlocked) -> list[str]:
    now = scene.clock.now()
    return [
        str(letter.body.get("text", ""))
        for line in scene.work.casework.work_list(me, at=now)
        for letter in scene.work.casework.opened(me, line.alias, at=now).letters
        if letter.body.get("text")
    ]


def test_keys_change_after_ninety_days_and_everything_goes_on(scene: Scene) -> None:
    _, reporter = scene.filed(BEFORE)
    old = scene.people["cleo"].me
    scene.clock.goes_on(days=90)
    assert unlocks(scene, "cleo").verify == old.verify
    scene.clock.goes_on(days=1)
    new = unlocks(scene, "cleo")
    assert new.verify != old.verify and new.box_secret != old.box_secret
    assert unlocks(scene, "cleo") == new, "and not again the next time"
    assert texts(scene, new) == [BEFORE]
    alias = scene.work.casework.work_list(new, at=scene.clock.now())[0].alias
    scene.work.casework.answer(new, alias, "We are here.", at=scene.clock.now())
    shown = scene.work.conversations.shown(reporter, at=scene.clock.now()).answers
    assert [(one.text, one.name) for one in shown] == [("We are here.", "Cleo")]
    scene.work.conversations.add(reporter, AFTER, at=scene.clock.now())
    scene.filed("Another.")
    assert sorted(texts(scene, new)) == sorted([BEFORE, "We are here.", AFTER, "Another."])
    assert sorted(texts(scene, scene.people["dara"].me)) == sorted(texts(scene, new)), "colleagues read on as before"
    dara = unlocks(scene, "dara")
    assert sorted(texts(scene, dara)) == sorted(texts(scene, new))
    assert scene.work.trail.check().wrong == ()


def test_the_old_key_opens_nothing_any_more_and_lies_nowhere(scene: Scene) -> None:
    scene.filed(BEFORE)
    old = scene.people["cleo"].me
    scene.clock.goes_on(days=91)
    new = unlocks(scene, "cleo")
    assert texts(scene, old) == []
    person = scene.work.people.by_id(old.person)
    assert person is not None
    phrases = scene.work.people._phrases
    raw = phrases.unlocked(WORDS, person.keys, about=b"keys" + old.person.bytes)
    assert raw == new.box_secret + new.signing_seed
    with scene.work.db.reading() as tx:
        for case in records.every_case(tx, scene.work.vault):
            for tag, locked in records.slots_by_tag(tx, list(scene.work.rotating._tags(case, old.person))).items():
                box = scene.work.vault.open(case.id, locked, about=records.SLOT + tag)
                assert boxes.unsealed(old.box_secret, box) is None
    alias = scene.work.casework.work_list(new, at=scene.clock.now())[0].alias
    with pytest.raises((Refused, NotFound)):
        scene.work.casework.answer(old, alias, "Words of a thief.", at=scene.clock.now())


def test_an_old_copy_and_the_words_open_nothing_that_came_later(scene: Scene, tmp_path: Path) -> None:
    receipt, reporter = scene.filed(BEFORE)
    stolen = frozenset({"database", "pepper", "shred", "reader"})
    thief = Thief(scene, stolen, tmp_path / "old", receipt)
    scene.clock.goes_on(days=91)
    new = unlocks(scene, "cleo")
    unlocks(scene, "dara")
    unlocks(scene, "emil")
    scene.work.conversations.add(reporter, AFTER, at=scene.clock.now())
    alias = scene.work.casework.work_list(new, at=scene.clock.now())[0].alias
    scene.work.casework.note(new, alias, AFTER, at=scene.clock.now())
    secrets: list[bytes] = []
    for name in ("cleo", "dara", "emil"):
        me = thief.work.people.unlock(scene.people[name].me.person, WORDS)
        secrets.append(me.box_secret)
        [line] = thief.work.casework.work_list(me, at=scene.clock.now())
        secrets.append(thief.work.casework.opened(me, line.alias, at=scene.clock.now()).secret)
    with scene.work.db.reading() as tx:  # the rows of today, in the hands of whoever has the copy of then
        [case] = records.every_case(tx, scene.work.vault)
        for entry in records.entries(tx, scene.work.vault, case.id):
            opened = [raw for secret in secrets if (raw := boxes.unsealed(secret, entry.for_desk)) is not None]
            assert all(AFTER.encode() not in raw for raw in opened)
        assert any(
            boxes.unsealed(secret, entry.for_desk) is not None
            for secret in secrets
            for entry in records.entries(tx, scene.work.vault, case.id)
        ), "what was there before does open: the test tries the right keys"
    thief.work.close()
    thief.work.db.close()


@pytest.mark.parametrize("dies_at", ["follow", "rekey", "hand_on", "end"])
def test_a_change_that_was_cut_off_goes_on_at_the_next_unlock(scene: Scene, dies_at: str) -> None:
    scene.filed(BEFORE)
    _, reporter = scene.filed("Another.")
    old = scene.people["cleo"].me
    scene.clock.goes_on(days=91)
    rotating, people = scene.work.rotating, scene.work.people

    ring = people.begin_change(old.person, WORDS)
    steps: list[Callable[[], object]] = [
        lambda: rotating._follow(ring, scene.clock.now()),
        lambda: scene.work.succession.rekey(
            Unlocked(old.person, old.box_secret, ring.now.signing_seed, ring.now.verify),
            scene.work.casework.work_list(old, at=scene.clock.now())[0].alias,
            at=scene.clock.now(),
        ),
        lambda: rotating._closed_anew(ring, scene.clock.now()),
    ]
    for step in steps[: ["follow", "rekey", "hand_on", "end"].index(dies_at)]:
        step()
    again = unlocks(scene, "cleo")
    assert again == ring.now
    assert sorted(texts(scene, again)) == sorted([BEFORE, "Another."])
    scene.work.conversations.add(reporter, AFTER, at=scene.clock.now())
    assert AFTER in texts(scene, again)
    assert texts(scene, old) == []


def test_what_is_not_open_yet_is_handed_on_closed(scene: Scene) -> None:
    """The office outside has a locked place in a case; it must open on the day when nobody answers."""
    _, reporter = scene.filed(BEFORE, may_release=True)
    scene.clock.goes_on(days=91)
    scene.work.conversations.add(reporter, "Still nobody.", at=scene.clock.now())
    hana = unlocks(scene, "hana")
    assert hana.verify != scene.people["hana"].me.verify
    assert BEFORE in texts(scene, hana), "the time was over long ago"
    scene.filed(AFTER, may_release=True)
    assert AFTER not in texts(scene, hana)


def test_a_locked_place_is_worth_nothing_before_its_time_after_the_change_too(scene: Scene) -> None:
    scene.clock.goes_on(days=91)
    _, reporter = scene.filed(BEFORE, may_release=True)
    hana = unlocks(scene, "hana")
    assert texts(scene, hana) == []
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    assert BEFORE in texts(scene, hana)


def test_two_successors_of_one_key_close_the_seat(scene: Scene) -> None:
    """Somebody stole the words before the change and makes a successor too: nobody can say whose keys are true."""
    old = scene.people["cleo"].me
    scene.clock.goes_on(days=91)
    new = unlocks(scene, "cleo")
    stolen_secret, stolen_seed = boxes.new_key(), boxes.new_key()
    step = Successor(
        old.person, old.verify, boxes.public_of(stolen_secret), verify_of(stolen_seed), scene.clock.now().date()
    )
    text = successors.written(step, old_seed=old.signing_seed, new_seed=stolen_seed)
    with pytest.raises(Refused):
        scene.work.roster.follow(text)
    lay(scene, text)
    assert scene.work.roster.of(old.person) == []
    fine, lines = told(scene.work)
    assert not fine and "TWO KEYS CLAIM" in lines[-1] and lines[-1].startswith("Cleo")
    scene.filed(BEFORE)
    assert texts(scene, new) == [] == texts(scene, Unlocked(old.person, stolen_secret, stolen_seed, step.verify))
    assert texts(scene, scene.people["dara"].me) == [BEFORE]


def lay(scene: Scene, text: str) -> None:
    """Somebody with PEPPER writes a paper into the database."""
    name = uuid4()
    box = scene.work.vault.lock_paper(f"{scene.clock.now().date()}\n{text}".encode(), about=b"paper" + name.bytes)
    with scene.work.db.transaction() as tx:
        tx.run(insert(models.Paper), {"id": name, "box": box})
    scene.work.roster._read = None


def test_a_successor_needs_both_keys(scene: Scene) -> None:
    old = scene.people["cleo"].me
    secret, seed = boxes.new_key(), boxes.new_key()
    step = Successor(old.person, old.verify, boxes.public_of(secret), verify_of(seed), scene.clock.now().date())
    true = successors.written(step, old_seed=old.signing_seed, new_seed=seed)
    assert successors.read(true) == step
    for wrong in ((seed, seed), (old.signing_seed, old.signing_seed)):
        with pytest.raises(Damaged):
            successors.written(step, old_seed=wrong[0], new_seed=wrong[1])
    other = successors.written(replace(step, day=step.day.replace(day=1)), old_seed=old.signing_seed, new_seed=seed)
    line = true.replace(successors_mark(true, "old"), successors_mark(other, "old"))
    for text in (line, "", "{}", true.replace('"v":1', '"v":2'), true.replace("successor", "predecessor")):
        with pytest.raises(Damaged):
            successors.read(text)
        lay(scene, text)
    assert [one.verify for one in scene.work.roster.of(old.person)] == [old.verify]
    circle = Successor(old.person, step.verify, boxes.public_of(old.box_secret), old.verify, step.day)
    assert successors.chain(old.person, old.verify, [step, circle]) is None


def successors_mark(text: str, name: str) -> str:
    return text.partition(f'"{name}":"')[2].partition('"')[0]


def test_officers_take_back_all_keys_with_the_certificate(scene: Scene) -> None:
    scene.filed(BEFORE)
    scene.clock.goes_on(days=91)
    new = unlocks(scene, "cleo")
    paper = scene.people["cleo"].paper
    scene.work.roster.revoke(scene.signed(Revocation(paper.serial, scene.clock.now().date()), officers=1))
    assert scene.work.roster.of(new.person) == [] and texts(scene, new) == []
    assert not scene.work.roster.may_sign(new.verify)


def test_reporters_go_on_when_who_changed_the_keys_last_is_revoked(scene: Scene) -> None:
    reporters = [scene.filed(BEFORE)[1] for _ in range(2)]
    scene.clock.goes_on(days=91)
    unlocks(scene, "cleo")
    today = scene.clock.now().date()
    scene.work.roster.revoke(scene.signed(Revocation(scene.people["cleo"].paper.serial, today), 1))
    for reporter in reporters:
        with pytest.raises(Refused):
            scene.work.conversations.add(reporter, AFTER, at=scene.clock.now())
    unlocks(scene, "dara")
    for reporter in reporters:
        scene.work.conversations.add(reporter, AFTER, at=scene.clock.now())


def released_to_hana(scene: Scene) -> str:
    """The time of a case has come: the office outside takes it over."""
    scene.people["hana"].me = hana = unlocks(scene, "hana")
    alias = the_alias(scene, "hana")
    scene.work.succession.take_over(hana, alias, at=scene.clock.now())
    return alias


@pytest.mark.parametrize("changes", [1, 3])
def test_the_outside_office_keeps_its_halves_when_its_keys_change_before_its_time(scene: Scene, changes: int) -> None:
    _, reporter = scene.filed(BEFORE, may_release=True, files=[attachment()])
    for _ in range(changes):
        scene.clock.goes_on(days=91)
        answered(scene)
        unlocks(scene, "hana")
        assert texts(scene, unlocks(scene, "hana")) == []
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    alias = released_to_hana(scene)
    asks(scene, "hana")
    assert opens(scene, "dara") == ORIGINAL
    asks(scene, "dara")
    assert opens(scene, "hana") == ORIGINAL
    scene.clock.goes_on(days=91)
    scene.people["hana"].me = later = unlocks(scene, "hana")
    assert later.earlier == (), "nothing is closed for the earlier keys any more, so they are nowhere"
    assert the_alias(scene, "hana") == alias
    asks(scene, "hana")
    assert opens(scene, "dara") == ORIGINAL


def answered(scene: Scene) -> None:
    """Nobody is late, so nothing is released."""
    dara = scene.people["dara"].me
    scene.work.casework.answer(dara, the_alias(scene, "dara"), "We are here.", at=scene.clock.now())


def test_halves_are_kept_when_the_change_was_cut_off_after_the_place_was_handed_on(scene: Scene) -> None:
    _, reporter = scene.filed(BEFORE, may_release=True, files=[attachment()])
    scene.clock.goes_on(days=91)
    answered(scene)
    ring = scene.work.people.begin_change(scene.people["hana"].me.person, WORDS)
    scene.work.rotating._follow(ring, scene.clock.now())
    scene.work.rotating._closed_anew(ring, scene.clock.now())
    unlocks(scene, "hana")
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    released_to_hana(scene)
    asks(scene, "cleo")
    assert opens(scene, "hana") == ORIGINAL


def test_an_earlier_key_opens_no_case_and_signs_nothing(scene: Scene) -> None:
    _, reporter = scene.filed(BEFORE, may_release=True, files=[attachment()])
    old = scene.people["hana"].me
    scene.clock.goes_on(days=91)
    answered(scene)
    new = unlocks(scene, "hana")
    assert new.earlier == (old.box_secret,)
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    assert texts(scene, old) == []
    assert BEFORE in texts(scene, new)
    assert unlocks(scene, "cleo").earlier == (), "whoever reads all their cases keeps no earlier key"


def test_the_outside_office_is_told_the_truth_when_its_halves_are_lost(scene: Scene) -> None:
    scene.filed(BEFORE, may_release=True, files=[attachment()])
    scene.clock.goes_on(days=91)
    hana = scene.people["hana"]
    hana.me = replace(unlocks(scene, "hana"), earlier=())
    alias, now = the_alias(scene, "hana"), scene.clock.now()
    scene.work.succession.take_over(hana.me, alias, at=now)
    found = scene.work.casework.opened(hana.me, alias, at=now)
    assert [one.may_ask for one in scene.work.files.listed(hana.me, found, at=now)] == [False]
    with pytest.raises(Refused, match="Nobody else"):
        asks(scene, "hana")
    asks(scene, "cleo")
    assert opens(scene, "dara") == ORIGINAL


def test_a_revocation_holds_when_somebody_takes_its_row_out_of_the_database(scene: Scene) -> None:
    scene.filed(BEFORE)
    paper, today = scene.people["cleo"].paper, scene.clock.now().date()
    with scene.work.db.reading() as tx:
        before = [name for (name,) in tx.look(select(col(models.Paper.id)))]
    scene.work.roster.revoke(scene.signed(Revocation(paper.serial, today), 1))
    scene.work.forgetting.refresh()  # as the command does that takes it in
    with scene.work.db.transaction() as tx:
        tx.run(delete(models.Paper).where(col(models.Paper.id).not_in(before)))
    scene.close()
    scene.house = scene.opened()
    assert not scene.work.roster.of(paper.person)
    assert not scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())


def test_officers_sign_the_new_keys_when_the_certificate_ends(scene: Scene) -> None:
    scene.clock.goes_on(days=91)
    new, today = unlocks(scene, "cleo"), scene.clock.now().date()
    known = scene.work.people.by_id(new.person)
    assert known is not None
    renewed = replace(
        scene.people["cleo"].paper, serial=uuid4(), public=known.public, verify=known.verify, starts=today,
        ends=today.replace(year=today.year + 1),
    )  # fmt: skip
    scene.work.roster.admit(scene.signed(renewed))
    assert {one.verify for one in scene.work.roster.of(new.person)} == {new.verify}
    with pytest.raises(Refused):
        scene.work.roster.admit(scene.signed(replace(scene.people["cleo"].paper, serial=uuid4())))


def test_nobody_whose_paper_is_not_signed_gets_other_keys_meanwhile(scene: Scene) -> None:
    people = scene.work.people
    joined = people.join(people.invite(), "nia", WORDS)
    scene.clock.goes_on(days=200)
    me = scene.work.rotating.unlock(joined.person, WORDS, at=scene.clock.now())
    assert me.verify == joined.unlocked.verify


def test_what_is_passed_on_after_a_change_can_be_checked_by_the_receiver(scene: Scene) -> None:
    scene.filed(BEFORE, consents={"agency": True})
    agency = certified(scene, ends=scene.clock.now().date().replace(year=2027))
    scene.clock.goes_on(days=91)
    unlocks(scene, "cleo")
    scene.clock.goes_on(days=91)
    new, now = unlocks(scene, "cleo"), scene.clock.now()
    alias = scene.work.casework.work_list(new, at=now)[0].alias
    chosen = [letter.id for letter in scene.work.casework.opened(new, alias, at=now).letters]
    scene.work.transferring.pass_on(new, alias, agency.serial, chosen, "Why", at=now)
    raw = scene.work.transferring.file(new, alias, agency.serial, at=now)
    trust = Trust.load(scene.settings.private_dir / OFFICERS)
    sender, statement, _ = transfers.opened(raw, AGENCY_KEYS.box_secret, to=agency, trust=trust)
    assert sender.name == "Cleo" and len(statement.sender) == 3
    assert certificates.read(statement.sender[0]).marks


def test_the_page_changes_them_and_says_nothing_of_it(scene: Scene) -> None:
    scene.filed(BEFORE)
    scene.clock.goes_on(days=91)
    cleo = scene.sign_in("cleo")
    alias = cleo.get("/desk").text.partition('href="/desk/')[2].partition('"')[0]
    page = words(cleo.get(f"/desk/{alias}"))
    assert BEFORE in page and "The keys were renewed" in page
    assert send(cleo, "note", f"/desk/{alias}", note="All is well.").status_code == 303
