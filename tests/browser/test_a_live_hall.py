"""Somebody in a hall, at a real browser: what happens comes to the page, and what they type stays theirs."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from server.townhall.halls.states import HallState
from tests.browser.conftest import PATIENCE_MS, NewBrowser
from tests.browser.lines import Line, line_to
from tests.browser.surfing import hears, presses
from tests.people import Community
from tests.townhall.scene import Attendee, HallScene

pytestmark = pytest.mark.browser
DRAFT = "When does the water come to our part of the camp, and who"
CARET = 9
LOST = "No connection. What you see may be old."
BOX = "#write textarea"
LINES = """(lines) => lines.map((line) => [line.querySelector('.ask').id, [
  line.querySelector('.ask').innerText.replace(/\\s+/g, ' ').trim(),
  line.querySelector('[data-count]')?.textContent ?? '0'].join(' | ')])"""


@pytest.fixture
def scene(community: Community) -> HallScene:
    """An open hall."""
    made = HallScene(community)
    made.opens()
    return made


@pytest.fixture
def kofi(scene: HallScene) -> Attendee:
    """Somebody else in the hall."""
    return scene.attendee()


@pytest.fixture
def line(address: str) -> Iterator[Line]:
    """The line of one telephone."""
    with line_to(address) as made:
        yield made


def comes_in(page: Page, scene: HallScene, language: str = "en") -> None:
    """With the code, as anybody does."""
    page.goto(f"/h/{scene.code}?lang={language}")
    presses(page, "form[action*='/join'] button")


def is_live(page: Page) -> None:
    """The page has taken the place of the frame, and the socket has told where it stands."""
    expect(page.locator("[data-hall] [role=log]")).to_be_attached()
    expect(page.locator("[data-hall] iframe")).to_have_count(0)


def path_at(address: str) -> str:
    return urlsplit(address).path


def live_page(opens: NewBrowser, scene: HallScene) -> Page:
    page = opens()
    with hears(page, "pub"):
        comes_in(page, scene)
    is_live(page)
    return page


def listed(page: Page) -> dict[str, str]:
    """Each question of a list with its words, its marks and its count, once."""
    shown = page.eval_on_selector_all(".ask-line:has(.ask)", LINES)
    assert len({name for name, _ in shown}) == len(shown), "a question is there twice"
    return dict(shown)


def fresh(page: Page, scene: HallScene) -> dict[str, str]:
    """What somebody with this seat would see who opens the list only now."""
    other = page.context.new_page()
    other.goto(f"/h/{scene.code}/list?paused=1")
    found = listed(other)
    other.close()
    return found


def shows_new(page: Page) -> None:
    """Press the button behind which new questions wait."""
    page.click("button:has-text('Show new questions')")


def starts_typing(page: Page) -> None:
    """Words in the box, and the caret in the middle of them."""
    page.fill(BOX, DRAFT)
    page.eval_on_selector(BOX, f"(box) => box.setSelectionRange({CARET}, {CARET})")
    page.evaluate("window.strayed = []; document.addEventListener('focusout', (e) => strayed.push(e.target.id))")


def typing_is_untouched(page: Page) -> None:
    """The same words, the same caret, and the focus never left."""
    expect(page.locator(BOX)).to_have_value(DRAFT)
    assert page.eval_on_selector(BOX, "(box) => [box.selectionStart, box.selectionEnd]") == [CARET, CARET]
    assert page.evaluate("document.activeElement.matches('#write textarea')")
    assert page.evaluate("strayed") == [], "the focus was taken away for a moment"


def test_a_question_appears_without_a_reload(scene: HallScene, kofi: Attendee, opens: NewBrowser) -> None:
    page = live_page(opens, scene)
    page.evaluate("window.same = true")
    question = scene.readable(kofi, "Who repairs the pump?")
    expect(page.locator("button:has-text('Show new questions')")).to_be_visible()
    expect(page.locator(f"#q-{question}")).to_have_count(0)
    shows_new(page)
    expect(page.locator(f"#q-{question}")).to_contain_text("Who repairs the pump?")
    kofi.posts(f"questions/{question}/endorse")
    expect(page.locator(f".ask-line:has(#q-{question}) [data-count]")).to_have_text("1")
    page.click(f".ask-line:has(#q-{question}) form button")
    expect(page.locator(f".ask-line:has(#q-{question}) [data-count]")).to_have_text("2")
    assert page.evaluate("window.same"), "the page was loaded anew"
    assert listed(page) == fresh(page, scene)


def ten_things(scene: HallScene, kofi: Attendee) -> list[UUID]:
    """Questions, endorsements, the stage, an answer, a poll and a pause."""
    first, second = (scene.readable(kofi, f"{n} question?") for n in ("First", "Second"))
    kofi.posts(f"questions/{first}/endorse")
    scene.decides(scene.fatou, first, "stage")
    scene.decides(scene.fatou, first, "answered", said="On Monday.", language="en")
    poll = scene.polls()
    kofi.posts(f"polls/{poll}/vote", {"choice": "1"})
    scene.does_with_poll(poll, "close")
    scene.moves(HallState.PAUSED)
    scene.moves(HallState.OPEN)
    return [first, second]


def test_what_is_typed_stays_while_ten_things_happen_and_the_page_renews_itself(
    scene: HallScene, kofi: Attendee, opens: NewBrowser
) -> None:
    page = live_page(opens, scene)
    starts_typing(page)
    with page.expect_response(lambda answer: path_at(answer.url) == f"/h/{scene.code}"):
        ten_things(scene, kofi)
    expect(page.locator("#results-part")).to_contain_text("Which day?")
    page.wait_for_timeout(10_000)
    typing_is_untouched(page)
    page.keyboard.type("XY")
    expect(page.locator(BOX)).to_have_value(DRAFT[:CARET] + "XY" + DRAFT[CARET:])


def test_half_an_answer_to_a_poll_stays_while_others_change(scene: HallScene, opens: NewBrowser) -> None:
    scene.polls(title="Which day?")
    page = live_page(opens, scene)
    page.check("#polls-part input >> nth=1")
    page.focus(BOX)
    with page.expect_response(lambda answer: path_at(answer.url) == f"/h/{scene.code}"):
        scene.polls(title="Which hour?")
    expect(page.locator("#polls-part")).to_contain_text("Which hour?")
    assert page.is_checked("#polls-part input >> nth=1")
    assert page.locator("#polls-part .poll").count() == 2


def test_a_cut_line_is_told_and_afterwards_everything_is_there_once(
    scene: HallScene, kofi: Attendee, chromium: Browser, line: Line
) -> None:
    context = chromium.new_context(base_url=line.address)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    first = scene.readable(kofi, "Who repairs the pump?")
    second = scene.readable(kofi, "Where is the school?")
    with page.expect_websocket():
        comes_in(page, scene)
    is_live(page)
    expect(page.locator("[data-hall] .lost")).to_have_text("")
    starts_typing(page)
    line.is_cut()
    context.set_offline(True)
    expect(page.locator("[data-hall] .lost")).to_contain_text(LOST)
    scene.fatou.sends(f"/h/{scene.code}/questions/{first}/answered", version="2", said="The office.", language="en")
    kofi.posts(f"questions/{second}/endorse")
    third = scene.readable(kofi, "When is the market?")
    line.is_whole()
    context.set_offline(False)
    expect(page.locator("[data-hall] .lost")).to_have_text("")
    shows_new(page)
    expect(page.locator(f"#q-{third}")).to_be_visible()
    expect(page.locator(f".ask-line:has(#q-{second}) [data-count]")).to_have_text("1")
    assert listed(page) == fresh(page, scene)
    expect(page.locator(f".ask-line:has(#q-{first}) form")).to_have_count(0)
    expect(page.locator(BOX)).to_have_value(DRAFT)
    context.close()


def test_a_stop_is_there_at_once_and_leaves_only_what_was_typed(
    scene: HallScene, kofi: Attendee, opens: NewBrowser
) -> None:
    scene.readable(kofi, "Where do they hide?")
    page = live_page(opens, scene)
    page.fill(BOX, DRAFT)
    assert scene.bo.sends(f"/h/{scene.code}/stop").status_code == 303
    expect(page.locator("main h1")).to_have_text("The hall has stopped")
    expect(page.locator(BOX)).to_have_count(0)
    expect(page.locator("main form[action*='/ask']")).to_have_count(0)
    text = page.inner_text("body")
    assert DRAFT in text and "Where do they hide?" not in page.content() and "Water in the camp" not in text
    assert "Water" not in page.title()
    scene.bo.sends(f"/h/{scene.code}/reopen")
    scene.fatou.sends(f"/h/{scene.code}/reopen")
    expect(page.locator(BOX)).to_have_value(DRAFT)
    expect(page.locator("#hall-state")).to_contain_text("The hall is paused.")


def test_a_question_that_was_refused_keeps_its_words_while_the_page_renews_itself(
    scene: HallScene, kofi: Attendee, opens: NewBrowser
) -> None:
    page = live_page(opens, scene)
    long = "Where? " * 400
    page.fill(BOX, long)
    presses(page, "form[action*='/ask'] button")
    is_live(page)
    with page.expect_response(
        lambda answer: answer.request.method == "GET" and path_at(answer.url) == f"/h/{scene.code}"
    ):
        scene.moves(HallState.PAUSED)
    expect(page.locator("#hall-state")).to_contain_text("The hall is paused.")
    assert page.input_value(BOX).strip() == long.strip()


def test_without_script_the_frame_fetches_the_list_and_typing_is_untouched(
    scene: HallScene, kofi: Attendee, opens: NewBrowser
) -> None:
    page = opens(script=False)
    comes_in(page, scene)
    page.fill(BOX, DRAFT)
    page.focus(BOX)
    frame = page.frame_locator("[data-hall] iframe")
    question = scene.readable(kofi, "Who repairs the pump?")
    expect(frame.locator(f"#q-{question}")).to_be_visible(timeout=3 * PATIENCE_MS)
    expect(page.locator(BOX)).to_have_value(DRAFT)
    expect(page.locator(BOX)).to_be_focused()
    scene.bo.sends(f"/h/{scene.code}/stop")
    expect(frame.locator("[role=alert]")).to_contain_text("The hall has stopped", timeout=3 * PATIENCE_MS)
    expect(frame.locator(".ask")).to_have_count(0)
    expect(frame.get_by_text("Help near you")).to_have_attribute("target", "_top")
    expect(page.locator(BOX)).to_have_value(DRAFT)
