"""Appeals of the demonstration: one that was right, and one that waits."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from server.appeals import queries, rules
from server.appeals.models import Appeal
from server.content import Case
from server.crypto.case_codes import code_of
from server.database import Transaction
from server.forum.models import Message
from server.forum.rules import Posted
from server.review.models import Decision
from server.web.visit import Services


def appealed(
    tx: Transaction, services: Services, made: Posted, text: str, overturned: str, second: int, at: datetime
) -> None:
    """The author appeals a day after the removal; where there is an answer, somebody else gives it a day later."""
    tx.flush()
    decision = tx.session.execute(
        select(col(Decision.public_id))
        .join(Case, col(Case.id) == col(Decision.case_id))
        .join(Message, col(Message.id) == col(Case.message_id))
        .where(col(Message.public_id) == made.message)
    ).scalar_one()
    decided = queries.decided_by_code(tx, code_of(decision))
    assert decided is not None
    day = timedelta(days=1)
    rules.appeal(tx, decided, text, at=at + day, policies=services.policies)
    tx.flush()
    found = queries.appeal_by_id(
        tx,
        tx.session.execute(select(col(Appeal.public_id)).where(col(Appeal.decision_id) == decided.id)).scalar_one(),
    )
    assert found is not None
    if overturned:
        rules.overturn(tx, found, second, overturned, at=at + 2 * day, policies=services.policies)
