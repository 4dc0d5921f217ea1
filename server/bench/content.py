"""A community of any size, written straight into the tables: for measuring only."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from moderation.states import ContentState
from server.accounts import rules as accounts
from server.accounts.models import Member, Membership
from server.crypto import keyring
from server.database import Database, Transaction
from server.forum.models import Message, Topic
from server.migrations import history
from server.settings import Settings
from server.spaces.models import Access, Joining
from server.spaces.queries import Duty, SpaceWords
from server.spaces.rules import open_space
from server.web.text import RENDERER, rendered

WORDS = ("water clinic card queue bus school paper market office morning friend road tent phone list rain").split()
NOBODY = "!"
MEMBERS = 40
CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A community on disk, and what is needed to visit it."""

    topics: list[UUID]
    cookies: list[str]
    """One for each member."""

    @property
    def cookie(self) -> str:
        """Of the first member."""
        return self.cookies[0]


def prepare(folder: Path, *, topics: int, messages_each: int) -> Prepared:
    """Fill a new data directory with an open space of so many topics."""
    settings = Settings(data_dir=folder)
    keyring.create(settings.keys_dir)
    db = Database(settings.database)
    history.upgrade(db)
    chance = random.Random(1)  # noqa: S311  the same community every time, nothing secret
    texts = [_text(chance) for _ in range(200)]
    shown = [str(rendered(text)) for text in texts]
    with db.transaction() as tx:
        space_id, cookies = people(tx)
        public_ids = [UUID(int=chance.getrandbits(128), version=4) for _ in range(topics)]
        at = datetime.now(UTC) - timedelta(days=30)
        _insert(
            tx, Topic, (_topic(n, public_id, space_id, messages_each, at) for n, public_id in enumerate(public_ids))
        )
        _insert(tx, Message, _messages(topics, messages_each, texts, shown, at, chance))
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return Prepared(public_ids, cookies)


def people(tx: Transaction) -> tuple[int, list[str]]:
    """Members with names, and a session for each of them."""
    space_id = open_space(
        tx,
        slug="questions",
        access=Access.OPEN,
        joining=Joining.OPEN,
        host="Bridge Network",
        languages=["en"],
        timezone="UTC",
        words=[SpaceWords("en", "Questions", "About everything", "")],
        duty=[Duty("en", "18:00", "20:00")],
    )
    for number in range(MEMBERS):
        tx.session.add(Member(login_key=number.to_bytes(32, "big"), passphrase_hash=NOBODY, recovery_hash=NOBODY))
        tx.session.flush()
        accounts.add_membership(tx, number + 1, space_id, pseudonym=f"River Lamp {number + 10}", vouched=True)
    now = datetime.now(UTC)
    week = timedelta(days=7)
    tokens = [
        accounts.start_session(tx, number + 1, at=now, lifetime=week, persistent=True, second_factor=False)
        for number in range(MEMBERS)
    ]
    tx.session.flush()
    tx.session.execute(Membership.__table__.update().values(released=1))  # type: ignore[attr-defined]
    return space_id, [f"session={token}" for token in tokens]


def _text(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(34)).capitalize() + "."


def _topic(number: int, public_id: UUID, space_id: int, messages: int, at: datetime) -> dict[str, Any]:
    return {
        "id": number + 1,
        "public_id": public_id,
        "space_id": space_id,
        "membership_id": 1,
        "title": f"Topic {number}",
        "language": "en",
        "state": ContentState.PUBLISHED,
        "pinned": False,
        "closed": False,
        "messages": messages,
        "last_message_at": at + timedelta(minutes=number % 40_000),
        "version": 1,
    }


def _messages(
    topics: int, each: int, texts: list[str], shown: list[str], at: datetime, chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Topic by topic would be kinder to the disk than life is: so message by message over all topics."""
    for place, topic in itertools.product(range(each), range(topics)):
        which = (topic * 31 + place * 17) % len(texts)
        yield {
            "public_id": UUID(int=chance.getrandbits(128), version=4),
            "topic_id": topic + 1,
            "membership_id": (topic + place) % MEMBERS + 1,
            "reply_to_id": None,
            "opens_topic": place == 0,
            "was_public": True,
            "text": texts[which],
            "html": shown[which],
            "renderer": RENDERER,
            "language": "en",
            "state": ContentState.PUBLISHED,
            "written_at": at + timedelta(minutes=place),
            "edited_at": None,
            "version": 1,
        }


def _insert(tx: Transaction, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while chunk := list(itertools.islice(rows, CHUNK)):
        tx.session.execute(insert(table), chunk)
