"""Where forget lists lie, and which of them is the newest. The community's is written here, the room's by the room."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from server import whole_files
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.sealed import forget_lists
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.forget_lists import ForgetList, name_of
from server.crypto.sealed.shredding import Disk
from server.database import Database
from server.forgetting.rules import EXPORT, worked_out
from server.settings import Settings

COMMUNITY = "community"
PATTERN = "forgotten-*.list"


def write_community(
    chosen: Settings, db: Database, *, at: datetime, folders: Iterable[Path], export: bytes | None = None
) -> None:
    """Work the community's list out and write it into these folders.

    `export`: what stands for an export that was made just now. The lists of its day know it, so that an import can tell
    them from those of some hours before: an export has no time.
    """
    key = keyring.load(chosen.keys_dir).key(Purpose.COPIES)
    with db.reading() as tx:
        found = worked_out(tx, key, at=at)
    made = frozenset({name_of(key, EXPORT, export)}) if export is not None else frozenset[bytes]()
    for folder in folders:
        path = folder / f"forgotten-{COMMUNITY}.list"
        known = replace(found, standing={**found.standing, EXPORT: made | _exports_of_today(path, key, at)})
        whole_files.laid(path, forget_lists.closed(known, key, part=COMMUNITY))


def _exports_of_today(path: Path, key: bytes, at: datetime) -> frozenset[bytes]:
    """Those that the list knows whose place the new one takes."""
    before = _opened(path, key, COMMUNITY) if path.is_file() else None
    if before is None or before.at.astimezone(UTC).date() != at.astimezone(UTC).date():
        return frozenset()
    return before.standing.get(EXPORT, frozenset())


def newest(key: bytes, part: str, places: Iterable[Path], *, after: datetime) -> ForgetList | None:
    """What the lists of this installation say among these files and folders; None when none is newer than the copy.

    The community's list is worked out whole each time, so the newest says it all; the room's grows line by line, and
    each machine that was laid back has one of its own: what any of them says is gone.
    """
    files = [file for place in places for file in (sorted(place.glob(PATTERN)) if place.is_dir() else [place])]
    found = [one for file in files if (one := _opened(file, key, part)) is not None and one.at >= after]
    if part != COMMUNITY and found:
        return forget_lists.united(found)
    return max(found, key=lambda one: one.at, default=None)


def wiped(path: Path) -> None:
    """Overwritten, and gone."""
    if path.is_file():
        Disk().overwrite(path)
        path.unlink()


def _opened(file: Path, key: bytes, part: str) -> ForgetList | None:
    try:
        return forget_lists.opened(file.read_bytes(), key, part=part)
    except (Damaged, OSError):
        return None
