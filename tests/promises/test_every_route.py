"""What holds for every address there is, and for every one that will be."""

import inspect
import io
import logging
import logging.config
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.app import ROOMS
from server.logs import CONFIG
from server.permissions import GRANTED_TO, Permission, Role
from server.web.headers import SafeHeaders
from server.web.rooms import Door, Room
from server.web.same_origin import sender
from tests.people import ADDRESS, PASSPHRASE, Community
from tests.roads import FORMS, OURS, PAGES, world

HEADERS = {
    "content-security-policy": "default-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
OF_ONES_OWN = ("conduct", "do_conduct", "next_case", "take_break", "desk_choices", "do_desk_choices")
"""Addresses at which every moderator finds only what is their own."""
SECRET_AGENT = "Mozilla/5.0 (Amina's own phone; 9f8e7d)"
ADDRESSES = ("203.0.113.77", "2001:db8:77::77", "198.51.100.88")


class Breaks:
    """A part of the house that fails, with somebody's words in the error."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, *given: object) -> Any:
        raise RuntimeError(f"could not handle {self.words}")


class BrokenRoom:
    """The address of a real room whose handler breaks, in the real house with all its walls."""

    def __init__(self, community: Community, name: str, words: str) -> None:
        room = next(room for room in ROOMS if room.name == name)
        broken: Room[Any] = replace(room, handler=Breaks(words), again=None)
        door = Starlette()
        door.router.add_route(room.path, Door([broken], community.services))  # type: ignore[arg-type]
        self.app = SafeHeaders(door, neutral_origin="")

    def browser(self, cookie: str = "") -> TestClient:
        return TestClient(self.app, ADDRESS, headers={"cookie": cookie, "user-agent": SECRET_AGENT, **OURS})


def test_every_route_names_a_permission_that_somebody_holds():
    for room in ROOMS:
        assert isinstance(room.needs, Permission), room.name
        assert GRANTED_TO[room.needs], room.name


def test_every_name_and_every_address_with_its_method_is_there_once():
    assert len({room.name for room in ROOMS}) == len(ROOMS)
    assert len({(room.method, room.path) for room in ROOMS}) == len(ROOMS)
    assert {room.method for room in ROOMS} == {"GET", "POST"}


def test_a_visitor_holds_no_right_to_change_a_space():
    for permission in (Permission.POST_MESSAGE, Permission.REVIEW, Permission.KEEP_ACCOUNT, Permission.JOIN_SPACE):
        assert Role.VISITOR not in GRANTED_TO[permission]


def test_every_form_is_asked_where_it_comes_from_except_leaving():
    assert {room.name for room in ROOMS if room.always} == {"leave", "leave_page"}
    assert "sender(visit.request)" in inspect.getsource(inspect.getmodule(Door))  # type: ignore[arg-type]
    assert callable(sender)


def test_what_needs_an_account_is_shut_for_a_visitor(community):
    walk = world(community)
    for room in ROOMS:
        if room.needs in (Permission.ENTER, Permission.SEE_SPACE, Permission.READ_SPACE, Permission.ENTER_HALL):
            continue
        path = walk.address(room)
        if room.needs is Permission.ATTEND_HALL:  # no account opens it, but a seat; whoever has none may come in
            refused = walk.visitor.sends(path, **walk.fields(room))
            assert refused.status_code == 409 and "come in" in refused.text.lower(), room.name
            continue
        answer = walk.visitor.gets(path) if room.method == "GET" else walk.visitor.sends(path, **walk.fields(room))
        if room.method == "GET" and answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in?next="), room.name
        else:
            assert answer.status_code in (403, 404), (room.name, answer.status_code)


def test_what_moderators_do_is_unknown_to_everybody_else(community):
    walk = world(community)
    elsewhere = community.moderator("zed", "garden")
    for room in ROOMS:
        if room.needs not in (Permission.REVIEW, Permission.OPEN_CASES, Permission.SECOND_LOOK):
            continue
        path = walk.address(room)
        for person in (walk.visitor, walk.amina, walk.emi, elsewhere):
            if room.name in OF_ONES_OWN and person in (elsewhere, walk.visitor):
                continue
            if person is elsewhere and room.name in ("review", "team_letters", "appeals"):
                assert walk.hints["appeal"] not in person.gets(path).text
                assert str(walk.case) not in person.gets(path).text
                assert walk.hints["conversation"] not in person.gets(path).text
                continue
            answer = person.gets(path) if room.method == "GET" else person.sends(path, **walk.fields(room))
            at_the_door = person is walk.visitor and answer.headers.get("location", "").startswith(
                "/sign-in?next=%2Freview"
            )
            assert answer.status_code == 404 or at_the_door, (room.name, answer.status_code)


IN_A_FRAME = {"content-security-policy": "frame-ancestors 'self'", "x-frame-options": "SAMEORIGIN"}
"""The list of questions in a hall stands in a frame of the hall's own page, and of no other site's."""


OF_PAGES = {"permissions-policy", "cross-origin-opener-policy"}
"""What only pages are asked for; a script or a sheet may do nothing anyway when somebody opens it by itself."""


def safe(answer: Any, where: str) -> None:
    framed = where.endswith(" hall_list") and answer.status_code == 200
    expected = HEADERS | (IN_A_FRAME if framed else {})
    if where in ("static", "static head"):
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        expected = {name: part for name, part in expected.items() if name not in OF_PAGES}
    for name, part in expected.items():
        values = answer.headers.get_list(name)
        assert len(values) == 1, (where, name, values)
        assert part in values[0], (where, name, values)
    policy = answer.headers["content-security-policy"]
    for never in ("unsafe", "*", "data:", "http:", "blob:"):
        assert never not in policy, where
    assert "server" not in answer.headers and "x-powered-by" not in answer.headers, where


def test_every_header_is_on_every_answer(community):
    walk = world(community)
    seen: set[int] = set()
    for name, person in walk.people().items():
        for room in PAGES:
            if room.name == "leave_page":
                continue
            answer = person.gets(walk.address(room))
            seen.add(answer.status_code)
            safe(answer, f"{name} {room.name}")
            if room.name in ("robots", "picture"):  # a picture has a test of its own for what may be kept
                continue
            assert answer.headers["cache-control"] in ("no-store", "no-cache"), room.name
            if person is not walk.visitor:
                assert answer.headers["cache-control"] == "no-store", room.name
    large = b"text=" + b"x" * community.services.policies.text.body_bytes
    form = {"content-type": "application/x-www-form-urlencoded", **OURS}
    etag = walk.visitor.gets("/").headers["etag"]
    answers = {
        "unknown": walk.visitor.gets("/no/such/place"),
        "method": walk.visitor.browser.put("/join"),
        "large": walk.amina.browser.post(f"{walk.topic}/messages", content=large, headers=form),
        "no form": walk.amina.browser.post(
            f"{walk.topic}/messages", content=b"{}", headers={**OURS, "content-type": "a/b"}
        ),
        "cross-site": walk.amina.browser.post(f"{walk.topic}/messages", headers={"sec-fetch-site": "cross-site"}),
        "mistake": walk.amina.posts(walk.topic, ""),
        "stale": walk.amina.sends(f"/messages/{walk.own}/edit", text="x", title="x", version="7"),
        "not modified": walk.visitor.gets("/", headers={"if-none-match": etag}),
        "redirect": walk.amina.posts(walk.topic, "A message"),
        "static": walk.visitor.gets(community.services.shelf.address("css")),
        "no static": walk.visitor.gets("/static/none.css"),
        "static method": walk.visitor.browser.post(community.services.shelf.address("css")),
        "static head": walk.visitor.browser.head(community.services.shelf.address("css")),
        "leaving": walk.amina.browser.post("/leave"),
        "a fault": BrokenRoom(community, "spaces", "x").browser().get("/spaces"),
    }
    for name, answer in answers.items():
        safe(answer, name)
        seen.add(answer.status_code)
    assert seen >= {200, 303, 304, 403, 404, 405, 409, 413, 422, 500}


def test_a_fault_says_nothing_but_a_number_and_keeps_the_words(community, caplog):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "First words")
    browser = BrokenRoom(community, "post_message", "her very own words").browser(
        f"session={amina.browser.cookies['session']}"
    )
    answer = browser.post(f"{topic}/messages", data={"text": "her very own words & more"})
    assert answer.status_code == 500
    assert "her very own words &amp; more" in answer.text
    for leak in ("RuntimeError", "Traceback", "could not handle", "rooms.py", "test_every_route"):
        assert leak not in answer.text
    number = re.search(r"\b[0-9a-f]{8}\b", answer.text.split("<main")[1])
    assert number is not None and number.group(0) in caplog.text
    assert "RuntimeError" in caplog.text
    assert "her very own words" not in caplog.text


class BrokenShelf:
    """A template folder that lost its error page cannot even show a fault."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages
        self.catalogues, self.addresses = pages.catalogues, pages.addresses

    def render(self, template: str, context: object) -> str:
        raise LookupError(template)

    def switcher(self, visit: Any) -> Any:
        return self._pages.switcher(visit)


def test_even_a_fault_in_showing_a_fault_is_a_calm_answer(community, caplog):
    services = replace(community.services, pages=BrokenShelf(community.services.pages))
    room = next(room for room in ROOMS if room.name == "spaces")
    door = Starlette()
    door.router.add_route("/spaces", Door([room], services))  # type: ignore[arg-type]
    answer = TestClient(door, ADDRESS).get("/spaces")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "LookupError" not in answer.text


def test_no_log_line_has_an_address_an_agent_a_name_or_a_word_of_anybody(community, caplog):
    """Everything there is, asked by people with known marks, faults included: none of the marks is in the log."""
    stream = io.StringIO()
    formatter = logging.config.DictConfigurator(CONFIG).configure_formatter(CONFIG["formatters"]["plain"])  # type: ignore[attr-defined]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    caplog.set_level(logging.DEBUG)
    try:
        walk = world(community)
        for room in [*PAGES, *FORMS]:
            for person in walk.people().values():
                headers = {"user-agent": SECRET_AGENT, "x-forwarded-for": ADDRESSES[0], **OURS}
                path = walk.address(room) if room.name not in ("leave", "leave_page", "sign_out") else "/nowhere"
                browser = TestClient(community.house.app, ADDRESS, client=(ADDRESSES[2], 4711), headers=headers)
                browser.cookies.update(dict(person.browser.cookies))
                fields = walk.fields(room) if room.method == "POST" else {}
                browser.request(room.method, path + "?q=wordsinthequery", data=fields or None)
        community.screen.fails = True
        walk.amina.posts(walk.topic, "wordsofamina")
        for name in ("spaces", "topic", "post_message", "do_sign_in", "me", "case"):
            token = walk.bo.browser.cookies["session"]
            browser = BrokenRoom(community, name, "wordsinafault 203.0.113.77").browser(f"session={token}")
            room = next(room for room in ROOMS if room.name == name)
            browser.request(room.method, walk.address(room), data={"text": "wordsinaform", "passphrase": PASSPHRASE})
        logging.getLogger("asyncio").error("Exception in callback with wordsinafault 203.0.113.77")
        logging.getLogger("uvicorn.error").error("203.0.113.77 - GET /topics?wordsinthequery")
    finally:
        logging.getLogger().removeHandler(handler)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("baraza"))
    for lines in (stream.getvalue(), ours):
        assert "fault" in lines, "there were faults, and they must be told"
        for mark in (*ADDRESSES, "9f8e7d", "Mozilla", "words", "Amina", "amina", PASSPHRASE, "/topics/", str(walk.own)):
            assert mark not in lines, mark
    assert "asyncio" in stream.getvalue()


