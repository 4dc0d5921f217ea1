"""What stewards do with the list: stand for a line, and take that back."""

from datetime import date

from sqlalchemy import update
from sqlmodel import col

from server.accounts.roles import holders
from server.database import Transaction, changed
from server.errors import NotFound, Refused, say
from server.going_live.checklist import PEOPLE
from server.going_live.models import Confirmation, Line
from server.permissions import Role

NOBODY_CONFIRMS = say("The server looks at this by itself. Nobody needs to confirm it.")
NOT_CONFIRMED = say("Nobody stands for this just now.")
_LOCK_OF_THE_LIST = 4_021_734
"""PostgreSQL's name for the right to change the list: two forms of one person at once must not count as two people."""


def confirm(tx: Transaction, line: Line, member_id: int, role: str, *, on: date) -> None:
    """A steward stands for a line, in a role of their own outside this place. Their older word for it ends.

    Raises Refused for a line that only the server looks at, NotFound for somebody who is no steward any more.
    """
    _alone(tx, member_id)
    if not PEOPLE[line]:
        raise Refused(NOBODY_CONFIRMS)
    older = update(Confirmation).where(
        col(Confirmation.line) == line,
        col(Confirmation.confirmed_by) == member_id,
        col(Confirmation.ended_on).is_(None),
    )
    tx.session.execute(older.values(ended_on=on, ended_by=member_id))
    tx.session.add(Confirmation(line=line, role=role, confirmed_on=on, confirmed_by=member_id))
    tx.session.flush()


def take_back(tx: Transaction, line: Line, member_id: int, *, on: date) -> None:
    """It is not true any more: every word for this line ends, whoever gave it. What was said stays readable."""
    _alone(tx, member_id)
    ending = update(Confirmation).where(col(Confirmation.line) == line, col(Confirmation.ended_on).is_(None))
    if not changed(tx.session.execute(ending.values(ended_on=on, ended_by=member_id))):
        raise Refused(NOT_CONFIRMED)


def _alone(tx: Transaction, member_id: int) -> None:
    tx.alone(_LOCK_OF_THE_LIST)
    if member_id not in holders(tx, Role.STEWARD, None):
        raise NotFound
