"""How long a search takes in a forum of a hundred thousand and of a million messages."""

import itertools
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from moderation.states import ContentState
from server.bench.content import people
from server.bench.figures import Figure, absolute, against
from server.database import Database, Transaction
from server.finding.rules import word_hash
from server.finding.terms import terms_asked
from server.forum.found import MOST_TERMS, found
from server.forum.models import Message, Topic
from server.migrations import history
from server.web.text import RENDERER

VOCABULARY = 30_000
WORDS_EACH = 20
CHUNK = 5000
QUESTIONS = 400
SMALL, LARGE = 100_000, 1_000_000


def search(address: str | None = None) -> list[Figure]:
    """The 95th percentile on SQLite, or on an empty PostgreSQL database of this address."""
    times: dict[int, float] = {}
    for size in (SMALL, LARGE):
        with tempfile.TemporaryDirectory(prefix="baraza-bench-") as folder:
            db = Database(address or f"sqlite:///{Path(folder) / 'search.sqlite3'}")
            history.upgrade(db)
            space = _filled(db, size)
            times[size] = min(_slowest_but_twenty(db, space) for _ in range(3))
            if address:
                _emptied(db)
            db.close()
    return [
        absolute("search, 95th percentile at 1,000,000 messages", times[LARGE], "ms", most=100),
        against("the same, in searches at 100,000", times[LARGE], times[SMALL], most=1.5, unit="ms"),
    ]


def _vocabulary() -> tuple[list[str], list[float]]:
    """Words as often as words are: the second half as often as the first, and so on (Zipf)."""
    words = [f"w{number:05}q" for number in range(VOCABULARY)]
    return words, list(itertools.accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))


def _filled(db: Database, size: int) -> int:
    words, weights = _vocabulary()
    chance = random.Random(1)  # noqa: S311  the same forum every time, nothing secret
    with db.transaction() as tx:
        space, _ = people(tx)
        at = datetime.now(UTC)
        topic = Topic(
            space_id=space,
            membership_id=1,
            title="All",
            language="en",
            state=ContentState.PUBLISHED,
            last_message_at=at,
        )
        tx.session.add(topic)
        tx.session.flush()
        assert topic.id is not None
        hashes = {word: word_hash(space, terms_asked(word, most=1)[0]) for word in words}
        for first in range(1, size + 1, CHUNK):
            texts = [chance.choices(words, cum_weights=weights, k=WORDS_EACH) for _ in range(CHUNK)]
            rows = _messages(topic.id, first, texts, chance, at)
            tx.session.execute(insert(Message), list(rows))
            _index(tx, [(hashes[word], first + n) for n, spoken in enumerate(texts) for word in set(spoken)])
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return space


def _messages(
    topic_id: int, first: int, texts: list[list[str]], chance: random.Random, at: datetime
) -> Iterator[dict[str, Any]]:
    for number, spoken in enumerate(texts):
        yield {
            "id": first + number,
            "public_id": UUID(int=chance.getrandbits(128), version=4),
            "topic_id": topic_id,
            "membership_id": 1,
            "text": " ".join(spoken),
            "html": "",
            "renderer": RENDERER,
            "language": "en",
            "state": ContentState.PUBLISHED,
            "was_public": True,
            "written_at": at,
        }


def _index(tx: Transaction, places: list[tuple[int, int]]) -> None:
    """Straight to the driver: thirty million rows through the ORM would take an hour."""
    raw: Any = tx.session.connection().connection.dbapi_connection
    if tx.session.connection().dialect.name == "sqlite":
        raw.executemany("INSERT INTO word_place (word, message_id) VALUES (?, ?)", places)
        return
    with raw.cursor() as cursor, cursor.copy("COPY word_place (word, message_id) FROM STDIN") as copy:
        for place in places:
            copy.write_row(place)


def _emptied(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def _slowest_but_twenty(db: Database, space: int) -> float:
    """Milliseconds that 95 in 100 questions need at most: one, two or three words, frequent and rare."""
    words, weights = _vocabulary()
    chance = random.Random(2)  # noqa: S311
    times: list[float] = []
    for number in range(QUESTIONS):
        if number % 4 < 3:
            asked = chance.choices(words, cum_weights=weights, k=number % 4 + 1)
        else:
            asked = [*chance.choices(words, k=2), chance.choice(words[:50])]
        began = time.perf_counter()
        with db.reading() as tx:
            found(tx, [space], terms_asked(" ".join(asked), most=MOST_TERMS), page=1)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[QUESTIONS * 95 // 100]
