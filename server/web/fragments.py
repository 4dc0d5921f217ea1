"""A small store for things that are made once and shown often, keyed by the version they were made from."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Made = TypeVar("Made")
MOST_ENTRIES = 1000
STALE_SECONDS = 60.0
"""A key names the version of what is shown; what it does not name (a standing) may lag this long."""


class Fragments:
    """Oldest out first; safe to use from several threads."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._entries: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()
        self._seconds = seconds
        self._lock = threading.Lock()

    def get_or_make(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under the key, or made now."""
        entry = self._entries.get(key)
        if entry is not None and self._seconds() - entry[0] < STALE_SECONDS:
            return cast(Made, entry[1])
        made = make()
        with self._lock:
            self._entries[key] = (self._seconds(), made)
            self._entries.move_to_end(key)
            while len(self._entries) > MOST_ENTRIES:
                self._entries.popitem(last=False)
        return made

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._entries.clear()
