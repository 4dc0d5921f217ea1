"""The record of a hall: counted at its close, written by its team, published, and kept when the rest is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.townhall.asking import queries as questions
from server.townhall.asking.models import QuestionState
from server.townhall.asking.queries import HUMAN, QuestionRow, Worded, shown_words
from server.townhall.halls import words
from server.townhall.halls.queries import HallRow
from server.townhall.halls.states import HallState
from server.townhall.halls.team import Acting, note
from server.townhall.record import queries
from server.townhall.record.models import (
    Commitment,
    CommitmentStep,
    CommitmentWords,
    Record,
    RecordWords,
    Standing,
)
from server.townhall.record.polls import write_polls
from server.townhall.record.queries import CommitmentRow, PromiseWords

TENS = 10
TITLE, QUESTION, POLL = "title", "question", "poll"
NOT_OVER = say("The record is written when the hall is over.")
SOMEBODY_OWES = say("Every question that was not answered needs somebody who answers it, and a day.")
SAY_WHY_NOT = say("Please say why it cannot be done.")
WRITTEN = say("Please write what people said and what is done about it.")


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised: in which words by language, by whom, until when, and how it stands."""

    words: Mapping[str, PromiseWords]
    owner: str
    due_on: date | None
    standing: Standing = Standing.PLANNED


# Counting ------------------------------------------------------------------------------------------------


def count(tx: Transaction, hall_id: int) -> None:
    """At the close: how many were there, while the seats still stand. Done once."""
    if queries.record_of(tx, hall_id) is None:
        numbers = {"attended": rounded(queries.seats_at(tx, hall_id))}
        tx.session.add(Record(hall_id=hall_id, numbers=numbers))


