"""Every page of the private room: of a common size, never compressed, kept nowhere, shown in a window of its own."""

import asyncio
import logging

import pytest
from starlette.responses import Response
from starlette.types import Message

from server.errors import NotFound, Refused, TooFast, say
from server.private import answering
from server.private.app import COMMUNITY, PrivateHouse, build
from server.private.asking import Asked, Place
from server.private.body import TooLarge, TooMuch, TooSlow
from server.settings import Settings
from server.web.body import Unreadable
from server.web.padding import STEP, padded
from tests.doubles import StillClock
from tests.private.rooms import RoomBrowser, Ticking


@pytest.mark.parametrize("length", [0, 1, STEP - 1, STEP, STEP + 1, 5 * STEP])
def test_a_page_is_filled_up_to_whole_steps(length: int) -> None:
    page = padded(b"x" * length)
    assert len(page) % STEP == 0
    assert 0 < len(page) < length + STEP + 1
    assert page.rstrip(b"\n") == b"x" * length


def test_pages_of_every_kind_have_one_size_and_are_not_compressed(browser: RoomBrowser) -> None:
    for method, path in [("GET", "/help"), ("GET", "/desk/nobody"), ("PUT", "/help"), ("GET", "/help?lang=ar")]:
        answer = browser.request(method, path, headers={"accept-encoding": "gzip, deflate, br"})
        assert len(answer.content) == STEP
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-length"] == str(STEP)


def test_every_answer_says_that_nobody_may_keep_or_use_it(browser: RoomBrowser) -> None:
    for path, dest in [("/help", "document"), ("/nothing", ""), ("/help", "image")]:
        headers = browser.get(path, headers={"sec-fetch-dest": dest} if dest else {}).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'" in policy
        assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "noindex" in headers["x-robots-tag"]
        assert "max-age" in headers["strict-transport-security"]
    assert "strict-transport-security" not in browser.get("/help", headers={"x-room-scheme": "http"}).headers


def test_leave_may_go_on_to_the_neutral_page() -> None:
    policy = answering.content_security_policy("https://weather.example/today")
    assert "form-action 'self' https://weather.example;" in policy


@pytest.mark.parametrize("dest", ["iframe", "image", "empty", "script", "frame", "object", "embed", "worker", "style"])
def test_only_a_window_may_show_the_room(browser: RoomBrowser, dest: str) -> None:
    refused = browser.get("/help", headers={"sec-fetch-dest": dest})
    assert refused.status_code == 403
    assert len(refused.content) == STEP
    for shown in ({"sec-fetch-dest": "document"}, {"sec-fetch-dest": ""}, {}):
        assert browser.get("/help", headers=shown).status_code == 200


def test_going_on_leads_to_our_own_pages_only() -> None:
    response = answering.see_other("/help")
    assert (response.status_code, response.headers["location"], len(response.body)) == (303, "/help", STEP)
    for path in ("//elsewhere.example", "https://elsewhere.example", "help", ""):
        with pytest.raises(ValueError, match="this site"):
            answering.see_other(path)


def test_links_to_the_community_are_its_real_addresses() -> None:
    from server.app import ROOMS

    paths = {room.name: room.path for room in ROOMS}
    assert {name: paths[name] for name in COMMUNITY} == COMMUNITY


def test_a_page_speaks_the_readers_language(browser: RoomBrowser) -> None:
    assert '<html lang="ar" dir="rtl">' in browser.get("/help", headers={"accept-language": "ar"}).text
    assert '<html lang="fr"' in browser.get("/help?lang=fr", headers={"accept-language": "ar"}).text


def _house(settings: Settings, ticking: Ticking, answer: object) -> PrivateHouse:
    return build(settings, clock=StillClock(), seconds=ticking, offered=[Place("/help", "help", "POST", answer)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("canary"), 500),
        (NotFound("canary"), 404),
        (Unreadable("canary"), 422),
        (TooLarge([("text", "canary")], TooMuch.FILE), 413),
        (TooSlow([("text", "canary")]), 408),
        (Refused(say("Nothing is here")), 409),
        (TooFast(say("Nothing is here"), retry_after=5), 429),
    ],
)
def test_whatever_goes_wrong_is_a_calm_page_and_no_word_in_the_log(
    room_settings: Settings, ticking: Ticking, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    async def fails(asked: Asked) -> Response:
        raise error

    house = _house(room_settings, ticking, fails)
    with caplog.at_level(logging.DEBUG), RoomBrowser(house) as browser:
        answer = browser.post("/help", content=b"canary")
        assert answer.status_code == status
        assert len(answer.content) == STEP
        assert browser.get("/help").status_code == 405
    assert "canary" not in answer.text + caplog.text
    assert ("fault" in caplog.text) is (status == 500)


def test_a_post_that_is_cut_off_leaves_no_line_in_the_log(
    room_settings: Settings, ticking: Ticking, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[str] = []

    async def reads(asked: Asked) -> Response:
        reached.append("begun")
        async with asked.room.intake.form(asked, files="files"):
            reached.append("read")
        return answering.page("")

    async def scene() -> None:
        coming: list[Message] = [{"type": "http.request", "body": b"canary", "more_body": True}]
        scope = {"type": "http", "method": "POST", "path": "/help", "query_string": b"", "scheme": "http"}

        async def receive() -> Message:
            return coming.pop(0) if coming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            pass

        form = [(b"content-type", b"application/x-www-form-urlencoded")]
        await _house(room_settings, ticking, reads).app({**scope, "headers": form}, receive, send)

    with caplog.at_level(logging.DEBUG, "baraza"):
        asyncio.run(scene())
    assert reached == ["begun"]
    assert caplog.text == ""


def test_an_answer_knows_how_the_browser_came(room_settings: Settings, ticking: Ticking) -> None:
    seen: list[tuple[bool, bool, str]] = []

    async def looks(asked: Asked) -> Response:
        seen.append((asked.secure, asked.readable_on_the_way, asked.bucket))
        return asked.page("private/plain.html", heading=say("Nothing is here"), sentence=say("Nothing is here"))

    with RoomBrowser(_house(room_settings, ticking, looks)) as browser:
        for scheme, host in [
            ("https", "talk.example"),
            ("http", "talk.example"),
            ("http", "localhost:8000"),
            ("http", "127.0.0.1"),
            ("http", "[::1]:8000"),
            ("http", "abc.onion"),
            ("http", "abc.onion.example"),
        ]:
            browser.post("/help", headers={"x-room-scheme": scheme, "host": host, "x-room-bucket": "b" * 24})
    assert [secure for secure, _, _ in seen] == [True] + [False] * 6
    assert [open_way for _, open_way, _ in seen] == [False, True, False, False, False, False, True]
    assert {bucket for _, _, bucket in seen} == {"b" * 24}
