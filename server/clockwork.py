"""What the community does by the clock: looked at every minute, on threads of its own, until the process ends."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from server.clock import Clock

log = logging.getLogger("baraza")
TICK_SECONDS = 60
Due = Callable[[datetime], None]


async def by_the_clock(works: Sequence[Due], clock: Clock) -> None:
    """Do each of these whenever its time has come; each knows by itself when that is.

    When this is cancelled, it ends after the work that is being done just then: nobody closes the database under it.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="clock") as thread:
        while works:
            for work in works:
                try:
                    await asyncio.get_running_loop().run_in_executor(thread, work, clock.now())
                except Exception as error:  # one that fails must not end the others
                    log.error("work by the clock failed: %s", type(error).__name__)
            await asyncio.sleep(TICK_SECONDS)
