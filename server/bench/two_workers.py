"""`baraza bench workers`: the same hall on PostgreSQL and Redis, with one process and with two."""

import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from server.bench.figures import Figure, absolute
from server.bench.halls import ROUNDS, Crowd, crowd_of, prepared, raise_files
from server.bench.process import Target, target
from server.errors import BootRefused

ATTENDEES = 5_000
"""Each process reads and builds what happened once: with few people that is much for each of them."""


def workers(database: str, memory: str) -> list[Figure]:
    """What a delivery costs, and whether everybody hears everything. `database`: an empty one, emptied again after."""
    if not database or not memory:
        raise BootRefused("This benchmark needs --database (an empty PostgreSQL database) and --redis.")
    raise_files()
    one, reached_by_one = _measured("house", database, memory)
    two, reached_by_two = _measured("workers", database, memory)
    wanted = ATTENDEES * ROUNDS
    return [
        Figure("processor time for each delivery, one process", round(one, 1), "µs", None, None, "", True),
        Figure("the same, two processes", round(two, 1), "µs", None, None, "", True),
        absolute("two beside one", two / one, "×", most=1.15),
        absolute("lost with one", wanted - reached_by_one, "", most=0),
        absolute("lost with two", wanted - reached_by_two, "", most=0),
    ]


def _measured(kind: str, database: str, memory: str) -> tuple[float, int]:
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as name, _emptied(database):
        folder = Path(name)
        told = {"database_url": database, "redis_url": memory}
        (folder / "baraza.toml").write_text("".join(f"{key} = {json.dumps(word)}\n" for key, word in told.items()))
        prepared(folder, ATTENDEES)
        with target(kind, folder) as house, crowd_of(house, folder) as crowd:
            return _heard(house, crowd)


def _heard(house: Target, crowd: Crowd) -> tuple[float, int]:
    crowd("come", ATTENDEES)
    crowd("ask", "first.")
    before = house.cpu_seconds()
    rounds = [crowd("ask", f"marker{number:04}.") for number in range(ROUNDS)]
    spent = house.cpu_seconds() - before
    return spent / sum(one["frames"] for one in rounds) * 1e6, sum(one["reached"] for one in rounds)


@contextmanager
def _emptied(database: str) -> Generator[None]:
    """A database that holds nothing before, and nothing after. Raises BootRefused when anything is in it."""
    address = database.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        if found.fetchone() != (0,):
            raise BootRefused("There is something in this database. Name an empty one, made for this.")
        try:
            yield
        finally:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
