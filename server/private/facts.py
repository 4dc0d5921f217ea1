"""What the room itself must know of a case: its clock, its state, its keys' public halves. Never what was said.

Kept as one locked box of fixed steps, under a key that needs both the case's shred key and PEPPER. Times are
half-days: a clock time beside a visit could name the visitor.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from server.crypto.sealed.boxes import Damaged

ALIAS_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ALIAS_LENGTH = 6
HALF_DAY = timedelta(hours=12)


class State(StrEnum):
    """What becomes of the concern."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    TRIAGE = "triage"
    NEED_INFO = "need_info"
    REFERRED = "referred_to_agency"
    INVESTIGATING = "investigating"
    SUBSTANTIATED = "outcome_substantiated"
    NOT_SUBSTANTIATED = "outcome_not_substantiated"
    INSUFFICIENT = "outcome_insufficient"
    OUT_OF_SCOPE = "outcome_out_of_scope"
    FEEDBACK_GIVEN = "feedback_given"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn_by_reporter"
    LEGAL_HOLD = "legal_hold"


class Support(StrEnum):
    """What becomes of the person: help never waits for an inquiry."""

    NOT_ASKED = "not_asked"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFERRED = "referred"
    CONFIRMED = "confirmed_received"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Facts:
    """One case as the room knows it."""

    alias: str
    desk: str
    topic: str
    language: str
    opened: int
    reporter_public: bytes
    reporter_verify: bytes
    case_public: bytes
    filing: bytes
    """A keyed digest of what was sent, so that the same sending twice is one case. Only the sender has the key."""
    epoch: int = 0
    urgent: bool = False
    state: State = State.RECEIVED
    support: Support = Support.NOT_ASKED
    acknowledged: int | None = None
    answered: int | None = None
    closed: int | None = None
    release_key: bytes = b""
    """Opens the outside office's slots; empty when the reporter said no, and once it has been used."""
    may_release: bool = False
    """Whether the reporter said yes to the office outside in the first form; a later word stands in `consents`."""
    asked_outside: bool = False
    released: bool = False
    """Whether the office outside has taken it over: from then on no no takes it away from them."""
    sent: int = 1
    """How many envelopes there are; the next one takes this number."""
    heard: int = 1
    """How many envelopes there were when the reporter last wrote, and when somebody at the desk did (`handled`)."""
    handled: int = 1
    asks: int | None = None
    """Until that half-day somebody at the desk may be waiting for a colleague; who, and for what, the letters say."""
    intake: bool = False
    """Written down by staff: the number is known to them until the reporter has changed it."""
    practice: bool = False
    """Invented, for a focal point to learn with: in no trail, no bundle and no number, and erased after a while."""
    origin: bytes = b""
    """The reporter's first public keys, locked under the present number: from these on the case's keys are proved.
    Empty as long as the number was not changed."""
    withdrawn_at: int | None = None
    originals: bytes = b""
    """The public half of the key for originals, with the reporter's mark; empty when too few people read the case."""
    sealed_off: bool = False
    """Whether the reporter's door is closed for good: the number opens nothing, and the answers are noise."""
    consents: Mapping[str, bool] = field(default_factory=dict[str, bool])
    changes: Mapping[str, int] = field(default_factory=dict[str, int])
    """Consents that were changed and are not in force yet: when that was, by their name."""
    held_until: int | None = None
    """Two readers said that a law needs it until then: till that half-day it is not erased."""
    held_told: bool = False
    """Whether the reporter was told of it: else no page of theirs may show it."""
    counts: bool = False
    """Whether it may stand in a published number: only when nobody was left out of it."""
    told: bool = False
    """Whether a month's account may have counted it: it was closed, the month ended, and it was opened again."""
    outcome: str = ""
    """What was found out, once it was; kept for the month's account."""
    read: Mapping[str, int] = field(default_factory=dict[str, int])
    """When the reporter first saw an answer, by its id; it disappears some time after that."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return self.state not in (State.CLOSED, State.WITHDRAWN)

    def reopened(self, *, now: int) -> "Facts":
        """No longer closed. What was closed in a month that is over stands in an account already."""
        over = self.closed is not None and month_of(self.closed) != month_of(now)
        return replace(self, state=State.REOPENED, closed=None, told=self.told or over)

    def asking(self, until: int) -> "Facts":
        """The same, with something more that may wait for a colleague until then."""
        return self.changed(asks=max(until, self.asks or 0))

    def changed(self, **what: Any) -> "Facts":
        """The same with something changed."""
        return replace(self, **what)


def new_alias() -> str:
    """What people at the desk call a case: random, so that no gap between two tells of a third."""
    return "".join(secrets.choice(ALIAS_SIGNS) for _ in range(ALIAS_LENGTH))


def asking_until(at: datetime, *, days: int) -> int:
    """The half-day from which nothing that is asked now waits any more: what is asked on a day holds all that day."""
    return half_day(at + timedelta(days=days + 1))


def half_day(moment: datetime) -> int:
    """The half-day of a moment, counted from 1970."""
    return int(moment.timestamp() // HALF_DAY.total_seconds())


def began(half: int) -> datetime:
    """When a half-day began."""
    return datetime.fromtimestamp(half * HALF_DAY.total_seconds(), UTC)


def day_of(half: int) -> date:
    """The day of a half-day."""
    return began(half).date()


def month_of(half: int) -> str:
    """The month of a half-day, as 2026-02."""
    return day_of(half).strftime("%Y-%m")


def halves(*, hours: int = 0, days: int = 0) -> int:
    """So many half-days; a part of one counts as one."""
    return -(-(hours + 24 * days) // 12)


def written(facts: Facts) -> bytes:
    """As bytes, to be locked."""
    values = {name: _plain(value) for name, value in asdict(facts).items()}
    return json.dumps(values, separators=(",", ":"), sort_keys=True).encode()


def read(raw: bytes) -> Facts:
    """From bytes. Raises Damaged."""
    try:
        values = json.loads(raw)
        for name in _BYTES:
            values[name] = base64.b64decode(values.get(name, ""), validate=True)
        values["state"], values["support"] = State(values["state"]), Support(values["support"])
        return Facts(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged from None


_BYTES = [one.name for one in fields(Facts) if one.type is bytes]


def _plain(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
