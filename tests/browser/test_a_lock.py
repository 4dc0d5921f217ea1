"""A host locks a space while others write in it: two real browsers, and a second's patience."""

import time

import pyotp
import pytest

from server.permissions import Role
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, path_of, presses
from tests.people import Community

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_lock_stops_the_form_that_is_open_elsewhere(community: Community, opens: NewBrowser, language: str) -> None:
    secret = community._make("hani", ("questions",), known=True, roles={"questions": Role.HOST})
    community._make("amina", ("questions",), known=True, roles={})
    hani, amina, visitor = (Surfer(opens(script=False), language) for _ in range(3))
    amina.signs_in("amina")
    amina.goes("/s/questions/new")
    amina.page.fill("[name=title]", "Water")
    amina.page.fill("[name=text]", "Where does the truck stop?")
    presses(amina.page, "form[action*='/new'] button")
    topic = path_of(amina.page)
    amina.page.fill("[name=text]", "Words that were being written")

    hani.signs_in("hani", pyotp.TOTP(secret).at(community.clock.now()))
    hani.goes("/s/questions/host")
    pressed = time.monotonic()
    presses(hani.page, "section[aria-labelledby=lock] button[value=danger]")
    visitor.goes(topic)
    print(f"seconds from the press to a reader who knows: {time.monotonic() - pressed:.2f}")
    assert visitor.sees("Why: somebody could be in danger."), "the very next page says so"
    presses(amina.page, "form[action*='/messages'] button")
    assert amina.page.input_value("textarea[name=text]") == "Words that were being written"
    visitor.goes(topic)
    assert not visitor.reads("Words that were being written")
