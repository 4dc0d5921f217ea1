"""Somebody says it, somebody else writes it down: and then cannot read it, and has a number that is soon nobody's."""

import re

import pytest
from httpx2 import Response

from tests.private.rooms import RoomBrowser
from tests.private.scene import Scene, hidden, send, shown_receipt, words

AT = "/desk/intake"
TEXT = "He keeps her card and wants money."
SAID = {
    "spoken": "sw",
    "topic": "sea",
    "who": "agreed",
    "text": TEXT,
    "exclude": "nobody",
    "services": "yes",
    "investigator": "no",
    "release": "yes",
}


@pytest.fixture
def olena(scene: Scene) -> RoomBrowser:
    """Takes calls for the desk, and nothing else."""
    scene.focal_point("olena", "sea", "Harbour Refugee Support", roles=("intake",), languages=("sw",))
    return scene.sign_in("olena")


def carried(page: Response) -> dict[str, str]:
    return {name: value for name, value in hidden(page).items() if name not in ("lang", "form_token")}


def taken_in(browser: RoomBrowser, **more: str) -> str:
    """From the empty form to the number on the card."""
    form = carried(browser.get(AT))
    summary = send(browser, "intake_check", AT, **{**form, **SAID, **more})
    assert summary.status_code == 200, words(summary)
    assert TEXT in words(summary) and "Read this aloud" in words(summary)
    sent = send(browser, "intake_send", AT, **carried(summary))
    assert sent.status_code == 303, words(sent)
    return shown_receipt(browser.get(AT))


def test_what_is_written_for_somebody_is_read_by_the_desk_and_not_by_the_writer(
    scene: Scene, olena: RoomBrowser
) -> None:
    assert "Write down what somebody tells you" in words(olena.get("/desk"))
    taken_in(olena)
    cleo = scene.people["cleo"].me
    line = scene.work.casework.work_list(cleo, at=scene.clock.now())[0]
    found = scene.work.casework.opened(cleo, line.alias, at=scene.clock.now())
    body = found.letters[0].body
    assert (body["text"], body["language"], body["taken_in_by"]) == (TEXT, "sw", "Olena")
    assert body["consents"] == {"services": True, "investigator": False}, "what was not asked is not answered"
    assert found.case.facts.intake
    assert "Nothing here opens for you." in words(olena.get("/desk"))
    assert olena.get(f"/desk/{line.alias}").status_code == 404
    page = words(scene.sign_in("cleo").get(f"/desk/{line.alias}"))
    assert "Written down for somebody by Olena" in page


def test_a_reader_who_also_takes_calls_cannot_read_what_they_wrote(scene: Scene) -> None:
    from dataclasses import replace
    from uuid import uuid4

    cleo = scene.people["cleo"]
    scene.work.roster.admit(scene.signed(replace(cleo.paper, serial=uuid4(), roles=("intake",), languages=("sw",))))
    taken_in(scene.sign_in("cleo"))
    counts = {
        name: len(scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now()))
        for name in ("cleo", "dara")
    }
    assert counts == {"cleo": 0, "dara": 1}
    dara = scene.people["dara"].me
    alias = scene.work.casework.work_list(dara, at=scene.clock.now())[0].alias
    found = scene.work.casework.opened(dara, alias, at=scene.clock.now())
    assert cleo.me.person not in {one.person for one in scene.work.succession.could_read(found)}, "nor later"


def test_at_the_first_visit_the_number_is_changed_before_anything_is_shown(scene: Scene, olena: RoomBrowser) -> None:
    number = taken_in(olena)
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    scene.work.casework.answer(cleo, alias, "We are with you.", at=scene.clock.now())
    amal = scene.browser()
    assert send(amal, "return", receipt=number).status_code == 303
    page = amal.get("/help")
    assert "We are with you." not in page.text
    assert "Leave it as it was" not in page.text
    new = shown_receipt(page)
    assert new != number
    assert send(amal, "change_number").status_code == 303
    assert "We are with you." in words(amal.get("/help"))
    assert send(olena, "return", receipt=number).status_code == 404, "the writer has a number that opens nothing"
    again = scene.browser()
    send(again, "return", receipt=new)
    assert "We are with you." in words(again.get("/help"))


def test_the_card_is_shown_for_a_quarter_of_an_hour_or_until_it_is_handed_over(
    scene: Scene, olena: RoomBrowser
) -> None:
    number = taken_in(olena)
    assert shown_receipt(olena.get(AT)) == number
    card = olena.get(AT).text.partition('<div class="card">')[2].partition("</div>")[0]
    assert re.sub(r"<[^>]+>", "", card).strip() == number, "nothing on the card says what it is for"
    send(olena, "intake_handed", AT)
    assert number not in olena.get(AT).text
    again = taken_in(olena)
    assert again != number, "each form has a number of its own"
    scene.clock.goes_on(minutes=16)
    assert again not in olena.get(AT).text


def test_the_same_form_twice_is_one_case_and_other_words_are_not_lost(scene: Scene, olena: RoomBrowser) -> None:
    form = {**carried(olena.get(AT)), **SAID}
    for _ in range(2):
        assert send(olena, "intake_send", AT, **form).status_code == 303
    other = send(olena, "intake_send", AT, **{**form, "text": "Something else."})
    assert other.status_code == 409 and "Something else." in other.text
    assert len(scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())) == 1
    anew = {**SAID, **carried(other), "text": "Something else."}
    assert send(olena, "intake_send", AT, **anew).status_code == 303, "one press more sends it by itself"
    assert len(scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())) == 2


def test_words_are_not_lost_when_the_visit_has_ended_meanwhile(scene: Scene, olena: RoomBrowser) -> None:
    form = {**carried(olena.get(AT)), **SAID}
    scene.ticking.goes_on(minutes=16)
    page = send(olena, "intake_send", AT, **form)
    assert page.status_code == 403 and TEXT in page.text


@pytest.mark.parametrize(
    "change",
    [{"spoken": ""}, {"spoken": "xx"}, {"text": ""}, {"release": ""}, {"services": "maybe"}, {"topic": "weather"}],
    ids=repr,
)
def test_what_cannot_be_taken_comes_back_with_every_word(
    scene: Scene, olena: RoomBrowser, change: dict[str, str]
) -> None:
    page = send(olena, "intake_check", AT, **{**carried(olena.get(AT)), **SAID, **change})
    assert page.status_code == 422
    assert change.get("text", TEXT) in page.text
    assert "It is closed at once" in words(page), "the script is beside the questions"


def test_nobody_without_that_paper_writes_for_others(scene: Scene) -> None:
    cleo = scene.sign_in("cleo")
    assert "Write down what somebody tells you" not in words(cleo.get("/desk"))
    assert cleo.get(AT).status_code == 404
    assert send(cleo, "intake_send", AT, **SAID).status_code == 404
    assert scene.browser().get(AT).headers["location"] == "/desk/sign-in"
    assert len(scene.work.casework.work_list(scene.people["dara"].me, at=scene.clock.now())) == 0
