"""The server is killed again and again while people write: what was acknowledged is there once, nothing half done.

A few times in every run, fifty times with `-m full`, on both kinds of database.
"""

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from moderation.states import ContentState
from server import tables
from server.bench.content import people
from server.bench.limits import without_limits
from server.content import Screening
from server.crypto import keyring
from server.database import Database
from server.finding.models import WordPlace
from server.forum.models import Message, Topic
from server.ledger import checking as ledger
from server.places import CHECKOUT
from server.serving import bound
from server.settings import Settings

WRITERS = 4
START_SECONDS = 60
TIMES = pytest.mark.parametrize("times", [4, pytest.param(50, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])


class Writer(threading.Thread):
    """A member who begins topics and answers in them as fast as it goes, and notes what was acknowledged."""

    def __init__(self, port: int, cookie: str, name: str) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.name_of = port, cookie, name
        self.acknowledged: list[str] = []
        self.refused: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            words = f"{self.name_of} says number {number} about the water"
            with suppress(OSError, http.client.HTTPException):  # the server is just being killed
                status, place = self._sends("/s/questions/new", title=words, text=words)
                if status == 303:
                    self.acknowledged.append(words)
                    topic = place.split("#")[0].split("?")[0]
                    answer = f"{words}, and more"
                    if self._sends(f"{topic}/messages", text=answer)[0] == 303:
                        self.acknowledged.append(answer)
                else:
                    self.refused.append(status)
            self.over.wait(0.001)

    def _sends(self, path: str, **fields: str) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Cookie": self.cookie,
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            line.request("POST", path, urlencode({"language": "auto", **fields}), headers)
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.getheader("location") or ""
        finally:
            line.close()


@contextmanager
def served(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The real server in a process of its own; killed at the end, whatever it is doing."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "server.bench.targets", "house", str(port), str(data)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        text=True,
    )
    impatience = threading.Timer(START_SECONDS, process.kill)
    impatience.start()
    try:
        assert process.stdout is not None and process.stdout.readline().strip() == "ready", "it does not start again"
        impatience.cancel()
        yield process
    finally:
        impatience.cancel()
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> tuple[Settings, list[str]]:
    """A data directory with an open space, and a session for each member."""
    without_limits(tmp_path)
    (tmp_path / "baraza.toml").write_text(f'database_url = "{database_url}"\n', "utf-8")
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    keyring.create(settings.keys_dir)
    db = Database(settings.database)
    with db.transaction() as tx:
        _, cookies = people(tx)
    db.close()
    return settings, cookies


@TIMES
def test_what_was_acknowledged_is_there_once_and_nothing_is_half_done(
    house: tuple[Settings, list[str]], times: int
) -> None:
    settings, cookies = house
    listener = bound("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    chance = random.Random(times)
    writers = [Writer(port, cookie, f"Writer {number}") for number, cookie in enumerate(cookies[:WRITERS])]
    for number in range(times):
        with served(settings.data_dir, port):
            if number == 0:
                for writer in writers:
                    writer.start()
            before = sum(len(writer.acknowledged) for writer in writers)
            until = time.monotonic() + START_SECONDS
            while sum(len(writer.acknowledged) for writer in writers) < before + 10:
                assert time.monotonic() < until, "nobody is heard"
                time.sleep(0.01)
            time.sleep(chance.random() / 10)  # killed at any point of what it does
    for writer in writers:
        writer.over.set()
    for writer in writers:
        writer.join(60)
    assert [writer.refused for writer in writers] == [[]] * WRITERS
    _is_whole(settings, [words for writer in writers for words in writer.acknowledged])


def _is_whole(settings: Settings, acknowledged: list[str]) -> None:
    assert tables.metadata.tables
    db = Database(settings.database)
    with db.reading() as tx:
        texts = Counter(tx.session.execute(select(col(Message.text))).scalars())
        lost = [words for words in acknowledged if not texts[words]]
        twice = [words for words, count in texts.items() if count > 1]
        assert (lost, twice) == ([], [])
        shown = dict(
            tx.session.execute(
                select(col(Message.topic_id), func.count())
                .where(col(Message.state) == ContentState.PUBLISHED)
                .group_by(col(Message.topic_id))
            ).all()
        )
        counted = dict(tx.session.execute(select(col(Topic.id), col(Topic.messages))).all())
        assert counted == shown, "a topic counts what is not there, or is there without its message"
        messages = set(tx.session.execute(select(col(Message.id))).scalars())
        assert set(tx.session.execute(select(col(Screening.message_id))).scalars()) == messages
        assert set(tx.session.execute(select(col(WordPlace.message_id))).scalars()) == messages, (
            "what is there is found"
        )
        assert ledger.check(tx).wrong == []
    if db.is_sqlite:
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    db.close()
