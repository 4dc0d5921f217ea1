"""A shift at the desk in a real browser: by keys alone, and without any script, in two languages."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from server.permissions import Role
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, path_of, presses
from tests.browser.test_keyboard import sends, signs_in, tabs_to
from tests.people import Community

pytestmark = pytest.mark.browser


def bo_and_three_cases(community: Community) -> str:
    """A code for bo's sign-in, and three messages that wait."""
    secret = community._make("bo", ("questions",), known=True, roles={"questions": Role.MODERATOR})
    amina = community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which bus goes to the market?")
    for text in ("The driver is an idiot", "Call the idiot at 0791234567", "His brother is an idiot too"):
        assert amina.posts(topic, text).status_code == 303
    return pyotp.TOTP(secret).at(community.clock.now())


def text_of(page: Page) -> str:
    return page.inner_text("main")


def test_a_shift_needs_the_keyboard_only_and_one_page_for_each_decision(
    community: Community, opens: NewBrowser
) -> None:
    page = opens(width=1280)
    signs_in(page, "bo", bo_and_three_cases(community))
    page.goto("/review")
    page.keyboard.press("j")
    sends(page, "o")
    assert path_of(page) == "/review/conduct"
    tabs_to(page, "form[action^='/review/conduct'] button")
    sends(page)
    page.goto("/review")
    tabs_to(page, "[data-next]")
    sends(page)
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))

    page.keyboard.press("o")
    expect(page.locator(".judged")).to_contain_text("The driver is an idiot")
    sends(page, "a")
    page.wait_for_load_state()
    assert len(loads) == 1, "one page for one decision, and it is the next case"
    assert "Others can read it. You can undo this for a while." in text_of(page)
    page.keyboard.press("o")
    expect(page.locator(".judged")).to_contain_text("Call the idiot at 0791234567")

    sends(page, "u")
    assert "Everything is as it was before." in text_of(page)
    page.keyboard.press("o")
    expect(page.locator(".judged")).to_contain_text("The driver is an idiot")
    page.keyboard.press("r")
    page.keyboard.press("Space")
    sends(page)
    assert "It is taken out." in text_of(page)

    page.goto("/review")
    page.keyboard.press("j")
    sends(page, "o")
    page.keyboard.press("e")
    expect(page.locator(".judged")).to_be_visible()
    sends(page, "e")
    assert "Hosts and stewards have it now." in text_of(page)
    page.keyboard.press("?")
    expect(page.locator("[data-keys]")).to_have_attribute("open", "")


def test_the_key_h_hides_what_others_can_read(community: Community, opens: NewBrowser) -> None:
    code = bo_and_three_cases(community)
    nadia = community.visitor()
    nadia.signs_in("nadia")
    amina = community.visitor()
    amina.signs_in("amina")
    topic = amina.opens_topic("Shop", "Do not go there")
    page = opens()
    signs_in(page, "nadia")
    page.goto(topic)
    presses(page, "a[href*='/flag']")
    page.check("[name=reason][value=moderator]")
    page.check("[name=reason][value=insult]")
    presses(page, "form[action*='/flag'] button")
    page = opens()
    signs_in(page, "bo", code)
    page.goto("/review/conduct")
    presses(page, "form[action^='/review/conduct'] button")
    page.goto("/review?show=flagged")
    page.keyboard.press("j")
    sends(page, "o")
    page.keyboard.press("o")
    sends(page, "h")
    assert "Nobody else can read it until it is decided." in text_of(page)
    assert "Do not go there" not in community.visitor().reads(topic)
    sends(page, "u")
    assert "Do not go there" in community.visitor().reads(topic)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_shift_without_script(community: Community, opens: NewBrowser, language: str) -> None:
    code = bo_and_three_cases(community)
    bo = Surfer(opens(script=False), language)
    bo.signs_in("bo", code)
    bo.goes("/review")
    presses(bo.page, "form[action^='/review/next'] button")
    assert path_of(bo.page) == "/review/next", "the code of conduct comes first"
    presses(bo.page, "form[action^='/review/conduct'] button")
    bo.goes("/review/choices")
    bo.page.check(f"[name=reads_{language}]")
    bo.page.check("[name=reads_en]")
    presses(bo.page, "form[action^='/review/choices'] button")
    bo.goes("/review")
    presses(bo.page, "form[action^='/review/next'] button")
    bo.page.click("[data-veil] > summary")
    assert bo.reads("The driver is an idiot")

    bo.page.click("details:has([name=advice]) > summary")
    bo.page.check("[name=advice][value=kind]")
    bo.page.fill("[name=advice_note]", "Please")
    presses(bo.page, "form[action*='/return'] button")
    bo.page.click("[data-veil] > summary")
    assert bo.reads("Call the idiot at 0791234567"), "the next case came with the same press"

    bo.page.click("details:has([name=parts]) > summary")
    bo.page.fill("[name=parts]", "not there")
    presses(bo.page, "form[action*='/redact'] button")
    expect(bo.page.locator("#parts-error")).to_contain_text("not there")
    bo.page.fill("[name=parts]", "0791234567")
    presses(bo.page, "form[action*='/redact'] button")
    presses(bo.page, "form[action*='/undo'] button")
    bo.page.click("details:has([name=parts]) > summary")
    bo.page.fill("[name=parts]", "0791234567")
    presses(bo.page, "form[action*='/redact'] button")
    assert "the idiot at ▇▇▇" in community.visitor().reads("/search?q=call")

    bo.goes("/review")
    presses(bo.page, "[data-case]")
    bo.page.check("[name=reason][value=threat]")
    bo.page.click("details:has([name=author]) > summary")
    bo.page.select_option("[name=author]", "suspend")
    bo.page.select_option("[name=topic]", "lock")
    presses(bo.page, "form[action*='/remove'] button")
    bo.goes("/review")
    presses(bo.page, "a[href*='/proposals/']")
    expect(bo.page.locator("form[action*='/agree']")).to_have_count(0)
    presses(bo.page, "form[action*='/put-away'] button")
    bo.goes("/review")
    expect(bo.page.locator("a[href*='/proposals/']")).to_have_count(0)
