"""Decisions of the demonstration: first messages that waited, one appeal that was right, and one that waits."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.appeals import queries, rules
from server.appeals.models import Appeal
from server.content import Case, CaseState
from server.crypto.case_codes import code_of
from server.database import Transaction
from server.forum.models import Message, Topic
from server.forum.rules import Posted
from server.permissions import Role, Viewer
from server.review.models import Action, Decision
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
        by = Viewer(member_id=second, grants=frozenset({(Role.MODERATOR, found.space_id)}))
        version = found.message_version
        rules.overturn(tx, found, by, overturned, version=version, at=at + 2 * day, policies=services.policies)


WAITED_HOURS = {"en": 3, "ar": 5, "fr": 14, "es": 30, "sw": 22, "fa": 40, "uk": 26}
"""How long a first message waited in this story: longer where fewer moderators read the language."""
LONGEST_HOURS = 70


def first_messages_released(tx: Transaction, moderators: Mapping[int, int], *, until: datetime) -> None:
    """Each member's first message in a space waited, and was let through. `moderators`: who decides, by space."""
    tx.flush()
    first = (
        select(func.min(col(Message.id)))
        .where(col(Message.state) == ContentState.PUBLISHED)
        .group_by(col(Message.membership_id))
    )
    rows = tx.session.execute(
        select(Message, col(Topic.space_id), col(Membership.member_id))
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .join(Membership, col(Membership.id) == col(Message.membership_id))
        .where(col(Message.id).in_(first))
        .order_by(col(Message.id))
    ).all()
    for number, (message, space_id, author) in enumerate(rows):
        decider = moderators.get(space_id)
        if decider is None or decider == author:
            continue
        hours = WAITED_HOURS.get(message.language, LONGEST_HOURS) * (1 + number % 5) / 3
        decided_at = message.written_at + timedelta(hours=hours)
        if decided_at > until:
            continue
        case = Case(
            space_id=space_id,
            message_id=message.id or 0,
            membership_id=message.membership_id,
            language=message.language,
            severity=5,
            weight=0.5,
            rank=0.0,
            rules=["first_message"],
            state=CaseState.DECIDED,
            opened_at=message.written_at,
        )
        tx.session.add(case)
        tx.flush()
        tx.session.add(
            Decision(
                case_id=case.id or 0,
                member_id=decider,
                action=Action.RELEASE,
                state_before=ContentState.HELD,
                decided_at=decided_at,
            )
        )
