"""What `baraza check` says of things that are no fault, and not done either."""


class Remark(str):
    """A person has to look at it."""

    __slots__ = ()
