"""A moderator's shift: the code of conduct, breaks, the next case, and cases that are left to others.

What a shift needs stands in the row of the session and goes with it. Nothing is counted about a person beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlmodel import col

from moderation.verdict import Rule
from server.accounts.models import AccountSession, Membership, NoticeKind
from server.accounts.roles import holders
from server.accounts.rules import tell
from server.content import Case, CaseState
from server.database import Transaction, changed, made
from server.errors import Refused, say
from server.permissions import Role, Viewer
from server.policies import ModerationPolicy, ShiftPolicy
from server.review.models import CaseSkip, ModeratorChoice, SkipReason
from server.review.queries import CaseRow
from server.review.waiting import CaseLine, candidates, reach_of

READ_FIRST = say("Please read the code of conduct first.")


class Kind(StrEnum):
    """Kinds of case that a moderator may ask not to be given."""

    DANGER = "danger"
    THREAT = "threat"
    HATE = "hate"
    SCAM = "scam"
    PICTURE = "picture"


RULES_OF: dict[Kind, frozenset[str]] = {
    Kind.DANGER: frozenset({"disclosure", Rule.DANGER_WORDS, "flag:danger"}),
    Kind.THREAT: frozenset({Rule.THREAT}),
    Kind.HATE: frozenset({Rule.TOXICITY, "flag:insult"}),
    Kind.SCAM: frozenset({Rule.SCAM, "flag:scam"}),
    Kind.PICTURE: frozenset({Rule.PICTURE}),
}


@dataclass(frozen=True, slots=True)
class Shift:
    """How the shift of this session stands."""

    began_at: datetime | None = None
    rested_at: datetime | None = None
    heavy_cases: int = 0
    last_was_heavy: bool = False

    def is_on(self, policy: ShiftPolicy, *, at: datetime) -> bool:
        """Whether the code of conduct was read for it."""
        return self.began_at is not None and at < self.began_at + timedelta(hours=policy.hours)

    def break_is_due(self, policy: ShiftPolicy, *, at: datetime) -> bool:
        """Whether the desk suggests a break."""
        rested = self.rested_at or self.began_at
        long_ago = rested is not None and at >= rested + timedelta(minutes=policy.break_minutes)
        return long_ago or self.heavy_cases >= policy.break_items


@dataclass(frozen=True, slots=True)
class Choice:
    """What a moderator chose: no languages means every language."""

    languages: Sequence[str] = ()
    left_out: Sequence[str] = ()

    def leaves_out(self, rules: Sequence[str]) -> bool:
        """Whether a case of these rules is one that they asked not to be given."""
        return any(RULES_OF[Kind(kind)].intersection(rules) for kind in self.left_out)


def shift_of(tx: Transaction, viewer: Viewer) -> Shift:
    """The shift of the viewer's session."""
    row = tx.look(
        select(
            col(AccountSession.shift_began_at),
            col(AccountSession.rested_at),
            col(AccountSession.heavy_cases),
            col(AccountSession.last_was_heavy),
        ).where(col(AccountSession.id) == viewer.session_id)
    ).first()
    return Shift() if row is None else made(Shift, row)


def begin(tx: Transaction, viewer: Viewer, *, at: datetime) -> None:
    """The code of conduct was read: a shift begins."""
    _write(tx, viewer, shift_began_at=at, rested_at=at, heavy_cases=0, last_was_heavy=False)


def rest(tx: Transaction, viewer: Viewer, *, at: datetime) -> None:
    """A break: counting begins anew."""
    _write(tx, viewer, rested_at=at, heavy_cases=0, last_was_heavy=False)


def opened(tx: Transaction, viewer: Viewer, severity: int, policy: ShiftPolicy) -> None:
    """A case was taken: a heavy one counts for the next break, and is not followed by another."""
    heavy = severity >= policy.heavy_severity
    _write(tx, viewer, heavy_cases=col(AccountSession.heavy_cases) + int(heavy), last_was_heavy=heavy)


def _write(tx: Transaction, viewer: Viewer, **values: object) -> None:
    tx.session.execute(update(AccountSession).where(col(AccountSession.id) == viewer.session_id).values(**values))


