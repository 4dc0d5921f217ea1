"""What is done by the clock: the same at fixed hours, whether anything was filed or not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from server.clock import Clock
from server.errors import BootRefused
from server.private.audit_trail import AuditTrail
from server.private.erasing import Erasing
from server.private.wholeness import Wholeness

log = logging.getLogger("baraza")

TICK_SECONDS = 600
HEADS_FILE = "heads.txt"


@dataclass(slots=True)
class Daily:
    """Closes the trail's days, ends what is over, publishes the heads; and looks whether every case is there."""

    clock: Clock
    erasing: Erasing
    trail: AuditTrail
    wholeness: Wholeness
    folder: Path
    also: Sequence[Callable[[datetime], None]] = ()
    """What else is done once a day, in this order, after the rest."""
    _looked: date | None = None

    def run(self, at: datetime) -> None:
        """What is due now."""
        self.wholeness.look()
        if self._looked == at.date():
            return
        self.wholeness.is_told_of(self.erasing.forget(at=at).torn)
        self.trail.close_days(today=at.date())
        self._publish()
        for work in self.also:
            work(at)
        self._looked = at.date()

    def _publish(self) -> None:
        """The heads as plain lines, for people who note them down.

        The file changes once a day, always, and not when this process begins anew: that would tell of a visit. What
        was published once stays as it was: whoever changes the rows must not get the lines changed with them.
        """
        heads = dict(self.trail.heads())
        try:
            told = published(self.folder)
        except BootRefused:
            log.error("the heads of the trail are not as they were published: see baraza audit verify")
            return
        if any(heads.get(day) != head for day, head in told.items()):
            log.error("the trail is not as it was published: see baraza audit verify")
        publish(self.folder, {**heads, **told})


def publish(folder: Path, heads: Mapping[date, bytes]) -> None:
    """Write them, unless they stand there already."""
    lines = "".join(f"{day.isoformat()} {heads[day].hex()}\n" for day in sorted(heads))
    told = folder / HEADS_FILE
    if told.is_file() and told.read_text("ascii", "replace") == lines:
        return
    part = folder / (HEADS_FILE + ".part")
    part.write_text(lines, "ascii")
    part.replace(told)


def published(folder: Path) -> dict[date, bytes]:
    """The heads as they were published. Raises BootRefused when the file is not as it was written."""
    path = folder / HEADS_FILE
    try:
        pairs = [line.split() for line in path.read_text("ascii").splitlines()] if path.is_file() else []
        return {date.fromisoformat(day): bytes.fromhex(head) for day, head in pairs}
    except ValueError:
        raise BootRefused(f"{path} is not as it was written.") from None


async def by_the_clock(daily: Daily, on_a_thread: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
    """Look at the clock until this process ends."""
    while True:
        try:
            await on_a_thread(lambda: daily.run(daily.clock.now()))
        except Exception as error:  # tomorrow's work must not end with today's
            log.error("the private room's daily work failed: %s", type(error).__name__)
        await asyncio.sleep(TICK_SECONDS)
