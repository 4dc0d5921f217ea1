"""A practice case: sealed like any other, told as what it is, in no trail and no number, and gone when it is over."""

import pytest
from sqlalchemy import func, select, text

from server.crypto.sealed import recovery
from server.private import models
from server.private.facts import State, Support
from server.private.files import Attachment, digest_of
from server.private.recovering import Recovering
from server.private.words import PRACTICE
from tests.private.scene import WORDS, FocalPoint, Scene, send, words


def practised(scene: Scene, name: str = "cleo") -> str:
    """Begin one with the button; its alias."""
    browser = scene.sign_in(name)
    browser.get("/desk")
    assert send(browser, "practise", "/desk").status_code == 303
    assert "practice, invented" in words(browser.get("/desk"))
    return scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now())[0].alias


def leaves(scene: Scene) -> int:
    with scene.work.db.reading() as tx:
        return int(tx.look(select(func.count()).select_from(models.Leaf)).scalar() or 0)


def test_whoever_brings_the_first_paper_finds_a_case_to_practise_with(scene: Scene) -> None:
    people = scene.work.people
    joined = people.join(people.invite(), "nia", WORDS)
    nia = people.by_id(joined.person)
    assert nia is not None
    like = scene.people["cleo"].paper
    from dataclasses import replace
    from uuid import uuid4

    papers = [
        replace(like, serial=uuid4(), person=nia.id, name="Nia", public=nia.public, verify=nia.verify, desk=desk)
        for desk in ("sea", "fraud")
    ]
    scene.people["nia"] = FocalPoint(joined.unlocked, "nia", joined.totp_secret, papers[0], scene.browser())
    browser = scene.sign_in("nia")
    for paper in papers:
        browser.get("/desk/paper")
        assert send(browser, "paper", "/desk/paper", paper=scene.signed(paper)).status_code == 303
    page = words(browser.get("/desk"))
    assert page.count("practice, invented") == 1, "one, with the first paper"
    assert "Practise with an invented case" not in page


def test_everything_can_be_tried_in_it_and_nothing_of_it_is_in_the_trail(scene: Scene) -> None:
    alias, cleo, now = practised(scene), scene.people["cleo"].me, scene.clock.now()
    work, dara = scene.work.casework, scene.people["dara"].me
    before = leaves(scene)
    page = words(scene.people["cleo"].browser.get(f"/desk/{alias}"))
    assert "This case is invented" in page and "at the water point" in page
    work.answer(cleo, alias, "We believe you.", at=now)
    work.note(cleo, alias, "ask Dara", at=now)
    work.support(cleo, alias, Support.OFFERED, "a clinic", at=now)
    scene.work.succession.hand_over(cleo, alias, dara.person, "look at this", at=now)
    scene.work.succession.recuse(cleo, alias, at=now)
    for state in (State.TRIAGE, State.INVESTIGATING, State.SUBSTANTIATED, State.FEEDBACK_GIVEN, State.CLOSED):
        work.move(dara, alias, state, "because", at=now)
    assert work.opened(dara, alias, at=now).practice
    assert leaves(scene) == before
    scene.filed("a true one")
    true = next(line.alias for line in work.work_list(dara, at=now) if not line.practice)
    work.opened(dara, true, at=now)
    assert leaves(scene) == before + 1, "a true case leaves a line"


def test_in_the_database_it_is_like_any_other(scene: Scene) -> None:
    def shape() -> list[tuple[int, ...]]:
        columns = {
            "case": "facts",
            "slot": "box",
            "pair": "box",
            "entry": "for_desk",
            "manifest": "box",
            "file": "facts",
        }
        with scene.work.db.reading() as tx:
            return [
                (table, *sorted({len(bytes(box)) for (box,) in tx.look(text(f'select {one} from "{table}"'))}))  # type: ignore[misc]
                for table, one in columns.items()
            ]

    practised(scene)
    alone = shape()
    sent = scene.people["cleo"].browser  # and a true one, with a picture like that one
    alias = scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())[0].alias
    sent.get(f"/desk/{alias}")
    picture = bytearray(send(sent, "look", f"/desk/{alias}", file="1").content)
    scene.filed(PRACTICE.english, files=[Attachment("card.png", "image/jpeg", picture, digest_of(picture))])
    assert shape() == alone


def test_nobody_else_sees_it_and_officers_do_not_get_it(scene: Scene) -> None:
    practised(scene)
    assert scene.work.casework.work_list(scene.people["dara"].me, at=scene.clock.now()) == []
    bundle = recovery.read(Recovering(scene.work).bundle())
    assert [recovery.half_opened(bundle, one.box_secret).opened for one in scene.officers] == [0, 0, 0]


def test_it_is_erased_on_demand_or_after_thirty_days_and_a_true_case_is_not(scene: Scene) -> None:
    alias = practised(scene)
    browser = scene.people["cleo"].browser
    browser.get(f"/desk/{alias}")
    assert send(browser, "erase_practice", f"/desk/{alias}").status_code == 303
    assert scene.work.vault.shred.keys() == {}
    practised(scene)
    scene.filed("a true one")
    true = next(
        line.alias
        for line in scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())
        if not line.practice
    )
    browser.get(f"/desk/{true}")
    refused = send(browser, "erase_practice", f"/desk/{true}")
    assert refused.status_code == 409 and "no practice case" in words(refused)
    scene.clock.goes_on(days=29)
    scene.work.erasing.forget(at=scene.clock.now())
    assert len(scene.work.vault.shred.keys()) == 2
    scene.clock.goes_on(days=1)
    assert scene.work.erasing.forget(at=scene.clock.now()).cases == 0, "it is in no number"
    assert len(scene.work.vault.shred.keys()) == 1


def test_one_at_a_time_and_only_for_who_reads(scene: Scene) -> None:
    practised(scene)
    again = send(scene.people["cleo"].browser, "practise", "/desk")
    assert again.status_code == 409 and "already" in words(again)
    scene.focal_point("olena", "sea", "Bridge Network", roles=("intake",))
    browser = scene.sign_in("olena")
    browser.get("/desk")
    refused = send(browser, "practise", "/desk")
    assert refused.status_code == 409


@pytest.mark.parametrize("name", ["hana", "ines"])
def test_every_desk_can_practise(scene: Scene, name: str) -> None:
    assert practised(scene, name)


def test_ending_practice_changes_no_forget_list(scene: Scene) -> None:
    scene.work.forgetting.refresh()
    file = scene.settings.private_dir / "forgotten-private.list"
    before = file.read_bytes()
    paper = scene.people["cleo"].paper
    case = scene.work.filing.practise(paper, "invented", language="en", at=scene.clock.now())
    scene.work.erasing.erase(case, practice=True)
    case = scene.work.filing.practise(paper, "invented", language="en", at=scene.clock.now())
    scene.clock.goes_on(days=40)
    scene.work.erasing.forget(at=scene.clock.now())
    assert not scene.work.vault.has_key(case)
    assert file.read_bytes() == before


def test_a_safe_copy_can_be_opened_in_it(scene: Scene) -> None:
    alias = practised(scene)
    browser = scene.people["cleo"].browser
    assert "card.png" in words(browser.get(f"/desk/{alias}"))
    picture = send(browser, "look", f"/desk/{alias}", file="1")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")
    assert picture.headers["content-disposition"].startswith("inline")
