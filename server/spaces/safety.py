"""Levels of safety: few, in plain words, each a setting of who may read, who may join, and who reads first."""

from enum import StrEnum

from server.spaces.models import Access, Joining


class Safety(StrEnum):
    """How closed a space is, the most open first."""

    OPEN = "open"
    MEMBERS = "members"
    CIRCLE = "circle"
    GUARDED = "guarded"

    def is_more_open_than(self, other: "Safety") -> bool:
        """Whether words that were safe before could be read by more people, or sooner."""
        levels = list(Safety)
        return levels.index(self) < levels.index(other)


SETTINGS: dict[Safety, tuple[Access, Joining, bool]] = {
    Safety.OPEN: (Access.OPEN, Joining.OPEN, False),
    Safety.MEMBERS: (Access.MEMBERS, Joining.OPEN, False),
    Safety.CIRCLE: (Access.MEMBERS, Joining.INVITATION, False),
    Safety.GUARDED: (Access.MEMBERS, Joining.INVITATION, True),
}
"""Who may read, who may join, and whether a person reads every message first."""


def safety_of(access: str, joining: str, *, premoderated: bool) -> Safety:
    """The level that a space has, also one that was set up by hand in a mixture."""
    if premoderated:
        return Safety.GUARDED
    if access == Access.OPEN:
        return Safety.OPEN
    return Safety.MEMBERS if joining == Joining.OPEN else Safety.CIRCLE
