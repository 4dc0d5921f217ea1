"""The file that a member takes away: JSON for machines, a page for people, and the pictures. Its name says nothing."""

import io
import json
import zipfile
from collections.abc import Iterable, Sequence

from server.errors import Refused, say
from server.own_data.gathering import Part, Picture

FILE_NAME = "copy.zip"
TOO_LARGE = say("This is too much for one file. Please ask the people who run this place for it.")
_FIXED = (1980, 1, 1, 0, 0, 0)
"""No time of the file system's goes into the file."""


def packed(parts: Sequence[Part], page: str, pictures: Iterable[Picture], *, most_bytes: int) -> bytes:
    """The ZIP. Raises Refused when it would be too large."""
    told = {part.table: {"about": part.about, "columns": part.purposes, "rows": part.rows} for part in parts}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "copy.json", json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "replace"))
        _put(archive, "copy.html", page.encode("utf-8", "replace"))
        for picture in pictures:
            if held.tell() + len(picture.content) > most_bytes:
                raise Refused(TOO_LARGE)
            _put(archive, f"pictures/{picture.name}", picture.content)
    if held.tell() > most_bytes:
        raise Refused(TOO_LARGE)
    return held.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _FIXED)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)
