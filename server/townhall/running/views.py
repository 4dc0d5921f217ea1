"""The console as each of the team sees it: nobody is shown what is not theirs to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from moderation.private_data import hidden
from server.database import Transaction
from server.errors import Sentence
from server.permissions import Permission, Role
from server.townhall.asking import queries, views
from server.townhall.asking.models import QuestionState, Source
from server.townhall.asking.queries import QuestionRow, Worded
from server.townhall.asking.views import SOURCES, QuestionView
from server.townhall.halls import backstage, team, words
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallFound, HallRow
from server.townhall.halls.states import SessionState
from server.townhall.halls.words import Said
from server.townhall.polling import queries as polling
from server.townhall.running.words import act_words, label_words
from server.web.visit import Visit
from server.web.words import read_in, reading, zone

WAITING_SHOWN = 25
START_OF_WORDS = 70


@dataclass(frozen=True, slots=True)
class WaitingView:
    """A question that waits. Of an urgent one, whoever is not trained sees that it is there, and no word of it."""

    id: UUID
    version: int
    urgent: bool
    closed: bool
    words: Sequence[Worded]
    masked: str
    found: bool
    source: Sentence | None
    people: int
    poll: Said | None
    left_over: bool
    minutes: int
    kept_by: str
    """"own" or "colleague" while it is claimed."""


@dataclass(frozen=True, slots=True)
class ReadableView:
    """A question that everybody can read, with the version that a form must carry."""

    shown: QuestionView
    version: int


@dataclass(frozen=True, slots=True)
class NoteView:
    """A message of the team."""

    id: UUID
    label: Sentence
    text: str
    urgent: bool
    written_at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the log, in words."""

    label: Sentence
    act: Sentence
    at: datetime


@dataclass(frozen=True, slots=True)
class Timer:
    """How long the item that is on has taken, and how long it may; 0 where nobody said."""

    gone: int
    minutes: int

    @property
    def over(self) -> int:
        """By how many minutes it is too long; 0 while it is not, or where nobody said."""
        return max(0, self.gone - self.minutes) if self.minutes else 0


@dataclass(frozen=True, slots=True)
class Part:
    """What the viewer does in the hall."""

    runs: bool
    moderates: bool
    looks_after: bool
    holds: bool
    trained: bool
    signed: bool


def part_of(visit: Visit, found: HallFound) -> Part:
    """What this viewer may do, and whether they have signed the code of conduct."""
    viewer, place = visit.viewer, found.place
    return Part(
        runs=viewer.may(Permission.RUN_HALL, place),
        moderates=viewer.may(Permission.MODERATE_HALL, place),
        looks_after=viewer.may(Permission.DECIDE_IN_HALL, place),
        holds=viewer.may(Permission.HOLD_HALL, place),
        trained=viewer.is_trained(found.hall.space_id),
        signed=_signed(visit.snapshot, found.hall, viewer.member_id),
    )


def _signed(tx: Transaction, hall: HallRow, member_id: int | None) -> bool:
    labels = [
        f"{row.role} {row.number}"
        for row in team.team_of(tx, hall.id)
        if row.member_id == member_id and row.role in (Role.MODERATOR, Role.PROTECTION)
    ]
    return any(backstage.has_signed(tx, hall.id, label) for label in labels)


def waiting(visit: Visit, found: HallFound, part: Part, rows: Sequence[QuestionRow]) -> Sequence[WaitingView]:
    """The queue: whoever is trained and no moderator sees what is urgent alone."""
    tx, mine = visit.snapshot, visit.viewer.member_id
    shown = [row for row in rows if part.moderates or (row.urgent and part.trained)][:WAITING_SHOWN]
    open_keys = [row.id for row in shown if part.trained or not row.urgent]
    texts = queries.words_of(tx, open_keys)
    titles = _polls(tx, found.hall, shown)
    return [_waiting(visit, row, texts.get(row.id), titles, mine) for row in shown]


def _waiting(
    visit: Visit, row: QuestionRow, texts: Sequence[Worded] | None, titles: Mapping[int, Said], mine: int | None
) -> WaitingView:
    original = next((entry.text for entry in texts or () if entry.kind == queries.ORIGINAL), "")
    spans = visit.services.details(original) if original else ()
    kept = row.claimed_until is not None and row.claimed_until > visit.now
    return WaitingView(
        id=row.public_id,
        version=row.version,
        urgent=row.urgent,
        closed=texts is None,
        words=texts or (),
        masked=hidden(original, spans) if spans else original,
        found=bool(spans),
        source=SOURCES.get(Source(row.source)),
        people=row.people,
        poll=titles.get(row.poll_id or 0),
        left_over=row.state == QuestionState.LEFT_OVER,
        minutes=int((visit.now - row.asked_at).total_seconds() // 60),
        kept_by="" if not kept else "own" if row.claimed_by == mine else "colleague",
    )


def _polls(tx: Transaction, hall: HallRow, rows: Sequence[QuestionRow]) -> Mapping[int, Said]:
    """What the answers in own words among them answer."""
    if not any(row.poll_id for row in rows):
        return {}
    written = words.words_of(tx, hall.id, hall.base_language)
    polls = polling.polls_of(tx, hall.id)
    return {poll.id: written.said(hall.base_language, words.POLL, poll.id, "title") for poll in polls}


def readable(tx: Transaction, hall: HallRow, language: str) -> Sequence[ReadableView]:
    """What everybody reads."""
    rows = queries.public_questions(tx, hall.id)
    versions = {row.public_id: row.version for row in rows}
    return [ReadableView(view, versions[view.id]) for view in views.question_views(tx, rows, language)]


def in_halls_time(visit: Visit, hall: HallRow) -> None:
    """Times on the page are those of the place where the hall is."""
    there = zone(hall.timezone)
    read_in(replace(reading(), zone=there, today=visit.now.astimezone(there).date()))


def start_of(text: str) -> str:
    """The first words, for a list to choose from."""
    line = " ".join(text.split())
    return line if len(line) <= START_OF_WORDS else line[:START_OF_WORDS].rstrip() + "…"


def notes(tx: Transaction, hall: HallRow) -> Sequence[NoteView]:
    """The team's messages."""
    return [
        NoteView(row.public_id, label_words(row.label), row.text, row.urgent, row.written_at, row.read_at is not None)
        for row in backstage.notes_of(tx, hall.id)
    ]


def lines(tx: Transaction, hall: HallRow) -> Sequence[LineView]:
    """The log."""
    found = backstage.lines_of(tx, hall.id)
    return [LineView(label_words(row.label), act_words(row.act), row.done_at) for row in found]


def timer(tx: Transaction, hall: HallRow, at: datetime) -> Timer | None:
    """How long the item that is on has taken."""
    now = next((item for item in halls.sessions_of(tx, hall.id) if item.state == SessionState.ON), None)
    if now is None or now.began_at is None:
        return None
    return Timer(int((at - now.began_at).total_seconds() // 60), now.minutes)


def about_there(tx: Transaction, hall: HallRow) -> int:
    """How many seats there are, in tens: one more or one less is nobody's to see."""
    return in_tens(halls.seats_in(tx, hall.id))


def in_tens(count: int) -> int:
    """In tens, downwards."""
    return count // 10 * 10
