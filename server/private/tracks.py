"""The two tracks of a case, each with its legal moves, and the clocks that a desk promises.

What becomes of the person (support) never waits for what becomes of the concern (accountability).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from server.private.desks import Desk
from server.private.facts import Facts, State, Support, halves

OUTCOMES = frozenset({State.SUBSTANTIATED, State.NOT_SUBSTANTIATED, State.INSUFFICIENT, State.OUT_OF_SCOPE})
"""What can be found out in the end."""
_WORK = frozenset({State.TRIAGE, State.NEED_INFO, State.REFERRED, State.INVESTIGATING, State.OUT_OF_SCOPE})

MOVES: Mapping[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.ACKNOWLEDGED}),
    State.ACKNOWLEDGED: frozenset({State.TRIAGE, State.FEEDBACK_GIVEN}),
    State.TRIAGE: _WORK - {State.TRIAGE} | {State.FEEDBACK_GIVEN},
    State.NEED_INFO: frozenset({State.TRIAGE, State.REFERRED, State.INVESTIGATING, *OUTCOMES}),
    State.REFERRED: frozenset({State.INVESTIGATING, State.NEED_INFO, *OUTCOMES}),
    State.INVESTIGATING: frozenset({State.NEED_INFO, State.REFERRED, *OUTCOMES}),
    State.SUBSTANTIATED: frozenset({State.FEEDBACK_GIVEN}),
    State.NOT_SUBSTANTIATED: frozenset({State.FEEDBACK_GIVEN}),
    State.INSUFFICIENT: frozenset({State.FEEDBACK_GIVEN, State.NEED_INFO}),
    State.OUT_OF_SCOPE: frozenset({State.FEEDBACK_GIVEN}),
    State.FEEDBACK_GIVEN: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.REOPENED}),
    State.REOPENED: frozenset({State.TRIAGE}),
    State.WITHDRAWN: frozenset(),
    State.LEGAL_HOLD: frozenset({State.CLOSED, State.REOPENED}),
}
"""From where to where a desk may move a concern. An outcome is told to the reporter before a case is closed."""

SUPPORT_MOVES: Mapping[Support, frozenset[Support]] = {
    Support.NOT_ASKED: frozenset({Support.OFFERED}),
    Support.OFFERED: frozenset({Support.ACCEPTED, Support.DECLINED}),
    Support.ACCEPTED: frozenset({Support.REFERRED, Support.DECLINED}),
    Support.DECLINED: frozenset({Support.OFFERED, Support.ACCEPTED, Support.CLOSED}),
    Support.REFERRED: frozenset({Support.CONFIRMED, Support.ACCEPTED}),
    Support.CONFIRMED: frozenset({Support.CLOSED, Support.OFFERED}),
    Support.CLOSED: frozenset({Support.OFFERED}),
}
"""The same for help. Whoever said no may be asked again, and may say yes later."""


@dataclass(frozen=True, slots=True)
class Due:
    """When something is promised, as half-days; `late` when that has passed."""

    acknowledge: int
    answer: int
    late: bool


def due(known: Facts, desk: Desk, *, now: int) -> Due:
    """The clocks of a case."""
    acknowledge = known.opened + halves(hours=desk.acknowledge_hours)
    answer = (known.answered if known.answered is not None else known.opened) + halves(days=desk.answer_days)
    waiting = known.acknowledged is None and now >= acknowledge
    return Due(acknowledge, answer, late=known.is_open and (waiting or now >= answer))


def is_released(known: Facts, desk: Desk, *, now: int, deserted: bool = False) -> bool:
    """Whether the office outside may open it: the reporter asked for it, or nobody answers or is there."""
    nobody = deserted or due(known, desk, now=now).late
    return bool(known.release_key) and known.is_open and (known.asked_outside or nobody)


def withdrawal_is_due(known: Facts, *, now: int, hours: int) -> bool:
    """Whether a withdrawal has its effect now. Until then the reporter can take it back."""
    return known.withdrawn_at is not None and now >= known.withdrawn_at + halves(hours=hours)
