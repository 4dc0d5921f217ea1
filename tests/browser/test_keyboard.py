"""Everything can be done with the keyboard alone, and the first key reaches the way out."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from server.permissions import Role
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import path_of
from tests.browser.walks import reads_the_conduct
from tests.people import PASSPHRASE, Community
from tests.people import Person as Somebody

pytestmark = pytest.mark.browser
MOST_TABS = 60
FOCUSED = "document.activeElement"


def tabs_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(MOST_TABS):
        if page.evaluate(f"{FOCUSED}.matches({selector!r})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab on {page.url}")


def sends(page: Page, key: str = "Enter") -> None:
    """Press the key and wait for the page that comes."""
    with page.expect_navigation():
        page.keyboard.press(key)


def signs_in(page: Page, login: str, code: str = "") -> None:
    """With no pointer at all."""
    page.goto("/sign-in")
    tabs_to(page, "[name=login]")
    page.keyboard.type(login)
    tabs_to(page, "[name=passphrase]")
    page.keyboard.type(PASSPHRASE)
    tabs_to(page, "[name=code]")
    page.keyboard.type(code)
    sends(page)
    assert path_of(page) == "/spaces"


def bo_and_two_cases(community: Community) -> tuple[str, Somebody]:
    """A code for Bo's sign-in, and two messages that wait."""
    secret = community._make("bo", ("questions",), known=True, roles={"questions": Role.MODERATOR})
    amina = community.member("amina")
    topic = amina.opens_topic("Bus", "Which bus goes to the market?")
    amina.posts(topic, "The driver is an idiot")
    amina.posts(topic, "His brother is an idiot too")
    return pyotp.TOTP(secret).at(community.clock.now()), amina


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("path", ["/", "/s/questions", "/join", "/nowhere"])
def test_the_first_tab_reaches_leave_and_the_second_the_skip_link(opens: NewBrowser, path: str, script: bool) -> None:
    page = opens(script=script)
    page.goto(path)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Leave quickly")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Go to the text")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUSED}.closest('main, footer') !== null"), "the skip link skips the places"


COVERED = """(one) => one.getBoundingClientRect().top
  < document.querySelector('.masthead').getBoundingClientRect().bottom"""
JUST_BEHIND = """(links) => { links[3].focus({preventScroll: true});
  scrollTo(0, links[4].getBoundingClientRect().top + scrollY - 10); }"""


def test_nothing_that_is_looked_for_hides_behind_the_masthead(community: Community, opens: NewBrowser) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Bus", "Which bus goes to the market?")
    for number in range(5):
        amina.posts(topic, f"Answer {number} " + "and so on " * 80)
    page = opens()
    page.goto(topic)
    page.eval_on_selector_all(".message header a", JUST_BEHIND)
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert "/messages/" in str(focused.get_attribute("href"))
    assert not focused.evaluate(COVERED)
    page.goto(str(focused.get_attribute("href")))
    assert not page.locator(".message:target h2").evaluate(COVERED)


def test_the_focus_can_always_be_seen(community: Community, opens: NewBrowser) -> None:
    community.member("amina").opens_topic("Bus", "Which bus goes to the market?")
    page = opens()
    signs_in(page, "amina")
    for path in ("/s/questions", "/s/questions/new", "/me"):
        page.goto(path)
        for _ in range(20):
            page.keyboard.press("Tab")
            style = page.evaluate(f"{FOCUSED} === document.body ? 'solid' : getComputedStyle({FOCUSED}).outlineStyle")
            assert style != "none", page.evaluate(f"{FOCUSED}.outerHTML")


def test_signing_in_and_posting_need_no_pointer(community: Community, opens: NewBrowser) -> None:
    topic = community.member("amina").opens_topic("Bus", "Which bus goes to the market?")
    page = opens()
    signs_in(page, "amina")
    page.goto("/s/questions")
    tabs_to(page, ".topic a")
    sends(page)
    tabs_to(page, "[name=text]")
    page.keyboard.type("The green one")
    tabs_to(page, "form:has([name=text]) button:not([formaction])")
    sends(page)
    assert "Your message is here." in page.inner_text("main")
    assert "The green one" in community.visitor().reads(topic)


def test_releasing_needs_no_pointer_and_no_script(community: Community, opens: NewBrowser) -> None:
    code, _ = bo_and_two_cases(community)
    page = opens(script=False)
    signs_in(page, "bo", code)
    reads_the_conduct(page)
    page.goto("/review")
    tabs_to(page, "[data-case]")
    sends(page)
    tabs_to(page, "[data-veil] > summary")
    page.keyboard.press("Enter")
    expect(page.locator(".judged")).to_be_visible()
    tabs_to(page, "[data-release]")
    sends(page, "Space")
    assert "Others can read it. You can undo this for a while." in page.inner_text("main")


def test_the_keys_of_the_queue(community: Community, opens: NewBrowser) -> None:
    code, _ = bo_and_two_cases(community)
    page = opens()
    signs_in(page, "bo", code)
    reads_the_conduct(page)
    page.goto("/review")
    cases, keys = page.locator("[data-case]"), page.locator("[data-keys]")
    page.keyboard.press("?")
    expect(keys).to_have_attribute("open", "")
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(cases.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(cases.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(cases.nth(0)).to_be_focused()
    sends(page, "o")

    page.keyboard.press("a")
    expect(page.locator(".judged")).to_be_visible()
    assert path_of(page).startswith("/review/"), "nothing is released before it was seen"
    sends(page, "a")
    assert "Others can read it. You can undo this for a while." in page.inner_text("main")
    sends(page, "u")
    assert "Everything is as it was before." in page.inner_text("main")

    page.keyboard.press("o")
    page.keyboard.press("r")
    expect(page.locator("[name=reason]").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # whether it counts for a while
    page.keyboard.press("Tab")
    sends(page)
    assert "It is taken out." in page.inner_text("main")


def test_the_keys_can_be_switched_off(community: Community, opens: NewBrowser) -> None:
    code, _ = bo_and_two_cases(community)
    page = opens()
    signs_in(page, "bo", code)
    reads_the_conduct(page)
    page.goto("/review")
    page.keyboard.press("?")
    page.uncheck("[data-keys-wanted]")
    page.keyboard.press("j")
    expect(page.locator("[data-case]:focus")).to_have_count(0)
