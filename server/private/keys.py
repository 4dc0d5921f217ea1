"""The private room's own keys: the PEPPER and the salt of this deployment, in files apart from everything else.

Nothing that is stored can be computed without the PEPPER, so it lies outside the database and its backups. The
files carry the number of their edition: a newer pair is put beside the older one, which still opens older cases.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.errors import BootRefused

PEPPER_BYTES = 32
SALT_BYTES = 16
_NAME = re.compile(r"^(pepper|salt)-([1-9][0-9]{0,3})\.key$")
_BYTES: Mapping[str, int] = {"pepper": PEPPER_BYTES, "salt": SALT_BYTES}


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """One edition of PEPPER and salt."""

    edition: int
    pepper: bytes
    salt: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Every edition there is. New cases use the newest."""

    editions: Mapping[int, Secrets]

    @property
    def newest(self) -> Secrets:
        """The edition that is in use."""
        return self.editions[max(self.editions)]


def folder_of(private_dir: Path) -> Path:
    """Where the keys lie."""
    return private_dir / "keys"


def create(private_dir: Path, *, pepper_file: Path | None = None) -> None:
    """Make the first edition, readable by its owner only. What exists is never overwritten."""
    private_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder_of(private_dir)
    folder.mkdir(mode=0o700, exist_ok=True)
    _make(pepper_file or folder / "pepper-1.key", PEPPER_BYTES)
    _make(folder / "salt-1.key", SALT_BYTES)


def load(private_dir: Path, *, pepper_file: Path | None = None) -> Keys:
    """Read the keys. `pepper_file`: where the newest PEPPER lies, if not beside the salt.

    Raises BootRefused when one is missing, damaged, or readable by others.
    """
    folder = folder_of(private_dir)
    found: dict[str, dict[int, Path]] = {"pepper": {}, "salt": {}}
    if folder.is_dir():
        _closed(folder)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if named := _NAME.match(path.name):
            found[named[1]][int(named[2])] = path
    if pepper_file is not None:
        found["pepper"][max(found["salt"], default=1)] = pepper_file
    peppers, salts = found["pepper"], found["salt"]
    if not salts or not peppers:
        raise BootRefused(f"There is no key of the private room in {folder}. Run `baraza migrate` first.")
    if salts.keys() != peppers.keys():
        raise BootRefused(f"In {folder} every edition needs both a pepper and a salt.")
    return Keys({n: Secrets(n, _read(peppers[n], "pepper"), _read(salts[n], "salt")) for n in sorted(salts)})


def _make(path: Path, size: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(size))
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, kind: str) -> bytes:
    if not path.is_file():
        raise BootRefused(f"There is no key at {path}.")
    _closed(path)
    raw = path.read_bytes()
    if len(raw) != _BYTES[kind]:
        raise BootRefused(f"{path} is damaged: it must be {_BYTES[kind]} bytes long.")
    return raw


def _closed(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BootRefused(f"{path} is open to others. Run: chmod go= {path}")
