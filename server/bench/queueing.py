"""The moderators' queue with a hundred and with a hundred thousand cases that wait."""

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from moderation.states import ContentState
from moderation.verdict import Rule
from server.accounts import rules as accounts
from server.accounts.models import Member
from server.bench.content import CHUNK, MEMBERS, NOBODY, prepare
from server.bench.figures import Figure, against
from server.bench.load import cost, request
from server.bench.process import target
from server.content import Case, CaseState, Lane
from server.database import Database, Transaction
from server.forum.models import Message
from server.permissions import Role
from server.settings import Settings
from server.web.text import RENDERER

FEW, MANY = 100, 100_000
SIGNS = (
    (Rule.FIRST_MESSAGE, 5, Lane.HELD),
    (Rule.TOXICITY, 20, Lane.HELD),
    (Rule.SCAM, 50, Lane.FLAGGED),
    (Rule.DANGER_WORDS, 100, Lane.PROTECTION),
)


def queue() -> list[Figure]:
    """A page of the queue, its first and a later one, and its narrowest part, in pages at a hundred cases."""
    costs: dict[tuple[int, str], float] = {}
    paths = {"the first page": "/review?n={n}", "the third page": "/review?page=3&n={n}"}
    paths |= {"only what is flagged": "/review?show=flagged&n={n}"}
    for cases in (FEW, MANY):
        with tempfile.TemporaryDirectory(prefix="baraza-bench-") as folder:
            prepare(Path(folder), topics=20, messages_each=20)
            cookie = _waiting(Path(folder), cases)
            with target("house", Path(folder)) as house:
                for name, path in paths.items():
                    asked = [request(path.format(n=n), f"Cookie: {cookie}") for n in range(400)]
                    costs[cases, name] = min(cost(house, asked, expect=200).cpu_us for _ in range(3))
    return [
        against(f"queue of {MANY:,}, {name}, in pages at {FEW}", costs[MANY, name], costs[FEW, name], most=1.5)
        for name in paths
    ]


def _waiting(folder: Path, cases: int) -> str:
    """Put so many cases into the queue; gives the cookie of a moderator whose shift has begun."""
    db = Database(Settings(data_dir=folder).database)
    now, chance = datetime.now(UTC), random.Random(5)  # noqa: S311
    with db.transaction() as tx:
        for chunk in _chunks(_rows(cases, now, chance)):
            tx.session.execute(insert(Message), [message for message, _ in chunk])
            tx.session.execute(insert(Case), [case for _, case in chunk])
        cookie = _moderator(tx, now)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return cookie


def _moderator(tx: Transaction, now: datetime) -> str:
    member = Member(login_key=b"m" * 32, passphrase_hash=NOBODY, recovery_hash=NOBODY, totp_confirmed=True)
    tx.session.add(member)
    tx.session.flush()
    assert member.id is not None
    accounts.add_membership(tx, member.id, 1, pseudonym="Night Lamp 8", vouched=True)
    accounts.grant(tx, member.id, Role.MODERATOR, 1)
    half_a_day = timedelta(hours=12)
    token = accounts.start_session(tx, member.id, at=now, lifetime=half_a_day, persistent=False, second_factor=True)
    return f"session={token}"


def _chunks(rows: Iterator[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _rows(cases: int, now: datetime, chance: random.Random) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for number in range(cases):
        at = now - timedelta(minutes=number % 60_000, seconds=number % 60)
        rule, severity, lane = SIGNS[number % len(SIGNS)]
        message_id, membership_id = 1000 + number, number % MEMBERS + 1
        yield (
            {
                "id": message_id,
                "public_id": UUID(int=chance.getrandbits(128), version=4),
                "topic_id": number % 20 + 1,
                "membership_id": membership_id,
                "opens_topic": False,
                "title": "",
                "quoted": "",
                "was_public": False,
                "text": "A message that waits",
                "html": "<p>A message that waits</p>",
                "renderer": RENDERER,
                "language": "en",
                "state": ContentState.PUBLISHED if lane is Lane.FLAGGED else ContentState.HELD,
                "written_at": at,
                "version": 1,
            },
            {
                "public_id": UUID(int=chance.getrandbits(128), version=4),
                "space_id": 1,
                "message_id": message_id,
                "membership_id": membership_id,
                "lane": lane,
                "language": "en",
                "severity": severity,
                "weight": 0.5,
                "rank": severity + 0.5 - 2 * at.timestamp() / 3600,
                "rules": [str(rule)],
                "state": CaseState.OPEN,
                "opened_at": at,
                "version": 1,
            },
        )
