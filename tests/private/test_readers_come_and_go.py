"""Readers leave, their papers end or are revoked; no case locks itself for that, and nobody reads on who may not."""

import re
from datetime import timedelta

import pyotp
import pytest

from server.crypto.passwords import Passwords
from server.crypto.sealed.certificates import Revocation
from server.errors import NotFound, Refused
from server.places import CHECKOUT
from server.private import desks
from server.private.consents import Consent
from server.private.desks import Topic
from server.private.routing import Excluded
from tests.private.scene import WORDS, Scene, send, words


def the_alias(scene: Scene, name: str) -> str:
    return scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now())[0].alias


def recused(scene: Scene) -> tuple[str, object]:
    """A case under keys that cleo has signed when she left it."""
    _, reporter = scene.filed("first")
    alias = the_alias(scene, "cleo")
    scene.work.succession.recuse(scene.people["cleo"].me, alias, at=scene.clock.now())
    return alias, reporter


def test_a_case_goes_on_when_the_papers_of_its_last_signer_have_ended(scene: Scene) -> None:
    alias, reporter = recused(scene)
    scene.clock.goes_on(days=300)
    scene.focal_point("nia", "sea", "Harbour Refugee Support")
    dara = scene.people["dara"].me
    scene.work.succession.hand_over(dara, alias, scene.people["nia"].me.person, "for later", at=scene.clock.now())
    scene.clock.goes_on(days=100)
    scene.work.conversations.add(reporter, "second", at=scene.clock.now())
    nia = scene.people["nia"].me
    texts = [one.body.get("text") for one in scene.work.casework.opened(nia, alias, at=scene.clock.now()).letters]
    assert "second" in texts
    scene.work.casework.answer(nia, alias, "we are here", at=scene.clock.now())
    assert "we are here" in [one.text for one in scene.work.conversations.shown(reporter, at=scene.clock.now()).answers]


def test_nothing_is_sealed_under_keys_of_a_revoked_signer_until_a_reader_renews_them(scene: Scene) -> None:
    alias, reporter = recused(scene)
    cleo = scene.people["cleo"]
    scene.work.roster.revoke(scene.signed(Revocation(cleo.paper.serial, scene.clock.now().date()), officers=1))
    with pytest.raises(Refused):
        scene.work.conversations.add(reporter, "second", at=scene.clock.now())
    dara = scene.people["dara"].me
    with pytest.raises(Refused):
        scene.work.casework.answer(dara, alias, "too early", at=scene.clock.now())
    scene.work.succession.take_over(dara, alias, at=scene.clock.now())
    scene.work.conversations.add(reporter, "second", at=scene.clock.now())
    scene.work.casework.answer(dara, alias, "now", at=scene.clock.now())
    assert scene.work.casework.opened(dara, alias, at=scene.clock.now()).letters[-2].body["text"] == "second"


def test_somebody_who_comes_later_reads_nothing_of_before(scene: Scene) -> None:
    scene.filed("first")
    nia = scene.focal_point("nia", "sea", "Harbour Refugee Support")
    assert scene.work.casework.work_list(nia.me, at=scene.clock.now()) == []
    scene.filed("second")
    assert len(scene.work.casework.work_list(nia.me, at=scene.clock.now())) == 1


def test_what_is_over_is_forgotten_in_its_order(scene: Scene) -> None:
    receipt, reporter = scene.filed("first")
    scene.work.conversations.withdraw(reporter, at=scene.clock.now())
    days = (("withdrawn", 4), ("doors", 91), ("cases", 366))
    for what, passed in days:
        scene.clock.goes_on(days=passed)
        done = scene.work.erasing.forget(at=scene.clock.now())
        assert getattr(done, what) == 1, what
    assert scene.work.vault.shred.keys() == {}
    assert receipt


def test_the_trail_is_whole_and_every_change_in_it_is_found(scene: Scene) -> None:
    scene.filed("first")
    scene.work.casework.opened(scene.people["cleo"].me, the_alias(scene, "cleo"), at=scene.clock.now())
    scene.clock.goes_on(days=3)
    assert scene.work.trail.close_days(today=scene.clock.now().date()) == 3
    assert scene.work.trail.check().wrong == ()
    from sqlalchemy import text

    with scene.work.db.transaction() as tx:
        tx.run(text("delete from leaf"))
    assert scene.work.trail.check().wrong == (scene.clock.now().date() - timedelta(days=3),)


def test_the_promised_numbers_are_the_ones_that_the_room_keeps() -> None:
    text = (CHECKOUT / "policies" / "en" / "reporting.md").read_text("utf-8")
    kept = desks.load(CHECKOUT / "policies")
    assert f"for {kept.form.replies_days} days after you first saw" in text
    assert f"You can see it for {kept.form.receipt_minutes} minutes" in text
    assert kept.form.withdrawal_hours == 72
    assert "A no holds at once." in text and "count after 3 days" in text
    assert kept.keeping.reporter_days == 90
    assert kept.keeping.files_days == 90
    assert "Ninety days after a case is closed" in text
    assert "and its files are erased" in text
    assert kept.desk_for(Topic.SEA).organisations == 2
    assert re.search(r"erased: its key is destroyed", text)


