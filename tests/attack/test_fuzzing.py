"""A fuzzer at the route table and at the sockets of a hall: a plain answer to everything, soon, and no growth.

A minute each in every run; twenty of them, with a new house each, in full.
"""

import json
import os
import random
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from server.web.rooms import Room
from tests.browser.houses import served
from tests.people import Community, Person
from tests.roads import FORMS, OURS, PAGES, World, without_limits, world
from tests.townhall.scene import Attendee, HallScene

MINUTES = pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=[pytest.mark.full, pytest.mark.timeout(600)]) for seed in range(1, 20))]
)
SECONDS = 30
"""For each of the two ways, so that both are a minute."""
LONGEST_SECONDS = 5.0
MOMENT_SECONDS = 0.1
MOST_GROWTH_MB = 48
"""After the first third, in which everything is loaded that is loaded once."""
ENDS = ("sign_out", "leave", "leave_page", "end_session", "end_other_sessions", "do_leave", "do_recover",
        "give_up_seat", "stop_hall", "close_hall", "do_host_archive", "do_new_recovery_code", "do_second_factor",
        "quieten_seat", "do_sign_in", "do_sign_in_passkey")  # fmt: skip
"""After these the same person finds most doors shut, and nothing behind them would be tried any more."""
ODD = (b"\x00", b"\xff\xfe", b"\r\n", b"\r\n\r\n", b"%", b"%00", b"%ED%A0%80", b"..%2f", b"'\"><", b"\xe2\x80\xae",
       b"9" * 40, b"-1", b"{}", b"[[", b"A" * 9000, b";", b"=", b"&&", b"\t", b"\x1b[2J", b"NaN", b"null",
       b"\xf0\x9f\x92\xa7")  # fmt: skip
HEADERS = (b"Transfer-Encoding: chunked", b"Content-Length: 5", b"Content-Length: -1", b"Expect: 100-continue",
           b"Content-Encoding: gzip", b"Upgrade: websocket\r\nConnection: Upgrade", b"Accept-Language: " + b"x," * 3000,
           b"Cookie: " + b"a=b;" * 1500, b"Range: bytes=9-1", b"If-None-Match: \"", b"Accept-Encoding: br;q=, *;q=9",
           b"X-Forwarded-For: ::1,,", b"Host: [::", b"Content-Type: multipart/form-data; boundary=",
           b"Content-Type: multipart/form-data; boundary=x", b"Content-Type: application/json",
           b"Content-Type: application/x-www-form-urlencoded; charset=utf-7")  # fmt: skip
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
THE_ROOM = re.compile(rb"\S+ /(help|desk)")
"""Its process is not there in this house, which is told calmly."""
METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"DELETE", b"BREW", b"get")