def rounded(number: int) -> int:
    """In tens, so that nobody can tell who came or went."""
    return (number + TENS // 2) // TENS * TENS


def _numbers(tx: Transaction, hall_id: int, attended: int, least: int) -> dict[str, int]:
    """What became of the questions. The whole is rounded, so that no small number can be worked out from the rest."""
    found = queries.outcomes(tx, hall_id)

    def of(state: QuestionState) -> int:
        return sum(number for (where, _), number in found.items() if where == state)

    reasons = {reason: number for (where, reason), number in found.items() if where == QuestionState.DECLINED}
    numbers = {
        "attended": attended,
        "asked": rounded(sum(found.values())),
        "answered": of(QuestionState.ANSWERED),
        "later": of(QuestionState.LATER),
        "declined": sum(reasons.values()),
    }
    numbers |= {f"declined_{reason}": number for reason, number in reasons.items() if reason and number >= least}
    diverted = of(QuestionState.DIVERTED)
    return numbers | ({"diverted": diverted} if diverted >= least else {})


# Publishing ----------------------------------------------------------------------------------------------


def publish(tx: Transaction, hall: HallRow, by: Acting, *, least: int, days: int) -> None:
    """Copy what may be told into the record and let it be read. Again: what was written since comes in too.

    So many days after the end the words are forgotten: from then on nothing is copied, and what stands here stays.
    Raises Refused while an unanswered question has nobody who owes the answer.
    """
    _over(hall)
    count(tx, hall.id)
    tx.flush()
    if hall.closed_at is not None and by.at < hall.closed_at + timedelta(days=days):
        promised = {row.question: row for row in queries.commitments_of(tx, hall.id) if row.question is not None}
        owed = [promised.get(one) for one in queries.owed(tx, hall.id)]
        if any(row is None or not row.owner or row.due_on is None for row in owed):
            raise Refused(SOMEBODY_OWES)
        _copy(tx, hall, by.at.date(), promised)
        record = queries.record_of(tx, hall.id)
        attended = record.numbers.get("attended", 0) if record else 0
        numbers = _numbers(tx, hall.id, attended, least)
        tx.run(update(Record).where(col(Record.hall_id) == hall.id).values(numbers=numbers))
        write_polls(tx, hall, least=least)
    tx.run(
        update(Record)
        .where(col(Record.hall_id) == hall.id, col(Record.published_at).is_(None))
        .values(published_at=by.at)
    )
    note(tx, hall, by, "published")


def _copy(tx: Transaction, hall: HallRow, today: date, promised: Mapping[UUID, CommitmentRow]) -> None:
    """The title, and every answered question; an unanswered one has its words with its promise, if it may."""
    tx.run(delete(RecordWords).where(col(RecordWords.hall_id) == hall.id))
    written = words.words_of(tx, hall.id, hall.base_language)
    for language, title in written.in_all(words.HALL, 0, "title").items():
        tx.session.add(_entry(hall, 0, TITLE, language, title))
    rows = queries.readable(tx, hall.id)
    said = questions.words_of(tx, [row.id for row in rows])
    answers = questions.answers_of(tx, [row.id for row in rows])
    for row in rows:
        texts = _in_all(said.get(row.id, []), row, hall.languages)
        if row.state == QuestionState.ANSWERED:
            _answered(tx, hall, row, texts, answers.get(row.id, {}))
            if row.public_id in promised:
                _stands(tx, promised[row.public_id], Standing.DONE, today)
        elif row.public_id in promised and row.quote_ok:
            _quoted(tx, promised[row.public_id], texts)


def _answered(
    tx: Transaction, hall: HallRow, row: QuestionRow, texts: Mapping[str, str], answers: Mapping[str, str]
) -> None:
    counts = {"number": row.number or 0, "endorsed": row.endorsed, "people": row.people}
    for language in sorted({*texts, *answers}):
        said = texts.get(language, "")
        entry = _entry(hall, row.number or 0, QUESTION, language, said, answers.get(language, ""))
        entry.counts = counts
        tx.session.add(entry)


def _in_all(entries: Sequence[Worded], row: QuestionRow, languages: Sequence[str]) -> dict[str, str]:
    """The words of a question in its own language and in each that an interpreter wrote."""
    found: dict[str, str] = {}
    for language in {row.language, *languages}:
        shown = shown_words(entries, language)
        if shown is not None and (shown.kind == HUMAN or language == row.language):
            found[language] = shown.text
    return found


def _quoted(tx: Transaction, promise: CommitmentRow, texts: Mapping[str, str]) -> None:
    there = queries.words_of(tx, [promise.id]).get(promise.id, {})
    for language, text in texts.items():
        old = there.get(language, PromiseWords("", "", ""))
        _write(tx, promise.id, language, PromiseWords(text, old.we_do, old.because))


def _entry(hall: HallRow, position: int, kind: str, language: str, said: str, answered: str = "") -> RecordWords:
    return RecordWords(
        hall_id=hall.id, position=position, kind=kind, language=language, said=said, answered=answered, counts={}
    )


# Promises ------------------------------------------------------------------------------------------------


def promise(tx: Transaction, hall: HallRow, new: Promise, by: Acting) -> UUID:
    """You said, we do: one more promise, that everybody can hold against its owner."""
    _over(hall)
    if not new.words:
        raise Refused(WRITTEN)
    place = max((row.position for row in queries.commitments_of(tx, hall.id)), default=0) + 1
    row = Commitment(hall_id=hall.id, position=place, standing=new.standing, owner=new.owner, due_on=new.due_on)
    return _begun(tx, row, new, by)


def owe(tx: Transaction, hall: HallRow, question: UUID, owner: str, due_on: date, by: Acting) -> UUID:
    """Somebody will answer this question until a day."""
    _over(hall)
    known = next((row for row in queries.commitments_of(tx, hall.id) if row.question == question), None)
    if known is not None:
        change(tx, hall, known.public_id, Promise({}, owner, due_on, Standing(known.standing)), by)
        return known.public_id
    found = questions.question_by_id(tx, hall.id, question)
    if found is None or found.public_id not in queries.owed(tx, hall.id):
        raise NotFound
    row = Commitment(
        hall_id=hall.id, position=0, question=question, number=found.number or 0, owner=owner, due_on=due_on
    )
    return _begun(tx, row, Promise({}, owner, due_on), by)


def _begun(tx: Transaction, row: Commitment, new: Promise, by: Acting) -> UUID:
    tx.session.add(row)
    tx.session.flush()
    assert row.id is not None
    for language, texts in new.words.items():
        _write(tx, row.id, language, texts)
    tx.session.add(CommitmentStep(commitment_id=row.id, standing=new.standing, on=by.at.date()))
    return row.public_id


def change(tx: Transaction, hall: HallRow, public_id: UUID, new: Promise, by: Acting) -> None:
    """Other words, another owner or day, another standing; every change of standing is a line of its history.

    Raises Refused when it cannot be done and nobody says why.
    """
    found = next((row for row in queries.commitments_of(tx, hall.id) if row.public_id == public_id), None)
    if found is None:
        raise NotFound
    there = queries.words_of(tx, [found.id]).get(found.id, {})
    after = {**there, **new.words}
    if new.standing == Standing.CANNOT and not any(texts.because for texts in after.values()):
        raise Refused(SAY_WHY_NOT)
    for language, texts in new.words.items():
        _write(tx, found.id, language, texts)
    tx.run(update(Commitment).where(col(Commitment.id) == found.id).values(owner=new.owner, due_on=new.due_on))
    _stands(tx, found, new.standing, by.at.date())
    note(tx, hall, by, "promise_changed", target=str(public_id))


def _stands(tx: Transaction, found: CommitmentRow, standing: Standing, today: date) -> None:
    if found.standing == standing:
        return
    tx.run(update(Commitment).where(col(Commitment.id) == found.id).values(standing=standing))
    tx.session.add(CommitmentStep(commitment_id=found.id, standing=standing, on=today))


def _write(tx: Transaction, commitment_id: int, language: str, texts: PromiseWords) -> None:
    here = (col(CommitmentWords.commitment_id) == commitment_id) & (col(CommitmentWords.language) == language)
    tx.run(delete(CommitmentWords).where(here))
    tx.session.add(
        CommitmentWords(
            commitment_id=commitment_id,
            language=language,
            you_said=texts.you_said,
            we_do=texts.we_do,
            because=texts.because,
        )
    )


def _over(hall: HallRow) -> None:
    if hall.state != HallState.CLOSED:
        raise Refused(NOT_OVER)
