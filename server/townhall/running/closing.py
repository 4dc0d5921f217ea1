"""The end of a hall: every question has an outcome, and nothing is left that tells who voted for what.

A rehearsal ends in another way: it was never there.
"""

from sqlalchemy import delete, select
from sqlmodel import col

from server.database import Transaction
from server.errors import Refused, say
from server.townhall.asking import staging
from server.townhall.asking.models import Endorsement, Question
from server.townhall.halls import queries, rules
from server.townhall.halls.models import HallKey, HallScreen
from server.townhall.halls.queries import HallRow
from server.townhall.halls.rules import VOTES_KEY
from server.townhall.halls.states import HallState
from server.townhall.halls.team import Acting
from server.townhall.halls.vanishing import vanish
from server.townhall.polling import rules as polling

ONLY_REHEARSALS = say("Only a rehearsal vanishes. A hall is closed.")


def close(tx: Transaction, hall: HallRow, by: Acting, *, reason: str = "") -> None:
    """End the hall. Open polls are counted; ballots, endorsements and the key behind them are destroyed."""
    hall = queries.held_alone(tx, hall.id)
    if hall.rehearsal:
        end_rehearsal(tx, hall)
        return
    polling.close_all(tx, hall, by)
    rules.move(tx, hall, HallState.CLOSED, by, reason=reason)
    staging.leave_over(tx, hall, by)
    questions = select(col(Question.id)).where(col(Question.hall_id) == hall.id)
    tx.run(delete(Endorsement).where(col(Endorsement.question_id).in_(questions)))
    tx.run(delete(HallKey).where(col(HallKey.hall_id) == hall.id, col(HallKey.purpose) == VOTES_KEY))
    tx.run(delete(HallScreen).where(col(HallScreen.hall_id) == hall.id, col(HallScreen.expires_at) <= by.at))
    tx.erases = True


def end_rehearsal(tx: Transaction, hall: HallRow) -> None:
    """Everything of a rehearsal is gone: seats, questions, votes, log, and the hall itself."""
    hall = queries.held_alone(tx, hall.id)
    if not hall.rehearsal:
        raise Refused(ONLY_REHEARSALS)
    vanish(tx, hall.id)
