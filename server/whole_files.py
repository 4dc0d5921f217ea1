"""Files that are whole at every moment, also when several write them, and nobody's trap.

Where a folder is shared by two system users, whoever got into one of them can lay a link or a pipe in place of a file:
what is written never follows a link, and what is read is a plain file or nothing.
"""

import glob
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

CRASHED_SECONDS = 3600
"""What a writer has not finished after this time, it never will."""


def laid(path: Path, raw: bytes, *, mode: int = 0o600) -> None:
    """In place of what is there, at once: the server and a command may be writing the same file, each all of it.

    Raises OSError when it cannot be written; what was there is there still.
    """
    for left in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        with suppress(FileNotFoundError):  # of another writer, who has come to an end just now
            if time.time() - left.lstat().st_mtime > CRASHED_SECONDS:
                left.unlink()
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fchmod(handle, mode)  # whatever the process's mask is
            os.fsync(handle)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read(path: Path, *, most: int) -> bytes:
    """The first `most` bytes of a plain file. Raises OSError for anything else: a link, a pipe that would never end."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path.name} is no file")
        return file.read(most)
