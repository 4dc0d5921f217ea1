"""What the public account counts. Only numbers leave this module, and none that is about a few people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from moderation.states import ContentState
from server.appeals.models import Appeal, AppealState
from server.content import Case, CaseState, Screening
from server.database import Transaction
from server.forum.models import Message, Topic
from server.ledger.models import LedgerEntry
from server.policies import OpennessPolicy
from server.review.models import Decision, Restriction, RestrictionKind, RestrictionState, Strike
from server.spaces.models import DutyHours

MOST_ROWS = 50_000
"""More decisions than this in one period are counted by their newest."""
_MACHINE = frozenset({"toxicity", "threat"})
_WORDS = frozenset({"scam", "private_data", "danger_words", "disclosure", "link_while_new"})


@dataclass(frozen=True, slots=True)
class Wait:
    """How long people waited for a decision in one language, in hours."""

    language: str
    decided: int
    median: float
    most: float
    """Nine of ten waited no longer."""
    late: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine did in one language, and how often people saw it otherwise."""

    language: str
    looked_at: int
    scored: int
    held: int
    judged: int
    let_through: int


@dataclass(frozen=True, slots=True)
class Appeals:
    """Appeals of the period."""

    made: int
    overturned: int
    upheld: int
    median_days: float


@dataclass(frozen=True, slots=True)
class Account:
    """The whole account of a period."""

    published: int
    waited: int
    reasons: Sequence[tuple[str, str, int]]
    waits: Sequence[Wait]
    overdue: int
    open: int
    machine: Sequence[Machine]
    unscored: Sequence[str]
    uncovered: Sequence[str]
    appeals: Appeals
    strikes: int
    restrictions: Counter[str]
    not_confirmed: int
    policies: Sequence[tuple[str, datetime]]
    heads: Sequence[tuple[datetime, bytes]]


def account(tx: Transaction, *, since: datetime, until: datetime, policy: OpennessPolicy) -> Account:
    """Count everything that was decided between these moments."""
    decisions = _decisions(tx, since, until)
    machine = _machine(tx, since, until)
    read_in = {language for (language,) in tx.look(_READ_IN)}
    overdue, waiting = _overdue(tx, until, policy)
    return Account(
        published=tx.look(select(func.coalesce(func.sum(col(Topic.messages)), 0))).scalar_one(),
        waited=_count(
            tx,
            LedgerEntry,
            col(LedgerEntry.after) == ContentState.HELD,
            col(LedgerEntry.hour) >= since,
            col(LedgerEntry.hour) < until,
        ),
        reasons=_reasons(decisions),
        waits=_waits(decisions, policy),
        overdue=overdue,
        open=waiting,
        machine=machine,
        unscored=[line.language for line in machine if line.looked_at and not line.scored],
        uncovered=sorted({line.language for line in machine} - read_in),
        appeals=_appeals(tx, since, until),
        strikes=_count(tx, Strike, col(Strike.given_at) >= since, col(Strike.given_at) < until),
        restrictions=_restrictions(tx, since, until),
        not_confirmed=_count(
            tx,
            Restriction,
            col(Restriction.state) == RestrictionState.PUT_AWAY,
            col(Restriction.begun_at) >= since,
            col(Restriction.begun_at) < until,
        ),
        policies=[(row[0], row[1]) for row in tx.look(_POLICIES)],
        heads=_heads(tx, until),
    )


_READ_IN = select(col(DutyHours.language)).group_by(col(DutyHours.language)).limit(200)
_POLICIES = (
    select(col(Screening.policy_version), func.min(col(Screening.judged_at)))
    .group_by(col(Screening.policy_version))
    .order_by(func.min(col(Screening.judged_at)).desc())
    .limit(20)
)


def _count(tx: Transaction, table: Any, *where: Any) -> int:
    return tx.look(select(func.count()).select_from(table).where(*where)).scalar_one()


def _decisions(tx: Transaction, since: datetime, until: datetime) -> Sequence[Any]:
    return tx.look(
        select(
            col(Decision.action),
            col(Decision.reason),
            col(Decision.decided_at),
            col(Case.rules),
            col(Case.language),
            col(Case.opened_at),
            col(Case.severity),
        )
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(col(Decision.decided_at) >= since, col(Decision.decided_at) < until, col(Decision.undone_at).is_(None))
        .order_by(col(Decision.id).desc())
        .limit(MOST_ROWS)
    ).all()


def _reasons(decisions: Sequence[Any]) -> list[tuple[str, str, int]]:
    """(action or reason, who noticed, how many): why texts were taken out, and who noticed them."""
    taken = [row for row in decisions if row.action in ("remove", "redact", "return")]
    counts = Counter((row.reason if row.action == "remove" else row.action, noticed(row.rules)) for row in taken)
    return sorted(((reason, by, count) for (reason, by), count in counts.items()), key=lambda line: -line[2])


