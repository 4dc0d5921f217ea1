"""Shred keys: one key for each case, in one small file. Whoever forgets the key has erased the case, everywhere.

The file is written anew at each change, and what lay there before is overwritten. That helps on plain disks; on flash
and on file systems that keep old blocks, the encryption of the whole disk must cover the rest.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from server.crypto.sealed.boxes import KEY_BYTES, Damaged, new_key, whole

_NAME_BYTES = 16
RECORD_BYTES = _NAME_BYTES + KEY_BYTES


class Disk:
    """The few acts between which a power failure can come. Tests hand in one that stops."""

    def __init__(self, *, sync: Callable[[int], None] = os.fsync) -> None:
        self._sync = sync

    def write(self, path: Path, content: bytes) -> None:
        """A new file for its owner only, on the disk when this returns."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            self._sync(file.fileno())

    def overwrite(self, path: Path) -> None:
        """Random bytes in place of what lies in a file."""
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            self._sync(file.fileno())

    def link(self, path: Path, other: Path) -> None:
        """A second name for a file."""
        os.link(path, other)

    def replace(self, path: Path, other: Path) -> None:
        """One file in the place of another, at once."""
        path.replace(other)

    def remove(self, path: Path) -> None:
        """One name less."""
        path.unlink()

    def wipe(self, path: Path) -> None:
        """Random bytes in place of a file, and then it is gone; if it is there."""
        if path.exists():
            self.overwrite(path)
            self.remove(path)
            self.settle(path.parent)

    def settle(self, folder: Path) -> None:
        """The names in a folder are on the disk when this returns."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            self._sync(handle)
        finally:
            os.close(handle)


class ShredKeys:
    """The keys of all cases that are not erased. Safe among threads and processes of one machine."""

    def __init__(self, path: Path, *, disk: Disk | None = None) -> None:
        self.folder = path.parent
        self._path = path
        self._new = path.with_name(path.name + ".new")
        self._old = path.with_name(path.name + ".old")
        self._disk = disk or Disk()
        self._seen: tuple[tuple[int, int, int], dict[UUID, bytes]] | None = None
        if path.parent.is_dir():
            with self._alone():  # an end to what a crash left lying about, before anything else
                pass

    def key(self, case: UUID) -> bytes | None:
        """The case's key; None once it is forgotten. Raises Damaged.

        The file is read again only when it is another: a work list asks for the keys of ten thousand cases.
        """
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        edition = (found.st_ino, found.st_mtime_ns, found.st_size)
        read = self._seen
        if read is None or read[0] != edition:
            read = self._seen = (edition, self.keys())
        return read[1].get(case)

    def keys(self) -> dict[UUID, bytes]:
        """Every case's key, for lists: the file is read once. Raises Damaged."""
        raw = self.content()
        records = (raw[at : at + RECORD_BYTES] for at in range(0, len(raw), RECORD_BYTES))
        return {UUID(bytes=record[:_NAME_BYTES]): record[_NAME_BYTES:] for record in records}

    def add(self, case: UUID, key: bytes | None = None) -> bytes:
        """A key for a new case, this one or a new one; a case that has one keeps it. Raises Damaged."""
        with self._alone():
            keys = self.keys()
            if case not in keys:
                keys[case] = new_key() if key is None else whole(key)
                self._write(keys)
            return keys[case]

    def add_many(self, cases: Iterable[UUID]) -> None:
        """Keys for many new cases in one writing. Raises Damaged."""
        with self._alone():
            keys = self.keys()
            self._write({**{case: new_key() for case in cases}, **keys})

    def forget(self, *cases: UUID) -> None:
        """Erase these cases for ever. Raises Damaged."""
        with self._alone():
            keys = self.keys()
            left = {case: key for case, key in keys.items() if case not in cases}
            if len(left) < len(keys):
                self._write(left)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """One writer at a time, among threads too, because each opens the folder for itself."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._sweep()
            yield
        finally:
            os.close(folder)

    def _sweep(self) -> None:
        self._disk.wipe(self._new)
        if not self._old.exists():
            return
        if self._path.samefile(self._old):  # the crash came before the new file took the place: it is the only one
            self._disk.remove(self._old)
        else:
            self._disk.wipe(self._old)

    def _write(self, keys: dict[UUID, bytes]) -> None:
        records = [case.bytes + key for case, key in keys.items()]
        secrets.SystemRandom().shuffle(records)  # a record's place must not tell when its case came
        self._disk.write(self._new, b"".join(records))
        with suppress(FileNotFoundError):  # the first time there is nothing to be forgotten
            self._disk.link(self._path, self._old)
        self._disk.replace(self._new, self._path)
        self._disk.settle(self._path.parent)  # or a power failure could bring back the name of what is wiped next
        self._disk.wipe(self._old)

    def content(self) -> bytes:
        """The whole file, for a sealed copy. Raises Damaged."""
        raw = self._read()
        if len(raw) % RECORD_BYTES:
            raise Damaged
        return raw

    def _read(self) -> bytes:
        while True:
            try:
                with self._path.open("rb") as file:
                    raw = file.read()
                    # A writer may have taken the file away while it was read, and be wiping it already.
                    if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                        return raw
            except FileNotFoundError:
                return b""
