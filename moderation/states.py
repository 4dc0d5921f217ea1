"""The states of a member's text, and the legal moves between them, as one table."""

from enum import StrEnum


class ContentState(StrEnum):
    """Where a text stands. Only PUBLISHED is read by others."""

    DRAFT = "draft"
    HELD = "held"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class Move(StrEnum):
    """What a person or the machine does to a text."""

    HOLD = "hold"
    PUBLISH = "publish"
    RELEASE = "release"
    HIDE = "hide"
    REMOVE = "remove"
    WITHDRAW = "withdraw"
    RESTORE = "restore"
    ERASE = "erase"


class IllegalMove(Exception):
    """The text is not in a state from which this move may be made."""


S, M = ContentState, Move

LEGAL: dict[tuple[ContentState, Move], ContentState] = {
    (S.DRAFT, M.PUBLISH): S.PUBLISHED,
    (S.DRAFT, M.HOLD): S.HELD,
    (S.DRAFT, M.WITHDRAW): S.WITHDRAWN,
    (S.HELD, M.RELEASE): S.PUBLISHED,
    (S.HELD, M.REMOVE): S.REMOVED,
    (S.HELD, M.WITHDRAW): S.WITHDRAWN,
    (S.HELD, M.HOLD): S.HELD,
    (S.PUBLISHED, M.PUBLISH): S.PUBLISHED,
    (S.PUBLISHED, M.HOLD): S.HELD,
    (S.PUBLISHED, M.HIDE): S.HIDDEN,
    (S.PUBLISHED, M.REMOVE): S.REMOVED,
    (S.PUBLISHED, M.WITHDRAW): S.WITHDRAWN,
    (S.HIDDEN, M.RELEASE): S.PUBLISHED,
    (S.HIDDEN, M.REMOVE): S.REMOVED,
    (S.HIDDEN, M.WITHDRAW): S.WITHDRAWN,
    (S.REMOVED, M.RESTORE): S.PUBLISHED,
    (S.REMOVED, M.WITHDRAW): S.WITHDRAWN,
    (S.REMOVED, M.ERASE): S.ERASED,
    (S.WITHDRAWN, M.ERASE): S.ERASED,
}
"""Every move that exists. A pair that is not here is refused: withdrawn text never comes back."""


def moved(state: ContentState, move: Move) -> ContentState:
    """The state after the move. Raises IllegalMove when the table does not allow it."""
    try:
        return LEGAL[(state, move)]
    except KeyError:
        raise IllegalMove(f"{move} is not possible from {state}") from None
