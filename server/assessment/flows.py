"""The drawing of how data flows: from a browser to what is kept. What the stores hold is counted from the maps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from server import promised
from server.kept_files import KeptFile
from server.privacy import DataMap, Sensitivity
from server.promised import Maps

LINE = 15
"""Height of a line of text in a box."""
ROWS_APART = 200
"""Boxes that stand further apart have another row between them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A person's device, a process, a store, or somebody outside."""

    name: str
    kind: str
    x: int
    y: int
    width: int
    height: int
    lines: Sequence[str]

    @property
    def middle(self) -> int:
        """Where its text is centred."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """Data on its way, and what it is."""

    sender: str
    receiver: str
    what: str
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and arrows, and the size of the sheet."""

    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    width: int = 760
    height: int = 640


BROWSER, PROXY, COMMUNITY, ROOM = "Browser", "Reverse proxy", "Community process", "Private room"
COMMUNITY_DATA, PRIVATE_DATA = "Community database", "Private database"
FILES, BACKUPS, NOTIFIER, OFFICERS = "Files", "Backups", "Notifier", "Recovery officers"


def drawing(maps: Maps) -> Drawing:
    """The whole drawing."""
    boxes = [
        Box(BROWSER, "person", 260, 10, 240, 60, ["pages and forms, no script needed", "one cookie while signed in"]),
        Box(PROXY, "process", 260, 120, 240, 60, ["TLS ends here", "no access log"]),
        Box(
            COMMUNITY, "process", 60, 240, 230, 76, ["forum, halls, review, policies", "judges texts here, asks nobody"]
        ),
        Box(ROOM, "process", 470, 240, 230, 76, ["/help and /desk", "own keys, own sessions, no log"]),
        Box(COMMUNITY_DATA, "store", 20, 390, 210, 96, _of_database(maps.community)),
        Box(FILES, "store", 275, 390, 210, 96, _of_files(maps.files)),
        Box(PRIVATE_DATA, "store", 530, 390, 210, 96, _of_database(maps.private)),
        Box(BACKUPS, "store", 275, 540, 210, 76, _of_backups(maps.files)),
        Box(NOTIFIER, "outside", 20, 540, 210, 76, ["a phone on duty", "fixed words, no content"]),
        Box(OFFICERS, "outside", 530, 540, 210, 76, ["on computers of their own", "two of them together"]),
    ]
    return Drawing(boxes, [Arrow(*arrow, _path(boxes, arrow[0], arrow[1])) for arrow in _ARROWS])


_ARROWS: Sequence[tuple[str, str, str]] = (
    (BROWSER, PROXY, "HTTPS: pages, and what people type"),
    (PROXY, COMMUNITY, "the same; the address is shortened, hashed in memory and forgotten within an hour"),
    (COMMUNITY, ROOM, "what comes for /help and /desk, handed on unread through a socket of this machine"),
    (COMMUNITY, COMMUNITY_DATA, "accounts, messages, decisions, halls"),
    (COMMUNITY, FILES, "help contacts as anybody may read them; keys are read"),
    (ROOM, FILES, "shred keys, heads of the trail, numbers of desks in bands"),
    (ROOM, PRIVATE_DATA, "sealed cases and answers"),
    (COMMUNITY, NOTIFIER, "“Please look in.” at fixed hours, whether anything came or not"),
    (COMMUNITY_DATA, BACKUPS, "a copy, sealed to the recovery officers"),
    (PRIVATE_DATA, BACKUPS, "a copy, sealed to the recovery officers"),
    (FILES, BACKUPS, "a copy, sealed to the recovery officers; never the secret of the private room"),
    (BACKUPS, OFFICERS, "opened by two together, when the operator restores"),
)


def _path(boxes: Sequence[Box], sender: str, receiver: str) -> str:
    """A line from the edge of one box to the edge of another: downwards, else sideways; around a row in between."""
    one, other = (next(box for box in boxes if box.name == name) for name in (sender, receiver))
    if other.y - one.y > ROWS_APART:
        return f"M{one.x} {one.y + one.height // 2} H8 V{other.y + other.height // 2} H{other.x - 4}"
    if other.y > one.y + one.height:
        return f"M{_towards(one, other)} {one.y + one.height} L{_towards(other, one)} {other.y - 6}"
    height = one.y + one.height // 2
    if other.x > one.x:
        return f"M{one.x + one.width} {height} H{other.x - 6}"
    return f"M{one.x} {height} H{other.x + other.width + 6}"


def _towards(box: Box, other: Box) -> int:
    """Where a line leaves a box: a little to the side on which the other one stands."""
    step = box.width // 4
    distance = other.middle - box.middle
    return box.middle + (step if distance > step else -step if distance < -step else 0)


def _of_database(data_map: DataMap) -> list[str]:
    columns = promised.columns_of(data_map.tables.values())
    counts = Counter(column.sensitivity for column in columns)
    told = [f"{counts[one]} {one}" for one in Sensitivity if counts[one]]
    halves = [", ".join(told[:2]), ", ".join(told[2:])]
    return [f"{len(data_map.tables)} tables, {len(columns)} columns:", *(half for half in halves if half)]


def _of_files(files: Sequence[KeptFile]) -> list[str]:
    private = sum(one.path.startswith("private/") for one in files)
    copies = sum(one.path.startswith("backups/") for one in files)
    return [f"{len(files) - private - copies} kinds of the community", f"{private} kinds of the private room"]


def _of_backups(files: Sequence[KeptFile]) -> list[str]:
    known = any(one.path.startswith("backups/") for one in files)
    return ["every night, sealed", "end after the days promised" if known else "not in the map of files"]