def test_nothing_is_printed_about_anybody(community, capfd):
    walk = world(community)
    for room in PAGES:
        walk.amina.gets(walk.address(room), headers={"user-agent": SECRET_AGENT})
    out, err = capfd.readouterr()
    assert out == "" and "9f8e7d" not in err and "Amina" not in err


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_error_speaks_the_readers_language(community, language):
    walk = world(community)
    accept = {"accept-language": f"{language}, fr;q=0.5"}
    large = b"text=" + b"x" * community.services.policies.text.body_bytes
    form = {"content-type": "application/x-www-form-urlencoded", **OURS, **accept}
    post = f"{walk.topic}/messages"
    answers = {
        404: walk.visitor.gets("/no/such/place", headers=accept),
        405: walk.visitor.browser.put("/join", headers=accept),
        413: walk.amina.browser.post(post, content=large, headers=form),
        422: walk.amina.browser.post(post, content=b"text=", headers=form),
        403: walk.amina.browser.post(post, headers={**accept, "sec-fetch-site": "cross-site"}),
        409: walk.visitor.browser.post("/sign-in", content=b"login=a&passphrase=b", headers=form),
        500: BrokenRoom(community, "spaces", "x").browser().get("/spaces", headers=accept),
    }
    direction = {"en": "ltr", "ar": "rtl"}[language]
    for status, answer in answers.items():
        assert answer.status_code == status
        assert f'<html lang="{language}" dir="{direction}">' in answer.text, status
        assert answer.headers["content-language"] == language
        heading = re.search(r"<main.*?<h[12][^>]*>(.*?)</h[12]>", answer.text, re.DOTALL)
        assert heading is not None
        assert bool(re.search("[\u0600-\u06ff]", heading.group(1))) == (language == "ar"), (status, heading.group(1))


def test_an_error_follows_the_language_in_the_address(community):
    page = community.visitor().gets("/no/such/place?lang=ar")
    assert page.status_code == 404
    assert '<html lang="ar" dir="rtl">' in page.text


def test_robots_are_refused_everywhere(community):
    answer = community.visitor().gets("/robots.txt")
    assert answer.text == "User-agent: *\nDisallow: /\n"


def test_too_fast_says_when_to_come_back(tmp_path: Path, community: Community):
    person = community.visitor()
    answers = [person.sends("/sign-in", login="amina", passphrase=f"wrong words {n}") for n in range(12)]
    assert [a.status_code for a in answers][:10] == [409] * 10
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "<form" in answers[-1].text and "amina" in answers[-1].text
