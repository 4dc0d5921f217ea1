"""Where a database stands in the history, and how it gets to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from server.database import Database
from server.errors import BootRefused

FOLDER = Path(__file__).parent


def _config(db: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["engine"] = db.engine
    return config


def newest() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    assert head is not None
    return head


def current(db: Database) -> str | None:
    """The revision that the database has."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(db: Database, *, to: str = "head") -> None:
    """Bring the database to the newest revision, or to another. Raises BootRefused when it is ahead of this code."""
    standing = current(db)
    known = {revision.revision for revision in ScriptDirectory(str(FOLDER)).walk_revisions()}
    if standing is not None and standing not in known:
        raise BootRefused("The database was made by a newer Baraza. It is not changed backwards.")
    command.upgrade(_config(db), to)


def check(db: Database) -> None:
    """Raises BootRefused unless the database has exactly the revision of this code."""
    standing = current(db)
    if standing != newest():
        raise BootRefused("The database is not at the newest revision. Run `baraza migrate` first.")
