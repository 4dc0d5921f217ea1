"""What an hour in a hall costs an attendee on the wire: each thing that happens is measured once, and counted.

Bytes of HTTP and of sockets in both directions, as a telephone sends and gets them; without the packets below them.
"""

import json
import random
import re
import socket
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from server.bench.figures import Figure, absolute
from server.bench.halls import prepared
from server.bench.load import post
from server.bench.process import Target, target
from server.database import Database, Transaction
from server.permissions import Role
from server.settings import Settings
from server.townhall.halls import queries, rules
from server.townhall.halls.models import HallRole
from server.townhall.halls.states import Results, SessionKind
from server.townhall.halls.team import itself
from server.townhall.polling import rules as polling
from server.townhall.polling.models import PollKind
from server.townhall.polling.rules import NewPoll

QUESTIONS, ENDORSED, STAGED, LINES = 60, 600, 40, 60
"""In one hour: questions that everybody reads, endorsements (each in a tick of its own, the worst case), questions that
come on stage or are answered, and lines of captions of ten words."""
RENEWALS, LISTS = 10, 2
"""How often the page fetches its parts anew (two polls that open and close, four items of the agenda, two changes of
state), and how often the list with it."""
OWN_ACTS = 10
"""Questions, endorsements and votes of this attendee; each is a form and the page after it."""
BEATS, PRESENCES = 144, 20
LIVE_GOAL, PLAIN_GOAL = 1.5, 1.0
MB = 1_000_000
WORDS = (
    "when does water school market card office pump lamp clinic bread queue street night morning children teacher "
    "list number wait long before after anybody know where new paper door guard Friday road rain tent wood price "
    "doctor answer letter month family old block gate repair broken open shut bus stop help far near still again"
).split()
"""What questions are made of here: sixteen of them, each time others."""
SAID = "The next lorry with water comes on Monday at the latest."
PHONE = (
    "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Encoding: gzip, deflate, br",
    "Accept-Language: en-GB,en;q=0.9",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: iframe",
    "Upgrade-Insecure-Requests: 1",
)


@dataclass(frozen=True, slots=True)
class _Answer:
    head: bytes
    body: bytes
    wire: int
    """Bytes in both directions."""

    def header(self, name: str) -> str:
        found = re.search(rb"(?mi)^%s: ([^\r]*)" % name.encode(), self.head)
        return found[1].decode() if found else ""


def hour() -> list[Figure]:
    """Megabytes for each attendee in an hour, live and without script."""
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as name:
        folder = Path(name)
        prepared(folder, 20)
        polls = _with_polls_and_captions(folder)
        with target("house", folder) as house:
            return _Hour(house, json.loads((folder / "hall.json").read_text("utf-8")), polls).figures()


def _with_polls_and_captions(folder: Path) -> list[str]:
    """Two polls that can be opened, an item that is on, and captions that the host writes."""
    db = Database(Settings(data_dir=folder).database)
    with db.transaction() as tx:
        hall, by = _the_hall(tx), itself(datetime.now(UTC))
        talk = rules.add_session(tx, hall, SessionKind.QUESTIONS, {"en": "Questions"}, 30, most=9, by=by)
        rules.begin_session(tx, hall, talk, by)
        days = [{"en": "Monday"}, {"en": "Friday"}]
        new = NewPoll(PollKind.SINGLE, Results.AFTER_CLOSING, False, {"en": "Which day?"}, days)
        polls = [str(polling.prepare(tx, hall, new, by, most=9)) for _ in range(2)]
        duty = {"member_id": 1, "role": str(Role.CAPTIONER), "language": "en", "number": 1, "given": True}
        tx.run(insert(HallRole).values(hall_id=hall.id, **duty))
    db.close()
    return polls


def _the_hall(tx: Transaction) -> queries.HallRow:
    hall = queries.hall_by_id(tx, 1)
    assert hall is not None
    return hall


