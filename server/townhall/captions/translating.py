"""Questions in the words of interpreters, so that people who read another language can read them too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col

from server.database import Transaction
from server.errors import NotFound, Refused, say
from server.townhall.asking import queries
from server.townhall.asking.models import PUBLIC_STATES, QuestionState, QuestionText
from server.townhall.asking.queries import HUMAN, Worded
from server.townhall.asking.rules import heard_by
from server.townhall.halls import queries as halls
from server.townhall.halls.queries import HallRow
from server.townhall.halls.states import Act
from server.townhall.halls.telling import tell

NOT_NOW = say("Nothing can be written just now. Your words are still here.")


@dataclass(frozen=True, slots=True)
class Untold:
    """A question that everybody can read, but not in this language."""

    id: UUID
    number: int
    on_stage: bool
    words: Worded


def untold(tx: Transaction, hall: HallRow, language: str) -> Sequence[Untold]:
    """The readable questions without words in this language; the one on stage first, then the most wanted."""
    if not hall.allows(Act.READ):
        return []
    rows = [row for row in queries.public_questions(tx, hall.id) if row.language != language]
    words = queries.words_of(tx, [row.id for row in rows])
    found: list[Untold] = []
    for row in rows:
        entries = words.get(row.id, [])
        shown = queries.shown_words([entry for entry in entries if entry.kind != HUMAN], row.language)
        if shown is None or any(entry.kind == HUMAN and entry.language == language for entry in entries):
            continue
        found.append(Untold(row.public_id, row.number or 0, row.state == QuestionState.ON_STAGE, shown))
    return found


def translate(tx: Transaction, hall: HallRow, public_id: UUID, language: str, text: str, *, at: datetime) -> None:
    """Write a question in a language of the hall, and tell everybody. Raises NotFound where it cannot be read."""
    hall = halls.held(tx, hall.id)
    if not hall.allows(Act.MODERATE):
        raise Refused(NOT_NOW)
    question = queries.question_held(tx, hall.id, public_id)
    if question is None or question.state not in PUBLIC_STATES or language not in hall.languages:
        raise NotFound
    tx.run(
        delete(QuestionText).where(
            col(QuestionText.question_id) == question.id,
            col(QuestionText.language) == language,
            col(QuestionText.kind) == HUMAN,
        )
    )
    tx.session.add(QuestionText(question_id=question.id, language=language, kind=HUMAN, text=text))
    tell(tx, hall.id, *heard_by(public_id, "question", QuestionState(question.state)), at=at)