def noticed(rules: Sequence[str]) -> str:
    """Who or what brought a text before a person: a member's flag, the machine, a list of words, or the rules."""
    if any(rule.startswith("flag:") for rule in rules):
        return "member"
    if _MACHINE.intersection(rules):
        return "machine"
    return "words" if _WORDS.intersection(rules) else "rules"


def _waits(decisions: Sequence[Any], policy: OpennessPolicy) -> list[Wait]:
    hours: dict[str, list[float]] = {}
    late: Counter[str] = Counter()
    for row in decisions:
        waited = (row.decided_at - row.opened_at).total_seconds()
        hours.setdefault(row.language, []).append(waited / 3600)
        late[row.language] += waited > 60 * policy.target_minutes(row.severity)
    return sorted(
        (Wait(code, len(all_), _share(all_, 0.5), _share(all_, 0.9), late[code]) for code, all_ in hours.items()),
        key=lambda wait: -wait.decided,
    )


def _share(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not pass."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def _overdue(tx: Transaction, until: datetime, policy: OpennessPolicy) -> tuple[int, int]:
    rows = tx.look(
        select(col(Case.severity), col(Case.opened_at))
        .where(col(Case.state) == CaseState.OPEN, col(Case.opened_at) < until)
        .order_by(col(Case.id))
        .limit(MOST_ROWS)
    ).all()
    late = sum(until - opened > timedelta(minutes=policy.target_minutes(severity)) for severity, opened in rows)
    return late, len(rows)


def _machine(tx: Transaction, since: datetime, until: datetime) -> list[Machine]:
    rows = tx.look(
        select(
            col(Screening.language),
            col(Screening.covered),
            col(Screening.held),
            col(Screening.reasons),
            col(Message.state),
        )
        .join(Message, col(Message.id) == col(Screening.message_id))
        .where(col(Screening.judged_at) >= since, col(Screening.judged_at) < until)
        .order_by(col(Screening.id).desc())
        .limit(MOST_ROWS)
    )
    counts: dict[str, Counter[str]] = {}
    for language, covered, held, reasons, state in rows:
        count = counts.setdefault(language, Counter())
        count["looked_at"] += 1
        count["scored"] += covered
        if held and _MACHINE.intersection(str(reason["rule"]) for reason in reasons):
            count["held"] += 1
            count["judged"] += state in (ContentState.PUBLISHED, ContentState.REMOVED)
            count["let_through"] += state == ContentState.PUBLISHED
    lines = [
        Machine(code, count["looked_at"], count["scored"], count["held"], count["judged"], count["let_through"])
        for code, count in counts.items()
    ]
    return sorted(lines, key=lambda line: -line.looked_at)


def _appeals(tx: Transaction, since: datetime, until: datetime) -> Appeals:
    rows = tx.look(
        select(col(Appeal.state), col(Appeal.made_at), col(Appeal.decided_at))
        .where(col(Appeal.made_at) >= since, col(Appeal.made_at) < until)
        .order_by(col(Appeal.id).desc())
        .limit(MOST_ROWS)
    ).all()
    states = Counter(row.state for row in rows)
    days = [(row.decided_at - row.made_at).total_seconds() / 86_400 for row in rows if row.decided_at is not None]
    return Appeals(len(rows), states[AppealState.OVERTURNED], states[AppealState.UPHELD], _share(days, 0.5))


def _restrictions(tx: Transaction, since: datetime, until: datetime) -> Counter[str]:
    rows = tx.look(
        select(col(Restriction.kind), func.count())
        .where(
            col(Restriction.begun_at) >= since,
            col(Restriction.begun_at) < until,
            col(Restriction.state) == RestrictionState.IN_FORCE,
        )
        .group_by(col(Restriction.kind))
    )
    return Counter({str(RestrictionKind(kind)): count for kind, count in rows})


def _heads(tx: Transaction, monday: datetime) -> list[tuple[datetime, bytes]]:
    """The seal of the last line of each of the last weeks: who noted one can show later that nothing was rewritten."""
    heads: list[tuple[datetime, bytes]] = []
    for week in range(8):
        until = monday - timedelta(weeks=week)
        row = tx.look(
            select(col(LedgerEntry.seal))
            .where(col(LedgerEntry.hour) < until)
            .order_by(col(LedgerEntry.id).desc())
            .limit(1)
        ).first()
        if row is not None:
            heads.append((until, bytes(row.seal)))
    return heads
