"""What is done in the room, put together: everything that takes part in taking a concern in and in answering it."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.clock import Clock
from server.crypto.passwords import MEMORY_KIB as SIGN_IN_KIB
from server.crypto.passwords import DerivationPool, Passwords
from server.crypto.sealed import boxes
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Trust
from server.crypto.sealed.phrases import MEMORY_KIB as UNLOCK_KIB
from server.crypto.sealed.phrases import Phrases
from server.crypto.sealed.receipts import MEMORY_KIB as RECEIPT_KIB
from server.crypto.sealed.receipts import Derivation, FilingKeys
from server.crypto.sealed.shredding import ShredKeys
from server.crypto.second_factor import SecondFactors
from server.database import Database
from server.errors import BootRefused
from server.policies import Language
from server.private.audit_trail import AuditTrail
from server.private.casework import Casework
from server.private.conversation import Conversations
from server.private.covering import Covering, Presence
from server.private.desk_files import DeskFiles
from server.private.desks import Reporting, Topic
from server.private.erasing import Erasing
from server.private.filing import Filing
from server.private.forgetting import Forgetting
from server.private.holding import Holding
from server.private.keys import Secrets
from server.private.people import People
from server.private.roster import Roster
from server.private.rotating import Rotating
from server.private.routing import open_topics
from server.private.succession import Succession
from server.private.transferring import Transferring
from server.private.vault import Vault
from server.private.waiting import Waits
from server.private.wholeness import Wholeness
from server.web.limits import Limits

BEAT_SECONDS = 1.0
LIST_BEAT_SECONDS = 0.25
"""How long a work list takes must not tell of cases that it does not show."""
TRIES = "10/900"
"""Tries at one focal point's words from one network in fifteen minutes."""
TRIES_ANYWHERE = "100/900"
SENDINGS = "20/600"
"""Sendings from one network in ten minutes; beyond that they are taken all the same, and take longer."""
LONGEST_PAUSE = 4.0
FILINGS_WAITING = 500
OPENINGS_WAITING, OPENING_PATIENCE = 50, 60.0
SHRED_FILE, OFFICERS = "shred.keys", "officers"


@dataclass(frozen=True, slots=True)
class Costs:
    """How much memory guessing costs, in KiB. Tests take less."""

    receipt_kib: int = RECEIPT_KIB
    unlock_kib: int = UNLOCK_KIB
    sign_in_kib: int = SIGN_IN_KIB


@dataclass(frozen=True, slots=True)
class Pace:
    """How time passes here. Tests let it pass without waiting."""

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def beat(self, every: float = BEAT_SECONDS) -> "Beat":
        """Begins now."""
        return Beat(self, self.seconds(), every)


@dataclass(frozen=True, slots=True)
class Beat:
    """A moment from which whole seconds are counted."""

    pace: Pace
    since: float
    every: float

    async def over(self) -> None:
        """Wait for the next whole beat: a right number and a wrong one, a short list and none, take the same time."""
        passed = self.pace.seconds() - self.since
        await self.pace.sleep(max(1, math.ceil(passed / self.every)) * self.every - passed)


