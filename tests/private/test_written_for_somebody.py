"""Somebody says it, somebody else writes it down: and then cannot read it, and has a number that is soon nobody's."""

import re

import pytest
from httpx2 import Response

from tests.attack.originals import MARK, phone_jpeg
from tests.private.rooms import RoomBrowser
from tests.private.scene import Scene, hidden, send, send_in_parts, shown_receipt, words

AT = "/desk/intake"
PHOTO = phone_jpeg()
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


ALOUD = (
    "Are you safe now?",
    "medical care is best in the first 3 days",
    "It is free. Nobody may ask you for money or favours. Telling us does not change your help",
    "It is read by trained people at: Bridge Network, Harbour Refugee Support",
    "You can change each yes and no later",
)
READ_BACK = (
    "About somebody who knows that I write",
    "It happened in the last 5 days, or there is danger now",
    "Pass what is needed to a service that can help me: yes",
    "Show it, without my name, to whoever looks into it: no",
    "Pass it, without my name, to the organisation concerned: not asked",
    "Let a certified interpreter read it: not asked",
    "may an office outside read it? yes",
    "A few trained people will read it.",
    "they must pass it on: the least that is needed",
    "The people who run this site cannot open it.",
)


def test_what_the_reporters_own_page_says_is_read_aloud_too(olena: RoomBrowser) -> None:
    page = olena.get(AT)
    assert [one for one in ALOUD if one not in words(page)] == []
    summary = send(olena, "intake_check", AT, **{**carried(page), **SAID, "urgent": "yes"})
    assert [one for one in READ_BACK if one not in words(summary)] == []
    assert "A child was hurt" not in words(summary), "what was not said is not read back"
    send(olena, "intake_send", AT, **carried(summary))
    assert "Come back after" in words(olena.get(AT))


def summary_in_parts(browser: RoomBrowser) -> Response:
    form = carried(browser.get(AT))
    return send_in_parts(browser, "intake_check", at=AT, **{**form, **SAID})


def test_files_that_the_person_hands_over_are_made_safe_and_come_along(scene: Scene, olena: RoomBrowser) -> None:
    summary = summary_in_parts(olena)
    assert 'type="file"' in summary.text
    form = {**carried(summary), "originals": "clean"}
    sent = send_in_parts(olena, "intake_send", ("me.jpg", PHOTO), at=AT, **form)
    assert sent.status_code == 303, words(sent)
    assert "Files that came with it: 1." in words(olena.get(AT))
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    copy = b"".join(scene.work.files.copy(cleo, alias, 1, at=scene.clock.now()).pieces)
    assert copy.startswith(b"\xff\xd8") and MARK not in copy
    again = send_in_parts(olena, "intake_send", at=AT, **form)
    assert again.status_code == 303, "a browser that let go of its files sends the same form"
    assert len(scene.work.casework.work_list(cleo, at=scene.clock.now())) == 1


@pytest.mark.parametrize(
    "file", [("me.docx", b"PK\x03\x04word"), ("large.jpg", bytes(26_000_000))], ids=["office", "large"]
)
def test_a_file_that_cannot_be_taken_sends_nothing_and_loses_no_word(
    scene: Scene, olena: RoomBrowser, file: tuple[str, bytes]
) -> None:
    form = {**carried(summary_in_parts(olena)), "originals": "clean"}
    page = send_in_parts(olena, "intake_send", file, at=AT, **form)
    assert page.status_code in (413, 422)
    assert TEXT in words(page) and "Nothing was sent" in words(page) and 'type="file"' in page.text
    assert "Read this aloud" in words(page)
    assert scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now()) == []
    sent = send_in_parts(olena, "intake_send", ("me.jpg", PHOTO), at=AT, **{**carried(page), "originals": "clean"})
    assert sent.status_code == 303


def test_no_other_place_at_the_desk_takes_files(scene: Scene) -> None:
    scene.filed()
    cleo = scene.sign_in("cleo")
    alias = scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())[0].alias
    cleo.get(f"/desk/{alias}")
    page = send_in_parts(cleo, "note", ("me.jpg", PHOTO), at=f"/desk/{alias}", note="look")
    assert page.status_code != 303
