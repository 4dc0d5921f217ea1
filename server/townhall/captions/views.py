"""Captions as readers, writers and files get them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.database import Transaction
from server.errors import Sentence, say
from server.townhall.captions import queries, rules
from server.townhall.captions.exporting import Piece
from server.townhall.captions.models import Origin
from server.townhall.captions.queries import SegmentRow
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallRow, SessionRow
from server.townhall.halls.states import Act, SessionState
from server.web.words import language_dir

LAST_LINES = 4
BESIDE = 8
"""Segments of the hall's own language that an interpreter sees beside."""
ORIGINS: dict[Origin, Sentence] = {
    Origin.CAPTIONER: say("written by a captioner"),
    Origin.INTERPRETER: say("written by an interpreter"),
    Origin.MACHINE: say("written by a machine, not checked"),
}


@dataclass(frozen=True, slots=True)
class LineView:
    """A segment as a page shows it; `session` and `number` name it."""

    session: UUID
    number: int
    text: str
    machine: bool

    @property
    def id(self) -> str:
        """Its name on a page."""
        return f"c-{self.session.hex}-{self.number}"


@dataclass(frozen=True, slots=True)
class StreamView:
    """The captions in one language."""

    language: str
    lines: Sequence[LineView]
    origins: Sequence[Sentence]

    @property
    def dir(self) -> str:
        """The direction in which they are read."""
        return language_dir(self.language)


def current(tx: Transaction, hall_id: int) -> SessionRow | None:
    """The item that captions are written for: the one that is on, else the last that began."""
    agenda = halls.sessions_of(tx, hall_id)
    on = [item for item in agenda if item.state == SessionState.ON]
    begun = sorted((item for item in agenda if item.began_at is not None), key=lambda item: (item.began_at, item.id))
    return on[0] if on else begun[-1] if begun else None


def last_lines(tx: Transaction, hall: HallRow, language: str, most: int = LAST_LINES) -> StreamView:
    """What was said last; nothing while the hall is stopped."""
    session = current(tx, hall.id) if hall.allows(Act.READ) else None
    rows = queries.last_segments(tx, session.id, language, most) if session else []
    return _shown(tx, hall, language, rows)


def line_named(tx: Transaction, hall: HallRow, language: str, target: str) -> LineView | None:
    """The segment that an event names, as it stands now; one that was taken out has no text."""
    session, _, number = target.partition("/")
    found = next((item for item in halls.sessions_of(tx, hall.id) if item.public_id.hex == session), None)
    row = queries.segment_by_number(tx, found.id, language, int(number)) if found and number.isdecimal() else None
    if found is None or row is None:
        return None
    return LineView(found.public_id, row.number, row.text, row.origin == Origin.MACHINE)


def transcript(tx: Transaction, hall: HallRow, language: str) -> StreamView:
    """Everything that was said; nothing while the hall is stopped."""
    return _shown(tx, hall, language, _ordered(tx, hall, language))


def pieces(tx: Transaction, hall: HallRow, language: str) -> Sequence[Piece]:
    """The same for a file: times since the first item of the agenda began."""
    began = {item.id: item.began_at for item in halls.sessions_of(tx, hall.id) if item.began_at is not None}
    first = min(began.values(), default=None)
    found: list[Piece] = []
    for row in _ordered(tx, hall, language):
        start = began.get(row.session_id)
        offset = int((start - first).total_seconds() * 1_000) if start is not None and first is not None else 0
        by_machine = row.origin == Origin.MACHINE
        found.append(Piece(offset + row.from_ms, offset + row.to_ms, row.text, by_machine))
    return found


def own_lines(tx: Transaction, hall: HallRow, session: SessionRow, language: str, writer: int) -> Sequence[LineView]:
    """The segments that their writer can still change, the newest first."""
    if not hall.allows(Act.PRESENT):
        return []
    rows = rules.mendable(tx, session.id, language, writer)
    return [LineView(session.public_id, row.number, row.text, row.origin == Origin.MACHINE) for row in rows][::-1]


def _ordered(tx: Transaction, hall: HallRow, language: str) -> Sequence[SegmentRow]:
    if not hall.allows(Act.READ):
        return []
    agenda = halls.sessions_of(tx, hall.id)
    begun = sorted((item for item in agenda if item.began_at is not None), key=lambda item: (item.began_at, item.id))
    order = {item.id: place for place, item in enumerate(begun)}
    rows = queries.stream(tx, hall.id, language)
    return sorted(rows, key=lambda row: (order.get(row.session_id, len(order)), row.number))


def _shown(tx: Transaction, hall: HallRow, language: str, rows: Sequence[SegmentRow]) -> StreamView:
    named = {item.id: item.public_id for item in halls.sessions_of(tx, hall.id)}
    lines = [
        LineView(named[row.session_id], row.number, row.text, row.origin == Origin.MACHINE) for row in rows if row.text
    ]
    origins = [ORIGINS[origin] for origin in Origin if any(row.origin == origin for row in rows)]
    return StreamView(language, lines, origins)
