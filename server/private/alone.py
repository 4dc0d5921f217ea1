"""One at a time, among threads and processes: what is begun in one of them is never seen half done in another."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Wait for the turn at this file, and hold it. The file is empty and never changes: its time tells of nothing."""
    handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
