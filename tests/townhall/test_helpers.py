"""A helper asks for people without a telephone; a receipt tells them what became of it."""

import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from server.permissions import Role
from server.townhall.helping.messages import Command, Wanted, command
from server.townhall.helping.rules import RECEIPT_SIGNS
from tests.people import Community, Person
from tests.townhall.scene import HallScene


@pytest.fixture
def scene(community_on_both: Community) -> HallScene:
    """An open hall."""
    scene = HallScene(community_on_both)
    scene.opens()
    return scene


def enters(scene: HallScene, who: Person, words: str, **fields: str) -> str:
    """The receipt for a question that a helper typed."""
    answer = who.sends(f"/h/{scene.code}/help-desk", text=words, **fields)
    assert answer.status_code == 200, answer.text
    return receipt_on(answer.text)


def receipt_on(page: str) -> str:
    """The code on the page."""
    found = re.search(r'class="receipt" dir="ltr"><strong>([^<]+)<', page)
    assert found is not None
    return found.group(1)


def asks_with(scene: HallScene, receipt: str) -> str:
    """What somebody with no account and no seat reads for a receipt."""
    headers = {"sec-fetch-site": "same-origin", "accept-language": "en"}
    browser = scene.community.browser()
    return browser.post(f"/h/{scene.code}/receipt", data={"receipt": receipt}, headers=headers).text


def test_a_question_from_a_room_waits_like_others_and_says_how_it_came(scene: HallScene) -> None:
    kofi, amina = scene.appoints("kofi", Role.HELPER), scene.attendee()
    receipt = enters(scene, kofi, "When do the old people eat?", source="room", people="14")
    assert re.fullmatch(r"[2-9A-Z]{3}-[2-9A-Z]{3}", receipt)
    assert "When do the old people eat?" not in amina.page("/list")
    assert "A moderator will read it first." in asks_with(scene, receipt)
    scene.lets_through(scene.waiting()[0])
    page = amina.page("/list")
    assert "When do the old people eat?" in page and "from the room" in page and "14 people in the room" in page
    assert "Everybody in the hall can read it." in asks_with(scene, receipt.lower().replace("-", " "))


def test_a_receipt_tells_why_something_was_not_taken(scene: HallScene) -> None:
    receipt = enters(scene, scene.appoints("kofi", Role.HELPER), "Who is the thief?")
    scene.decides(scene.bo, scene.waiting()[0], "decline", reason="about_a_person", note="Please come to the office.")
    page = asks_with(scene, receipt)
    assert "It was not taken." in page and "Please come to the office." in page and "Who is the thief?" in page


def test_another_receipt_tells_nothing(scene: HallScene) -> None:
    enters(scene, scene.appoints("kofi", Role.HELPER), "Who is the thief?")
    for wrong in ("222-222", "", "K7", "' OR 1=1"):
        assert "Who is the thief?" not in asks_with(scene, wrong)


def test_a_receipt_is_stored_nowhere_and_ends_with_the_key(scene: HallScene) -> None:
    receipt = enters(scene, scene.appoints("kofi", Role.HELPER), "When do we eat?")
    with scene.community.services.db.reading() as tx:
        stored = [
            str(row)
            for table in ("hall_question", "hall_command", "hall_line", "hall_event")
            for row in tx.session.execute(text(f"SELECT * FROM {table}"))
        ]
    assert not any(receipt in row or receipt.replace("-", "") in row for row in stored)
    scene.closes()
    scene.community.clock.goes_on(hours=scene.community.services.policies.retention.hall_author_hours)
    scene.clock_comes_by()
    assert "When do we eat?" not in asks_with(scene, receipt)


def test_the_same_form_sent_twice_asks_once_and_gives_the_same_receipt(scene: HallScene) -> None:
    kofi, number = scene.appoints("kofi", Role.HELPER), str(uuid4())
    receipts = {enters(scene, kofi, "When do we eat?", command=number) for _ in range(2)}
    assert len(receipts) == 1 and len(scene.waiting()) == 1
    assert enters(scene, kofi, "When do we eat?", command=str(uuid4())) not in receipts


