"""What `baraza model import` leaves behind, and whether it is whole."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from moderation.classifier import Unavailable

ABOUT = "about.json"
NETWORK = "model.onnx"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
FORMAT = 1

MULTILINGUAL = ("en", "fr", "es", "it", "pt", "tr", "ru")
"""The languages that the multilingual model was trained on, and may be asked about."""
ENGLISH = ("en",)


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported model. `precision` is int8, or fp32 where int8 strayed too far.

    `window` is the most tokens it reads at once; `before` and `after` frame them.
    """

    name: str
    precision: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    window: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    padding: int
    checksums: dict[str, str]
    format: int = FORMAT


def digest_of(path: Path) -> str:
    """The sha256 of a file that may be large."""
    with path.open("rb") as held:
        return hashlib.file_digest(held, "sha256").hexdigest()


def written(folder: Path, imported: Imported) -> None:
    """Say in the folder what it holds."""
    (folder / ABOUT).write_text(json.dumps(asdict(imported), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _read(folder: Path) -> Imported:
    held = cast("dict[str, Any]", json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    lists = {key: tuple(held.pop(key)) for key in ("labels", "languages", "before", "after")}
    return Imported(**lists, **held)


def whole(folder: Path) -> Imported:
    """The imported model in the folder. Raises Unavailable when it is missing, of another format or changed."""
    try:
        found = _read(folder)
        same = found.format == FORMAT and all(
            digest_of(folder / name) == checksum for name, checksum in found.checksums.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"The Detoxify folder {folder} cannot be read ({type(error).__name__}).") from error
    if not same or not {NETWORK, TOKENIZER} <= set(found.checksums):
        raise Unavailable(f"The Detoxify folder {folder} was changed since it was imported, or is of another format.")
    return found
