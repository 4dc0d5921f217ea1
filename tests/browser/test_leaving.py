"""Leave quickly: by button, by three times Escape, and nothing personal comes back afterwards."""

import pytest
from playwright.sync_api import Cookie, Page, expect

from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, path_of, presses
from tests.people import Community

pytestmark = pytest.mark.browser
NEUTRAL = "/weather"


def amina_at(community: Community, page: Page) -> tuple[Surfer, str]:
    """Amina, signed in with the browser, on a topic of hers."""
    topic = community.member("amina").opens_topic("Bus", "Which bus goes to the market?")
    surfer = Surfer(page)
    surfer.signs_in("amina")
    page.goto(topic)
    return surfer, topic


def assert_gone(page: Page, before: list[Cookie]) -> None:
    """On the neutral page, and the session is over: even somebody who kept the cookie cannot use it."""
    page.wait_for_url(f"**{NEUTRAL}")
    assert "Baraza" not in page.content()
    assert page.context.cookies() == []
    page.context.add_cookies(before)  # type: ignore[arg-type]  # what was given goes back
    page.goto("/me")
    assert path_of(page) == "/sign-in"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_button_leads_to_the_neutral_page_and_ends_the_session(
    community: Community, opens: NewBrowser, script: bool
) -> None:
    surfer, _ = amina_at(community, opens(script=script))
    cookies = surfer.page.context.cookies()
    presses(surfer.page, "header .leave button")
    assert_gone(surfer.page, cookies)


def test_three_times_escape_does_the_same(community: Community, opens: NewBrowser) -> None:
    surfer, _ = amina_at(community, opens())
    for _ in range(2):
        surfer.page.keyboard.press("Escape")
    surfer.page.fill("[name=text]", "I am still here")
    assert path_of(surfer.page) != NEUTRAL
    cookies = surfer.page.context.cookies()
    with surfer.page.expect_navigation(url=f"**{NEUTRAL}"):
        surfer.page.keyboard.press("Escape")
    assert_gone(surfer.page, cookies)


def test_pressing_on_does_not_stop_the_leaving_and_nothing_is_left_to_see(
    community: Community, opens: NewBrowser
) -> None:
    surfer, _ = amina_at(community, opens())
    page = surfer.page
    page.evaluate("() => { window.sent = 0; HTMLFormElement.prototype.submit = () => { window.sent += 1 } }")
    for _ in range(7):  # the line never answers
        page.keyboard.press("Escape")
    assert page.evaluate("window.sent") == 1
    expect(page.locator("body")).to_be_hidden()
    assert page.title() == ""


def test_it_works_for_somebody_who_is_not_signed_in(community: Community, opens: NewBrowser) -> None:
    page = opens(script=False)
    page.goto("/spaces")
    presses(page, "header .leave button")
    assert path_of(page) == NEUTRAL


def test_the_button_stays_in_reach_on_a_long_page(community: Community, opens: NewBrowser) -> None:
    surfer, topic = amina_at(community, opens())
    bo = community.member("bo")
    for number in range(6):
        bo.posts(topic, f"Answer {number}\n\n" + "A long story. " * 60)
    surfer.page.goto(topic)
    surfer.page.locator(".foot").scroll_into_view_if_needed()
    assert surfer.page.evaluate("scrollY") > 500
    expect(surfer.page.locator("header .leave button")).to_be_in_viewport()


def test_the_other_tab_is_signed_out_too(community: Community, opens: NewBrowser) -> None:
    surfer, topic = amina_at(community, opens())
    other = surfer.page.context.new_page()
    other.goto(topic)
    other.fill("[name=text]", "The red one")
    presses(surfer.page, "header .leave button")
    presses(other, "form[action*='/messages'] button")
    assert "Sign in again, your words are still here" in other.inner_text("main")
    assert "The red one" not in community.visitor().reads(topic)


def test_two_tabs_keep_their_own_text(community: Community, opens: NewBrowser) -> None:
    surfer, topic = amina_at(community, opens())
    other = surfer.page.context.new_page()
    other.goto(topic)
    surfer.page.fill("[name=text]", "From the first tab")
    other.fill("[name=text]", "From the second tab")
    presses(other, "form[action*='/messages'] button")
    presses(surfer.page, "form[action*='/messages'] button")
    read = community.visitor().reads(topic)
    assert "From the first tab" in read and "From the second tab" in read


@pytest.mark.parametrize("way", ["sign out", "leave"])
def test_going_back_afterwards_shows_nothing_personal(community: Community, opens: NewBrowser, way: str) -> None:
    surfer, _ = amina_at(community, opens())
    page = surfer.page
    page.goto("/me")
    assert "Amina 1" in page.inner_text("main")
    presses(page, "form[action^='/sign-out'] button" if way == "sign out" else "header .leave button")
    page.go_back()
    assert path_of(page) in ("/sign-in", "/me")
    assert "Amina 1" not in page.content()
    assert "Sign out" not in page.content()
