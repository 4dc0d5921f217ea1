"""Fan-out: after a commit whoever asked is told, here and, through the bus, in other processes."""

from collections.abc import Callable, Iterable

from server.events import Event

Listener = Callable[[Event], None]


class Hub:
    """Passes committed events on. A listener must be quick and must not raise."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._carriers: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """From now on call this with every event, wherever it happened."""
        self._listeners.append(listener)

    def carry(self, carrier: Listener) -> None:
        """From now on call this with what happened in this process only."""
        self._carriers.append(carrier)

    def publish(self, events: Iterable[Event]) -> None:
        """Tell everybody; called by the database after the commit."""
        for event in events:
            for listener in (*self._carriers, *self._listeners):
                listener(event)

    def hear(self, event: Event) -> None:
        """Something happened in another process. May be called on any thread."""
        for listener in self._listeners:
            listener(event)
