"""What the private room needs before it can open: folder, keys, database."""

from server.private import database, keys
from server.private.migrations import history
from server.private.work import OFFICERS
from server.settings import Settings


def make_ready(settings: Settings) -> None:
    """Make what is missing, and bring the database to the newest revision.

    Raises BootRefused when there are cases and no keys: new keys would open none of them.
    """
    settings.private_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (settings.private_dir / OFFICERS).mkdir(mode=0o700, exist_ok=True)
    db = database.opened(settings.private_database)
    try:
        begun = history.current(db) is not None
        if not begun:
            keys.create(settings.private_dir, pepper_file=settings.pepper_file)
        keys.load(settings.private_dir, pepper_file=settings.pepper_file)
        history.upgrade(db)
    finally:
        db.close()