@dataclass
class Fuzzer:
    """Chance, by a seed that a failure names."""

    chance: random.Random

    def broken(self, raw: bytes) -> bytes:
        """The same bytes, wrong in one to four places."""
        for _ in range(self.chance.randint(1, 4)):
            at = self.chance.randrange(len(raw) + 1)
            raw = self.chance.choice(self._ways())(raw, at)
        return raw

    def _ways(self) -> list[Callable[[bytes, int], bytes]]:
        chance = self.chance
        return [
            lambda raw, at: raw[:at] + chance.choice(ODD) + raw[at:],
            lambda raw, at: raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :],
            lambda raw, at: raw[:at] + raw[at + chance.randint(1, 30) :],
            lambda raw, at: raw[:at] + raw[max(0, at - chance.randint(1, 200)) :],
            lambda raw, at: raw[:at],
        ]

    def form(self, fields: dict[str, str]) -> bytes:
        """A form with odd values and names, some of them twice or missing."""
        pairs = [pair for pair in fields.items() for _ in range(self.chance.choice((0, 1, 1, 1, 1, 2)))]
        body = urlencode(pairs).encode()
        return self.broken(body) if self.chance.random() < 0.7 else body

    def request(self, room: Room[Any], path: str, fields: dict[str, str], cookies: str) -> tuple[bytes, bool]:
        """A request to this room: a browser's, with something wrong in the address, the head, the body, or anywhere;
        and whether it is whole."""
        method, address = room.method.encode(), path.encode()
        body = self.form(fields) if fields or room.method == "POST" else b""
        where = self.chance.random()
        if where < 0.25:
            address = re.sub(rb"[\r\n ]", b"", self.broken(address)) or b"/"
        if where > 0.9:
            method = self.chance.choice(METHODS)
        if self.chance.random() < 0.2:
            address += b"?" + self.broken(b"page=2&lang=ar&q=water&done=1&next=%2Fme&reply=" + b"0" * 8)
        head = [b"Host: localhost", *(f"{name}: {value}".encode() for name, value in OURS.items())]
        head += [b"Cookie: " + cookies.encode()] if cookies else []
        head += [b"Content-Type: application/x-www-form-urlencoded"] if body else []
        head += [b"Content-Length: %d" % len(body)]
        if where > 0.7:
            head.insert(self.chance.randrange(len(head) + 1), self.chance.choice(HEADERS))
        raw = b"%s %s HTTP/1.1\r\n%s\r\nConnection: close\r\n\r\n%s" % (method, address, b"\r\n".join(head), body)
        if 0.5 < where < 0.6:
            return self.broken(raw), False
        return raw, where <= 0.7

    def frame(self, known: list[Any]) -> str | bytes:
        """A frame that a page would send, or something like it."""
        raw = json.dumps(self.chance.choice(known)).encode()
        way = self.chance.random()
        if way < 0.5:
            raw = self.broken(raw)
        elif way < 0.6:
            raw = self.chance.choice(
                (b"[" * 2000, b'{"a":' * 500, b"1e999", b'"' + b"\\u0000" * 50 + b'"', b"x" * 9000)
            )
        return raw if self.chance.random() < 0.1 else raw.decode("utf-8", "replace")


def answered(port: int, raw: bytes, *, whole: bool = True) -> tuple[int, float]:
    """The status of the answer, or 0 for none, and how long it took.

    A request that is not whole is waited for by the server, and rightly: there the line ends after a moment.
    """
    began, found = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", port), 2 * LONGEST_SECONDS) as line:
        line.sendall(raw)
        if not whole and not select.select([line], [], [], MOMENT_SECONDS)[0]:
            return 0, 0.0
        with suppress(ConnectionError, TimeoutError):
            while b"\r\n\r\n" not in found and (piece := line.recv(65536)):
                found += piece
    status = re.match(rb"HTTP/1\.[01] (\d{3})", found)
    return int(status[1]) if status else 0, time.monotonic() - began


