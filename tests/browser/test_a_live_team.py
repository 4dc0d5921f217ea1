"""The console, the stage and the captions at a real browser: they change by themselves, and nothing typed is lost."""

import pytest
from playwright.sync_api import Page, expect

from server.permissions import Role
from server.townhall.halls.states import Results
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, hears, presses
from tests.people import Community
from tests.townhall.scene import HallScene
from tests.townhall.test_stage import makes_a_link

pytestmark = pytest.mark.browser
NOTE = "Please ask the school office, it is"


@pytest.fixture
def scene(community: Community) -> HallScene:
    """An open hall with an item that is on."""
    made = HallScene(community)
    made.opens()
    made.session()
    return made


def console(opens: NewBrowser, scene: HallScene, login: str) -> Page:
    """One more browser of somebody of the team, at the console and listening."""
    page = opens(width=1280)
    Surfer(page).signs_in(login, scene.community.code_of(login))
    with hears(page, "pub"):
        page.goto(f"/h/{scene.code}/console?lang=en")
    page.evaluate("window.same = true")
    return page


def test_what_waits_comes_and_goes_while_a_note_is_typed(scene: HallScene, opens: NewBrowser) -> None:
    amina = scene.attendee()
    first, second = scene.asked(amina, "Who repairs the pump?"), scene.asked(amina, "Where is the school?")
    page = console(opens, scene, "bo")
    mine = page.locator(f"#w-{first}")
    mine.locator("summary:has-text('Do not take it')").click()
    note = page.locator(f"#note-{first}")
    note.fill(NOTE)
    note.evaluate("(box) => box.setSelectionRange(7, 7)")
    third = scene.asked(amina, "When is the market?")
    expect(page.locator(f"#w-{third}")).to_be_visible()
    expect(page.locator("#waiting")).to_have_text("Waiting · 3")
    scene.lets_through(second)
    expect(page.locator(f"#w-{second}")).to_have_count(0)
    expect(page.locator(f"#q-{second}")).to_be_visible()
    expect(page.locator("#waiting")).to_have_text("Waiting · 2")
    scene.decides(scene.bo, first, "decline", reason="off_topic")
    expect(mine).to_contain_text("Somebody has decided on this already. What you typed is still here.")
    expect(note).to_have_value(NOTE)
    expect(note).to_be_focused()
    assert note.evaluate("(box) => box.selectionStart") == 7
    assert page.evaluate("window.same")
    note.fill("")
    page.locator("#waiting").click()
    scene.asked(amina, "And the lamp?")
    expect(mine).to_have_count(0)


def test_a_facilitator_sees_how_many_wait_and_never_a_word_of_it(scene: HallScene, opens: NewBrowser) -> None:
    amina = scene.attendee()
    page = console(opens, scene, "fatou")
    came: list[str] = []
    page.on("response", lambda answer: came.append(answer.text()) if "/console" in answer.url else None)
    page.fill("#message", NOTE)
    scene.asked(amina, "Pending words about a neighbour")
    expect(page.locator("#waiting")).to_have_text("Waiting · 1")
    question = scene.readable(amina, "Who repairs the pump?")
    expect(page.locator(f"#r-{question}")).to_contain_text("Who repairs the pump?")
    poll = scene.polls(results=Results.AFTER_CLOSING)
    expect(page.locator("#polls-part")).to_contain_text("Which day?")
    scene.does_with_poll(poll, "show")
    expect(page.locator("#polls-part")).to_contain_text("on the screens")
    scene.bo.sends(f"/h/{scene.code}/stop")
    expect(page.locator("#hold")).to_contain_text("Stopped")
    expect(page.locator("#after-stop")).to_contain_text("Two people open a hall again")
    expect(page.locator("#message")).to_have_value(NOTE)
    assert "Pending words" not in page.content() and came and "Pending words" not in "".join(came)


