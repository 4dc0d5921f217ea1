"""What is done by the clock: nothing long holds up what must be soon, and nothing is cut off under an open database."""

import asyncio
from datetime import datetime
from threading import Event

from server.clockwork import by_the_clock
from tests.doubles import StillClock


def test_work_that_is_being_done_is_waited_for_when_the_clock_stops() -> None:
    begun, done = Event(), Event()

    def work(_: datetime) -> None:
        begun.set()
        assert not done.wait(0.2)
        done.set()

    async def runs() -> None:
        clockwork = asyncio.create_task(by_the_clock([work], StillClock()))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        clockwork.cancel()
        await asyncio.wait({clockwork})
        assert done.is_set()

    asyncio.run(runs())


def test_work_that_fails_is_told_and_the_next_is_done() -> None:
    done = Event()

    def fails(_: datetime) -> None:
        raise ValueError("words of somebody")

    async def runs() -> None:
        clockwork = asyncio.create_task(by_the_clock([fails, lambda _: done.set()], StillClock()))
        assert await asyncio.to_thread(done.wait, 5)
        clockwork.cancel()
        await asyncio.wait({clockwork})

    asyncio.run(runs())
