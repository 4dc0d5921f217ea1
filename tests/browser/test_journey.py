"""From joining to being told what was decided, in a real browser: with and without script, in two languages."""

import pyotp
import pytest

from server.permissions import Role
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, path_of, presses, sign_in_here
from tests.people import Community

pytestmark = pytest.mark.browser


def moderator(community: Community, opens: NewBrowser, *, script: bool, language: str) -> tuple[Surfer, str]:
    """Bo with the code of the still clock, and a topic that they opened."""
    made = community._make("bo", ("questions",), known=True, roles={"questions": Role.MODERATOR})
    bo = Surfer(opens(script=script), language)
    bo.signs_in("bo", pyotp.TOTP(made).at(community.clock.now()))
    bo.goes("/s/questions/new")
    bo.page.fill("[name=title]", "Clinic cards")
    bo.page.fill("[name=text]", "Where do we renew them?")
    presses(bo.page, "form[action*='/new'] button")
    return bo, path_of(bo.page)


@pytest.mark.parametrize("language", ["en", "ar", "fr"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_first_message_is_held_released_answered_flagged_and_its_outcome_told(
    community: Community, opens: NewBrowser, script: bool, language: str
) -> None:
    bo, topic = moderator(community, opens, script=script, language=language)
    amina, nadia = (Surfer(opens(script=script), language) for _ in range(2))

    card = amina.joins("amina-lamp", "River 27")
    assert len(card.replace("-", "")) == 20
    assert path_of(amina.page) == "/s/questions"
    amina.posts(topic, "At the second window, mornings")
    assert amina.sees("Your message is saved. Others cannot see it yet.")
    assert amina.sees("You are not in trouble. A person will read it first because:")
    assert amina.sees("it is your first message here")

    bo.opens_the_first_case()
    assert bo.reads("At the second window, mornings")
    bo.decides("release")
    assert bo.sees("Others can read it. You can undo this for a while.")
    amina.goes(topic)
    assert not amina.sees("Your message is saved. Others cannot see it yet.")
    amina.posts(topic, "You people always complain")
    assert amina.sees("Your message is here. Everybody who may read this topic can see it.")

    community._make("nadia", ("questions",), known=True, roles={})
    nadia.signs_in("nadia")
    nadia.flags(topic, "You people always complain", "insult")
    assert nadia.sees("Thank you. A person will look at the message, and you will be told what was decided.")
    bo.opens_the_first_case()
    bo.decides("remove", "insult")
    nadia.goes("/me")
    assert not nadia.sees("News for you"), "nobody is told while the decision can be undone"
    community.clock.goes_on(minutes=11)
    nadia.goes("/me")
    assert nadia.sees("News for you")
    amina.goes("/me")
    assert amina.sees("News for you")
    visitor = Surfer(opens(script=script), language)
    visitor.goes(topic)
    assert visitor.reads("At the second window, mornings")
    assert not visitor.reads("You people always complain")


def test_words_typed_in_a_session_that_ended_are_given_back(community: Community, opens: NewBrowser) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Bus", "Which bus goes to the market?")
    surfer = Surfer(opens())
    surfer.signs_in("amina")
    surfer.goes(topic)
    surfer.page.fill("[name=text]", "The green one, from the school")
    surfer.page.context.clear_cookies()
    presses(surfer.page, "form[action*='/messages'] button")
    assert surfer.sees("Sign in again, your words are still here")
    sign_in_here(surfer.page, "amina")
    assert surfer.page.input_value("[name=text]") == "The green one, from the school"
    presses(surfer.page, "main form button")
    assert "The green one, from the school" in community.visitor().reads(topic)
