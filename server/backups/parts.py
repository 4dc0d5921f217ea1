"""The two parts of the house that a copy can hold: where each lies, which key stands for it, which files go along.

The private room may belong to another system user. Each user copies what is theirs: a part is here when its key is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.util.exc import CommandError
from sqlalchemy import MetaData

from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.sealed import boxes
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Trust
from server.database import Database
from server.errors import BootRefused
from server.migrations import history as community_history
from server.private import database as private_database
from server.private import keys as private_keys
from server.private.daily import HEADS_FILE
from server.private.migrations import history as private_history
from server.private.models import metadata as private_tables
from server.private.work import OFFICERS, SHRED_FILE
from server.settings import FILE_NAME as SETTINGS_FILE
from server.settings import Settings
from server.tables import metadata as community_tables

COMMUNITY, PRIVATE = "community", "private"
POLICIES = "policies"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two. `mark` is a key of the installation that shows whose copy it is."""

    name: str
    url: str
    tables: MetaData
    mark: bytes
    files: Sequence[str]
    """Relative to the data directory; a folder stands for all that is in it."""

    def database(self) -> Database:
        """The database, which must be there."""
        return Database(self.url) if self.name == COMMUNITY else private_database.existing(self.url)

    def at(self, url: str) -> Database:
        """A database of this part somewhere else."""
        return Database(url) if self.name == COMMUNITY else private_database.opened(url)

    def revision(self, db: Database) -> str | None:
        """Where the database stands in its history."""
        return community_history.current(db) if self.name == COMMUNITY else private_history.current(db)

    def upgrade(self, db: Database, *, to: str = "head") -> None:
        """Bring a database to a revision. Raises BootRefused for one that this code does not know."""
        try:
            (community_history if self.name == COMMUNITY else private_history).upgrade(db, to=to)
        except CommandError:
            raise BootRefused("This copy was made by a newer Baraza. Install that one first.") from None


def here(chosen: Settings) -> list[Part]:
    """The parts whose keys this user has. Raises BootRefused when a key is damaged or open to others."""
    found: list[Part] = []
    if (chosen.keys_dir / keyring.FILE_NAME).is_file():
        key = keyring.load(chosen.keys_dir).key(Purpose.COPIES)
        found.append(Part(COMMUNITY, chosen.database, community_tables, key, (POLICIES, SETTINGS_FILE)))
    if any(private_keys.folder_of(chosen.private_dir).glob("salt-*.key")):
        pepper = private_keys.load(chosen.private_dir, pepper_file=chosen.pepper_file).newest.pepper
        files = [f"private/{name}" for name in (SHRED_FILE, OFFICERS, HEADS_FILE)]
        found.append(Part(PRIVATE, chosen.private_database, private_tables, boxes.derived(pepper, "copies"), files))
    return found


def paths(data_dir: Path, names: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The files of a part, by the name that they have in a copy. Links are not followed."""
    for name in names:
        path = data_dir / name
        for found in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if found.is_file() and not found.is_symlink():
                yield found.relative_to(data_dir).as_posix(), found


def officers(chosen: Settings) -> list[bytes]:
    """The public keys of the recovery officers. Raises BootRefused when there are not two."""
    folder = chosen.private_dir / OFFICERS
    try:
        found = [one.public for one in Trust.load(folder).officers.values()]
    except Damaged:
        raise BootRefused(f"A file in {folder} is no public file of a recovery officer.") from None
    if len(found) < 2:
        raise BootRefused(
            f"A copy is sealed to recovery officers, and {folder} has the public files of {len(found)}. "
            "Three people run `baraza officer new` first."
        )
    return found