def test_only_helpers_come_to_the_desk(scene: HallScene) -> None:
    for person in (
        scene.community.member("amina"),
        scene.bo,
        scene.fatou,
        scene.appoints("mina", Role.CAPTIONER, "en"),
    ):
        assert person.gets(f"/h/{scene.code}/help-desk").status_code == 404
        assert person.sends(f"/h/{scene.code}/help-desk", text="Hello").status_code == 404
        assert person.sends(f"/h/{scene.code}/help-desk/message", message="Q Hello").status_code == 404
    assert scene.waiting() == []


def test_a_stopped_hall_takes_nothing_and_tells_nothing(scene: HallScene) -> None:
    kofi = scene.appoints("kofi", Role.HELPER)
    receipt = enters(scene, kofi, "When do we eat?")
    scene.bo.sends(f"/h/{scene.code}/stop")
    refused = kofi.sends(f"/h/{scene.code}/help-desk", text="And who cooks?")
    assert refused.status_code == 409 and "And who cooks?" in refused.text
    assert "When do we eat?" not in asks_with(scene, receipt)


def test_a_text_message_asks_endorses_and_looks(scene: HallScene) -> None:
    kofi, amina = scene.appoints("kofi", Role.HELPER), scene.attendee()

    def message(words: str, **fields: str) -> tuple[int, str]:
        answer = kofi.sends(f"/h/{scene.code}/help-desk/message", message=words, **fields)
        return answer.status_code, answer.text

    status, page = message(f"{scene.code} q When does the water come?")
    assert status == 200 and "A moderator will read it first." in asks_with(scene, receipt_on(page))
    assert message("V 1")[0] == 422 or message("V 1")[0] == 409
    scene.lets_through(scene.waiting()[0])
    assert "by text message" in amina.page("/list")
    number = str(uuid4())
    for _ in range(2):
        assert message("V ١", command=number)[0] == 200
    assert "data-count>1<" in amina.page("/list")
    assert message("V 1", command=str(uuid4()))[0] == 200
    assert "data-count>2<" in amina.page("/list")
    assert "Everybody in the hall can read it." in message("? 1")[1]
    for wrong in ("P 2", "When does the water come?", "V one", "? 77"):
        status, page = message(wrong)
        assert status in (409, 422) and wrong in page


def test_what_was_passed_on_stands_in_the_log_without_words(scene: HallScene) -> None:
    enters(scene, scene.appoints("kofi", Role.HELPER), "When do we eat?", source="room")
    with scene.community.services.db.reading() as tx:
        line = tx.session.execute(text("SELECT label, act, reason FROM hall_line WHERE act = 'entered'")).one()
    assert tuple(line) == ("helper 1", "entered", "room")


@pytest.mark.parametrize("people", ["0", "-3", "5001", "many", "1e3"])
def test_a_number_of_people_that_cannot_be_is_asked_for_again(scene: HallScene, people: str) -> None:
    kofi = scene.appoints("kofi", Role.HELPER)
    answer = kofi.sends(f"/h/{scene.code}/help-desk", text="When do we eat?", people=people)
    assert answer.status_code == 422 and "When do we eat?" in answer.text and scene.waiting() == []


# Text messages, as a pure function -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Q When does it rain?", Command(Wanted.ASK, text="When does it rain?")),
        ("q  two\nlines", Command(Wanted.ASK, text="two\nlines")),
        ("K7M2QX Q Where?", Command(Wanted.ASK, text="Where?")),
        ("k7m2qx v 82", Command(Wanted.ENDORSE, number=82)),
        ("V82", Command(Wanted.ENDORSE, number=82)),
        ("\u200fV ٨٢", Command(Wanted.ENDORSE, number=82)),
        ("P 2", Command(Wanted.ANSWER_POLL, number=2)),
        ("? ۸۲", Command(Wanted.LOOK, number=82)),
        ("؟ 82", Command(Wanted.LOOK, number=82)),
        ("Q", None),
        ("Quite something", None),
        ("V", None),
        ("V 82 and 83", None),
        ("V -1", None),
        ("V 0", None),
        ("V ²", None),
        ("V 1234567", None),
        ("ZZZZZZ Q Where?", None),
        ("", None),
    ],
)
def test_what_a_message_asks_for(message: str, wanted: Command | None) -> None:
    assert command(message, code="K7M2QX") == wanted


@given(st.text(max_size=200))
def test_no_message_breaks_it(message: str) -> None:
    found = command(message, code="K7M2QX")
    assert found is None or found.text or found.number > 0
    assert RECEIPT_SIGNS == 6
