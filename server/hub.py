"""In-process fan-out: after a commit, whoever asked is told."""

from collections.abc import Callable, Iterable

from server.events import Event

Listener = Callable[[Event], None]


class Hub:
    """Passes committed events on. A listener must be quick and must not raise."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """From now on call this with every event."""
        self._listeners.append(listener)

    def publish(self, events: Iterable[Event]) -> None:
        """Tell everybody; called by the database after the commit."""
        for event in events:
            for listener in self._listeners:
                listener(event)
