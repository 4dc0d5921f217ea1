"""The map of files: every file that the server writes has a reason and an end, or `baraza check` names it."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

from server.errors import BootRefused
from server.policies import Retention

FILE_NAME = "data_map_files.toml"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """Files of one kind: a path inside the data directory, with `*` for any part of one name."""

    path: str
    about: str
    ends: str
    also: Sequence[str] = ()
    """What may stand behind the path, for what lies beside it for a while."""
    lifetime: str = ""
    """The key of retention.toml after which it goes, where there is one."""

    def is_path(self, path: str) -> bool:
        """Whether it explains this path. A folder that ends in `*` explains what lies deeper too."""
        deep = self.path.endswith("/*")
        one = re.escape(self.path.removesuffix("*")).replace(r"\*", "[^/]*") + (".+" if deep else "")
        endings = "|".join(re.escape(ending) for ending in ("", *self.also))
        return re.fullmatch(f"{one}(?:{endings})", path) is not None


def load(folder: Path) -> tuple[KeptFile, ...]:
    """Read the map. Raises BootRefused naming what is wrong."""
    try:
        entries = tomllib.loads((folder / FILE_NAME).read_text("utf-8"))
    except FileNotFoundError:
        raise BootRefused(f"The policy file {FILE_NAME} is missing.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BootRefused(f"The policy file {FILE_NAME} cannot be read: {error}.") from None
    return tuple(_entry(path, value) for path, value in entries.items())


def unexplained(kept: Iterable[KeptFile], paths: Iterable[str]) -> list[str]:
    """The paths that no entry explains."""
    known = list(kept)
    return [path for path in paths if not any(one.is_path(path) for one in known)]


def strays(kept: Iterable[KeptFile], data_dir: Path) -> list[str]:
    """The files in the data directory that no entry explains."""
    found = sorted(path.relative_to(data_dir).as_posix() for path in data_dir.rglob("*") if not path.is_dir())
    return unexplained(kept, found)


def _entry(path: str, value: object) -> KeptFile:
    if not isinstance(value, dict):
        raise BootRefused(f"{FILE_NAME} [{path}] must be a table.")
    entry = cast("dict[str, object]", value)
    also = cast("list[object]", entry.pop("also", []))
    lifetime = entry.pop("lifetime", "")
    if lifetime != "" and lifetime not in {field.name for field in fields(Retention)}:
        raise BootRefused(f"{FILE_NAME} [{path}]: lifetime must be a key of retention.toml.")
    if set(entry) != {"about", "ends"} or not all(isinstance(one, str) and one for one in (*entry.values(), *also)):
        raise BootRefused(f"{FILE_NAME} [{path}] must say what it is about and what ends it, in a sentence each.")
    return KeptFile(path, str(entry["about"]), str(entry["ends"]), tuple(str(one) for one in also), str(lifetime))
