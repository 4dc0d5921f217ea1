"""Every page of the demonstration in a real browser: barriers, width, weight, and what it asks for and complains of."""

from collections.abc import Iterator
from itertools import chain

import pytest
from playwright.sync_api import Browser, Page, StorageState

from server.app import ROOMS
from tests.browser import hall_walks, walks
from tests.browser.houses import Demo
from tests.browser.surfing import presses
from tests.browser.walks import Sight, Stop, Walker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]
LANGUAGES = {"en": "ltr", "ar": "rtl"}
KILOBYTE = 1000
PLAIN = {"robots": "/robots.txt", "healthz": "/healthz", "readyz": "/readyz"}
"""Rooms that answer with text for machines."""
NO_PAGES = {"picture", "hall_events", "hall_since", "captions_file", "record_table"}
"""Rooms that answer with a picture (opened in its place by test_a_picture_in_a_message.py), with what is new in a hall
for its script, or with a file to keep."""

IN_THE_HALL = "somebody with a seat"
"""Without an account; a neutral name in one hall."""


@pytest.fixture(scope="module")
def sights(chromium: Browser, demo: Demo) -> list[Sight]:
    """The whole walk: a visitor, a member, everybody of the team, and somebody in a hall, in two languages."""
    return list(_walk(chromium, demo))


def _walk(chromium: Browser, demo: Demo) -> Iterator[Sight]:
    amina, bo, link = demo.account("member"), demo.account("moderator"), demo.staff_link()
    states = {"facilitator": walks.signed_in(chromium, demo, demo.account("facilitator"))}
    states[IN_THE_HALL] = hall_walks.seated(chromium, demo)  # finds the poll of the one before
    states |= {"amina": walks.signed_in(chromium, demo, amina), "bo": walks.signed_in(chromium, demo, bo)}
    states["ruth"] = walks.signed_in(chromium, demo, demo.account("host"))
    for role in ("verified_sender", "steward", "protection_lead", "helper", "captioner"):
        states[role] = walks.signed_in(chromium, demo, demo.account(role))
    states["somebody new on the team"] = _taken(chromium, demo, demo.staff_link())
    for language in LANGUAGES:
        for who in ("the visitor", *states):
            context = chromium.new_context(base_url=demo.address, storage_state=states.get(who))
            page = context.new_page()
            stops = {
                "the visitor": lambda page=page: chain(
                    walks.guest_stops(page, link), hall_walks.visitor_stops(page, demo)
                ),
                "amina": lambda page=page: walks.member_stops(page, amina),
                "bo": lambda page=page: chain(walks.moderator_stops(page), hall_walks.moderator_stops(page, demo)),
                "ruth": lambda page=page: walks.host_stops(page),
                "verified_sender": lambda page=page: walks.sender_stops(page),
                "steward": lambda page=page: walks.steward_stops(page),
                "protection_lead": lambda page=page: walks.protection_stops(page),
                "facilitator": lambda page=page: hall_walks.facilitator_stops(page, demo),
                "helper": lambda page=page: hall_walks.helper_stops(page, demo),
                "captioner": lambda page=page: hall_walks.captioner_stops(page, demo),
                IN_THE_HALL: lambda page=page: hall_walks.seat_stops(page, demo),
            }.get(who, walks.fresh_staff_stops)()
            walker = Walker(context, who, language, demo.address)
            yield from (walker.looks(stop) for stop in list(stops))
            context.close()


def _taken(chromium: Browser, demo: Demo, link: str) -> StorageState:
    """The cookies of somebody who has taken the link and copied the card."""
    context = chromium.new_context(base_url=demo.address)
    page = context.new_page()
    page.goto(link)
    presses(page, "main form button")
    presses(page, "form[action^='/me/card'] button")
    state = context.storage_state()
    context.close()
    return state


def assert_none(sights: list[Sight], attribute: str) -> None:
    """Nothing of this kind is wrong; whatever is, is named with its page."""
    problems = [f"{sight}: {problem}" for sight in sights for problem in getattr(sight, attribute)]
    assert not problems, "\n".join(problems)


def test_every_address_was_visited(sights: list[Sight], chromium: Browser, demo: Demo) -> None:
    pages = {room.name for room in ROOMS if room.method == "GET"} - set(PLAIN) - NO_PAGES
    assert pages - {sight.stop.name for sight in sights} == set()
    context = chromium.new_context(base_url=demo.address)
    for path in PLAIN.values():
        answer = context.request.get(path)
        assert answer.ok and answer.headers["content-type"].startswith("text/plain")
    context.close()


def test_axe_finds_nothing(sights: list[Sight]) -> None:
    assert_none(sights, "light")


def test_axe_finds_no_weak_contrast_in_the_dark(sights: list[Sight]) -> None:
    assert_none(sights, "dark")


def test_axe_finds_no_weak_contrast_where_strong_contrast_is_wanted(sights: list[Sight]) -> None:
    assert_none(sights, "strong")


def test_nothing_is_wider_than_a_small_phone(sights: list[Sight]) -> None:
    assert_none(sights, "wide")


def test_everything_to_press_is_44_pixels_high(sights: list[Sight]) -> None:
    assert_none(sights, "small")


def test_every_page_has_one_title_and_reads_in_its_direction(sights: list[Sight]) -> None:
    for sight in sights:
        assert len(sight.titles) == 1 and sight.titles[0].strip(), sight
        if sight.stop.name != "leave_page":  # the neutral page may be anybody's
            assert sight.direction == LANGUAGES[sight.language], sight


def test_no_page_complains(sights: list[Sight]) -> None:
    assert_none(sights, "complaints")


def test_no_page_has_style_or_script_inside(sights: list[Sight]) -> None:
    assert_none(sights, "inline")


def test_nothing_is_asked_of_anybody_else(sights: list[Sight]) -> None:
    assert_none(sights, "foreign")


def test_a_visitor_gets_no_cookie_and_no_script(sights: list[Sight]) -> None:
    for sight in sights:
        if sight.who == "the visitor":
            signs_in = sight.path == "/sign-in"  # where a passkey can be offered; 4 kB at most
            assert sight.cookies == [] and sight.weight("Script") <= (4 * KILOBYTE if signs_in else 0), sight
        elif sight.who == IN_THE_HALL:
            assert sight.cookies == ["seat"], sight
        else:
            assert sight.cookies == ["session"], sight


def test_no_page_is_heavy(sights: list[Sight]) -> None:
    for sight in sights:
        assert 0 < sight.weight("Document") <= 14 * KILOBYTE, (str(sight), sight.sizes)
        assert sight.weight("Stylesheet") <= 10 * KILOBYTE, (str(sight), sight.sizes)
        assert sight.weight("Script") <= 10 * KILOBYTE, (str(sight), sight.sizes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_visit_is_light(chromium: Browser, demo: Demo, language: str) -> None:
    context = chromium.new_context(base_url=demo.address)
    finder: Page = context.new_page()
    longest = walks.hrefs(finder, "/s/questions", ".topic a")[0]
    context.close()
    for path in ("/", longest):
        context = chromium.new_context(base_url=demo.address)
        sight = Walker(context, "the visitor", language, demo.address).looks(Stop("first visit", path))
        context.close()
        assert 3 * KILOBYTE < sum(sight.sizes.values()) <= 30 * KILOBYTE, sight.sizes