def choice_of(tx: Transaction, member_id: int | None) -> Choice:
    """What the moderator chose; every language and every kind when nothing."""
    row = tx.look(
        select(col(ModeratorChoice.languages), col(ModeratorChoice.left_out)).where(
            col(ModeratorChoice.member_id) == member_id
        )
    ).first()
    return Choice() if row is None else made(Choice, row)


def choose(tx: Transaction, member_id: int, *, languages: Sequence[str], left_out: Sequence[Kind]) -> None:
    """Keep what a moderator chose. No reason is asked."""
    values = {"languages": list(languages), "left_out": [str(kind) for kind in left_out]}
    done = tx.session.execute(
        update(ModeratorChoice).where(col(ModeratorChoice.member_id) == member_id).values(**values)
    )
    if changed(done) == 0:
        tx.session.add(ModeratorChoice(member_id=member_id, **values))
        tx.session.flush()


def next_case(tx: Transaction, viewer: Viewer, *, at: datetime, policy: ModerationPolicy) -> CaseLine | None:
    """Take the next case that fits this moderator, and keep it for them; None when nothing fits.

    Their languages, nothing that they leave out, and no two heavy cases in a row while others wait.
    """
    assert viewer.member_id is not None
    shift = shift_of(tx, viewer)
    if not shift.is_on(policy.shift, at=at):
        raise Refused(READ_FIRST)
    choice = choice_of(tx, viewer.member_id)
    fitting = [
        line
        for line in candidates(tx, viewer, reach_of(tx, viewer), choice.languages, at=at)
        if not choice.leaves_out(line.rules)
    ]
    if shift.last_was_heavy:
        fitting.sort(key=lambda line: line.severity >= policy.shift.heavy_severity)
    for line in fitting:
        if _taken(tx, line.id, viewer.member_id, at, policy.claim_minutes):
            opened(tx, viewer, line.severity, policy.shift)
            return line
    return None


def _taken(tx: Transaction, case_id: int, member_id: int, at: datetime, minutes: int) -> bool:
    """Whether nobody was quicker."""
    free = col(Case.claimed_by).is_(None) | (col(Case.claimed_until) < at) | (col(Case.claimed_by) == member_id)
    done = tx.session.execute(
        update(Case)
        .where(col(Case.id) == case_id, col(Case.state) == CaseState.OPEN, free)
        .values(claimed_by=member_id, claimed_until=at + timedelta(minutes=minutes), version=col(Case.version) + 1)
    )
    return changed(done) == 1


def skip(tx: Transaction, case: CaseRow, member_id: int, reason: SkipReason, *, at: datetime) -> None:
    """Leave a case to others. Under pressure, the hosts hear of the pressure, and not of the case or its author."""
    there = select(col(CaseSkip.id)).where(col(CaseSkip.case_id) == case.id, col(CaseSkip.member_id) == member_id)
    if tx.session.execute(there).first() is not None:
        return
    tx.session.add(CaseSkip(case_id=case.id, member_id=member_id, reason=reason, skipped_at=at))
    tx.session.flush()
    tx.session.execute(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.claimed_by) == member_id)
        .values(claimed_by=None, claimed_until=None, version=col(Case.version) + 1)
    )
    if reason is SkipReason.PRESSURE:
        _tell_hosts(tx, case.space.id, but=member_id, at=at)


def _tell_hosts(tx: Transaction, space_id: int, *, but: int, at: datetime) -> None:
    hosts = holders(tx, Role.HOST, space_id) - {but}
    memberships = tx.session.execute(
        select(col(Membership.id)).where(col(Membership.space_id) == space_id, col(Membership.member_id).in_(hosts))
    ).scalars()
    for membership_id in filter(None, memberships.all()):
        tell(
            tx,
            membership_id,
            NoticeKind.PRESSURE,
            message=None,
            reason=None,
            due_at=at,
            decision_id=None,
        )


def pressure_felt(tx: Transaction, *, since: datetime) -> frozenset[int]:
    """The spaces in which a moderator felt under pressure lately; neither who nor about what."""
    rows = tx.look(
        select(col(Case.space_id))
        .join(CaseSkip, col(CaseSkip.case_id) == col(Case.id))
        .where(col(CaseSkip.reason) == SkipReason.PRESSURE, col(CaseSkip.skipped_at) > since)
        .distinct()
    )
    return frozenset(rows.scalars())
