"""What may stand in the book of decisions: whatever it says is put back into other tables when somebody undoes one."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from moderation.states import ContentState
from server.content import Lane
from server.review.effects import NAMES
from server.review.models import EffectKind
from server.web.text import is_clean

_MOST_BITS = 63


def fits(kind: str, side: Mapping[str, Any], *, before: bool) -> bool:
    """Whether one side of a line of the book has only the columns of its kind, each with a value of that column, and no
    HTML without the text that it is made from."""
    known = NAMES[EffectKind(kind)][0 if before else 1]
    if "html" in side and "text" not in side:
        return False
    return all(name in known and _VALUES[name](value) for name, value in side.items())


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < _MOST_BITS


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    return value is None or _is_number(value)


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


_VALUES: Mapping[str, Callable[[Any], bool]] = {
    "state": lambda value: value in list(ContentState),
    "lane": lambda value: value in list(Lane),
    "was_public": _is_yes_or_no,
    "returned": _is_yes_or_no,
    "closed": _is_yes_or_no,
    "text": _is_text,
    "title": _is_text,
    "quoted": _is_text,
    "html": lambda value: isinstance(value, str) and is_clean(value),
    "edited": _is_moment,
    "words": _is_moment,
    "released": _is_number,
    "released_days": _is_number,
    "slow_minutes": _is_number,
    "weight": _is_number,
    "membership_id": _is_number,
    "due_at": _is_number,
    "public_id": _is_id,
    "message": _is_id,
}
