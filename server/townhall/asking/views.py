"""Questions as pages, frames and sockets show them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.database import Transaction
from server.errors import Sentence, say
from server.townhall.asking import queries
from server.townhall.asking.models import QuestionState, Reason, Source
from server.townhall.asking.queries import HUMAN, QuestionRow, Worded, shown_words

STATES: Mapping[QuestionState, Sentence] = {
    QuestionState.PENDING: say("A moderator will read it first."),
    QuestionState.APPROVED: say("Everybody in the hall can read it."),
    QuestionState.ON_STAGE: say("It is being answered now."),
    QuestionState.ANSWERED: say("It was answered."),
    QuestionState.LATER: say("It will be answered after the hall. The answer will be in the record."),
    QuestionState.DECLINED: say("It was not taken."),
    QuestionState.DIVERTED: say(
        "This is better said where only a few trained people read it. Its words are gone from the hall, and nobody "
        "has passed them on."
    ),
    QuestionState.MERGED: say("Somebody asked the same. Your question counts there."),
    QuestionState.WITHDRAWN: say("You took it back. The words are gone."),
    QuestionState.REMOVED: say("It was taken out."),
    QuestionState.LEFT_OVER: say("The hall ended before a moderator could read it. The team will still look at it."),
}
"""What the author of a question is told."""
REASONS: Mapping[Reason, Sentence] = {
    Reason.OFF_TOPIC: say("This hall is about something else."),
    Reason.ASKED_ALREADY: say("It was asked and answered already."),
    Reason.PRIVATE_DETAILS: say("It has details by which somebody could be found. You can ask again without them."),
    Reason.ABOUT_A_PERSON: say("It is about one person. “Talk to us in private” is the place for it."),
    Reason.HURTFUL: say("Its words could hurt others. You can ask again in other words."),
    Reason.TRICK: say("It looks like a trick to get money, favours or papers."),
    Reason.NO_TIME: say("There was no time left for it."),
    Reason.OTHER_PLACE: say("Somebody else must answer it."),
}
SOURCES: Mapping[Source, Sentence] = {
    Source.SMS: say("by text message"),
    Source.ROOM: say("from the room"),
    Source.HELPER: say("through a helper"),
    Source.EARLY: say("asked before the hall"),
}
"""Labels for what did not come from somebody's own telephone during the hall."""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question for everybody: its words in the reader's language if an interpreter wrote them, else as asked."""

    id: UUID
    number: int
    state: str
    source: Sentence | None
    people: int
    edited: bool
    endorsed: int
    words: Worded
    translated: bool
    original: Worded | None
    answer: Worded | None
    mine: bool

    @property
    def on_stage(self) -> bool:
        """Whether it is answered now."""
        return self.state == QuestionState.ON_STAGE


@dataclass(frozen=True, slots=True)
class OwnView:
    """An own question, what became of it, and why."""

    id: UUID
    state: str
    told: Sentence
    reason: Sentence | None
    note: str
    words: Worded | None
    can_take_back: bool


def question_views(
    tx: Transaction, rows: Sequence[QuestionRow], language: str, *, mine: Collection[int] = ()
) -> list[QuestionView]:
    """These questions for a reader of this language; one whose words are gone is left out."""
    keys = [row.id for row in rows]
    words, answers = queries.words_of(tx, keys), queries.answers_of(tx, keys)
    shown = (question_view(row, words.get(row.id, ()), answers.get(row.id, {}), language, mine) for row in rows)
    return [view for view in shown if view is not None]


def question_view(
    row: QuestionRow,
    words: Sequence[Worded],
    answers: Mapping[str, str],
    language: str,
    mine: Collection[int] = (),
) -> QuestionView | None:
    """One of them; None when its words are gone."""
    shown = shown_words(words, language)
    if shown is None:
        return None
    translated = shown.kind == HUMAN
    answered = answers.get(language) or answers.get(row.language) or next(iter(answers.values()), "")
    spoken = next((code for code, text in answers.items() if text == answered), language)
    return QuestionView(
        id=row.public_id,
        number=row.number or 0,
        state=row.state,
        source=SOURCES.get(Source(row.source)),
        people=row.people,
        edited=row.edited,
        endorsed=row.endorsed,
        words=shown,
        translated=translated,
        original=shown_words([entry for entry in words if entry.kind != HUMAN], row.language) if translated else None,
        answer=Worded(spoken, "answer", answered) if answered else None,
        mine=row.id in mine,
    )


def own_views(tx: Transaction, rows: Sequence[QuestionRow]) -> list[OwnView]:
    """What somebody asked, with their own words."""
    words = queries.words_of(tx, [row.id for row in rows])
    return [_own_view(row, words.get(row.id, ())) for row in rows]


def _own_view(row: QuestionRow, words: Sequence[Worded]) -> OwnView:
    original = next((entry for entry in words if entry.kind == queries.ORIGINAL), None)
    return OwnView(
        id=row.public_id,
        state=row.state,
        told=STATES[QuestionState(row.state)],
        reason=REASONS[Reason(row.reason)] if row.reason else None,
        note=row.note,
        words=original,
        can_take_back=row.state in (QuestionState.PENDING, QuestionState.APPROVED),
    )
