"""Where the private database stands in its history, and how it gets to the newest revision.

The room's own process only compares two names. Alembic is loaded where a revision is made or applied: it would
stay in memory for as long as the room lives.
"""

from pathlib import Path

from sqlalchemy import inspect, text

from server.database import Database
from server.errors import BootRefused

FOLDER = Path(__file__).parent
NEWEST = "0001"
"""The revision that this code needs."""
_STANDING = text("select version_num from alembic_version")


def current(db: Database) -> str | None:
    """The revision that the database has."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(_STANDING).first()
    return None if row is None else str(row[0])


def upgrade(db: Database, *, to: str = "head") -> None:
    """Bring the database to the newest revision, or to another. Raises BootRefused when it is ahead of this code."""
    from alembic import command  # noqa: PLC0415  see above
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    standing = current(db)
    known = {revision.revision for revision in ScriptDirectory(str(FOLDER)).walk_revisions()}
    if standing is not None and standing not in known:
        raise BootRefused("The private database was made by a newer Baraza. It is not changed backwards.")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["engine"] = db.engine
    command.upgrade(config, to)


def check(db: Database) -> None:
    """Raises BootRefused unless the database has exactly the revision of this code."""
    if current(db) != NEWEST:
        raise BootRefused("The private database is not at the newest revision. Run `baraza migrate` first.")
