"""What the community does by the clock for its backups: every hour the forget list, and no copy grows too old."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.clock import Clock, rounded_to_the_hour
from server.database import Database
from server.forgetting import lists
from server.pruning import prune
from server.settings import Settings

log = logging.getLogger("baraza")
TICK_SECONDS = 60


@dataclass(slots=True)
class Upkeep:
    """Looks after the folder that BARAZA_BACKUP_DIR names."""

    settings: Settings
    db: Database
    days: int
    folder: Path
    _done: datetime | None = None

    def run(self, at: datetime) -> None:
        """What is due now: once in each hour of the clock."""
        hour = rounded_to_the_hour(at)
        if self._done == hour:
            return
        lists.write_community(self.settings, self.db, at=at, folders=[self.folder])
        prune(self.folder, days=self.days, today=at.date())
        self._done = hour


async def by_the_clock(
    works: list[Callable[[datetime], None]], clock: Clock, on_a_thread: Callable[[Callable[[], None]], Awaitable[None]]
) -> None:
    """Do each of these whenever its time has come, until this process ends."""
    while True:
        for work in works:
            try:
                await on_a_thread(lambda work=work: work(clock.now()))
            except Exception as error:  # one that fails must not end the others
                log.error("work by the clock failed: %s", type(error).__name__)
        await asyncio.sleep(TICK_SECONDS)
