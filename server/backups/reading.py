"""Reads a sealed copy: first line, frames, records. Nothing that comes out is certain before the end has come."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from server.backups import rows
from server.backups.rows import Record
from server.crypto.sealed import copies, streams
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.copies import Head
from server.errors import BootRefused

LONGEST_LINE = 1024 * 1024
NOT_WHOLE = "This file is not a copy of Baraza, or it is damaged. Nothing was changed."


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A copy on the disk, with its first line read."""

    path: Path
    head: Head
    _starts: int

    @classmethod
    def at(cls, path: Path) -> "SealedFile":
        """The copy at this path. Raises BootRefused."""
        try:
            with path.open("rb") as file:
                line = file.readline(LONGEST_LINE)
            return cls(path, copies.read_head(line), len(line))
        except OSError:
            raise BootRefused(f"{path} cannot be read.") from None
        except Damaged:
            raise BootRefused(NOT_WHOLE) from None

    def records(self, key: bytes) -> Generator[Record]:
        """Everything in it. Raises BootRefused, at the latest at the end."""
        label = self.head.label
        try:
            with self.path.open("rb") as file:
                file.seek(self._starts)
                yield from rows.records(streams.decrypted(_frames(file), key, case=label.id, file=label.id))
        except OSError:
            raise BootRefused(f"{self.path} cannot be read.") from None
        except Damaged:
            raise BootRefused(NOT_WHOLE) from None


def _frames(file: BinaryIO) -> Iterator[bytes]:
    size = streams.HEADER_BYTES + streams.BOX_BYTES
    while frame := file.read(size):
        yield frame
        size = streams.BOX_BYTES
