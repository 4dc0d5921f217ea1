"""The stage hangs on a wall: what everybody may read, and never what waits or how much of it."""

import re
from html import unescape

import pytest

from server.permissions import Role
from server.townhall.halls.states import HallState, Results
from tests.people import Community
from tests.townhall.scene import HallScene


@pytest.fixture
def scene(community: Community) -> HallScene:
    made = HallScene(community)
    made.opens()
    return made


def makes_a_link(scene: HallScene, language: str = "en") -> str:
    answer = scene.fatou.sends(f"/h/{scene.code}/screens", language=language)
    assert answer.status_code == 200
    found = re.search(r"/h/\w+/stage\?screen=[\w-]+", answer.text)
    assert found is not None
    return found.group(0)


def shown(scene: HallScene, link: str) -> str:
    answer = scene.community.browser().get(link)
    assert answer.status_code == 200, answer.status_code
    return unescape(answer.text)


def test_the_link_of_a_screen_opens_the_stage_and_nothing_else(scene: HallScene) -> None:
    link = makes_a_link(scene)
    page = shown(scene, link)
    assert scene.code in page and "<svg" in page and f"/h/{scene.code}" in page
    assert scene.community.browser().get(link).headers["refresh"] == "5"
    token = link.partition("?")[2]
    for part in ("console", "team", "polls", "prepare", "risks", "hands", "conduct"):
        assert scene.community.browser().get(f"/h/{scene.code}/{part}?{token}").status_code in (303, 404), part
    for act in ("stop", "move", "notes"):
        answer = scene.community.browser().post(
            f"/h/{scene.code}/{act}?{token}", data={"to": "paused"}, headers={"sec-fetch-site": "same-origin"}
        )
        assert answer.status_code in (403, 404), act
    assert scene.hall.state == HallState.OPEN


def test_the_link_ends_by_itself_and_when_it_is_taken_back(scene: HallScene) -> None:
    first, second = makes_a_link(scene), makes_a_link(scene, "ar")
    page = scene.fatou.gets(f"/h/{scene.code}/screens").text
    assert first.partition("=")[2] not in page, "it was told once"
    screen = re.findall(r"/screens/([0-9a-f-]{36})/take-back", page)[0]
    assert scene.fatou.sends(f"/h/{scene.code}/screens/{screen}/take-back").status_code == 303
    assert scene.community.browser().get(first).status_code == 303
    assert 'lang="ar"' in shown(scene, second)
    scene.community.clock.goes_on(minutes=12 * 60 + 1)
    assert scene.community.browser().get(second).status_code == 303


def test_a_screen_can_be_tried_while_the_hall_is_prepared(community: Community) -> None:
    scene = HallScene(community)
    link = makes_a_link(scene)
    assert "Being prepared" in shown(scene, link)
    assert community.browser().get(f"/h/{scene.code}/stage").status_code == 404
    assert community.browser().get(f"/h/{scene.code}?{link.partition('?')[2]}").status_code == 404


def test_nothing_that_waits_is_on_the_stage_and_no_number_of_it(scene: HallScene) -> None:
    link, amina = makes_a_link(scene), scene.attendee()
    empty = shown(scene, link)
    for number in range(17):
        scene.asked(amina, f"Pending words number {number}?")
    assert shown(scene, link) == empty
    question = scene.readable(amina, "Who repairs the pump?")
    assert "Who repairs the pump?" not in shown(scene, link), "only what is answered now"
    assert "Pending words" not in amina.browser.get(f"/h/{scene.code}/list").text
    scene.fatou.sends(f"/h/{scene.code}/questions/{question}/stage", version="2")
    page = shown(scene, link)
    words = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert "Who repairs the pump?" in words and "Pending" not in page and "17" not in words
    assert amina.questions() == [question]


def test_a_poll_is_on_the_stage_when_it_is_put_there(scene: HallScene) -> None:
    link, amina = makes_a_link(scene), scene.attendee()
    poll = scene.polls(results=Results.OPENLY)
    amina.posts(f"polls/{poll}/vote", {"choice": "1"})
    assert "Which day?" not in shown(scene, link)
    assert scene.does_with_poll(poll, "show").status_code == 303
    assert "Which day?" in shown(scene, link) and 'class="results"' in shown(scene, link)
    other = scene.polls(title="Which hour?")
    scene.does_with_poll(other, "show")
    page = shown(scene, link)
    assert "Which hour?" in page and "Which day?" not in page and 'class="results"' not in page
    scene.does_with_poll(other, "hide")
    assert "Which hour?" not in shown(scene, link)


def test_a_stop_leaves_a_safe_page_on_every_screen(scene: HallScene) -> None:
    link, amina = makes_a_link(scene), scene.attendee()
    question = scene.readable(amina, "Who repairs the pump?")
    scene.fatou.sends(f"/h/{scene.code}/questions/{question}/stage", version="2")
    poll = scene.polls(results=Results.OPENLY)
    scene.does_with_poll(poll, "show")
    assert scene.bo.sends(f"/h/{scene.code}/stop").status_code == 303
    page = shown(scene, link)
    assert "The hall has stopped" in page
    for gone in ("Who repairs the pump?", "Which day?", "Water in the camp", scene.code, "<svg"):
        assert gone not in page, gone
    assert scene.community.browser().get(link).headers["refresh"] == "5", "it comes back by itself"


def test_a_hall_held_still_stays_on_the_screen(scene: HallScene) -> None:
    link, amina = makes_a_link(scene), scene.attendee()
    question = scene.readable(amina, "Who repairs the pump?")
    scene.fatou.sends(f"/h/{scene.code}/questions/{question}/stage", version="2")
    scene.fatou.sends(f"/h/{scene.code}/move", to="frozen")
    page = shown(scene, link)
    assert "Who repairs the pump?" in page and "Held still" in page


def test_helpers_and_members_have_no_stage(scene: HallScene) -> None:
    assert scene.gives("hawa", Role.HELPER).gets(f"/h/{scene.code}/stage").status_code == 404
    assert scene.community.member("yara").gets(f"/h/{scene.code}/stage").status_code == 404
    assert scene.bo.gets(f"/h/{scene.code}/stage").status_code == 200
