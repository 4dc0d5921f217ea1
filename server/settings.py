"""The machine's settings: from the environment or `baraza.toml` in the data directory, read once.

An unknown or malformed key stops the boot with the key's name: a typing error must not silently leave
a protection off.
"""

import ipaddress
import os
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from server.errors import BootRefused

PREFIX = "BARAZA_"
FILE_NAME = "baraza.toml"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _argv(value: object) -> object:
    return shlex.split(value) if isinstance(value, str) else value


Hour = Annotated[int, Field(ge=0, le=23)]


class Settings(BaseModel):
    """Every setting there is; each is documented in the README's table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("var")
    database_url: str = ""
    private_database_url: str = ""
    redis_url: str = ""
    private_socket: Path | None = None
    pepper_file: Path | None = None
    public_dir: Path | None = None
    backup_dir: Path | None = None
    notifier_command: Annotated[tuple[str, ...], BeforeValidator(_argv)] = ()
    notifier_hours: Annotated[tuple[Hour, ...], BeforeValidator(_split)] = ()
    neutral_url: str = ""
    public_url: str = ""
    onion_url: str = ""
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_split)] = ()
    classifier: Literal["embedded", "detoxify"] = "embedded"
    detoxify: Path | None = None

    @property
    def database(self) -> str:
        """The address of the community database; an SQLite file in the data directory by default."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'community.sqlite3'}"

    @property
    def private_dir(self) -> Path:
        """What only the private room's process reads."""
        return self.data_dir / "private"

    @property
    def private_database(self) -> str:
        """The address of the private database; an SQLite file of its own by default."""
        return self.private_database_url or f"sqlite:///{self.private_dir.resolve() / 'private.sqlite3'}"

    @property
    def told_dir(self) -> Path:
        """Where the community puts what the private room may read of it: public things only."""
        return self.public_dir or self.data_dir / "public"

    @property
    def detoxify_dir(self) -> Path:
        """What `baraza model import` made; in the data directory unless said otherwise."""
        return self.detoxify or self.data_dir / "detoxify"

    @property
    def keys_dir(self) -> Path:
        """Where the keys lie, readable by the server's user only."""
        return self.data_dir / "keys"


def load(environment: Mapping[str, str] | None = None, *, data_dir: Path | None = None) -> Settings:
    """Read the settings. Raises BootRefused naming the key that is unknown or malformed."""
    environment = os.environ if environment is None else environment
    given: dict[str, Any] = {
        key.removeprefix(PREFIX).lower(): value for key, value in environment.items() if key.startswith(PREFIX)
    }
    if data_dir is not None:
        given["data_dir"] = data_dir
    folder = Path(given.get("data_dir", "var"))
    try:
        return Settings.model_validate({**_from_file(folder / FILE_NAME), **given})
    except ValidationError as error:
        names = ", ".join(PREFIX + "_".join(str(part) for part in e["loc"][:1]).upper() for e in error.errors())
        first = error.errors()[0]
        reason = "is not a setting" if first["type"] == "extra_forbidden" else f"is malformed: {first['msg']}"
        raise BootRefused(f"{names} {reason}.") from None


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BootRefused(f"{path.name} cannot be read: {error}.") from None
