"""What a session of the private room holds is readable only with its cookie, and not for long."""

import gc
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.responses import Response

from server import places, policies
from server.policies import PrivateLimits
from server.private import sessions
from server.private.sessions import Sessions, Side, Token
from tests.private.rooms import Ticking

CANARY = b"the man at the gate asked for money"


@pytest.fixture(scope="module")
def limits() -> PrivateLimits:
    """The limits that ship."""
    return policies.load(places.shipped("policies")).private


@pytest.fixture
def kept(limits: PrivateLimits, ticking: Ticking) -> Sessions:
    """No session yet."""
    return Sessions(limits, seconds=ticking, most=10)


def test_a_session_gives_back_what_it_holds_to_its_token_only(kept: Sessions) -> None:
    token = kept.begin(Side.REPORTER, CANARY)
    other = kept.begin(Side.REPORTER, b"another")
    assert kept.read(Side.REPORTER, token) == CANARY
    assert kept.read(Side.REPORTER, other) == b"another"
    for wrong in (None, Token(""), Token("x"), Token(token[:-1]), Token(token + "A"), Token("\udcff" * 60)):
        assert kept.read(Side.REPORTER, wrong) is None


def test_a_session_of_one_door_opens_nothing_at_the_other(kept: Sessions) -> None:
    token = kept.begin(Side.REPORTER, CANARY)
    assert kept.read(Side.DESK, token) is None
    assert not kept.write(Side.DESK, token, b"changed")
    assert kept.read(Side.REPORTER, token) == CANARY


def _bytes_in_memory(kept: Sessions) -> list[bytes]:
    """Every value that hangs on the sessions, however deep."""
    seen: set[int] = set()
    found: list[bytes] = []
    waiting: list[object] = [kept]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type):
            continue
        seen.add(id(thing))
        if isinstance(thing, bytes | str):
            found.append(thing if isinstance(thing, bytes) else thing.encode("utf-8", "surrogatepass"))
        elif type(thing).__module__ in {"builtins", "server.private.sessions"} and not callable(thing):
            waiting.extend(gc.get_referents(thing))
    return found


def test_the_memory_without_the_cookie_holds_neither_words_nor_token(kept: Sessions) -> None:
    token = kept.begin(Side.REPORTER, CANARY)
    held = b"\0".join(_bytes_in_memory(kept))
    assert len(held) > 100
    assert CANARY not in held
    assert token.encode() not in held


def test_a_copy_of_everything_opens_nothing_under_another_boot(limits: PrivateLimits, ticking: Ticking) -> None:
    first, second = Sessions(limits, seconds=ticking), Sessions(limits, seconds=ticking)
    token = first.begin(Side.REPORTER, CANARY)
    second._kept.update(first._kept)  # type: ignore[reportPrivateUsage]
    assert second.read(Side.REPORTER, token) is None


@pytest.mark.parametrize(("side", "idle", "whole"), [(Side.REPORTER, 15, 60), (Side.DESK, 15, 480)])
def test_a_session_ends_when_it_rests_and_when_it_is_old(
    kept: Sessions, ticking: Ticking, side: Side, idle: int, whole: int
) -> None:
    resting = kept.begin(side, b"r")
    ticking.goes_on(minutes=idle)
    assert kept.read(side, resting) is None
    busy, passed = kept.begin(side, b"b"), 0
    while passed + idle - 1 < whole:
        ticking.goes_on(minutes=idle - 1)
        passed += idle - 1
        assert kept.read(side, busy) == b"b"
    ticking.goes_on(minutes=idle - 1)
    assert kept.read(side, busy) is None
    assert len(kept) == 0


def test_ended_sessions_are_gone_and_others_stay(kept: Sessions) -> None:
    amina, bo = uuid4(), uuid4()
    tokens = [kept.begin(Side.DESK, b"a", person=amina), kept.begin(Side.DESK, b"a", person=amina)]
    other = kept.begin(Side.DESK, b"b", person=bo)
    kept.end_all(amina)
    assert [kept.read(Side.DESK, token) for token in tokens] == [None, None]
    assert kept.read(Side.DESK, other) == b"b"
    kept.end(other)
    kept.end(None)
    assert len(kept) == 0


def test_nobody_is_refused_and_the_stranger_who_rests_longest_makes_room(kept: Sessions, ticking: Ticking) -> None:
    desk = kept.begin(Side.DESK, b"desk", person=uuid4())
    holder = kept.begin(Side.REPORTER, b"holds a receipt", known=True)
    strangers: list[Token] = []
    for number in range(8):
        ticking.goes_on(seconds=1)
        strangers.append(kept.begin(Side.REPORTER, str(number).encode()))
    ticking.goes_on(seconds=1)
    assert kept.read(Side.REPORTER, strangers[0]) == b"0"  # it rests from now on
    newest = kept.begin(Side.REPORTER, b"new")
    assert kept.read(Side.REPORTER, newest) == b"new"
    assert kept.read(Side.REPORTER, strangers[0]) == b"0"
    assert kept.read(Side.REPORTER, strangers[1]) is None
    assert kept.read(Side.DESK, desk) == b"desk"
    assert kept.read(Side.REPORTER, holder) == b"holds a receipt"


def test_known_sessions_stay_even_over_the_bound(kept: Sessions) -> None:
    tokens = [kept.begin(Side.REPORTER, b"k", known=True) for _ in range(14)]
    assert all(kept.read(Side.REPORTER, token) == b"k" for token in tokens)


def test_large_values_make_room_too(limits: PrivateLimits, ticking: Ticking) -> None:
    kept = Sessions(limits, seconds=ticking, most_bytes=5_000)
    first = kept.begin(Side.REPORTER, bytes(3_000))
    ticking.goes_on(seconds=1)
    second = kept.begin(Side.REPORTER, b"small")
    kept.write(Side.REPORTER, second, bytes(3_000))
    assert kept.read(Side.REPORTER, first) is None
    assert kept.read(Side.REPORTER, second) == bytes(3_000)


@pytest.mark.parametrize("side", list(Side))
def test_the_cookie_is_for_this_site_alone_and_ends_with_the_browser(side: Side) -> None:
    response = Response()
    sessions.set_cookie(response, side, Token("token"), secure=True)
    words = set(response.headers["set-cookie"].split("; "))
    assert words == {f"__Host-{side.value}=token", "HttpOnly", "Path=/", "SameSite=strict", "Secure"}


def test_over_plain_http_the_cookie_says_so_by_its_name() -> None:
    response = Response()
    sessions.set_cookie(response, Side.REPORTER, Token("token"), secure=False)
    assert set(response.headers["set-cookie"].split("; ")) == {"room=token", "HttpOnly", "Path=/", "SameSite=strict"}
    request = Request({"type": "http", "headers": [(b"cookie", b"room=abc; __Host-room=def")]})
    assert sessions.token_in(request, Side.REPORTER, secure=False) == "abc"
    assert sessions.token_in(request, Side.REPORTER, secure=True) == "def"
    assert sessions.token_in(request, Side.DESK, secure=True) is None
