"""A few places for very many, given by turns of the networks that ask: nobody's thousand keeps another's one out."""

import asyncio
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future


class Crowded(Exception):
    """No place, and none to wait for."""


class Turns:
    """Who waits, waits in async code, where it costs no thread and little memory; in whichever loop that runs.

    Places go to one of each network and then round again: whoever tries a thousand times waits behind his own. At most
    `waiting` wait (None: all who come); then the newest of the network with most gives way to one that has fewer.
    After `patience` seconds a wait is over.
    """

    def __init__(self, places: int, *, waiting: int | None = None, patience: float | None = None) -> None:
        self._free, self._most, self._patience = places, waiting, patience
        self._queues: OrderedDict[str, deque[Future[None]]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    async def take(self, whose: str) -> None:
        """Wait for a place, to be given back. `whose`: the network that asks. Raises Crowded."""
        turn: Future[None] = Future()
        with self._lock:
            if self._free:
                self._free -= 1
                return
            self._make_room(whose)
            self._queues.setdefault(whose, deque()).append(turn)
        try:
            await asyncio.wait((asyncio.wrap_future(turn),), timeout=self._patience)
        except asyncio.CancelledError:
            if not self._missed(whose, turn):
                self.give_back()
            raise
        if self._missed(whose, turn):
            raise Crowded

    def give_back(self) -> None:
        """The next turn is for the network that has waited longest since its last one."""
        with self._lock:
            if not self._queues:
                self._free += 1
                return
            whose, queue = self._queues.popitem(last=False)
            queue.popleft().set_result(None)
            if queue:
                self._queues[whose] = queue  # behind all others

    def _make_room(self, whose: str) -> None:
        """Raises Crowded where the newcomer's network would have as many as the one that gives way."""
        if self._most is None or self.waiting < self._most:
            return
        mine = self._queues.get(whose, ())
        fullest = max(self._queues.values(), key=len, default=None)
        if fullest is None or len(fullest) <= len(mine) + 1:
            raise Crowded
        fullest.pop().cancel()

    def _missed(self, whose: str, turn: Future[None]) -> bool:
        """Whether it had no turn; then it waits no longer."""
        with self._lock:
            if not turn.done():
                turn.cancel()
                self._queues[whose].remove(turn)
                if not self._queues[whose]:
                    del self._queues[whose]
            return turn.cancelled()
