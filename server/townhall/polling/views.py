"""Polls as pages, screens and sockets show them: nothing is in a view that its reader may not see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from server.database import Transaction
from server.errors import Sentence, say
from server.townhall.asking import queries as asking
from server.townhall.asking.queries import Worded, shown_words
from server.townhall.halls import queries as halls
from server.townhall.halls import words
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.rules import VOTES_KEY
from server.townhall.halls.states import Act, Results
from server.townhall.halls.words import Said, Words
from server.townhall.polling import queries
from server.townhall.polling.models import PollKind, PollState
from server.townhall.polling.queries import OptionRow, PollRow, RoomRow

KINDS: Mapping[PollKind, Sentence] = {
    PollKind.SINGLE: say("One thing can be chosen"),
    PollKind.SEVERAL: say("Several things can be chosen"),
    PollKind.SCALE: say("A number from 1 to 5"),
    PollKind.YES_NO: say("Yes, no, or not sure"),
    PollKind.OPEN: say("Answers in own words, which a moderator reads first"),
}
RESULTS: Mapping[Results, Sentence] = {
    Results.OPENLY: say("Everybody sees the numbers at once"),
    Results.AFTER_VOTING: say("Whoever has answered sees the numbers"),
    Results.AFTER_CLOSING: say("The numbers are shown when the poll is closed"),
}
POLL_STATES: Mapping[PollState, Sentence] = {
    PollState.PREPARED: say("prepared"),
    PollState.OPEN: say("takes answers"),
    PollState.CLOSED: say("closed"),
}
YES_NO_UNSURE = (say("Yes"), say("No"), say("Not sure"))


@dataclass(frozen=True, slots=True)
class OptionView:
    """Something that can be chosen. `count` is None where it must not be told; `share` is out of a hundred."""

    position: int
    words: Said | None
    fixed: Sentence | None
    chosen: bool
    count: int | None
    share: int
    room: int


@dataclass(frozen=True, slots=True)
class HandsView:
    """Hands that one helper counted, and whether another has confirmed them."""

    label: str
    confirmed_by: str
    counts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll for one reader. Without `results` no option carries a number."""

    id: UUID
    kind: str
    state: str
    title: Said
    policy: Sentence
    later: str
    sensitive: bool
    on_stage: bool
    version: int
    options: Sequence[OptionView]
    answers: Sequence[Worded]
    answered: bool
    results: bool
    voters: int | None
    few: int = 0
    hands: Sequence[HandsView] = field(default_factory=list[HandsView])


@dataclass(frozen=True, slots=True)
class _Read:
    """All that was read for the polls of one page."""

    written: Words
    options: Mapping[int, Sequence[OptionRow]]
    rooms: Sequence[RoomRow]
    chosen: Mapping[int, Sequence[int]]
    answers: Mapping[int, Sequence[Worded]]


def poll_views(
    tx: Transaction, hall: HallRow, language: str, *, least: int, seat: SeatRow | None = None
) -> list[PollView]:
    """The polls that people see now, with the marks of this seat; without one, as everybody may see them."""
    if not hall.allows(Act.READ):
        return []
    rows = [row for row in queries.polls_of(tx, hall.id) if row.state != PollState.PREPARED]
    return _views(tx, hall, rows, language, least, seat)


def all_polls(tx: Transaction, hall: HallRow, language: str, *, least: int) -> list[PollView]:
    """Every poll for whoever runs the hall. Hidden results are hidden from them too."""
    return _views(tx, hall, queries.polls_of(tx, hall.id), language, least, None)


def staged_poll(tx: Transaction, hall: HallRow, language: str, *, least: int) -> PollView | None:
    """The poll on the screens."""
    return next((view for view in poll_views(tx, hall, language, least=least) if view.on_stage), None)


def _views(
    tx: Transaction, hall: HallRow, rows: Sequence[PollRow], language: str, least: int, seat: SeatRow | None
) -> list[PollView]:
    if not rows:
        return []
    key = halls.key_of(tx, hall.id, VOTES_KEY) if seat else None
    options = queries.options_of(tx, [row.id for row in rows])
    read = _Read(
        written=words.words_of(tx, hall.id, hall.base_language),
        options=options,
        rooms=queries.room_counts_of(tx, [option.id for each in options.values() for option in each]),
        chosen=queries.chosen_by(tx, key, seat.id, rows) if seat and key else {},
        answers=_answers(tx, rows, language),
    )
    return [_view(row, read, language, least) for row in rows]


