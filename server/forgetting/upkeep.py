"""What the community does by the clock for its backups: every hour the forget list, and no copy grows too old."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.clock import rounded_to_the_hour
from server.database import Database
from server.forgetting import lists
from server.pruning import prune
from server.settings import Settings


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
        self._done = hour  # what fails is tried again in the next hour, not every minute
        lists.write_community(self.settings, self.db, at=at, folders=[self.folder])
        prune(self.folder, days=self.days, today=at.date())
