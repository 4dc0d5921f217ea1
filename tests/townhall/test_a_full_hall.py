"""A hall full of people from the first question to the last trace, and an audit of everything they were told."""

import logging
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from server.bench.limits import without_limits
from tests.people import Community
from tests.townhall.crowd import GOES, KEPT, Crowd
from tests.townhall.listening import Ear, Picture
from tests.townhall.scene import HallScene
from tests.townhall.test_stage import makes_a_link

SHORT, WHOLE = 55, 500
LISTENING = 12
"""So many hear it all over a socket of their own; everybody else asks now and then."""


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


def catches_up(ear: Ear, fresh: Picture) -> None:
    """Until it has heard as much as a newcomer sees."""
    for _ in range(5_000):
        if all(ear.picture.at.get(channel, -1) >= number for channel, number in fresh.at.items()):
            return
        ear.hears()
    raise AssertionError("it never hears the end")


def published(scene: HallScene, crowd: Crowd) -> None:
    """Every question that was not answered gets an owner and a day; then everybody reads the record."""
    owner = {"owner": "School office", "due_on": str(scene.community.clock.now().date() + timedelta(days=9))}
    for one in crowd.with_outcome("approve", "later", "edit"):
        path = f"/h/{scene.code}/record/questions/{one.question}/owner"
        assert scene.fatou.sends(path, **owner).status_code == 303
    assert scene.fatou.sends(f"/h/{scene.code}/record/publish").status_code == 303


def kept_anywhere(scene: HallScene, mark: str) -> list[str]:
    """Files of the house, and answers that it remembers, in which the mark still stands."""
    services = scene.community.services
    file = Path(str(services.db.engine.url.database))
    found = [str(path) for path in file.parent.rglob("*") if path.is_file() and mark.encode() in path.read_bytes()]
    remembered = [
        key[0] for key, page in services.remembered._pages.items() if mark.encode() in bytes(page.response.body)
    ]
    fragments = [str(key) for key, made in services.fragments._entries.items() if mark in str(made)]
    return found + remembered + fragments


@pytest.mark.parametrize("size", [SHORT, pytest.param(WHOLE, marks=[pytest.mark.full, pytest.mark.timeout(1_800)])])
def test_everybody_is_told_what_is_true_and_in_the_end_nothing_is_left(
    community: Community, size: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the browsers' own, not the house's
    scene = HallScene(community)
    scene.opens()
    scene.session()
    crowd = Crowd(scene, size)
    poll = scene.polls()
    screen = community.browser()
    with ExitStack() as lines:
        ears = [Ear(community, one.who.browser, scene.code) for one in crowd.people[:LISTENING]]
        wall = Ear(community, screen, scene.code, query="?" + makes_a_link(scene).partition("?")[2])
        desk = [Ear(community, who.browser, scene.code) for who in (scene.bo, scene.fatou)]
        for ear in [*ears, wall, *desk]:
            lines.enter_context(ear)
        crowd.hears()
        crowd.asks()
        crowd.is_read()
        crowd.shows_what_stands()
        crowd.wants(4)
        crowd.is_captioned(12)
        crowd.votes(poll)
        crowd.shows_what_stands()
        crowd.is_answered()
        crowd.shows_what_stands()
        crowd.closes()
        crowd.shows_what_stands()
        for one, ear in zip(crowd.people, ears, strict=False):
            catches_up(ear, one.picture)
            assert ear.picture.stands == one.picture.stands
        for ear in desk:
            catches_up(ear, Picture().asks_since(ear._browser, scene.code))
            assert ear.picture.stands == Picture().asks_since(ear._browser, scene.code).stands
        unread = [one.words for one in crowd.with_outcome("decline", "merge", "divert", "leave", "edit", "take back")]
        for heard in (wall, *ears, *desk):
            assert not [words for words in unread if words in heard.picture.said]
    crowd.each_is_told_its_outcome()
    crowd.every_count_is_what_was_acknowledged(poll)
    published(scene, crowd)
    is_forgotten(scene)
    assert kept_anywhere(scene, GOES) == [] and kept_anywhere(scene, KEPT) != []
    said = caplog.text + "".join(capfd.readouterr())
    assert GOES not in said and KEPT not in said and scene.code not in said
    for path in ("", "/list", "/since?captions=en", "/record", "/record/table", "/captions/en/as/txt", "/stage"):
        for browser in (community.browser(), crowd.people[0].who.browser, screen):
            assert GOES not in browser.get(f"/h/{scene.code}{path}", follow_redirects=True).text


def is_forgotten(scene: HallScene) -> None:
    """Time walks on past every limit."""
    policy, clock = scene.community.services.policies.retention, scene.community.clock
    for days in (policy.hall_declined_days + 1, policy.hall_days, policy.hall_log_days):
        clock.goes_on(days=days)
        scene.clock_comes_by()
    scene.community.services.db.forget_log_when_due()