@dataclass(frozen=True, slots=True, repr=False)
class Work:
    """Everything that the pages of the room may ask for."""

    reporting: Reporting
    db: Database
    clock: Clock
    vault: Vault
    roster: Roster
    filing: Filing
    conversations: Conversations
    casework: Casework
    files: DeskFiles
    succession: Succession
    covering: Covering
    transferring: Transferring
    rotating: Rotating
    holding: Holding
    waits: Waits
    people: People
    factors: SecondFactors
    trail: AuditTrail
    erasing: Erasing
    wholeness: Wholeness
    forgetting: Forgetting
    derivation: Derivation
    filing_keys: FilingKeys
    limits: Limits
    filing_pool: DerivationPool
    """Apart from the pool in which numbers and sign-ins are tried, so that a flood of tries delays no concern."""
    opening_pool: DerivationPool
    """Where readers' keys are opened, which takes long when they are changed: no concern waits for that either."""
    pace: Pace

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    def close(self) -> None:
        """Slow work that waits is not done any more."""
        self.filing_pool.close()
        self.opening_pool.close()

    def open_topics(self, at: datetime) -> list[Topic]:
        """What can be talked about: topics that somebody reads."""
        return open_topics(self.reporting, self.roster.certificates(), at.date())

    def offered(self, languages: Sequence[Language], *, demonstration: bool) -> list[Language]:
        """The languages in which somebody stands for the sentences; the demonstration stands for its own."""
        return [one for one in languages if demonstration or one.code in self.reporting.languages]

    def spend(self, what: str, whose: str, bucket: str) -> None:
        """Count a try at somebody's secret words: from one network, so that nobody locks others out, and over all.

        Raises TooFast.
        """
        self.limits.spend(TRIES, what, whose, bucket)
        self.limits.spend(TRIES_ANYWHERE, what, whose)

    async def slow_down(self, bucket: str) -> None:
        """Whoever sends very much from one network waits a little. Nobody is refused: a camp has one address."""
        await self.pace.sleep(min(self.limits.pause(SENDINGS, "sending", bucket), LONGEST_PAUSE))


def made(
    private_dir: Path,
    reporting: Reporting,
    db: Database,
    keys: Secrets,
    clock: Clock,
    costs: Costs,
    pace: Pace | None = None,
) -> Work:
    """Put it together. Raises BootRefused when the officers' files are broken."""
    vault = Vault(keys.pepper, ShredKeys(private_dir / SHRED_FILE))
    try:
        trust = Trust.load(private_dir / OFFICERS)
    except Damaged:
        raise BootRefused(f"A file in {private_dir / OFFICERS} is no public file of a recovery officer.") from None
    roster = Roster(db, vault, trust, today=lambda: clock.now().date())
    trail = AuditTrail(db, keys.pepper, trust)
    forgetting = Forgetting(
        private_dir, keys.pepper, now=clock.now, revocations=roster.revocations, successions=roster.successions
    )
    roster.kept_outside = forgetting.papers
    factors = SecondFactors(boxes.derived(keys.pepper, "second-factors"))
    passwords = Passwords(boxes.derived(keys.pepper, "sign-in"), memory_kib=costs.sign_in_kib)
    phrases = Phrases(boxes.derived(keys.pepper, "unlock"), memory_kib=costs.unlock_kib)
    people = People(db, vault, passwords, phrases, factors, today=lambda: clock.now().date())
    casework = Casework(db, vault, roster, reporting, trail, Presence(people, roster).deserted)
    succession = Succession(db, vault, roster, casework)
    files, holding = DeskFiles(db, vault, roster, casework), Holding(roster, reporting, casework)
    return Work(
        reporting=reporting,
        db=db,
        clock=clock,
        vault=vault,
        roster=roster,
        filing=Filing(db, vault, roster, reporting),
        conversations=Conversations(db, vault, roster, reporting, forgetting),
        casework=casework,
        files=files,
        succession=succession,
        covering=Covering(people, roster, casework, succession),
        holding=holding,
        waits=Waits(roster, casework, files, holding),
        rotating=Rotating(db, vault, roster, reporting, people, casework, succession, trail, forgetting),
        transferring=Transferring(db, roster, casework),
        people=people,
        factors=factors,
        trail=trail,
        erasing=Erasing(db, vault, reporting, forgetting),
        wholeness=Wholeness(db, vault),
        forgetting=forgetting,
        derivation=Derivation(keys.pepper, keys.salt, memory_kib=costs.receipt_kib),
        filing_keys=FilingKeys(keys.pepper),
        limits=Limits(),
        filing_pool=DerivationPool(waiting=FILINGS_WAITING, workers=1),
        opening_pool=DerivationPool(waiting=OPENINGS_WAITING, workers=1, patience=OPENING_PATIENCE),
        pace=pace or Pace(),
    )
