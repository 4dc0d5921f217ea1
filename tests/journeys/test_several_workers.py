"""`baraza serve --workers 2`, as an operator starts it: real processes on PostgreSQL and Redis, and their deaths."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clusters import Cluster
from tests.memories import Memory

CHECKOUT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.postgres


class Served:
    """The keeper of two workers, running."""

    def __init__(self, keeper: "subprocess.Popen[str]", address: str) -> None:
        self.keeper, self.address = keeper, address

    def workers(self) -> list[int]:
        """The processes that answer, oldest first; the private room is none of them."""
        children = Path(f"/proc/{self.keeper.pid}/task/{self.keeper.pid}/children").read_text().split()
        return [int(child) for child in children if b"\0worker\0" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def answers(self) -> bool:
        """Whether the page with the spaces comes."""
        try:
            with urllib.request.urlopen(self.address, timeout=10) as page:
                return bool(page.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something; say what never came."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(what)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def serving(folder: Path, database: str, memory: str) -> Iterator[Served]:
    told = {"BARAZA_DATABASE_URL": database, "BARAZA_REDIS_URL": memory, "BARAZA_DATA_DIR": str(folder)}
    environment = {**os.environ, **told}
    baraza = [sys.executable, "-m", "server"]
    subprocess.run(
        [*baraza, "init", "--yes", "--host", "Bridge Network"],
        cwd=CHECKOUT, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    keeper = subprocess.Popen(
        [*baraza, "serve", "--port", "0", "--workers", "2"],
        cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert keeper.stdout is not None
        for line in keeper.stdout:
            found = re.search(r"answers at (http://\S+)", line)
            if found:
                yield Served(keeper, found.group(1))
                return
        raise AssertionError("it never answered")
    finally:
        keeper.kill()
        keeper.communicate(timeout=30)


@pytest.fixture
def served(postgres: Cluster, memory_server: Memory, tmp_path: Path) -> Iterator[Served]:
    with (
        postgres.new_database(migrated=False) as database,
        serving(tmp_path / "data", database, memory_server.url) as running,
    ):
        yield running


def test_two_answer_one_dies_another_comes_and_all_end_together(served: Served) -> None:
    until(lambda: len(served.workers()) == 2, "two workers")
    assert served.answers()
    first = served.workers()[0]
    os.kill(first, signal.SIGKILL)
    until(lambda: len(served.workers()) == 2 and first not in served.workers(), "another in its place")
    until(served.answers, "an answer after one death")
    last = served.workers()
    served.keeper.terminate()
    assert served.keeper.wait(40) is not None
    assert not any(alive(pid) for pid in last)
    assert not served.answers()


def test_workers_end_when_their_keeper_is_killed(served: Served) -> None:
    until(lambda: len(served.workers()) == 2, "two workers")
    workers = served.workers()
    served.keeper.kill()
    until(lambda: not any(alive(pid) for pid in workers), "workers that live on alone")
    assert not served.answers()
