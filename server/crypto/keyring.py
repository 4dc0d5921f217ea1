"""The installation's keys: one random file, and one derived key for each purpose."""

import hashlib
import os
import secrets
import stat
from enum import StrEnum
from pathlib import Path

from server.errors import BootRefused

KEY_BYTES = 32
FILE_NAME = "server.key"


class Purpose(StrEnum):
    """What a derived key is for; at most 16 bytes, as BLAKE2's personalisation demands."""

    LOGIN_NAMES = "login-names"
    PEPPER = "pepper"
    FORM_TOKENS = "form-tokens"
    SECOND_FACTORS = "second-factors"
    CODES = "codes"
    COPIES = "copies"
    RETENTION = "retention"
    BUS = "bus"


class Keyring:
    """Derives a key for each purpose, so that a leak of one says nothing of another."""

    def __init__(self, root: bytes) -> None:
        if len(root) != KEY_BYTES:
            raise BootRefused("The server key is damaged: it must be 32 bytes long.")
        self._root = root

    def key(self, purpose: Purpose) -> bytes:
        """32 bytes for this purpose only."""
        return hashlib.blake2b(key=self._root, digest_size=KEY_BYTES, person=purpose.value.encode()).digest()


def create(folder: Path) -> None:
    """Make the key file, readable by its owner only. An existing key is never overwritten."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE_NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))


def load(folder: Path) -> Keyring:
    """Read the key. Raises BootRefused when it is missing, damaged, or readable by others."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise BootRefused(f"There is no key in {folder}. Run `baraza init` first.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BootRefused(f"{path} can be read by others. Run: chmod 600 {path}")
    return Keyring(path.read_bytes())
