"""A hall that nobody of its moderators watches pauses by itself. It never stops by itself."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from server.database import Database, Transaction
from server.errors import Refused
from server.policies import HallPolicy
from server.townhall.asking.queries import oldest_waiting
from server.townhall.halls import queries, rules
from server.townhall.halls.models import Hall, HallLine
from server.townhall.halls.queries import HallRow
from server.townhall.halls.states import HallState
from server.townhall.halls.team import itself

UNWATCHED, WAITED_TOO_LONG = "unwatched", "waited_too_long"


class Watch:
    """Looks at open halls by the clock."""

    def __init__(self, db: Database, policy: HallPolicy) -> None:
        self._db, self._policy = db, policy

    def run(self, now: datetime) -> None:
        """Pause the halls in which nobody reads what is asked. People go on asking; their questions wait."""
        with self._db.reading() as tx:
            keys = tx.look(select(col(Hall.id)).where(col(Hall.state) == HallState.OPEN)).scalars().all()
            halls = [hall for key in keys if (hall := queries.hall_by_id(tx, key)) is not None]
            due = [(hall, why) for hall in halls if (why := self._why(tx, hall, now))]
        for hall, why in due:
            try:
                with self._db.transaction() as tx:
                    if self._why(tx, queries.held_alone(tx, hall.id), now):
                        rules.move(tx, hall, HallState.PAUSED, itself(now), reason=why)
            except Refused:  # somebody has just brought it elsewhere
                continue

    def _why(self, tx: Transaction, hall: HallRow, now: datetime) -> str:
        """Why it should pause, counted from when it was opened; nothing when it need not."""
        if hall.state != HallState.OPEN:
            return ""
        opened = tx.look(
            select(func.max(col(HallLine.done_at))).where(
                col(HallLine.hall_id) == hall.id, col(HallLine.act) == str(HallState.OPEN)
            )
        ).scalar_one()
        opened = opened or now
        watched = max(opened, hall.watched_at or opened)
        if now - watched > timedelta(minutes=self._policy.unwatched_minutes):
            return UNWATCHED
        waits = oldest_waiting(tx, hall.id)
        if waits is not None and now - max(waits, opened) > timedelta(minutes=self._policy.waiting_minutes):
            return WAITED_TOO_LONG
        return ""
