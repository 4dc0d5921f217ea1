"""What a request asks of the database: without what the house does meanwhile by the clock."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from tests.people import Community

AROUND = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SET", "SHOW")


@contextmanager
def asked_of(community: Community) -> Iterator[list[str]]:
    """The statements from here to the end of the block, as SQLAlchemy sends them.

    Work by the clock begins with the house, on threads of its own, and on a slow machine it is still at it.
    """
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(AROUND) and not threading.current_thread().name.startswith("clock"):
            asked.append(statement)

    engine = community.services.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)
