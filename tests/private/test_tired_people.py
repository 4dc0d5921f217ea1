"""Somebody tired or afraid presses the wrong button: no word is lost, and what cannot be undone is asked twice."""

import re
import stat

import pytest

from server.private import beginning
from server.private.consents import Consent
from server.settings import Settings
from tests.private.rooms import RoomBrowser
from tests.private.scene import Scene, send, words

HALF = "and then he"


def the_case(scene: Scene) -> tuple[RoomBrowser, str]:
    """Cleo looks at a case."""
    scene.filed("first")
    browser = scene.sign_in("cleo")
    alias = scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())[0].alias
    at = f"/desk/{alias}"
    browser.get(at)
    return browser, at


def returned(scene: Scene) -> RoomBrowser:
    """Somebody has come back with the number, and there is an answer."""
    receipt, _ = scene.filed("first")
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    scene.work.casework.answer(cleo, alias, "We are with you.", at=scene.clock.now())
    browser = scene.browser()
    send(browser, "return", receipt=receipt)
    browser.get("/help")
    return browser


def typed(page: str, name: str) -> str:
    """What a field of the page holds."""
    return page.partition(f'<textarea id="{name}"')[2].partition(">")[2].partition("</textarea>")[0].strip()


def test_what_was_typed_in_another_field_of_a_case_is_still_there(scene: Scene) -> None:
    browser, at = the_case(scene)
    scene.focal_point("nia", "sea", "Bridge Network")
    beside = {"text": HALF, "note": "ask Dara", "reason": "because", "hand_reason": "leave"}
    done = send(browser, "support", at, support="offered", support_reason="a clinic", **beside)
    assert done.status_code == 303
    page = browser.get(at).text
    assert {name: typed(page, name) for name in beside} == beside
    assert typed(page, "support_reason") == "", "what was sent is not there again"
    assert typed(browser.get(at).text, "text") == "", "it is kept once, in memory"
    wrong = send(browser, "move", at, state="", reason="because", text=HALF)
    assert wrong.status_code == 422 and typed(wrong.text, "text") == HALF


def test_no_press_of_enter_sends_an_answer_that_is_half_written(scene: Scene) -> None:
    browser, at = the_case(scene)
    forms = re.findall(r"<form.*?</form>", browser.get(at).text, re.DOTALL)
    assert all('type="text"' not in form for form in forms)


def test_words_typed_for_another_case_do_not_appear_in_this_one(scene: Scene) -> None:
    browser, at = the_case(scene)
    scene.filed("second")
    send(browser, "note", at, note="ask Dara", text=HALF)
    aliases = {line.alias for line in scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())}
    other = next(alias for alias in aliases if alias not in at)
    assert HALF not in browser.get(f"/desk/{other}").text


def test_what_the_reporter_typed_stays_whatever_button_is_pressed(scene: Scene) -> None:
    browser = returned(scene)
    for step in (f"consent-{Consent.SERVICES.value}-yes", "withdraw", "keep_going"):
        assert send(browser, step, text=HALF).status_code == 303, step
        assert typed(browser.get("/help").text, "text") == HALF, step
    send(browser, "new_number", text=HALF)
    browser.get("/help")
    send(browser, "change_number")
    page = browser.get("/help")
    assert typed(page.text, "text") == HALF and "changed" in words(page)
    closed = send(browser, "close", text=HALF)
    assert closed.status_code == 409 and typed(closed.text, "text") == HALF
    assert "The conversation is closed" in words(send(browser, "close", text=" "))


def test_memory_is_not_filled_with_what_was_typed_beside_a_button(scene: Scene) -> None:
    browser = returned(scene)
    before = scene.house.room.sessions._bytes  # type: ignore[reportPrivateUsage]
    send(browser, "withdraw", text="x" * 100_000, note="x" * 5_000)
    assert scene.house.room.sessions._bytes - before < 1_000  # type: ignore[reportPrivateUsage]


def test_erasing_the_answers_is_asked_twice(scene: Scene) -> None:
    browser = returned(scene)
    page = send(browser, "erase", text=HALF)
    assert page.status_code == 200 and "Erase the answers here?" in words(page)
    again = browser.get("/help")
    assert "We are with you." in words(again) and typed(again.text, "text") == HALF
    send(browser, "erase")
    assert send(browser, "erase_sure").status_code == 303
    assert "We are with you." not in words(browser.get("/help"))


