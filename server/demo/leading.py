"""What the hosts of the demonstration have done with their spaces, through the rules that hosts go through."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from server.database import Transaction
from server.hosting import rules
from server.policies import HostingPolicy
from server.spaces.models import SpaceChange
from server.spaces.queries import SpaceRow, SpaceWords, space_by_slug
from server.spaces.rules import start_space, write_words
from server.spaces.safety import Safety

NOON = time(12, 0, tzinfo=UTC)


def prepared(tx: Transaction, entry: dict[str, Any]) -> SpaceRow:
    """A space that its hosts are still getting ready."""
    space_id = start_space(
        tx,
        slug=entry["slug"],
        host=entry["host"],
        languages=entry["languages"],
        timezone=entry["timezone"],
        safety=Safety(entry["safety"]),
    )
    for text in entry["text"]:
        write_words(tx, space_id, SpaceWords(text["language"], text["name"], text["purpose"], text["rules"]))
    space = space_by_slug(tx, entry["slug"])
    assert space is not None
    return space


def led(
    tx: Transaction,
    policy: HostingPolicy,
    entry: dict[str, Any],
    space: SpaceRow,
    keys: dict[str, int],
    today: date,
) -> None:
    """New rules, a closer level of safety, the archive: each by the people whom the content names."""
    for change in entry.get("change", []):
        words = SpaceWords(change["language"], change["name"], change["purpose"], change["rules"].strip())
        at = _moment(change, today)
        rules.write_words(tx, space.id, keys[change["by"]], words, at=at, policy=policy)
        _agreed(tx, policy, change, space, keys, at)
    if "guarded" in entry:
        guarded = entry["guarded"]
        by, at = keys[guarded["by"]], _moment(guarded, today)
        rules.choose_safety(tx, space.id, by, Safety.GUARDED, at=at, policy=policy)
    if "archived" in entry:
        archived = entry["archived"]
        by, at = keys[archived["by"]], _moment(archived, today)
        rules.propose_archive(tx, space.id, by, at=at, policy=policy)
        _agreed(tx, policy, archived, space, keys, at)


def _agreed(
    tx: Transaction,
    policy: HostingPolicy,
    entry: dict[str, Any],
    space: SpaceRow,
    keys: dict[str, int],
    at: datetime,
) -> None:
    """A second host says yes two hours later, where the content says so."""
    if "agreed_by" not in entry:
        return
    later = at + timedelta(hours=2)
    rules.agree(tx, space.id, keys[entry["agreed_by"]], _newest(tx, space.id), at=later, policy=policy)


def _newest(tx: Transaction, space_id: int) -> UUID:
    return tx.session.execute(
        select(col(SpaceChange.public_id))
        .where(col(SpaceChange.space_id) == space_id)
        .order_by(col(SpaceChange.id).desc())
        .limit(1)
    ).scalar_one()


def _moment(entry: dict[str, Any], today: date) -> datetime:
    return datetime.combine(today - timedelta(days=entry["days_ago"]), NOON)
