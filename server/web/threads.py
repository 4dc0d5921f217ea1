"""The threads that pages are made on: few for looking, others for writing.

Python runs one thread at a time, so more readers than cores only fight for it: eight cost three times the
processor time of two. Writers wait for the database's lock, and may not keep readers waiting with them.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
READERS_EMBEDDED, READERS_SERVER, WRITERS = 1, 6, 6
"""SQLite answers within the process, in less time than a switch of threads costs; a database server is waited
for, so more threads pay there."""


class Threads:
    """Two small pools. Work sees the context of whoever asked (the language of the page)."""

    def __init__(self, *, embedded_database: bool) -> None:
        self._embedded = embedded_database
        readers = READERS_EMBEDDED if embedded_database else READERS_SERVER
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="read")
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")

    async def read_at_once(self, work: Callable[[], Result]) -> Result:
        """For the pages that are read most, and found by an index.

        An embedded database answers them in less time than it takes to wake another thread and come back, so
        they are made right here; a database server is waited for on a thread.
        """
        return work() if self._embedded else await self.read(work)

    async def read(self, work: Callable[[], Result]) -> Result:
        """Look something up, make a page."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: context.run(work))

    async def write(self, work: Callable[[], Result]) -> Result:
        """Change something."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._writers, lambda: context.run(work))

    def close(self) -> None:
        """Let running work end and take no more."""
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writers.shutdown(wait=True, cancel_futures=True)
