"""Pages that every guest reads alike, remembered for a second in memory.

A page that was asked for a moment ago is answered before any thread or database is touched: as it was, or
as "not modified". A change made by this process forgets its pages at once; one made by another process is
seen after FRESH_SECONDS at the latest.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

FRESH_SECONDS = 1.0
MOST_BYTES = 16 * 1024 * 1024

Key = tuple[str, str, str, bool]
"""Address with its query, language, day, and whether the browser takes gzip."""


@dataclass(frozen=True, slots=True)
class RememberedPage:
    """An answer as it went out."""

    response: Response
    not_modified: Response
    etag: str
    subject: str
    size: int
    since: float


class RememberedPages:
    """A small store of answers, oldest out first. Used from the event loop and from threads."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._pages: OrderedDict[Key, RememberedPage] = OrderedDict()
        self._size = 0
        self._seconds = seconds
        self._lock = threading.Lock()
        self._edition = 0

    @property
    def edition(self) -> int:
        """Rises with every forgetting; a page made before it must not be kept."""
        return self._edition

    def recall(self, key: Key, if_none_match: str | None) -> Response | None:
        """The page, or "not modified", if it is fresh."""
        page = self._pages.get(key)
        if page is None or self._seconds() - page.since > FRESH_SECONDS:
            return None
        return page.not_modified if if_none_match == page.etag else page.response

    def keep(self, key: Key, response: Response, *, etag: str, subject: str, edition: int) -> None:
        """Remember an answer, unless something changed since its making began."""
        not_modified = Response(
            status_code=304, headers={n: response.headers[n] for n in _KEPT if n in response.headers}
        )
        page = RememberedPage(response, not_modified, etag, subject, len(response.body) + 1000, self._seconds())
        with self._lock:
            if edition != self._edition:
                return
            old = self._pages.pop(key, None)
            self._size += page.size - (old.size if old else 0)
            self._pages[key] = page
            while self._size > MOST_BYTES:
                _, gone = self._pages.popitem(last=False)
                self._size -= gone.size

    def forget(self, subject: str) -> None:
        """Something that guests read has changed: drop every page about it."""
        with self._lock:
            self._edition += 1
            for key in [key for key, page in self._pages.items() if page.subject == subject]:
                self._size -= self._pages.pop(key).size

    def forget_all(self) -> None:
        """Drop everything."""
        with self._lock:
            self._edition += 1
            self._pages.clear()
            self._size = 0


_KEPT = ("etag", "cache-control", "vary", "content-language")
