"""Many at the door of the room at once, over real sockets and at the real cost of guessing: twenty who tell
something, and somebody who tries numbers. Whoever tells is never refused, the room stays small, and the forum's
readers are not kept waiting."""

import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.crypto.sealed import receipts
from tests.browser.houses import Demo, demonstration
from tests.private.scene import TEXT, send, told, words

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
AT_ONCE, TRIES, ALL_TRIES = 20, 24, 200
MOST_KIB = 1024 * 1024


class Phone(httpx2.Client):
    """A browser at the demonstration, which remembers the token of the last page with a form."""

    token = ""

    def __init__(self, address: str) -> None:
        super().__init__(base_url=address, timeout=180, headers={"accept-language": "en"})

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """As ever; and remember the token."""
        answer = super().request(*args, **kwargs)
        found = re.search(r'name="form_token" value="([^"]*)"', answer.text)
        self.token = found[1] if found else self.token
        return answer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demonstration, as people start it."""
    with demonstration(tmp_path_factory.mktemp("crowd")) as running:
        yield running


def room_of(demo: Demo) -> Path:
    """The files in which the system tells of the room's process."""
    running = [path for path in Path("/proc").glob("[0-9]*") if _is_room(path, demo)]
    assert len(running) == 1
    return running[0]


def _is_room(path: Path, demo: Demo) -> bool:
    try:
        command = (path / "cmdline").read_bytes()
        parent = next(line.split()[1] for line in (path / "status").read_text().splitlines() if "PPid" in line)
    except (OSError, StopIteration):
        return False
    return b"server.private.process" in command and int(parent) == demo.pid


def most_kib(process: Path) -> int:
    """The most memory that it ever had."""
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def tries(demo: Demo, number: int) -> tuple[int, str]:
    """A number that looks right and opens nothing."""
    digits = "".join(random.Random(number).choices("0123456789", k=19))
    receipt = next(digits + last for last in "0123456789" if receipts.read(digits + last) is not None)
    with Phone(demo.address) as phone:
        phone.get("/help")
        page = send(phone, "return", receipt=receipt)  # type: ignore[arg-type]
        return page.status_code, words(page)


def test_twenty_who_tell_at_once_are_all_heard(demo: Demo) -> None:
    together = threading.Barrier(AT_ONCE)

    def tells(number: int) -> tuple[str, str]:
        with Phone(demo.address) as phone:
            together.wait(60)
            text = f"{TEXT} {number}"
            return told(phone, text=text), text  # type: ignore[arg-type]

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        numbers = dict(crowd.map(tells, range(AT_ONCE)))
    assert len(numbers) == AT_ONCE
    with Phone(demo.address) as phone:
        assert send(phone, "return", receipt=next(iter(numbers))).status_code == 303  # type: ignore[arg-type]


@pytest.mark.parametrize("many", [TRIES, pytest.param(ALL_TRIES, marks=pytest.mark.full)])
def test_a_flood_of_tries_opens_nothing_and_does_not_fill_the_memory(demo: Demo, many: int) -> None:
    room = room_of(demo)
    with ThreadPoolExecutor(many) as crowd:
        answers = set(crowd.map(lambda number: tries(demo, number), range(many)))
    statuses = [status for status, _ in answers]
    assert statuses in ([404], [404, 429], [429, 404]), "wrong, or please come again; each in the same words for all"
    assert most_kib(room) < MOST_KIB
    assert room.exists(), "it is the same process still"


@pytest.mark.full
def test_the_forums_readers_are_not_kept_waiting_by_it(demo: Demo) -> None:
    over, waits = threading.Event(), list[float]()

    def reads() -> None:
        with Phone(demo.address) as phone:
            while not over.is_set():
                began = time.monotonic()
                assert phone.get("/s/questions").status_code == 200
                waits.append(time.monotonic() - began)
                time.sleep(0.05)

    reader = threading.Thread(target=reads)
    reader.start()
    with ThreadPoolExecutor(ALL_TRIES) as crowd:
        list(crowd.map(lambda number: tries(demo, number), range(ALL_TRIES)))
    over.set()
    reader.join()
    assert sorted(waits)[len(waits) * 95 // 100] < 0.5