def test_a_reader_whose_papers_were_revoked_opens_nothing_and_spoils_nothing(scene: Scene) -> None:
    _, reporter = scene.filed("first")
    cleo, dara = scene.people["cleo"], scene.people["dara"].me
    alias = the_alias(scene, "dara")
    scene.work.casework.answer(cleo.me, alias, "from before", at=scene.clock.now())
    scene.clock.goes_on(days=2)
    early = scene.clock.now().date() - timedelta(days=100)
    scene.work.roster.revoke(scene.signed(Revocation(cleo.paper.serial, early), officers=1))
    assert scene.work.casework.work_list(cleo.me, at=scene.clock.now()) == []
    with pytest.raises(NotFound):
        scene.work.casework.answer(cleo.me, alias, "too late", at=scene.clock.now())
    scene.work.succession.take_over(dara, alias, at=scene.clock.now())
    found = scene.work.casework.opened(dara, alias, at=scene.clock.now())
    assert found.case.facts.epoch == 1, "the next reader renews the keys, so that what comes now is not for her"
    assert "from before" in [letter.body.get("text") for letter in found.letters]
    scene.work.conversations.add(reporter, "second", at=scene.clock.now())


def test_a_slot_that_somebody_made_up_opens_nothing_and_takes_nothing_away(scene: Scene) -> None:
    from server.crypto.sealed import boxes, slots
    from server.crypto.sealed.slots import Binding
    from server.private import records

    scene.filed("first", excluded=Excluded(organisation="Harbour Refugee Support"))
    cleo = scene.people["cleo"]
    with scene.work.db.transaction() as tx:
        case = records.every_case(tx, scene.work.vault)[0]
        reporter = slots.reporter_of(case.facts.reporter_public, case.facts.reporter_verify)
        made_up = slots.slot(cleo.paper.public, boxes.new_key(), Binding(case.id, 0, reporter))
        tag = slots.tag(scene.work.vault.pepper, cleo.me.person, case.id, records.RECOVERED)
        records.replace_slot(tx, scene.work.vault, case.id, tag, made_up)
    assert scene.work.casework.work_list(cleo.me, at=scene.clock.now()) == []
    assert len(scene.work.casework.work_list(scene.people["dara"].me, at=scene.clock.now())) == 1


def test_a_paper_with_other_keys_takes_nobody_s_place(scene: Scene) -> None:
    from dataclasses import replace
    from uuid import uuid4

    mal, dara = scene.people["gul"].paper, scene.people["dara"].paper
    stolen = replace(dara, serial=uuid4(), public=mal.public, verify=mal.verify)
    with pytest.raises(Refused):
        scene.work.roster.admit(scene.signed(stolen))


def test_an_interpreter_is_not_let_in_by_a_colleague_without_a_yes(scene: Scene) -> None:
    scene.focal_point("taras", "sea", "Bridge Network", roles=("interpreter",), languages=("uk",))
    scene.filed("a", language="uk", consents={"interpreter": False})
    alias = the_alias(scene, "cleo")
    found = scene.work.casework.opened(scene.people["cleo"].me, alias, at=scene.clock.now())
    assert scene.people["taras"].me.person not in {one.person for one in scene.work.succession.could_read(found)}


@pytest.mark.parametrize(
    ("excluded", "barred"),
    [
        (Excluded(only_independent=True), {"cleo", "dara", "emil"}),
        (Excluded(role="the caseworkers"), {"cleo", "dara", "emil"}),
        (Excluded(organisation="harbour  refugee support"), {"cleo"}),
        (Excluded(organisation="Harbour Refugee Support", site="Elsewhere"), set()),
    ],
)
def test_who_is_left_out(scene: Scene, excluded: Excluded, barred: set[str]) -> None:
    scene.focal_point("june", "independent", "Second Office", roles=("ombuds",))
    scene.people["hana"].paper = scene.people["june"].paper
    scene.filed("x", excluded=excluded)
    seen = {name for name in ("cleo", "dara", "emil") if not _reads(scene, name)}
    assert seen == barred


def _reads(scene: Scene, name: str) -> bool:
    return bool(scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now()))


def test_an_interpreter_reads_no_further_once_a_no_is_in_force(scene: Scene) -> None:
    scene.focal_point("taras", "sea", "Bridge Network", roles=("interpreter",), languages=("uk",))
    _, reporter = scene.filed("a", language="uk", consents={"interpreter": True})
    assert _reads(scene, "taras")
    scene.work.conversations.say(reporter, Consent.INTERPRETER, False, at=scene.clock.now())
    scene.clock.goes_on(days=5)
    alias = the_alias(scene, "cleo")
    scene.work.succession.take_over(scene.people["cleo"].me, alias, at=scene.clock.now())
    assert not _reads(scene, "taras")
    assert _reads(scene, "dara")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("four words", "at least four words"),
        ("let me in please", "Many people use these words"),
        ("passwordpassword", "Many people use these words"),
        ("noor at talk example", "Many people use these words"),
    ],
)
def test_a_new_reader_takes_words_that_nobody_else_would_try(scene: Scene, typed: str, told: str) -> None:
    invitation, browser = scene.work.people.invite(), scene.browser()
    browser.get("/desk/join")
    refused = send(browser, "join", "/desk/join", invitation=invitation, login="noor", passphrase=typed)
    assert refused.status_code == 422 and told in words(refused)
    taken = send(browser, "join", "/desk/join", invitation=invitation, login="noor", passphrase=WORDS)
    assert taken.status_code == 303


def test_the_words_of_a_reader_are_hashed_anew_when_a_hash_costs_more_than_it_did(scene: Scene) -> None:
    cleo, people = scene.people["cleo"], scene.work.people
    people._passwords = Passwords(people._passwords._pepper, memory_kib=16, passes=1)
    now = scene.clock.now()
    with pytest.raises(Refused):
        people.signed_in("cleo", WORDS, "000000", at=now)
    known = people.by_id(cleo.me.person)
    assert known is not None and "m=16" not in known.passphrase
    signed = people.signed_in("cleo", WORDS, pyotp.TOTP(cleo.totp).at(now), at=now)
    known = people.by_id(cleo.me.person)
    assert known is not None and "m=16" in known.passphrase == signed.passphrase
    assert people.unlock(cleo.me.person, WORDS) == cleo.me
