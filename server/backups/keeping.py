"""What `baraza backup` does: a copy, the forget lists beside it, and an end to copies that are too old."""

from contextlib import closing
from pathlib import Path

from server import places, policies
from server.backups.parts import COMMUNITY, here
from server.backups.writing import backup
from server.clock import SystemClock
from server.desk_work import room
from server.errors import BootRefused
from server.forgetting import lists
from server.pruning import prune
from server.settings import Settings


def kept(chosen: Settings, folder: Path | None) -> list[str]:
    """Write the copy; gives the lines to print. Raises BootRefused."""
    folder = folder or chosen.backup_dir
    if folder is None:
        raise BootRefused("Name a folder for the copy, or set BARAZA_BACKUP_DIR.")
    now = SystemClock().now()
    path = backup(chosen, folder, at=now)
    days = policies.load(places.policies(chosen.data_dir)).retention.backups_days
    parts = [part.name for part in here(chosen)]
    for part in here(chosen):
        if part.name == COMMUNITY:
            with closing(part.database()) as db:
                lists.write_community(chosen, db, at=now, folders=[folder])
        else:
            with room(chosen.data_dir) as work:
                work.forgetting.refresh()
                work.forgetting.copied_to(folder)
    gone = prune(folder, days=days, today=now.date())
    return [
        f"Written: {path} ({' and '.join(parts)}). Two recovery officers open it together.",
        f"The forget lists beside it say what must not return. {gone} copies older than {days} days are gone.",
    ]
