"""What of a hall is forgotten, and when: step by step, in small visits, until only its record is left.

Every step asks the tables what is due, so that it goes on where it was interrupted, and does nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import class_mapper
from sqlmodel import SQLModel, col

from server.clock import rounded_to_the_hour
from server.database import Database, Transaction, changed
from server.policies import Policies, Retention
from server.townhall.asking.models import Answer, Endorsement, Question, QuestionState, QuestionText, Reason
from server.townhall.asking.staging import leave_over
from server.townhall.calling.models import HallCall
from server.townhall.captions.models import CaptionSegment
from server.townhall.captions.rules import forget_writers
from server.townhall.halls import queries
from server.townhall.halls.models import (
    BackstageNote,
    Hall,
    HallChannel,
    HallCommand,
    HallEvent,
    HallKey,
    HallLine,
    HallRole,
    HallScreen,
    HallSession,
    HallWords,
    RiskForm,
    Seat,
    Speaker,
)
from server.townhall.halls.rules import VOTES_KEY
from server.townhall.halls.states import HallState
from server.townhall.halls.team import itself
from server.townhall.halls.vanishing import vanish
from server.townhall.polling.models import Ballot, Poll, PollOption, RoomCount
from server.townhall.record import queries as records
from server.townhall.record.rules import count
from server.townhall.running.closing import close

BATCH = 400
"""Rows of one visit: nobody who writes waits long."""
NOT_TAKEN = (QuestionState.DECLINED, QuestionState.MERGED)
"""Their words are for nobody but their authors, and only for some days."""
NEVER_READ = (QuestionState.PENDING, QuestionState.LEFT_OVER)
Which = Select[*tuple[Any, ...]]
Step = Callable[[Transaction, Retention, datetime], int]


@dataclass(slots=True)
class Forgetting:
    """Does it by the clock: every minute what is due by the minute, every hour the rest."""

    db: Database
    policies: Policies
    _done: datetime | None = field(default=None)

    def run(self, at: datetime) -> None:
        """What is due now. A step that fails is tried again in the next minute or hour."""
        self._conclude(at)
        self._steps(BY_THE_MINUTE, at)
        hour = rounded_to_the_hour(at)
        if self._done != hour:
            self._done = hour
            self._steps(BY_THE_HOUR, at)

    def _steps(self, steps: Sequence[Step], at: datetime) -> None:
        for step in steps:
            while self._due(step, at):
                pass

    def _due(self, step: Step, at: datetime) -> bool:
        """Do one batch. Whether there was something to do: then there may be more."""
        with self.db.transaction() as tx:
            done = step(tx, self.policies.retention, at)
            tx.erases = tx.erases or done > 0
        return done > 0

    def _conclude(self, at: datetime) -> None:
        """Count halls that have just ended; end those that everybody has left for as long as words are kept."""
        with self.db.reading() as tx:
            uncounted = records.closed_without_record(tx)
            deserted = _deserted(tx, at - timedelta(days=self.policies.retention.hall_days))
        for hall_id in self._never_opened(at):
            with self.db.transaction() as tx:
                vanish(tx, queries.held_alone(tx, hall_id).id)
        for hall_id in deserted:
            with self.db.transaction() as tx:
                close(tx, queries.held_alone(tx, hall_id), itself(at))
        for hall_id in [*uncounted, *deserted]:
            with self.db.transaction() as tx:
                if queries.hall_by_id(tx, hall_id) is not None:  # a rehearsal vanishes at its end
                    conclude(tx, hall_id, at)

    def _never_opened(self, at: datetime) -> list[int]:
        with self.db.reading() as tx:
            before = at - timedelta(days=self.policies.retention.hall_days)
            begun = set(tx.look(select(col(HallLine.hall_id)).distinct()).scalars())  # their lines tell how long ago
            return [hall_id for hall_id in _deserted(tx, before, HallState.PREPARING) if hall_id in begun]


def forget(db: Database, policies: Policies, at: datetime) -> None:
    """Everything that is due at this moment, once."""
    Forgetting(db, policies).run(at)


def conclude(tx: Transaction, hall_id: int, at: datetime) -> None:
    """A hall has ended: its people are counted, and nothing links a vote or a caption to anybody any more."""
    hall = queries.held_alone(tx, hall_id)
    count(tx, hall_id)
    leave_over(tx, hall, itself(at))
    forget_writers(tx, hall_id)
    here = select(col(Question.id)).where(col(Question.hall_id) == hall_id)
    tx.run(delete(Endorsement).where(col(Endorsement.question_id).in_(here)))
    tx.run(delete(HallKey).where(col(HallKey.hall_id) == hall_id, col(HallKey.purpose) == VOTES_KEY))
    tx.erases = True


STILL = (HallState.EARLY, HallState.OPEN, HallState.PAUSED, HallState.FROZEN, HallState.STOPPED)


def _deserted(tx: Transaction, before: datetime, *states: HallState) -> list[int]:
    """Halls that were begun, never ended, and in which nothing was done or asked since."""
    lines = select(col(HallLine.hall_id)).where(col(HallLine.done_at) >= before)
    asked = select(col(Question.hall_id)).where(col(Question.asked_at) >= before)
    statement = select(col(Hall.id)).where(
        col(Hall.state).in_(states or STILL),
        col(Hall.id).not_in(lines),
        col(Hall.id).not_in(asked),
        or_(col(Hall.watched_at).is_(None), col(Hall.watched_at) < before),
        or_(col(Hall.opens_at).is_(None), col(Hall.opens_at) < before),  # questions are gathered long before
    )
    return list(tx.look(statement).scalars())


# By the minute -------------------------------------------------------------------------------------------


def _by_the_minute(tx: Transaction, policy: Retention, at: datetime) -> int:
    """What a telephone that was away could catch up with, commands sent twice, seats and links that have ended."""
    events = at - timedelta(minutes=policy.hall_event_minutes)
    commands = at - timedelta(minutes=policy.hall_command_minutes)
    return (
        _some(tx, HallEvent, col(HallEvent.happened_at) < events)
        + _some(tx, HallCommand, col(HallCommand.taken_at) < commands)
        + _some(tx, Seat, col(Seat.expires_at) <= at)
        + _some(tx, HallScreen, col(HallScreen.expires_at) <= at)
    )


# A day after the end: nobody can tell any more who asked -----------------------------------------------------


def _links(tx: Transaction, policy: Retention, at: datetime) -> int:
    over = _over(at - timedelta(hours=policy.hall_author_hours))
    asked = select(col(Question.id)).where(col(Question.hall_id).in_(over))
    done = sum(
        _some(tx, kind, of.in_(over))
        for kind, of in (
            (HallKey, col(HallKey.hall_id)),
            (HallCall, col(HallCall.hall_id)),
            (HallCommand, col(HallCommand.hall_id)),
            (HallScreen, col(HallScreen.hall_id)),
            (Seat, col(Seat.hall_id)),
            (BackstageNote, col(BackstageNote.hall_id)),
        )
    )
    done += _some(tx, Endorsement, col(Endorsement.question_id).in_(asked))
    done += _some(tx, Ballot, col(Ballot.poll_id).in_(select(col(Poll.id)).where(col(Poll.hall_id).in_(over))))
    linked = col(Question.author_key).is_not(None) | col(Question.claimed_by).is_not(None)
    values = {"author_key": None, "claimed_by": None, "claimed_until": None}
    done += _change(tx, Question, col(Question.hall_id).in_(over) & linked, values)
    written = col(CaptionSegment.hall_id).in_(over) & col(CaptionSegment.writer).is_not(None)
    done += _change(tx, CaptionSegment, written, {"writer": None})
    watched = col(Hall.watched_at).is_not(None) | col(Hall.reopening_by).is_not(None)
    values = {"watched_at": None, "reopening_by": None}
    return max(done, _change(tx, Hall, col(Hall.id).in_(over) & watched, values))


# Some days: what was not taken -------------------------------------------------------------------------------


def _never_read(tx: Transaction, policy: Retention, at: datetime) -> int:
    """Nobody of the team looked at it in time: it is not taken, and why is said."""
    over = _over(at - timedelta(days=policy.hall_declined_days))
    which = col(Question.hall_id).in_(over) & col(Question.state).in_(NEVER_READ)
    before = at - timedelta(days=policy.hall_declined_days)
    values = {"state": QuestionState.DECLINED, "reason": Reason.NO_TIME, "decided_at": before}
    return _change(tx, Question, which, {**values, "version": col(Question.version) + 1})


def _not_taken(tx: Transaction, policy: Retention, at: datetime) -> int:
    before = at - timedelta(days=policy.hall_declined_days)
    which = col(Question.state).in_(NOT_TAKEN) & (col(Question.decided_at) <= before)
    done = _some(tx, QuestionText, col(QuestionText.question_id).in_(select(col(Question.id)).where(which)))
    return max(done, _change(tx, Question, which & (col(Question.note) != ""), {"note": ""}))


# Then every word ---------------------------------------------------------------------------------------------


def _questions(tx: Transaction, policy: Retention, at: datetime) -> int:
    over = _over(at - timedelta(days=policy.hall_days))
    of = select(col(Question.id)).where(col(Question.hall_id).in_(over))
    done = sum(
        _some(tx, kind, which.in_(of))
        for kind, which in (
            (QuestionText, col(QuestionText.question_id)),
            (Answer, col(Answer.question_id)),
            (Endorsement, col(Endorsement.question_id)),
        )
    )
    if done:
        return done  # first the words of all of them, then the rows
    merged = col(Question.hall_id).in_(over) & col(Question.merged_into).is_not(None)
    return _change(tx, Question, merged, {"merged_into": None}) or _some(tx, Question, col(Question.hall_id).in_(over))


def _polls(tx: Transaction, policy: Retention, at: datetime) -> int:
    over = _over(at - timedelta(days=policy.hall_days))
    polls = select(col(Poll.id)).where(col(Poll.hall_id).in_(over))
    options = select(col(PollOption.id)).where(col(PollOption.poll_id).in_(polls))
    return (
        _some(tx, RoomCount, col(RoomCount.option_id).in_(options))
        or _some(tx, Ballot, col(Ballot.poll_id).in_(polls))
        or _some(tx, PollOption, col(PollOption.poll_id).in_(polls))
        or _some(tx, Poll, col(Poll.hall_id).in_(over))
    )


def _agenda(tx: Transaction, policy: Retention, at: datetime) -> int:
    """Captions that are kept stay with the times of their items; the words about the items go."""
    before = at - timedelta(days=policy.hall_days)
    over, unkept = _over(before), _over(before, ~col(Hall.captions_kept))
    done = _some(tx, CaptionSegment, col(CaptionSegment.hall_id).in_(unkept))
    done = done or _some(tx, HallSession, col(HallSession.hall_id).in_(unkept))
    for kind, of in (
        (HallWords, col(HallWords.hall_id)),
        (Speaker, col(Speaker.hall_id)),
        (HallChannel, col(HallChannel.hall_id)),
        (HallEvent, col(HallEvent.hall_id)),
    ):
        done = max(done, _some(tx, kind, of.in_(over)))
    told = (col(Hall.link) != "") | (col(Hall.sign_video) != "")
    return max(done, _change(tx, Hall, col(Hall.id).in_(over) & told, {"link": "", "sign_video": ""}))


def _log(tx: Transaction, policy: Retention, at: datetime) -> int:
    over = _over(at - timedelta(days=policy.hall_log_days))
    done = sum(
        _some(tx, kind, of.in_(over))
        for kind, of in (
            (HallLine, col(HallLine.hall_id)),
            (HallRole, col(HallRole.hall_id)),
            (RiskForm, col(RiskForm.hall_id)),
        )
    )
    stopped = col(Hall.id).in_(over) & (col(Hall.stopped_by) != "")
    return max(done, _change(tx, Hall, stopped, {"stopped_by": ""}))


BY_THE_MINUTE: Sequence[Step] = (_by_the_minute,)
BY_THE_HOUR: Sequence[Step] = (_links, _never_read, _not_taken, _questions, _polls, _agenda, _log)


def _over(before: datetime, *more: ColumnElement[bool]) -> Which:
    """Halls that ended before a moment."""
    return select(col(Hall.id)).where(col(Hall.closed_at) <= before, *more)


def _some(tx: Transaction, kind: type[SQLModel], where: ColumnElement[bool]) -> int:
    """Delete a batch of these rows; how many they were."""
    key = class_mapper(kind).local_table.c.id
    return changed(tx.run(delete(kind).where(key.in_(select(key).where(where).limit(BATCH)))))


def _change(tx: Transaction, kind: type[SQLModel], where: ColumnElement[bool], values: Mapping[str, object]) -> int:
    """Change a batch of these rows; how many they were. What is changed must not fit `where` any more."""
    key = class_mapper(kind).local_table.c.id
    return changed(tx.run(update(kind).where(key.in_(select(key).where(where).limit(BATCH))).values(**values)))
