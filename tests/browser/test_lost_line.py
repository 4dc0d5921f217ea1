"""A lost line loses no words, and nobody who comes after finds them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, path_of, presses
from tests.people import Community

pytestmark = pytest.mark.browser
WORDS = "The bus stops behind the school"


def typing_at(community: Community, page: Page) -> str:
    """Amina has typed something that she has not sent."""
    topic = community.member("amina").opens_topic("Bus", "Where does it stop?")
    Surfer(page).signs_in("amina")
    page.goto(topic)
    page.fill("[name=text]", WORDS)
    return topic


def test_words_outlive_a_line_that_breaks_while_they_are_sent(community: Community, opens: NewBrowser) -> None:
    page = opens()
    topic = typing_at(community, page)
    page.route("**/messages", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.locator("form[action*='/messages'] button").first.click(no_wait_after=True)
    page.unroute("**/messages")
    page.goto(topic)
    expect(page.locator("[name=text]")).to_have_value(WORDS)
    presses(page, "form[action*='/messages'] button")
    assert WORDS in page.inner_text(".thread")
    page.goto(topic)
    expect(page.locator("[name=text]")).to_have_value("")


@pytest.mark.parametrize("way", ["form[action^='/sign-out'] button", "header .leave button"])
def test_nobody_who_comes_after_finds_the_words(community: Community, opens: NewBrowser, way: str) -> None:
    page = opens()
    topic = typing_at(community, page)
    page.goto("/me")
    presses(page, way)
    Surfer(page).signs_in("amina")
    page.goto(topic)
    assert path_of(page) == topic
    expect(page.locator("[name=text]")).to_have_value("")
