"""The community and the private room together, as `baraza serve` runs them."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from server import operating
from server.places import CHECKOUT
from server.settings import Settings

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
SENT_BYTES = 20_000_000


@dataclass
class Served:
    """A running `baraza serve`."""

    process: subprocess.Popen[str]
    port: int
    said: Path

    def asked(
        self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """One request."""
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            caller.request(method, path, body, headers=headers)
            answer = caller.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            caller.close()

    @property
    def room(self) -> int:
        """The private room's process."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for listing in children for pid in listing.read_text().split()]
        return next(pid for pid in pids if b"server.private.process" in Path(f"/proc/{pid}/cmdline").read_bytes())


def most_kib(pid: int) -> int:
    """The most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


def times_in_memory(pid: int, words: bytes) -> int:
    """How often these bytes are anywhere in the memory of a process."""
    found = 0
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            if line.split()[1][0] != "r" or "[v" in line:
                continue
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            memory.seek(first)
            found += memory.read(last - first).count(words)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An installation from its first start, served."""
    folder = tmp_path_factory.mktemp("both")
    settings = Settings(data_dir=folder / "var")
    operating.first_start(settings, slug="welcome", name="W", host="B", languages=["en"], timezone="UTC")
    port, said = free_port(), folder / "said"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BARAZA_")}
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", str(port), "--data", str(settings.data_dir)],
            cwd=CHECKOUT,
            env={**environment, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=out,
            text=True,
        )
        made = Served(process, port, said)
        try:
            end = time.monotonic() + 60
            while "answers at" not in said.read_text() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.1)
            assert made.asked("/help")[0] == 200, said.read_text()
            yield made
        finally:
            process.kill()
            process.wait()


def test_the_room_is_reached_through_the_community(served: Served) -> None:
    status, page, headers = served.asked("/help", **{"accept-encoding": "gzip"})
    assert status == 200
    assert len(page) % 8192 == 0
    assert "content-encoding" not in headers
    assert headers["cache-control"] == "no-store"
    assert "script-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert served.asked("/desk/no/such/page")[0] == 404
    assert served.asked("/help", method="HEAD")[:2] == (200, b"")
    assert served.asked("/help", **{"sec-fetch-dest": "iframe"})[0] == 403
    assert served.asked("/help-near-you")[0] == 200


def test_a_room_that_is_killed_in_the_middle_is_a_calm_page_and_then_there_again(served: Served) -> None:
    caller = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    caller.sendall(b"POST /help HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nconnection: close\r\n\r\nhalf")
    time.sleep(0.3)
    os.kill(served.room, signal.SIGKILL)
    answer = b""
    while piece := caller.recv(65_536):
        answer += piece
    caller.close()
    status = int(answer.split()[1])
    assert status == 503 or status < 500  # answered before it was killed, or not at all; never half a page
    if status == 503:
        assert b"retry-after" in answer.lower()
        assert len(answer.partition(b"\r\n\r\n")[2]) % 8192 == 0
    assert served.asked("/help")[0] == 200


def test_a_stopped_room_is_not_waited_for_long_and_the_forum_goes_on(served: Served) -> None:
    room = served.room
    os.kill(room, signal.SIGSTOP)
    try:
        began = time.monotonic()
        status, page, headers = served.asked("/help", **{"accept-language": "en"})
        assert status == 503
        assert time.monotonic() - began < 15
        assert b"not here just now" in page
        assert b"/help-near-you" in page
        assert len(page) % 8192 == 0
        assert headers["x-frame-options"] == "DENY"
        assert served.asked("/help-near-you")[0] == 200
    finally:
        os.kill(room, signal.SIGCONT)
    assert served.asked("/help")[0] == 200


def test_nothing_that_was_sent_stays_in_the_memory_of_the_community(served: Served) -> None:
    if not os.access(f"/proc/{served.process.pid}/mem", os.R_OK):
        pytest.skip("the memory of another process cannot be read here")
    canaries = {b"canary of a line": 1, b"canary of a page": 100, b"canary of a file": 60_000}
    for words, times in canaries.items():
        served.asked("/help", method="POST", body=b"text=" + words * times)
    assert times_in_memory(served.process.pid, b"/help-near-you") > 0  # this is how one looks
    end, left = time.monotonic() + 60, dict.fromkeys(canaries, 1)
    while any(left.values()) and time.monotonic() < end:
        time.sleep(1)
        left = {words: times_in_memory(served.process.pid, words) for words in canaries}
    assert left == dict.fromkeys(canaries, 0)


def test_neither_process_says_anything_about_visitors(served: Served) -> None:
    served.asked("/help?canary=1", cookie="session=canary; room=canary")
    served.asked("/desk/canary", method="POST")
    said = served.said.read_text()
    assert "canary" not in said
    lines = [line for line in said.splitlines() if "begins anew" not in line and "Not yet read" not in line]
    assert len(lines) == 2, said  # the address, and that it is plain http


def test_a_server_that_is_told_to_stop_ends_the_room_too(served: Served) -> None:
    room, pid = served.room, served.process.pid
    sockets = list(served.said.parent.glob("baraza-*/room"))
    assert len(sockets) == 1
    os.kill(pid, signal.SIGTERM)
    assert served.process.wait(30) == 128 + signal.SIGTERM
    assert not Path(f"/proc/{room}").exists()
    assert not sockets[0].parent.exists()
    assert re.search(r"Traceback|Error", served.said.read_text()) is None


PARENT = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import uvicorn
from server.logs import CONFIG
from tests.private.passages import whole_door
from server.handover import Patience
door = whole_door(Path(sys.argv[2]), patience=Patience())
uvicorn.run(door, port=int(sys.argv[3]), http="httptools", log_config=CONFIG, access_log=False, lifespan="off")
"""


def test_twenty_megabytes_do_not_make_the_community_larger(tmp_path: Path) -> None:
    """A room that takes its time; what it has not taken yet waits at the browser, not in between."""
    path, port, taken = tmp_path / "room", free_port(), [0]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def room() -> None:
        with suppress(OSError):  # the listener is closed when the test is over
            while True:
                caller, _ = listener.accept()
                with caller, caller.makefile("rwb") as line:
                    length = 0
                    while (header := line.readline()).strip():
                        if header.lower().startswith(b"content-length:"):
                            length = int(header.split()[1])
                    if length:
                        time.sleep(1)
                    while taken[0] < length and (piece := line.read(min(65_536, length - taken[0]))):
                        taken[0] += len(piece)
                    line.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    threading.Thread(target=room, daemon=True).start()
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(CHECKOUT), str(path), str(port)], cwd=CHECKOUT)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        for method, length in (("GET", 0), ("POST", SENT_BYTES)):
            caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            before = most_kib(parent.pid)
            caller.request(method, "/help", body=bytes(length) if length else None)
            assert caller.getresponse().read() == b"ok"
            caller.close()
        assert taken[0] == SENT_BYTES
        assert most_kib(parent.pid) - before < 4_000
    finally:
        parent.kill()
        parent.wait()
        listener.close()
