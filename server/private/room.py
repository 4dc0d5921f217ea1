"""What the private room stands on, made once by app.py."""

from collections.abc import Callable
from dataclasses import dataclass

from server.clock import Clock
from server.crypto.passwords import DerivationPool
from server.crypto.tokens import FormTokens
from server.darkroom.safe_copies import SafeCopies
from server.database import Database
from server.policies import Policies
from server.private.body import Intake
from server.private.contacts import Contacts
from server.private.keys import Keys
from server.private.life import Life
from server.private.sessions import Sessions
from server.private.work import Work
from server.settings import Settings
from server.web.limits import Limits
from server.web.pages import Pages
from server.web.threads import Threads


@dataclass(frozen=True, slots=True, repr=False)
class Room:
    """Everything that an answer may use."""

    settings: Settings
    policies: Policies
    db: Database
    keys: Keys
    sessions: Sessions
    intake: Intake
    tokens: FormTokens
    pages: Pages
    pool: DerivationPool
    darkroom: SafeCopies
    threads: Threads
    contacts: Contacts
    limits: Limits
    life: Life
    clock: Clock
    work: Work
    random: Callable[[int], bytes]
    operator: str
    demonstration: bool