def cookies_of(somebody: Person | Attendee) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in somebody.browser.cookies.jar)


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def faults(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What the house said was its own fault."""
    return [line for line in capfd.readouterr().err.splitlines() if line.startswith(("error:", "critical:"))]


@pytest.fixture
def walk(tmp_path: Path, community: Community) -> World:
    without_limits(tmp_path)
    return world(community)


def _asked(walk: World) -> Iterator[tuple[Room[Any], str, dict[str, str], str]]:
    for room in [*PAGES, *FORMS]:
        if room.name not in ENDS:
            fields = walk.fields(room) if room.method == "POST" else {}
            yield room, walk.address(room), fields, cookies_of(walk.person(room))


@MINUTES
def test_no_request_is_a_fault_a_long_wait_or_lost_memory(
    walk: World, seed: int, capfd: pytest.CaptureFixture[str]
) -> None:
    fuzzer, asked = Fuzzer(random.Random(seed)), list(_asked(walk))
    wrong, statuses, sizes = list[str](), Counter[int](), list[float]()
    with served(walk.community) as address:
        port, until = urlsplit(address).port or 80, time.monotonic() + SECONDS
        while time.monotonic() < until and not wrong:
            room, path, fields, cookies = fuzzer.chance.choice(asked)
            raw, whole = fuzzer.request(room, path, fields, cookies)
            status, took = answered(port, raw, whole=whole)
            statuses[status] += 1
            if (
                (status >= 500 and not (status == 503 and THE_ROOM.match(raw)))
                or took > LONGEST_SECONDS
                or (whole and not status)
            ):
                wrong.append(f"seed {seed}, {room.name}: {status} after {took:.1f} s: {raw[:2000]!r}")
            if statuses.total() % 100 == 0:
                sizes.append(memory_mb())
        assert answered(port, HEALTH)[0] == 200
    assert wrong == [] and faults(capfd) == []
    assert statuses[200] + statuses[303] > statuses.total() / 10, f"hardly anything got through: {statuses}"
    assert sizes[-1] - sizes[len(sizes) // 3] < MOST_GROWTH_MB, sizes


def _known(question: UUID) -> list[Any]:
    """Frames as the script of a hall sends them; the first is the greeting."""

    def does(what: str, **words: str) -> dict[str, Any]:
        return {"op": "cmd", "id": str(uuid4()), "do": what, "d": words}

    return [
        {"op": "hello", "p": 1, "epoch": 1, "since": {"pub": 0, "own": 0}},
        does("q.ask", text="When does the water come?", language="auto"),
        does("q.endorse", question=str(question)),
        does("q.endorse_no_more", question=str(question)),
        does("q.take_back", question=str(question)),
        {"op": "beat"},
    ]


def _listens(address: str, scene: HallScene, cookies: str) -> ClientConnection:
    return connect(
        f"{address.replace('http', 'ws')}/h/{scene.code}/live",
        origin=address,  # type: ignore[arg-type]  # a plain address is an origin
        additional_headers={"Cookie": cookies},
        open_timeout=LONGEST_SECONDS,
        close_timeout=LONGEST_SECONDS,
    )


@MINUTES
def test_no_frame_is_a_fault_and_others_hear_on(
    community: Community, seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    without_limits(tmp_path)
    scene = HallScene(community)
    scene.opens()
    fuzzer, codes, sizes = Fuzzer(random.Random(seed)), Counter[int](), list[float]()
    hostile, calm = scene.attendee(), scene.attendee()
    known = _known(scene.readable(calm, "Where is the school?"))
    with served(community) as address:
        with _listens(address, scene, cookies_of(calm)) as hers:
            hers.send(json.dumps(known[0]))
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                codes[_one_line(address, scene, cookies_of(hostile), fuzzer, known)] += 1
                sizes.append(memory_mb())
            assert hers.ping().wait(LONGEST_SECONDS), "somebody else's line is gone"
        assert answered(urlsplit(address).port or 80, HEALTH)[0] == 200
    assert faults(capfd) == []
    assert not {1006, 1011} & set(codes) and not any(500 <= code < 600 for code in codes) and codes.total() > 20, codes
    assert sizes[-1] - sizes[len(sizes) // 3] < MOST_GROWTH_MB, sizes


def _one_line(address: str, scene: HallScene, cookies: str, fuzzer: Fuzzer, known: list[Any]) -> int:
    """One socket from its opening to its end; gives the code that closed it, or the status that refused it."""
    try:
        with _listens(address, scene, cookies) as line, suppress(TimeoutError):
            if fuzzer.chance.random() < 0.8:
                line.send(json.dumps(known[0]))
            for _ in range(fuzzer.chance.randint(1, 30)):
                line.send(fuzzer.frame(known))
            if fuzzer.chance.random() < 0.2:  # and something that is no frame at all
                with suppress(OSError):  # the other side has ended it already
                    line.socket.sendall(fuzzer.chance.randbytes(200))
                while True:
                    line.recv(timeout=MOMENT_SECONDS)
        return line.protocol.close_code or 0
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    except InvalidStatus as refused:
        return refused.response.status_code
