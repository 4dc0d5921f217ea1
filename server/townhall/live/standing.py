"""What stands in a hall, as its channels may tell it: read once, and rendered once for each language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from uuid import UUID

from server.database import Transaction
from server.townhall.asking import queries, views
from server.townhall.asking.models import PUBLIC_STATES, QuestionState, Reason
from server.townhall.asking.queries import QuestionRow, key_for
from server.townhall.captions import views as captions
from server.townhall.captions.views import LineView
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.rules import SEATS_KEY
from server.townhall.halls.states import Act, Channel
from server.townhall.halls.telling import Happened
from server.web.pages import Pages
from server.web.words import read_in, reading

QUESTION, TALLY, GONE, STATE, AGENDA, OWN = "question", "tally", "gone", "state", "agenda", "own"
CAPTION = "caption"
OF_QUESTIONS = frozenset({QUESTION, TALLY, GONE, OWN})
Entry = dict[str, Any]


class Standing:
    """A hall in one snapshot of the database. Only what a channel may tell comes out of it."""

    def __init__(self, tx: Transaction, hall: HallRow, pages: Pages, happened: Sequence[Happened]) -> None:
        self.hall = hall
        self._tx, self._pages = tx, pages
        self._readable = hall.allows(Act.READ)
        targets = {parsed for event in happened if event.kind in OF_QUESTIONS for parsed in _id(event.target)}
        self._rows = queries.questions_by_ids(tx, hall.id, targets)
        self._words: dict[int, list[queries.Worded]] = {}
        self._answers: dict[int, dict[str, str]] = {}
        if self._readable:
            self._read_words([row.id for row in self._rows.values() if _is_public(row)])
        self._rendered: dict[tuple[UUID, str], Entry | None] = {}

    def _read_words(self, keys: Collection[int]) -> None:
        missing = [key for key in keys if key not in self._words]
        if missing:
            found = queries.words_of(self._tx, missing)
            self._words.update({key: found.get(key, []) for key in missing})
            self._answers.update(queries.answers_of(self._tx, missing))

    # What happened ---------------------------------------------------------------------------------------

    def entries(
        self, channel: str, happened: Sequence[Happened], language: str, seat: SeatRow | None = None
    ) -> list[Entry]:
        """What is to be told of these events: each thing once, as it stands now."""
        if channel.startswith(Channel.SEAT + "."):
            return self._own_entries(happened, language, seat)
        found: list[Entry] = []
        tallies: dict[str, int] = {}
        for kind, target in dict.fromkeys((event.kind, event.target) for event in happened):
            if kind == TALLY:
                tallies.update(self._tally(target))
            else:
                found.extend(self._entry(channel, kind, target, language))
        if tallies:
            found.append({"t": TALLY, "d": [list(pair) for pair in tallies.items()]})
        if channel in (Channel.CONSOLE, Channel.DESK) and any(event.kind in OF_QUESTIONS for event in happened):
            found.append({"t": "waiting", "d": self._waiting})
        return found

    def _entry(self, channel: str, kind: str, target: str, language: str) -> list[Entry]:
        if kind in (STATE, AGENDA):
            return [{"t": kind, "d": {"st": str(self.hall.state)} if kind == STATE else {}}]
        if channel in (Channel.CONSOLE, Channel.DESK):  # no words: their pages ask for what each of them may read
            return [{"t": kind, "d": {"id": target}}]
        if not self._readable:
            return []
        if kind == CAPTION:
            return self._caption_entry(channel, target, language)
        if kind in (QUESTION, GONE):
            shown = self._public_entry(target, language)
            return [{"t": QUESTION, "d": shown} if shown else {"t": GONE, "d": {"id": target}}]
        return [{"t": kind, "d": {"id": target}}]

    def _caption_entry(self, channel: str, target: str, language: str) -> list[Entry]:
        line = captions.line_named(self._tx, self.hall, _spoken(channel), target)
        return [] if line is None else [{"t": CAPTION, "d": self._caption(line, language)}]

    def _caption(self, line: LineView, language: str) -> Entry:
        """One line of captions; without words when it was taken out."""
        self._read_in(language)
        html = self._pages.render("townhall/_caption.html", {"line": line}) if line.text else ""
        return {"id": line.id, "of": line.session.hex, "n": line.number, "html": html}

    def _tally(self, target: str) -> dict[str, int]:
        row = self._row(target)
        return {target: row.endorsed} if row is not None and _is_public(row) and self._readable else {}

    def _row(self, target: str) -> QuestionRow | None:
        return next((self._rows[key] for key in _id(target) if key in self._rows), None)

    def _public_entry(self, target: str, language: str) -> Entry | None:
        row = self._row(target)
        return self._question(row, language) if row is not None else None

    def _question(self, row: QuestionRow, language: str) -> Entry | None:
        """One question for readers of this language, with the same words and marks as on the page."""
        if not _is_public(row):
            return None
        key = (row.public_id, language)
        if key not in self._rendered:
            self._rendered[key] = self._made(row, language)
        return self._rendered[key]

    def _made(self, row: QuestionRow, language: str) -> Entry | None:
        view = views.question_view(row, self._words.get(row.id, ()), self._answers.get(row.id, {}), language)
        if view is None:
            return None
        self._read_in(language)
        html = self._pages.render("townhall/_question.html", {"q": view})
        return {"id": str(row.public_id), "n": row.endorsed, "v": row.version, "st": str(row.state), "html": html}

    def _read_in(self, language: str) -> None:
        offered = self._pages.catalogues.offered(language)
        if offered is not None:
            read_in(replace(reading(), language=offered))

    @cached_property
    def _waiting(self) -> int:
        return queries.how_many_wait(self._tx, self.hall.id)

    # One's own -------------------------------------------------------------------------------------------

    @cached_property
    def _key(self) -> bytes | None:
        return halls.key_of(self._tx, self.hall.id, SEATS_KEY)

    def _own_entries(self, happened: Sequence[Happened], language: str, seat: SeatRow | None) -> list[Entry]:
        if seat is None or self._key is None or not self._readable:
            return []
        author = key_for(self._key, "asks", seat.id)
        rows = (self._row(target) for target in dict.fromkeys(event.target for event in happened))
        own = [row for row in rows if row is not None and row.author_key == author]
        return [{"t": OWN, "d": self._told(row, language)} for row in own]

    def _told(self, row: QuestionRow, language: str) -> Entry:
        """What became of an own question; its words stand on the page already."""
        self._read_in(language)
        said = self._pages.catalogues.said
        why = said(views.REASONS[Reason(row.reason)]) if row.reason else ""
        told = said(views.STATES[QuestionState(row.state)])
        return {"id": str(row.public_id), "st": str(row.state), "told": told, "why": why, "note": row.note}

    # Everything ------------------------------------------------------------------------------------------

    def snapshot(self, channel: str, language: str) -> Mapping[str, Any]:
        """All that stands on a channel that many hear."""
        state = {"st": str(self.hall.state)}
        if channel in (Channel.CONSOLE, Channel.DESK):
            return {**state, "waiting": self._waiting}
        if channel.startswith(Channel.CAPTIONS + "."):
            stream = captions.last_lines(self._tx, self.hall, _spoken(channel))
            return {**state, "captions": [self._caption(line, language) for line in stream.lines]}
        if channel not in (Channel.PUBLIC, Channel.STAGE):
            return state
        return {**state, "questions": [entry for row in self._public for entry in self._shown(row, language)]}

    def _shown(self, row: QuestionRow, language: str) -> list[Entry]:
        entry = self._question(row, language)
        return [] if entry is None else [entry]

    @cached_property
    def _public(self) -> Sequence[QuestionRow]:
        if not self._readable:
            return []
        rows = queries.public_questions(self._tx, self.hall.id)
        self._read_words([row.id for row in rows])
        return rows

    def own_snapshots(self, seats: Mapping[str, tuple[SeatRow, str]]) -> dict[str, Mapping[str, Any]]:
        """What became of everything that was asked from these seats, each named by its channel and its language."""
        if self._key is None or not self._readable:
            return {channel: {"own": []} for channel in seats}
        authors = {channel: key_for(self._key, "asks", seat.id) for channel, (seat, _) in seats.items()}
        rows = queries.questions_of_authors(self._tx, self.hall.id, list(authors.values()))
        return {
            channel: {"own": [self._told(row, language) for row in rows.get(authors[channel], ())]}
            for channel, (_, language) in seats.items()
        }


def _is_public(row: QuestionRow) -> bool:
    return row.state in PUBLIC_STATES and row.poll_id is None


def _spoken(channel: str) -> str:
    """The language of a channel of captions."""
    return channel.partition(".")[2]


def _id(target: str) -> list[UUID]:
    try:
        return [UUID(target)]
    except ValueError:
        return []
