"""What `baraza check` looks at for the private room: keys, database, and where plaintext could leave the memory."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import text

from server import privacy
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Trust
from server.crypto.sealed.shredding import ShredKeys
from server.database import Database
from server.errors import BootRefused
from server.private import database, desks, keys, shutters
from server.private.migrations import history
from server.private.vault import Vault
from server.private.wholeness import Wholeness, told
from server.private.work import OFFICERS, SHRED_FILE
from server.remarks import Remark
from server.settings import Settings

FILING_SECONDS = 1.0
"""So long at most lie between a case's row and its key."""
Look = tuple[str, Callable[[], str]]
LOGGING: Mapping[str, Sequence[str]] = {
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_parameter_max_length_on_error": ("0",),
    "log_error_verbosity": ("terse",),
}
"""PostgreSQL's settings under which no value of a row reaches its log."""


def looks(chosen: Settings, policies: Path, *, here: bool) -> list[Look]:
    """What to look at, and how; each look gives a sentence or raises BootRefused with one.

    `here`: whether the room's folder is this user's own.
    """
    outside: list[Look] = [("private room: swap", swap), ("private room: core dumps", core_dumps)]
    socket = chosen.private_socket
    reached: list[Look] = [] if socket is None else [("private room", lambda: _socket(socket))]
    if not here:
        return [*reached, *outside]
    return [
        *reached,
        ("private room: keys", lambda: _keys(chosen)),
        ("private room: database", lambda: _database(chosen, policies)),
        ("private room: desks", lambda: _desks(chosen, policies)),
        ("private room: cases", lambda: _cases(chosen)),
        ("private room: disk", lambda: disk(chosen.private_dir)),
        *outside,
    ]


def _socket(path: Path) -> str:
    if not path.is_socket():
        raise BootRefused(f"Nobody listens at {path}. Start `baraza private` as the room's own user.")
    return f"another user's process, at {path}"


def _keys(chosen: Settings) -> str:
    found = keys.load(chosen.private_dir, pepper_file=chosen.pepper_file)
    return f"edition {found.newest.edition}, readable by their owner only"


def _desks(chosen: Settings, policies: Path) -> str:
    """What `reporting.toml` says, and who trusts whom. What is not yet done is told; what is broken is refused."""
    reporting = desks.load(policies)
    try:
        officers = len(Trust.load(chosen.private_dir / OFFICERS).officers)
    except Damaged:
        raise BootRefused(f"A file in {chosen.private_dir / OFFICERS} is no public file of an officer.") from None
    confirmed = (
        f"confirmed by {reporting.confirmed_by}" if reporting.confirmed else "NOT CONFIRMED, no date is promised"
    )
    languages = ", ".join(reporting.languages) or "NONE SIGNED, nothing can be written"
    told = f"deadlines {confirmed}; languages: {languages}; {officers} recovery officers. See also: baraza desk people"
    return told if reporting.confirmed and reporting.languages and officers else Remark(told)


def _database(chosen: Settings, policies: Path) -> str:
    db = database.existing(chosen.private_database)
    try:
        history.check(db)
        privacy.check(privacy.load_map(policies, privacy.PRIVATE_FILE_NAME), db.engine)
        telling = [] if db.is_sqlite else _telling(db)
    finally:
        db.close()
    if telling:
        raise BootRefused(f"The database server may write values into its log: {', '.join(telling)}.")
    return f"at {history.NEWEST}; every column has a purpose and a lifetime"


def _cases(chosen: Settings) -> str:
    """Whether each case has its row and its key. What is filed just now has its row first: faults are looked at twice.

    Raises BootRefused, without a number: how many cases there are is nobody's business.
    """
    db = database.existing(chosen.private_database)
    pepper = keys.load(chosen.private_dir, pepper_file=chosen.pepper_file).newest.pepper
    try:
        wholeness = Wholeness(db, Vault(pepper, ShredKeys(chosen.private_dir / SHRED_FILE)))
        found = told(wholeness)
        if found:
            time.sleep(FILING_SECONDS)
            found = told(wholeness)
    finally:
        db.close()
    if found:
        raise BootRefused(f"Something is not whole: {found}. Tell a recovery officer, then see: baraza desk settle")
    return "each has its row and its key"


def _telling(db: Database) -> list[str]:
    """The settings of the database server that let values into its log."""
    with db.engine.connect() as connection:
        rows = connection.execute(
            text("select name, setting from pg_settings where name = any(:names)"), {"names": list(LOGGING)}
        )
        return [f"{name} is {value}" for name, value in sorted(rows.all()) if value not in LOGGING[name]]


def disk(folder: Path) -> str:
    """Whether the disk is encrypted, as far as one can see from here."""
    device = folder.stat().st_dev if folder.exists() else 0
    name = Path(f"/sys/dev/block/{device >> 8 & 0xFFF}:{device & 0xFF}/dm/uuid")
    if name.is_file() and name.read_text("ascii", "replace").startswith("CRYPT-"):
        return "encrypted"
    return Remark("make sure that it is encrypted: this cannot be seen from here")


def swap(listing: Path = Path("/proc/swaps"), *, lockable: Callable[[], bool] = shutters.may_lock_memory) -> str:
    """Whether memory could be written to a disk. Raises BootRefused when it could."""
    used = listing.read_text("utf-8").splitlines()[1:] if listing.is_file() else []
    open_ones = [line.split()[0] for line in used if line.split() and not line.startswith(("/dev/zram", "/dev/dm-"))]
    if not open_ones:
        return "none that is not encrypted"
    if lockable():
        return "on, and the room's memory is locked against it"
    raise BootRefused(
        f"Memory can be written to {', '.join(open_ones)}. Encrypt or end the swap, or let the room lock its memory "
        "(LimitMEMLOCK=infinity)."
    )


def core_dumps(pattern: Path = Path("/proc/sys/kernel/core_pattern")) -> str:
    """Where a dying process would be written to; the room itself never is."""
    goes = pattern.read_text("utf-8").strip() if pattern.is_file() else ""
    return "the room writes none" + (f"; other processes' go to {goes}" if goes else "")
