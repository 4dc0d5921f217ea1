"""What comes within a moment is committed together: each is acknowledged after the commit, none before.

When something is put on stage hundreds of people press at once. One visit for each would keep all other writers
waiting, the stop among them.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from server.clock import Clock
from server.database import Database, Transaction
from server.errors import NotFound, Refused
from server.townhall.asking import rules
from server.townhall.asking.rules import Wish
from server.web.threads import Threads

GATHER_SECONDS = 0.05
MOST_TOGETHER = 500
TOGETHER = "baraza.together"
"""Where the routes find it in a request."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: "Wish | Callable[[Transaction], Any]"
    done: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: Any = None
    error: BaseException | None = None


class Together:
    """Gathers small changes of this process. Lives in the loop of the server; one visit is written at a time."""

    def __init__(self, db: Database, threads: Threads, clock: Clock) -> None:
        self._db, self._threads, self._clock = db, threads, clock
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def endorse(self, hall_id: int, seat_id: int, question: UUID) -> None:
        """Say that the seat wants to hear the answer too; returns once that is kept. Raises Refused, NotFound."""
        await self._after(Wish(hall_id, seat_id, question))

    async def done(self, work: Callable[[Transaction], Result]) -> Result:
        """Do this in a visit with others. It must change nothing if it raises Refused or NotFound."""
        result: Result = await self._after(work)
        return result

    async def _after(self, work: "Wish | Callable[[Transaction], Any]") -> Any:
        one = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await one.done

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_SECONDS)
            now, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            works = [one.work for one in now]
            try:
                outcomes = await self._threads.write(lambda works=works: self._kept_by_all_means(works))
            except BaseException as error:
                outcomes = [_Outcome(error=error)] * len(now)
            for one, outcome in zip(now, outcomes, strict=True):
                if one.done.done():  # whoever waited is gone
                    continue
                if outcome.error is None:
                    one.done.set_result(outcome.result)
                else:
                    one.done.set_exception(outcome.error)

    def _kept_by_all_means(self, works: Sequence[Any]) -> list[_Outcome]:
        """Together; if that fails for one of them, each alone, so that the others do not suffer."""
        try:
            return self._kept(works)
        except Exception:
            return [self._alone(work) for work in works]

    def _alone(self, work: Any) -> _Outcome:
        try:
            return self._kept([work])[0]
        except Exception as error:
            return _Outcome(error=error)

    def _kept(self, works: Sequence[Any]) -> list[_Outcome]:
        places = [place for place, work in enumerate(works) if isinstance(work, Wish)]
        with self._db.transaction() as tx:
            wished = rules.endorse_together(tx, [works[place] for place in places], at=self._clock.now())
            found = dict(zip(places, (_Outcome(error=error) for error in wished), strict=True))
            return [found[place] if place in found else _outcome(tx, work) for place, work in enumerate(works)]


def _outcome(tx: Transaction, work: Callable[[Transaction], Any]) -> _Outcome:
    try:
        return _Outcome(work(tx))
    except (Refused, NotFound) as error:
        return _Outcome(error=error)
