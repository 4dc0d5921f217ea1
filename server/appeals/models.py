"""An appeal: one for each decision, decided by another person than the first; the database sees to both."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field, SQLModel

from server.database import Moment


class AppealState(StrEnum):
    """It waits, or somebody else has agreed with the first decision, or has put everything back."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Appeal(SQLModel, table=True):
    """What an author says against a decision about a text of theirs."""

    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> first_decider", name="ck_appeal_somebody_else"),
        Index("ix_appeal_queue", "state", "space_id", "made_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    decision_id: int = Field(foreign_key="decision.id", unique=True)
    membership_id: int = Field(foreign_key="membership.id", index=True)
    space_id: int = Field(foreign_key="space.id")
    text: str | None = Field(sa_type=Text)
    """What the author says; None once it has been kept long enough."""
    state: AppealState = Field(default=AppealState.OPEN, sa_type=Text)
    first_decider: int = Field(foreign_key="member.id")
    decided_by: int | None = Field(default=None, foreign_key="member.id")
    answer: str | None = Field(default=None, sa_type=Text)
    """What the second person tells the author."""
    made_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