def _answers(tx: Transaction, rows: Sequence[PollRow], language: str) -> Mapping[int, Sequence[Worded]]:
    polls = [row.id for row in rows if row.kind == PollKind.OPEN]
    found = asking.answers_in_polls(tx, polls) if polls else []
    texts = asking.words_of(tx, [row.id for row in found]) if found else {}
    answers: dict[int, list[Worded]] = {}
    for row in found:
        shown = shown_words(texts.get(row.id, ()), language)
        if shown is not None and row.poll_id is not None:
            answers.setdefault(row.poll_id, []).append(shown)
    return answers


def _view(row: PollRow, read: _Read, language: str, least: int) -> PollView:
    options, chosen = read.options.get(row.id, ()), read.chosen.get(row.id)
    results = _may_be_seen(row, answered=chosen is not None)
    told = _told(row, options, least, results=results)
    hidden = results and row.sensitive and len(told) < len(options)
    return PollView(
        id=row.public_id,
        kind=str(row.kind),
        state=str(row.state),
        title=read.written.said(language, words.POLL, row.id, "title"),
        policy=RESULTS[Results(row.results)],
        later=_next_later(row),
        sensitive=row.sensitive,
        on_stage=row.on_stage,
        version=row.version,
        options=[_option(row, option, read, language, told) for option in options],
        answers=read.answers.get(row.id, ()) if results else (),
        answered=chosen is not None,
        results=results,
        voters=None if hidden or row.kind == PollKind.OPEN or (row.sensitive and not results) else row.voters,
        few=least if hidden else 0,
        hands=_hands(options, read.rooms),
    )


def _may_be_seen(row: PollRow, *, answered: bool) -> bool:
    """Whether this reader may see numbers now. Whoever runs the hall sees no more than everybody else."""
    if row.state == PollState.CLOSED:
        return True
    return row.results == Results.OPENLY or (row.results == Results.AFTER_VOTING and answered)


def _told(row: PollRow, options: Sequence[OptionRow], least: int, *, results: bool) -> Mapping[int, int]:
    """The numbers that may be told. Of a sensitive poll no small one: a single person can be guessed from it."""
    if not results:
        return {}
    if not row.sensitive:
        return {option.id: option.count for option in options}
    if row.voters < least:
        return {}
    return {option.id: option.count for option in options if option.count >= least}


def _option(row: PollRow, option: OptionRow, read: _Read, language: str, told: Mapping[int, int]) -> OptionView:
    count = told.get(option.id)
    rooms = [hands.count for hands in read.rooms if hands.option_id == option.id and hands.confirmed_by]
    fixed = YES_NO_UNSURE[option.position - 1] if row.kind == PollKind.YES_NO else None
    worded = row.kind in (PollKind.SINGLE, PollKind.SEVERAL)
    return OptionView(
        position=option.position,
        words=read.written.said(language, words.OPTION, option.id, "title") if worded else None,
        fixed=fixed,
        chosen=option.position in read.chosen.get(row.id, ()),
        count=count,
        share=round(100 * count / row.voters) if count is not None and row.voters and not row.sensitive else 0,
        room=sum(rooms) if told else 0,
    )


def _hands(options: Sequence[OptionRow], rooms: Sequence[RoomRow]) -> Sequence[HandsView]:
    positions = {option.id: option.position for option in options}
    found: dict[str, tuple[str, dict[int, int]]] = {}
    for row in rooms:
        if row.option_id in positions:
            found.setdefault(row.label, (row.confirmed_by, {}))[1][positions[row.option_id]] = row.count
    return [HandsView(label, confirmed, counts) for label, (confirmed, counts) in found.items()]


def _next_later(row: PollRow) -> str:
    later = {Results.OPENLY: Results.AFTER_VOTING, Results.AFTER_VOTING: Results.AFTER_CLOSING}
    return str(later.get(Results(row.results), "")) if row.state != PollState.CLOSED else ""