@dataclass
class _Hour:
    house: Target
    told: Mapping[str, Any]
    polls: list[str]

    def figures(self) -> list[Figure]:
        """While questions become more: the list at four moments of the hour, and each kind of event once."""
        first = self._first_visit()
        sizes = [self._list()]
        with self._line() as line:
            shown = line.costs(lambda: self._asks(0), b"(0)")
            tally = line.costs(self._endorses, b'"tally"')
            said = line.costs(lambda: self._team("captions/en", text=SAID), b'"caption"')
            poll = line.costs(lambda: self._team(f"polls/{self.polls[0]}/open", version="1"), b'"poll"')
        for number in range(21, QUESTIONS + 1):
            self._asks(number)
            if number % 20 == 0:
                sizes.append(self._list())
        page = self._get("", "document")
        acts = OWN_ACTS * (self._endorses().wire + sizes[-1].wire)
        live = first + sizes[0].wire + QUESTIONS * shown + STAGED * shown + ENDORSED * tally + LINES * said + 6 * poll
        live += RENEWALS * page.wire + LISTS * sizes[-1].wire + BEATS * 14 + PRESENCES * 40 + acts
        plain = first + acts + 6 * page.wire + self._fetched_anew(sizes)
        return [
            absolute("an hour in a hall, live, for each attendee", live / MB, "MB", most=LIVE_GOAL),
            absolute("the same without script", plain / MB, "MB", most=PLAIN_GOAL),
            *_parts(shown, tally, said, page.wire, sizes),
        ]

    def _fetched_anew(self, sizes: list[_Answer]) -> float:
        """The list of an hour, at each moment as large and as often as the server says."""
        every = 3_600 / len(sizes)
        return sum(every / int(one.header("refresh")) * one.wire for one in sizes)

    # What is done ----------------------------------------------------------------------------------------

    def _first_visit(self) -> int:
        """The page, the sheet and the scripts, once."""
        page = self._get("", "document")
        assets = dict.fromkeys(re.findall(r'(?:href|src)="(/static/[^"]+)"', _text(page)))
        scripts = [self._exchange(_get(path, "script", "")) for path in assets]
        imports = dict.fromkeys(name for one in scripts for name in re.findall(r'from "(/static/[^"]+)"', _text(one)))
        scripts += [self._exchange(_get(path, "script", "")) for path in imports]
        return page.wire + sum(one.wire for one in scripts)

    def _list(self) -> _Answer:
        return self._get("/list", "iframe")

    def _get(self, part: str, kind: str) -> _Answer:
        return self._exchange(_get(f"/h/{self.told['code']}{part}", kind, self._seat(0)))

    def _seat(self, number: int) -> str:
        seats: list[str] = self.told["seats"]
        return seats[number]

    def _asks(self, number: int) -> _Answer:
        words = random.Random(number).sample(WORDS, 16)  # noqa: S311  always the same ones
        fields = {"text": f"{' '.join(words)}? ({number})"}
        return self._exchange(post(f"/h/{self.told['code']}/ask", fields, *PHONE[:4], f"Cookie: {self._seat(1)}"))

    def _endorses(self) -> _Answer:
        question = re.findall(r'id="q-([^"]+)"', _text(self._list()))[0]
        path = f"/h/{self.told['code']}/questions/{question}/endorse?in=list"
        return self._exchange(post(path, {}, *PHONE[:4], f"Cookie: {self._seat(2)}"))

    def _team(self, act: str, **fields: str) -> _Answer:
        return self._exchange(post(f"/h/{self.told['code']}/{act}", fields, f"Cookie: {self.told['host']}"))

    # On the wire -----------------------------------------------------------------------------------------

    def _exchange(self, message: bytes) -> _Answer:
        with socket.create_connection(("127.0.0.1", self.house.port), 10) as line:
            line.sendall(message.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            got = b"".join(iter(lambda: line.recv(65_536), b""))
        head, _, body = got.partition(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303")), head[:80]
        return _Answer(head, body, len(message) + len(got))

    @contextmanager
    def _line(self) -> Generator["_Line"]:
        with socket.create_connection(("127.0.0.1", self.house.port), 10) as line:
            lines = [f"GET /h/{self.told['code']}/live HTTP/1.1", "Host: localhost", "Origin: http://localhost"]
            lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]
            lines += ["Sec-WebSocket-Version: 13", f"Cookie: {self._seat(0)}"]
            line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            heard = _Line(line)
            heard.until(b"\r\n\r\n")
            hello = b'{"op":"hello","p":1,"captions":["en"]}'
            line.sendall(bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello)
            heard.until(b'"ch":"pub"')
            yield heard


@dataclass
class _Line:
    line: socket.socket

    def costs(self, act: Callable[[], object], needle: bytes) -> int:
        """How many bytes come because of it."""
        act()
        return self.until(needle)

    def until(self, needle: bytes) -> int:
        """Bytes until these have come."""
        got = b""
        while needle not in got:
            piece = self.line.recv(65_536)
            assert piece, "the line was closed"
            got += piece
        return len(got)


def _get(path: str, kind: str, cookie: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: baraza.example.org", *PHONE, *([f"Cookie: {cookie}"] if cookie else [])]
    return ("\r\n".join(lines) + "\r\n\r\n").replace("iframe", kind).encode()


def _text(answer: _Answer) -> str:
    import gzip  # noqa: PLC0415

    packed = answer.header("content-encoding") == "gzip"
    return (gzip.decompress(answer.body) if packed else answer.body).decode("utf-8")


def _parts(shown: int, tally: int, said: int, page: int, sizes: list[_Answer]) -> list[Figure]:
    """What the sums are made of; they have no goal of their own."""
    named = {
        "one question, live": shown,
        "one changed count, live": tally,
        "one line of captions, live": said,
        "the page around the list": page,
        f"the list with {QUESTIONS} questions": sizes[-1].wire,
    }
    return [Figure(name, value, "B", None, None, "", True) for name, value in named.items()]
