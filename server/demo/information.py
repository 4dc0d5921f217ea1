"""Fills the demonstration with announcements, warnings of tricks, and help contacts, through the real rules."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from server.accounts import senders
from server.announcements import queries, rules
from server.announcements.models import AnnouncementKind
from server.announcements.rules import TEAM, Author, Draft
from server.database import Transaction
from server.help_contacts import rules as help_rules
from server.help_contacts.models import Cost, HelpKind
from server.help_contacts.telephones import telephones
from server.permissions import Standing
from server.spaces.queries import SpaceRow

VERIFIED_DAYS_AGO = 40
"""Before the first announcement of the story."""


def verify_senders(
    tx: Transaction,
    entries: list[dict[str, Any]],
    spaces: dict[str, SpaceRow],
    standings: dict[tuple[str, str], Standing],
    *,
    today: date,
    most_days: int,
) -> None:
    """Let the people of the story speak for their organisations."""
    for entry in entries:
        space = spaces[entry["space"]]
        senders.verify(
            tx,
            space,
            pseudonym=standings[entry["by"], entry["space"]].pseudonym,
            organisation=entry["organisation"],
            valid_until=today + timedelta(days=entry["days"]),
            at=_moment({"days_ago": VERIFIED_DAYS_AGO, "at": "09:00"}, space, today),
            most_days=most_days,
        )


def announce(
    tx: Transaction,
    information: dict[str, Any],
    spaces: dict[str, SpaceRow],
    standings: dict[tuple[str, str], Standing],
    *,
    today: date,
) -> None:
    """Everything that was announced or warned of, in the order in which it was said."""
    organisations = {(entry["by"], entry["space"]): entry["organisation"] for entry in information["sender"]}
    made: dict[str, UUID] = {}
    for kind, name in ((AnnouncementKind.ANNOUNCEMENT, "announcement"), (AnnouncementKind.SCAM_ALERT, "alert")):
        for entry in information[name]:
            space = spaces.get(entry.get("space", ""))
            who = (entry["by"], entry.get("space", ""))
            author = Author(standings[who].membership_id, organisations.get(who, "")) if space else TEAM
            where = space if kind is AnnouncementKind.ANNOUNCEMENT else None
            published = _publish(tx, entry, kind, author, where, space, made, today)
            made[entry.get("key", str(published))] = published


def _publish(
    tx: Transaction,
    entry: dict[str, Any],
    kind: AnnouncementKind,
    author: Author,
    where: SpaceRow | None,
    clock: SpaceRow | None,
    made: dict[str, UUID],
    today: date,
) -> UUID:
    at = _moment(entry, clock, today)
    until = today + timedelta(days=entry["valid_days"]) if "valid_days" in entry else None
    words = {text["language"]: {**text, "text": text["text"].strip()} for text in entry["text"]}
    draft = Draft(kind, words, until, entry.get("pinned", False))
    if "corrects" in entry:
        earlier = queries.announcement_by_id(tx, made[entry["corrects"]])
        assert earlier is not None
        return rules.correct(tx, earlier, draft, author, at=at, today=at.date())
    return rules.publish(tx, draft, author, space_id=where.id if where else None, at=at, today=at.date())


def add_help(tx: Transaction, entries: list[dict[str, Any]], *, today: date) -> None:
    """Places and numbers, each as old as its last check."""
    for entry in entries:
        draft = help_rules.Draft(
            kind=HelpKind(entry["kind"]),
            area=entry.get("area", ""),
            telephones=telephones("\n".join(entry["telephones"])),
            languages=entry["languages"],
            cost=Cost(entry["cost"]),
            words={text["language"]: text for text in entry["text"]},
        )
        help_rules.add(tx, draft, on=today - timedelta(days=entry["checked_days_ago"]))


def _moment(entry: dict[str, Any], space: SpaceRow | None, today: date) -> datetime:
    hour, minute = (int(part) for part in entry["at"].split(":"))
    on = today - timedelta(days=entry["days_ago"])
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=ZoneInfo(space.timezone if space else "UTC"))
