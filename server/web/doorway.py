"""What the community and the private room agree on at the door between them: addresses, cookies, two headers."""

ROOM_PATHS = ("/help", "/desk")
ROOM_FOLDER = "/desk/"
ROOM_COOKIES = frozenset({"room", "__Host-room", "desk", "__Host-desk"})
"""The community never sees them, and the room sees no others."""
SCHEME_HEADER, BUCKET_HEADER = "x-room-scheme", "x-room-bucket"
"""Set by the handover; from outside they never come through."""


def leads_to_the_room(path: str) -> bool:
    """Whether an address belongs to the private room."""
    return path in ROOM_PATHS or path.startswith(ROOM_FOLDER)


def named(cookie: bytes) -> str:
    """The name of one cookie of a header, or of one that is set."""
    return cookie.partition(b";")[0].partition(b"=")[0].strip().decode("latin-1")


def cookies_kept(header: bytes, *, of_the_room: bool) -> bytes:
    """A cookie header with the room's cookies only, or without them; empty when none is left."""
    parts = [part for part in header.split(b";") if part.strip() and (named(part) in ROOM_COOKIES) is of_the_room]
    return b";".join(parts).strip()
