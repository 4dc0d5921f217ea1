"""A hall as its pages show it, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.database import Transaction
from server.townhall.halls import queries, words
from server.townhall.halls.queries import HallRow, SessionRow
from server.townhall.halls.states import SessionState
from server.townhall.halls.words import Said, Words


@dataclass(frozen=True, slots=True)
class SessionView:
    """An item of the agenda, named in the reader's language."""

    id: UUID
    key: int
    kind: str
    state: str
    minutes: int
    title: Said


@dataclass(frozen=True, slots=True)
class HallView:
    """A hall, named in the reader's language."""

    code: str
    state: str
    risk: str
    rehearsal: bool
    premoderated: bool
    slow_seconds: int
    title: Said
    purpose: Said
    languages: Sequence[str]
    link: str
    sign_video: str
    agenda: Sequence[SessionView]

    @property
    def now(self) -> SessionView | None:
        """What is on just now."""
        return next((item for item in self.agenda if item.state == SessionState.ON), None)


def hall_view(tx: Transaction, hall: HallRow, language: str) -> HallView:
    """The hall with its agenda."""
    written = words.words_of(tx, hall.id, hall.base_language)
    agenda = [session_view(written, row, language) for row in queries.sessions_of(tx, hall.id)]
    return HallView(
        code=hall.code,
        state=hall.state,
        risk=hall.risk,
        rehearsal=hall.rehearsal,
        premoderated=hall.premoderated,
        slow_seconds=hall.slow_seconds,
        title=written.said(language, words.HALL, 0, "title"),
        purpose=written.said(language, words.HALL, 0, "purpose"),
        languages=hall.languages,
        link=hall.link,
        sign_video=hall.sign_video,
        agenda=agenda,
    )


def session_view(written: Words, row: SessionRow, language: str) -> SessionView:
    """One item of the agenda."""
    title = written.said(language, words.SESSION, row.id, "title")
    return SessionView(row.public_id, row.id, row.kind, row.state, row.minutes, title)
