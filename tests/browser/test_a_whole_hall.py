"""A hall from its first plan to its record, by two people at two browsers: one runs it, one has an old phone."""

from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from server.permissions import Role
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, presses, said
from tests.browser.walks import unveils
from tests.people import Community

pytestmark = pytest.mark.browser
ASKED = {"en": "When does the water come to the lower part?", "ar": "متى يأتي الماء إلى الجزء الأسفل؟"}
SAID = {"en": "On Monday, by lorry.", "ar": "يوم الاثنين، بالشاحنة."}
TITLE = {"en": "Water in the camp", "ar": "الماء في المخيم"}
DAYS = {"en": "Monday\nFriday", "ar": "الاثنين\nالجمعة"}
OPENS = "form[action*='/move']:has([value=open]) button"
POLL = {"en": "Which day is better?", "ar": "أي يوم أفضل؟"}


def staff(community: Community, opens: NewBrowser, login: str, role: Role, language: str, *, script: bool) -> Surfer:
    """Somebody who leads or moderates the space, signed in at a browser."""
    secret = community._make(login, ("questions",), known=True, roles={"questions": role})
    surfer = Surfer(opens(script=script, width=1280), language)
    surfer.signs_in(login, pyotp.TOTP(secret).at(community.clock.now()))
    return surfer


def begins(fatou: Surfer) -> str:
    """A hall in two languages; gives its path."""
    fatou.goes("/s/questions/halls/new")
    unveils(fatou.page)
    for language in ("en", "ar"):
        fatou.page.fill(f"[name=title_{language}]", TITLE[language])
    presses(fatou.page, "main form[action*='/halls/new'] button")
    return urlsplit(fatou.page.url).path.removesuffix("/console")


def is_prepared(fatou: Surfer, bo: Surfer, hall: str) -> None:
    """One person writes what could go wrong, another signs it, and only then does the hall open."""
    page = fatou.page
    fatou.goes(f"{hall}/agenda")
    unveils(page)
    for language in ("en", "ar"):
        page.fill(f"[name=title_{language}]", ASKED[language][:20])
    presses(page, "main form[action*='/agenda'] button >> nth=-1")
    fatou.goes(f"{hall}/console")
    presses(page, "form[action*='/begin'] button >> nth=0")
    fatou.goes(f"{hall}/risks")
    for box in page.locator("main textarea").all():
        box.fill("Nobody is named; moderators read first.")
    page.check("[name=retention]")
    presses(page, "main form[action*='/risks'] button >> nth=0")
    bo.goes(f"{hall}/risks")
    presses(bo.page, "main form[action*='/sign'] button")
    bo.goes(f"{hall}/conduct")
    presses(bo.page, "main form[action*='/conduct'] button")
    fatou.goes(f"{hall}/console")
    presses(page, OPENS)


def with_words(page: Page, selector: str, words: str) -> Locator:
    return page.locator(selector).filter(has_text=words)


def clicks(page: Page, button: Locator) -> None:
    with page.expect_navigation():
        button.click()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_hall_from_its_plan_to_its_record(
    community: Community, opens: NewBrowser, language: str, script: bool
) -> None:
    fatou = staff(community, opens, "fatou", Role.HOST, language, script=script)
    bo = staff(community, opens, "bo", Role.MODERATOR, language, script=script)
    amina, page, run = Surfer(opens(script=False), language), fatou.page, bo.page
    hall = begins(fatou)
    fatou.goes(f"{hall}/console")
    presses(page, OPENS)
    assert page.locator(".mistakes").count() == 1, "nobody has signed yet"
    is_prepared(fatou, bo, hall)

    amina.goes("/halls")
    amina.page.fill("[name=code]", hall.removeprefix("/h/"))
    presses(amina.page, "main form button")
    presses(amina.page, "form[action*='/join'] button")
    amina.page.fill("#write textarea", ASKED[language])
    presses(amina.page, "form[action*='/ask'] button")
    assert amina.sees("A moderator will read it first.")

    bo.goes(f"{hall}/console")
    clicks(run, with_words(run, ".waiting", ASKED[language]).locator("form[action*='/approve'] button").first)
    fatou.goes(f"{hall}/console")
    clicks(page, with_words(page, ".ask-line", ASKED[language]).locator("form[action*='/stage'] button"))
    fatou.goes(f"{hall}/stage")
    assert fatou.reads(ASKED[language])

    amina.goes(hall)
    assert amina.sees("It is being answered now.")
    amina.goes(f"{hall}/list")
    presses(amina.page, "form[action*='/endorse'] button")
    assert amina.page.locator("button[aria-pressed=true]").count() == 1

    polls(fatou, hall)
    amina.goes(hall)
    amina.page.check("#polls-part input[type=radio] >> nth=0")
    presses(amina.page, "#polls-part form button")
    assert amina.sees("you have answered")

    fatou.goes(f"{hall}/console")
    line = with_words(page, ".ask-line", ASKED[language])
    unveils(page) if script else line.locator("summary").first.click()
    line.locator("textarea[name=said]").fill(SAID[language])
    line.locator("select[name=language]").select_option(language)
    clicks(page, line.locator("form[action*='/answered'] button"))
    ends(fatou, hall)
    amina.goes(hall)
    assert amina.sees("It was answered.") and amina.sees("This hall is over.")

    fatou.goes(f"{hall}/record/edit")
    presses(page, "form[action*='/publish'] button")
    community.clock.goes_on(hours=23)
    amina.goes(f"{hall}/record")
    assert amina.reads(ASKED[language]) and amina.reads(SAID[language]) and amina.reads(POLL[language])
    assert amina.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert amina.page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")


def polls(fatou: Surfer, hall: str) -> None:
    """Prepare a poll in two languages, and open it."""
    page = fatou.page
    fatou.goes(f"{hall}/polls")
    unveils(page)
    for language in ("en", "ar"):
        page.fill(f"[name=title_{language}]", POLL[language])
        page.fill(f"[name=options_{language}]", DAYS[language])
    page.check("[name=kind] >> nth=0")
    page.check("[name=results] >> nth=0")
    presses(page, "main form[action$='/polls'] button, main form[action*='/polls?'] button")
    presses(page, "main form[action*='/open'] button")
    fatou.goes(f"{hall}/polls")
    expect(page.locator("form[action*='/close']").first).to_be_attached()


def ends(fatou: Surfer, hall: str) -> None:
    """Close the poll, and then the hall."""
    page = fatou.page
    fatou.goes(f"{hall}/polls")
    unveils(page)
    presses(page, "main form[action*='/polls/'][action*='/close'] button")
    fatou.goes(f"{hall}/console")
    unveils(page)
    page.check("#sure")
    presses(page, "form[action*='/close'] button")
    assert said("Over", fatou.language) in page.inner_text("#hold")