def test_the_console_says_when_it_is_not_live(scene: HallScene, opens: NewBrowser) -> None:
    page = console(opens, scene, "bo")
    expect(page.locator("[data-line-lost]")).to_have_text("")
    page.context.set_offline(True)
    expect(page.locator("[data-line-lost]")).to_contain_text("No connection. What you see may be old.")
    question = scene.asked(scene.attendee(), "Who repairs the pump?")
    page.context.set_offline(False)
    expect(page.locator(f"#w-{question}")).to_be_visible()
    expect(page.locator("[data-line-lost]")).to_have_text("")


def test_a_console_that_nobody_looks_at_does_not_count_as_watched(scene: HallScene, opens: NewBrowser) -> None:
    page = console(opens, scene, "bo")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    feeds = scene.community.house.live.feeds
    assert not any(one.who.moderates for feed in feeds.values() for one in feed.listeners)


def test_the_stage_changes_without_a_reload_and_falls_back_without_script(scene: HallScene, opens: NewBrowser) -> None:
    link, amina = makes_a_link(scene), scene.attendee()
    live, plain = opens(width=1280), opens(script=False, width=1280)
    with hears(live, "stage"):
        live.goto(link)
    plain.goto(link)
    live.evaluate("window.same = true")
    live.wait_for_timeout(6_000)  # longer than the page's own fetching
    assert live.evaluate("window.same"), "the page fetched itself although its script listens"
    scene.asked(amina, "Pending words")
    question = scene.readable(amina, "Who repairs the pump?")
    scene.decides(scene.fatou, question, "stage")
    for page in (live, plain):
        expect(page.locator(".stage-words")).to_have_text("Who repairs the pump?")
        assert "Pending words" not in page.content()
    poll = scene.polls(results=Results.OPENLY)
    scene.does_with_poll(poll, "show")
    expect(live.locator(".poll")).to_contain_text("Which day?")
    assert live.evaluate("window.same")
    scene.bo.sends(f"/h/{scene.code}/stop")
    for page in (live, plain):
        expect(page.locator("h1")).to_have_text("The hall has stopped")
        expect(page.locator(".stage-way, article, .poll")).to_have_count(0)


def test_captions_come_line_by_line_on_both_pages(scene: HallScene, opens: NewBrowser) -> None:
    kofi = scene.appoints("kofi", Role.CAPTIONER, "en")

    def says(words: str) -> None:
        assert kofi.sends(f"/h/{scene.code}/captions/en", text=words).status_code == 303

    page = opens()
    page.goto(f"/h/{scene.code}?lang=en")
    presses(page, "form[action*='/join'] button")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.fill("#write textarea", NOTE)
    expect(page.locator("[data-hall] [role=log]")).to_be_attached()
    says("Good evening.")
    page.click("#captions-here > summary")
    expect(page.locator("#captions-here .captions")).to_contain_text("Good evening.")
    says("Thank you for coming.")
    expect(page.locator("#captions-here [data-line]")).to_have_count(2)
    expect(page.locator("#write textarea")).to_have_value(NOTE)
    assert not [address for address in asked if "framed" in address], "nobody fetches what nobody has unfolded"
    with page.expect_websocket():
        page.goto(f"/h/{scene.code}/captions/en?lang=en")
    page.evaluate("window.same = true")
    for number in range(1, 5):
        says(f"Sentence {number}.")
    expect(page.locator("#captions [data-line]").last).to_have_text("Sentence 4.")
    expect(page.locator("#captions [data-line]")).to_have_count(4)
    assert page.evaluate("window.same")
    with page.expect_websocket():
        page.click("text=Everything that was said")
    says("The last word.")
    expect(page.locator("#captions [data-line]").last).to_have_text("The last word.")
    expect(page.locator("#captions [data-line]")).to_have_count(7)


def test_captions_without_script_fetch_themselves(scene: HallScene, opens: NewBrowser) -> None:
    kofi = scene.appoints("kofi", Role.CAPTIONER, "en")
    page = opens(script=False)
    page.goto(f"/h/{scene.code}?lang=en")
    presses(page, "form[action*='/join'] button")
    expect(page.locator("#captions-here")).to_be_hidden()
    page.click("text=Captions: read what is said")
    kofi.sends(f"/h/{scene.code}/captions/en", text="Good evening.")
    expect(page.locator("#captions")).to_contain_text("Good evening.")
