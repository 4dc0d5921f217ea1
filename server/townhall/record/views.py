"""The record of a hall as its pages and files show it, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from server.database import Transaction
from server.errors import Sentence, say
from server.townhall.asking.models import Reason
from server.townhall.asking.views import REASONS
from server.townhall.halls.queries import HallRow
from server.townhall.halls.views import hall_view
from server.townhall.halls.words import Said
from server.townhall.polling.views import YES_NO_UNSURE
from server.townhall.record import queries
from server.townhall.record.models import Standing
from server.townhall.record.polls import POLL, TOO_FEW
from server.townhall.record.queries import CommitmentRow, EntryRow, PromiseWords, StepRow
from server.townhall.record.rules import QUESTION, TITLE

STANDINGS: Mapping[Standing, Sentence] = {
    Standing.PLANNED: say("planned"),
    Standing.DOING: say("is being done"),
    Standing.DONE: say("done"),
    Standing.CANNOT: say("cannot be done"),
}
_FIXED = {sentence.english: sentence for sentence in YES_NO_UNSURE}
NOBODY_SAID = Said("", "en")


@dataclass(frozen=True, slots=True)
class AskedView:
    """An answered question: what was asked, and the answer."""

    number: int
    said: Said
    answered: Said
    endorsed: int
    people: int


@dataclass(frozen=True, slots=True)
class PollView:
    """The result of a poll; None stands where a number is too small to be told."""

    title: Said
    counts: Sequence[tuple[str, Sentence | None, int | None]]
    """Each choice as it was written, or as a sentence of ours; and its number."""


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise, or the answer that is owed to a question."""

    id: UUID
    number: int
    you_said: Said
    we_do: Said
    because: Said
    owner: str
    due_on: date | None
    standing: str
    stands: Sentence
    late: bool
    history: Sequence[tuple[date, Sentence]]


@dataclass(frozen=True, slots=True)
class RecordView:
    """What everybody may read afterwards."""

    code: str
    title: Said
    published_at: datetime | None
    numbers: Mapping[str, int]
    reasons: Sequence[tuple[Sentence, int]]
    answered: Sequence[AskedView]
    owed: Sequence[PromiseView]
    promises: Sequence[PromiseView]
    polls: Sequence[PollView]


def record_view(tx: Transaction, hall: HallRow, language: str, *, today: date) -> RecordView | None:
    """The record; None before the hall is over."""
    record = queries.record_of(tx, hall.id)
    if record is None:
        return None
    entries = queries.entries_of(tx, hall.id)
    title = _said([row for row in entries if row.kind == TITLE], language, hall.base_language)
    promises = promise_views(tx, hall, language, today=today)
    return RecordView(
        code=hall.code,
        title=title if title.text else hall_view(tx, hall, language).title,
        published_at=record.published_at,
        numbers=record.numbers,
        reasons=[
            (REASONS[reason], record.numbers[f"declined_{reason}"])
            for reason in Reason
            if record.numbers.get(f"declined_{reason}")
        ],
        answered=[_asked(rows, language, hall.base_language) for rows in _grouped(entries, QUESTION)],
        owed=[view for view in promises if view.number],
        promises=[view for view in promises if not view.number],
        polls=[_poll(rows, language, hall.base_language) for rows in _grouped(entries, POLL)],
    )


def promise_views(tx: Transaction, hall: HallRow, language: str, *, today: date) -> list[PromiseView]:
    """Every promise with its history."""
    rows = queries.commitments_of(tx, hall.id)
    keys = [row.id for row in rows]
    words, steps = queries.words_of(tx, keys), queries.steps_of(tx, keys)
    return [
        _promise(row, words.get(row.id, {}), steps.get(row.id, []), (language, hall.base_language), today)
        for row in rows
    ]


def _promise(
    row: CommitmentRow,
    words: Mapping[str, PromiseWords],
    steps: Sequence[StepRow],
    languages: tuple[str, str],
    today: date,
) -> PromiseView:
    def said(part: str) -> Said:
        texts = {language: str(getattr(entry, part)) for language, entry in words.items()}
        return _nearest(texts, *languages)

    open_still = row.standing in (Standing.PLANNED, Standing.DOING)
    return PromiseView(
        id=row.public_id,
        number=row.number,
        you_said=said("you_said"),
        we_do=said("we_do"),
        because=said("because"),
        owner=row.owner,
        due_on=row.due_on,
        standing=row.standing,
        stands=STANDINGS[Standing(row.standing)],
        late=open_still and row.due_on is not None and row.due_on < today,
        history=[(step.on, STANDINGS[step.standing]) for step in steps],
    )


def _grouped(entries: Sequence[EntryRow], kind: str) -> list[list[EntryRow]]:
    """The rows of one kind, those of one entry together."""
    found: dict[int, list[EntryRow]] = {}
    for row in entries:
        if row.kind == kind:
            found.setdefault(row.position, []).append(row)
    return list(found.values())


def _asked(rows: Sequence[EntryRow], language: str, base: str) -> AskedView:
    counts = rows[0].counts
    answered = _nearest({row.language: row.answered for row in rows}, language, base)
    said = _said(rows, language, base)
    return AskedView(counts["number"], said, answered, counts["endorsed"], counts["people"])


def _poll(rows: Sequence[EntryRow], language: str, base: str) -> PollView:
    title = _said(rows, language, base)
    chosen = next(row for row in rows if row.language == title.language)
    return PollView(
        title,
        [
            (option, _FIXED.get(option), None if number == TOO_FEW else number)
            for option, number in chosen.counts.items()
        ],
    )


def _said(rows: Sequence[EntryRow], language: str, base: str) -> Said:
    return _nearest({row.language: row.said for row in rows}, language, base)


def _nearest(texts: Mapping[str, str], language: str, base: str) -> Said:
    """In the reader's language, else in the hall's own, else in whichever there is."""
    return next((Said(texts[code], code) for code in (language, base, *sorted(texts)) if texts.get(code)), NOBODY_SAID)


# The same as lines of a table ----------------------------------------------------------------------------


def table(view: RecordView) -> list[tuple[str, str, str, str, str, str]]:
    """Lines for a file: kind, number, what people said, the answer or what is done, who and until when, standing."""
    lines = [("kind", "number", "said", "answer_or_deed", "owner_and_day", "standing")]
    lines += [("count", str(number), name, "", "", "") for name, number in view.numbers.items()]
    lines += [("question", str(one.number), str(one.said), str(one.answered), "", "answered") for one in view.answered]
    for kind, promises in (("owed", view.owed), ("promise", view.promises)):
        for one in promises:
            day = one.due_on.isoformat() if one.due_on else ""
            deed = " / ".join(part for part in (str(one.we_do), str(one.because)) if part)
            lines.append((kind, str(one.number or ""), str(one.you_said), deed, f"{one.owner} {day}", one.standing))
    for poll in view.polls:
        for option, _, number in poll.counts:
            told = "few" if number is None else str(number)
            lines.append(("poll", told, str(poll.title), option, "", ""))
    return lines