def test_leaving_a_case_is_asked_twice(scene: Scene) -> None:
    browser, at = the_case(scene)
    page = send(browser, "recuse", at, note="ask Dara")
    assert page.status_code == 200 and "Leave this case?" in words(page)
    assert typed(browser.get(at).text, "note") == "ask Dara", "nothing has happened yet"
    send(browser, "recuse", at)
    assert send(browser, "recuse_sure", at).headers["location"] == "/desk"
    assert browser.get(at).status_code == 404
    assert send(browser, "recuse", at).status_code == 404


def test_how_long_the_number_can_be_seen_is_told_as_it_is(scene: Scene) -> None:
    from tests.private.test_forms_of_the_door import ready_to_send

    browser = scene.browser()
    send(browser, "send", **ready_to_send(browser), release="no")
    page = words(browser.get("/help"))
    assert f"You can see it here for {scene.work.reporting.form.receipt_minutes} minutes" in page
    assert "once" not in page


@pytest.mark.parametrize("path", ["/desk", "/desk/paper", "/desk/away", "/desk/sign-in", "/desk/join"])
def test_the_language_can_be_changed_on_every_page_of_the_desk(scene: Scene, path: str) -> None:
    browser = scene.sign_in("cleo") if path not in ("/desk/sign-in", "/desk/join") else scene.browser()
    assert f'href="{path}?lang=ar"' in browser.get(path).text
    assert '<html lang="ar" dir="rtl">' in browser.get(f"{path}?lang=ar").text
    if path == "/desk":
        assert '<html lang="ar" dir="rtl">' in browser.get("/desk/paper").text, "the visit goes on in it"
        assert '<html lang="ar" dir="rtl">' in browser.get(path).text


def test_the_desk_is_told_in_whose_words_a_step_is(scene: Scene) -> None:
    browser, at = the_case(scene)
    assert browser.get(at).text.count("In the words that the reporter reads.") == 2


def test_the_folder_of_the_officers_is_there_and_closed(tmp_path) -> None:
    settings = Settings(data_dir=tmp_path)
    beginning.make_ready(settings)
    beginning.make_ready(settings)
    assert stat.S_IMODE((settings.private_dir / "officers").stat().st_mode) == 0o700


def test_new_words_are_seen_on_the_list_until_somebody_writes(scene: Scene) -> None:
    _, reporter = scene.filed()
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    news = lambda: scene.work.casework.work_list(cleo, at=now)[0].news  # noqa: E731
    assert not news()
    scene.work.conversations.add(reporter, "He is here now.", at=now)
    assert news()
    assert "new from the reporter" in words(scene.sign_in("cleo").get("/desk"))
    alias = scene.work.casework.work_list(cleo, at=now)[0].alias
    scene.work.casework.answer(cleo, alias, "We come.", at=now)
    assert not news()


def test_a_no_holds_from_the_moment_when_it_is_said(scene: Scene) -> None:
    _, reporter = scene.filed(consents={"agency": True})
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias = scene.work.casework.work_list(cleo, at=now)[0].alias
    found = lambda: scene.work.casework.opened(cleo, alias, at=now)  # noqa: E731
    assert scene.work.casework.said_yes(found(), Consent.AGENCY)
    scene.work.conversations.say(reporter, Consent.AGENCY, False, at=now)
    assert not scene.work.casework.said_yes(found(), Consent.AGENCY)
    assert "a no is said" in words(scene.sign_in("cleo").get(f"/desk/{alias}"))
    scene.work.conversations.say(reporter, Consent.AGENCY, True, at=now)
    assert scene.work.casework.said_yes(found(), Consent.AGENCY), "and can be taken back"


def test_the_office_outside_is_asked_twice(scene: Scene) -> None:
    receipt, _ = scene.filed(may_release=True)
    amal = scene.browser()
    amal.get("/help")
    send(amal, "return", receipt=receipt)
    amal.get("/help")
    assert "This cannot be undone" in words(send(amal, "nobody_answers"))
    assert send(amal, "nobody_sure").status_code == 303
    assert "The office outside can read it now" in words(amal.get("/help"))
