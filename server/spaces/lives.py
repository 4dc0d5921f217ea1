"""How long messages last: a space and an author may only make it shorter, and the shortest counts."""

from collections.abc import Iterable, Sequence

SPACE_DAYS = (7, 30, 90, 180, 365)
AUTHOR_DAYS = (7, 30, 180)
ALL_DAYS = frozenset({*SPACE_DAYS, *AUTHOR_DAYS})
MOST_HELD_DAYS = 90
"""So long at most two stewards can keep something from being forgotten before two must agree again."""


def shortest(*days: int | None) -> int | None:
    """The shortest of what was chosen; None when nobody has chosen anything."""
    return min((one for one in days if one is not None), default=None)


def offered(days: Iterable[int], *, below: int) -> Sequence[int]:
    """What can be chosen where nothing lasts longer than `below`."""
    return [one for one in days if one < below]
