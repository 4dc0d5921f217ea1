"""Pages of one size: what is short is filled up, so that whoever counts bytes on the line learns little."""

STEP = 8192


def padded(page: bytes, *, step: int = STEP) -> bytes:
    """The page with white space after its end, up to a whole number of steps. An empty one has a step too."""
    return page + b"\n" * (-len(page) % step or (0 if page else step))
