"""What every text that a member writes has in common, and the one queue that any text can be put into."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, Text, delete, select, text, update
from sqlmodel import Field, SQLModel, col

from moderation.states import ContentState
from moderation.verdict import Rule, Verdict
from server.database import Moment, Transaction, metadata
from server.prepared import Prepared, new_row


class WrittenText(SQLModel):
    """Columns shared by all member-written text: as written, as shown, and where it stands."""

    text: str = Field(sa_type=Text)
    html: str = Field(sa_type=Text)
    renderer: int
    language: str = Field(max_length=12)
    state: ContentState = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=Moment)
    edited_at: datetime | None = Field(default=None, sa_type=Moment)


class CaseState(StrEnum):
    """A case waits, or a person has decided it, or its text went away."""

    OPEN = "open"
    DECIDED = "decided"
    CLOSED = "closed"


class Lane(StrEnum):
    """Whose a case is: lanes are read by different people.

    Moderators take what is held or flagged. A message by a moderator goes to colleagues and hosts, a complaint about
    a moderator to hosts and stewards, and so does what was handed up. A disclosure waits for trained people.
    """

    HELD = "held"
    FLAGGED = "flagged"
    COLLEAGUE = "colleague"
    AROUND = "around"
    ESCALATED = "escalated"
    PROTECTION = "protection"


PROTECTIVE = frozenset({"disclosure", "danger_words", "flag:danger"})
"""Rules that speak of a person in danger: only trained people open such a case."""
ABOUT_MODERATORS = "flag:moderator"


class Case(SQLModel, table=True):
    """One thing that a person should look at: every signal about one text, gathered.

    `rank` is severity plus weight minus two for every hour since 1970 at opening: the order does not change
    while time passes, so an index serves it.
    """

    __tablename__ = "review_case"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (
        Index("ix_review_case_queue", "state", "space_id", "lane", "rank"),
        Index(
            "uq_review_case_open_message",
            "message_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    space_id: int = Field(foreign_key="space.id")
    message_id: int = Field(foreign_key="message.id", index=True)
    membership_id: int | None = Field(default=None, foreign_key="membership.id")
    """Whose text it is, so that a page of the queue need not ask the messages."""
    lane: Lane = Field(default=Lane.HELD, sa_type=Text)
    language: str = Field(max_length=12)
    severity: int
    weight: float
    rank: float
    rules: list[str] = Field(sa_type=JSON)
    state: CaseState = Field(default=CaseState.OPEN, sa_type=Text)
    opened_at: datetime = Field(sa_type=Moment)
    claimed_by: int | None = Field(default=None, foreign_key="member.id")
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)
    version: int = 1


class Screening(SQLModel, table=True):
    """What the machine said of a text; kept for a short time, so that people can judge the machine."""

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id", index=True)
    held: bool
    raised: bool
    language: str = Field(max_length=12)
    covered: bool
    scores: dict[str, float] | None = Field(default=None, sa_type=JSON)
    reasons: list[dict[str, Any]] = Field(sa_type=JSON)
    policy_version: str = Field(max_length=12)
    model: str = Field(max_length=80)
    judged_at: datetime = Field(sa_type=Moment)


SEVERITY: dict[str, int] = {
    Rule.DANGER_WORDS: 100,
    Rule.THREAT: 100,
    "flag:danger": 100,
    "disclosure": 100,
    "flag:moderator": 50,
    Rule.SCAM: 50,
    Rule.PRIVATE_DATA: 50,
    "flag:private_data": 50,
    "flag:scam": 50,
    Rule.TOXICITY: 20,
    Rule.PICTURE: 20,
    "flag:insult": 20,
    "flag:other": 20,
}
"""How soon a person should look, by the rule that asked; whatever is not named waits in turn (5)."""
ORDINARY_SEVERITY = 5
_NEW_SCREENING = Prepared(new_row(Screening))
RANK_PER_HOUR = 2.0


def severity_of(rules: Iterable[str]) -> int:
    """The severity of the gravest of the rules."""
    return max((SEVERITY.get(rule, ORDINARY_SEVERITY) for rule in rules), default=ORDINARY_SEVERITY)


def open_case(
    tx: Transaction, *, message_id: int, space_id: int, language: str, rules: Iterable[str], weight: float, at: datetime
) -> None:
    """Put a text into the queue, or add the new signals to its open case; its place never sinks by that.

    The version rises, so that nobody decides on a case that has changed under their eyes.
    """
    hold_still(tx, message_id)
    wanted = list(dict.fromkeys(rules))
    found = tx.session.execute(
        select(
            col(Case.id), col(Case.rules), col(Case.severity), col(Case.weight), col(Case.opened_at), col(Case.lane)
        ).where(col(Case.message_id) == message_id, col(Case.state) == CaseState.OPEN)
    ).first()
    if found is None:
        severity = severity_of(wanted)
        tx.session.add(
            Case(
                space_id=space_id,
                message_id=message_id,
                membership_id=_author_of(tx, message_id),
                lane=_lane(tx, message_id, space_id, wanted),
                language=language,
                severity=severity,
                weight=weight,
                rank=_rank(severity, weight, at),
                rules=wanted,
                opened_at=at,
            )
        )
        tx.session.flush()
        return
    merged = list(dict.fromkeys([*found.rules, *wanted]))
    severity, total = max(found.severity, severity_of(wanted)), found.weight + weight
    tx.session.execute(
        update(Case)
        .where(col(Case.id) == found.id)
        .values(
            rules=merged,
            severity=severity,
            weight=total,
            rank=_rank(severity, total, found.opened_at),
            lane=_lane_after(tx, Lane(found.lane), message_id, space_id, merged),
            version=col(Case.version) + 1,
        )
    )


_STAYS = (Lane.ESCALATED, Lane.AROUND, Lane.PROTECTION)
"""What was handed on is not handed back because somebody flags the text once more."""


def _lane_after(tx: Transaction, lane: Lane, message_id: int, space_id: int, rules: list[str]) -> Lane:
    stays = lane == Lane.AROUND or (lane in _STAYS and not PROTECTIVE.intersection(rules))
    return lane if stays else _lane(tx, message_id, space_id, rules)


def _author_of(tx: Transaction, message_id: int) -> int | None:
    messages = metadata.tables["message"]
    return tx.session.execute(select(messages.c.membership_id).where(messages.c.id == message_id)).scalar_one()


def _lane(tx: Transaction, message_id: int, space_id: int, rules: Iterable[str]) -> Lane:
    """Where a case belongs by its rules, its author, and whether others can read the text."""
    wanted = set(rules)
    if ABOUT_MODERATORS in wanted:  # first: nobody may pull a complaint about themselves back by another flag
        return Lane.AROUND
    if wanted & PROTECTIVE:
        return Lane.PROTECTION
    messages, memberships, grants = (metadata.tables[name] for name in ("message", "membership", "role_grant"))
    row = tx.session.execute(
        select(messages.c.state, grants.c.id)
        .outerjoin(memberships, memberships.c.id == messages.c.membership_id)
        .outerjoin(
            grants,
            (grants.c.member_id == memberships.c.member_id)
            & (grants.c.space_id == space_id)
            & (grants.c.role == "moderator"),
        )
        .where(messages.c.id == message_id)
        .limit(1)
    ).one()
    if row[1] is not None:
        return Lane.COLLEAGUE
    return Lane.FLAGGED if row[0] == ContentState.PUBLISHED else Lane.HELD


def hold_still(tx: Transaction, message_id: int) -> None:
    """Lock a message before its case is touched, always in this order, so that nobody waits in a ring.

    NO KEY UPDATE, because whoever flags at the same moment holds the key already, and would wait in a ring
    too. On SQLite the whole writing visit is alone already.
    """
    messages = metadata.tables["message"]
    tx.session.execute(select(messages.c.id).where(messages.c.id == message_id).with_for_update(key_share=True))


def hold_author_still(tx: Transaction, membership_id: int) -> None:
    """Lock an author after the message and before the topic. Everybody locks in this order, the ledger last."""
    memberships = metadata.tables["membership"]
    tx.session.execute(
        select(memberships.c.id).where(memberships.c.id == membership_id).with_for_update(key_share=True)
    )


def case_has_changed(tx: Transaction, message_id: int) -> None:
    """The words are others now: whoever had the case on the screen must look again."""
    tx.session.execute(
        update(Case)
        .where(col(Case.message_id) == message_id, col(Case.state) == CaseState.OPEN)
        .values(version=col(Case.version) + 1)
    )


def close_case(tx: Transaction, message_id: int) -> None:
    """The text went away (its author took it back): nobody needs to look any more."""
    tx.session.execute(
        update(Case)
        .where(col(Case.message_id) == message_id, col(Case.state) == CaseState.OPEN)
        .values(state=CaseState.CLOSED, claimed_by=None, claimed_until=None, version=col(Case.version) + 1)
    )


def record_verdict(tx: Transaction, message_id: int, verdict: Verdict, *, at: datetime) -> None:
    """Keep what the machine said, in place of what it said before of the same text."""
    forget_verdicts(tx, message_id)
    keep_verdict(tx, message_id, verdict, at=at)


def keep_verdict(tx: Transaction, message_id: int, verdict: Verdict, *, at: datetime) -> None:
    """Keep what the machine said of a new text."""
    tx.ask(
        _NEW_SCREENING,
        {
            "message_id": message_id,
            "held": verdict.outcome == "hold",
            "raised": verdict.raised,
            "language": verdict.language,
            "covered": verdict.covered,
            "scores": None if verdict.scores is None else dict(verdict.scores),
            "reasons": [{"rule": str(r.rule), "part": r.part, "weight": r.weight} for r in verdict.reasons],
            "policy_version": verdict.policy_version,
            "model": verdict.model,
            "judged_at": at,
        },
    )


def forget_verdicts(tx: Transaction, message_id: int) -> None:
    """Delete what the machine said: its reasons quote the text."""
    tx.session.execute(delete(Screening).where(col(Screening.message_id) == message_id))


def _rank(severity: int, weight: float, opened_at: datetime) -> float:
    return severity + weight - RANK_PER_HOUR * opened_at.timestamp() / 3600
