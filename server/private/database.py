"""The private database: the same two kinds of visit as everywhere, on a file and tables of its own."""

from pathlib import Path

from server.database import Database
from server.errors import BootRefused
from server.private.models import metadata

THREADS = 8
"""Few people are here at once, and each connection holds memory."""


def opened(url: str) -> Database:
    """The database at this address, with every protection of server.database in force."""
    return Database(url, threads=THREADS, tables=metadata, sentences={})


def existing(url: str) -> Database:
    """The database, if there is one: a command must not make an empty one by accident. Raises BootRefused."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        raise BootRefused(f"There is no private database at {path}. Run `baraza migrate` first.")
    return opened(url)
