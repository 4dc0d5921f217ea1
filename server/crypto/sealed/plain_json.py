"""JSON in one form only: what is signed has exactly one spelling, and any other is refused."""

import json
from typing import Any, cast

from server.crypto.sealed.boxes import Damaged


def written(content: dict[str, Any]) -> bytes:
    """Sorted keys, no spaces, UTF-8. Raises ValueError for numbers that JSON does not have."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def read(raw: bytes) -> dict[str, Any]:
    """What was written. Raises Damaged for anything that `written` would write otherwise."""
    try:
        content: Any = json.loads(raw.decode("utf-8", "surrogatepass"))
        if isinstance(content, dict) and written(found := cast(dict[str, Any], content)) == raw:
            return found
    except (ValueError, RecursionError):
        pass
    raise Damaged
