"""Which of several processes does what is done by the clock: whoever holds PostgreSQL's advisory lock.

The lock hangs on a connection. When its process dies, or loses the database, another one takes it at its next tick.
"""

import threading
from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.database import Database

LOCK = 0x6261_7261_7A61
""" "baraza", as a number that no other program is likely to choose."""


class Leading:
    """Whether this process leads. With SQLite it always does: there is no other."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._asking = threading.Lock()
        self._connection: Any = None

    def is_ours(self) -> bool:
        """Whether what is due is this process's to do, at this moment."""
        if self._db.is_sqlite:
            return True
        with self._asking:
            if self._connection is not None:
                try:
                    self._connection.execute(text("SELECT 1"))
                    return True
                except SQLAlchemyError:
                    self._drop()
            return self._take()

    def close(self) -> None:
        """Let another one lead."""
        with self._asking:
            self._drop()

    def _take(self) -> bool:
        connection = self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar_one():
            connection.detach()  # it is not the pool's any more: giving it back would not let the lock go
            self._connection = connection
            return True
        connection.close()
        return False

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(SQLAlchemyError):  # said aloud: an ended connection alone is noticed some moments later
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        with suppress(SQLAlchemyError):
            connection.close()
