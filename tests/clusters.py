"""A PostgreSQL server made for the tests: never a stranger's database by guess."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from server.database import Database
from server.migrations import history


@dataclass
class Cluster:
    """A server on which each test gets a database of its own, copied from a migrated one."""

    address: str
    _template: str = field(default="", init=False)

    @contextmanager
    def new_database(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a new database, with the community's tables or empty; dropped afterwards."""
        if migrated and not self._template:
            self._template = f"baraza_template_{uuid4().hex[:8]}"
            self._run(f'CREATE DATABASE "{self._template}"')
            db = Database(self._url(self._template))
            history.upgrade(db)
            db.close()
        name = f"baraza_test_{uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template if migrated else "template0"}"')
        try:
            yield self._url(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _url(self, name: str) -> str:
        head, _, _ = self.address.rpartition("/")
        return f"{head}/{name}".replace("postgresql://", "postgresql+psycopg://", 1)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def cluster() -> Iterator[Cluster | None]:
    """The server that TEST_POSTGRES_URL names, else one made with initdb, else None."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield Cluster(given.replace("postgresql+psycopg://", "postgresql://", 1))
        return
    binaries = _binaries()
    if binaries is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="baraza-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)  # PostgreSQL runs as another user when the tests run as root
        with _started(binaries, Path(folder) / "data") as address:
            yield Cluster(address)


@contextmanager
def _started(binaries: Path, data: Path) -> Iterator[str]:
    user, port = _user(), _free_port()
    _call([binaries / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
    options = f"-p {port} -k {data} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=80"
    _call([binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", data / "log", "start"], user)
    try:
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    finally:
        _call([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], user)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return next(
        (name for name in ("postgres", "nobody") if any(entry.pw_name == name for entry in pwd.getpwall())), None
    )


def _call(command: list[object], user: str | None) -> None:
    subprocess.run(
        [str(part) for part in command],
        user=user,
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
