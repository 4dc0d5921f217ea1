"""Decisions: what a person decided about a text, and why. A decision never holds the text itself."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from moderation.states import ContentState
from server.database import Moment


class Action(StrEnum):
    """What a moderator did with a text: the first four end the case."""

    RELEASE = "release"
    REMOVE = "remove"
    REDACT = "redact"
    RETURN = "return"
    HIDE = "hide"
    ESCALATE = "escalate"
    MEASURES = "measures"


ENDS_THE_CASE = frozenset({Action.RELEASE, Action.REMOVE, Action.REDACT, Action.RETURN})


class RemovalReason(StrEnum):
    """Why a text was taken out; the author is told it in their own language."""

    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"
    SCAM = "scam"
    PRIVATE_DATA = "private_data"
    OFF_TOPIC = "off_topic"
    OTHER = "other"


class Advice(StrEnum):
    """What the author of a returned text is asked to change."""

    NAMES = "names"
    KIND = "kind"
    CLEAR = "clear"
    PLACE = "place"
    OTHER_WORDS = "other_words"


class Decision(SQLModel, table=True):
    """One person's decision about one case. Undone decisions stay, marked."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    case_id: int = Field(foreign_key="review_case.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    action: Action = Field(sa_type=Text)
    reason: str = Field(default="", max_length=40)
    note: str = Field(default="", sa_type=Text)
    """What the moderator told the author in own words."""
    state_before: ContentState = Field(sa_type=Text)
    decided_at: datetime = Field(sa_type=Moment)
    undone_at: datetime | None = Field(default=None, sa_type=Moment)
    undone_by: int | None = Field(default=None, foreign_key="member.id")


class EffectKind(StrEnum):
    """What a decision changed; each kind has its own way back in `reverting`."""

    MESSAGE = "message"
    TRUST = "trust"
    STRIKE = "strike"
    RESTRICTION = "restriction"
    TOPIC = "topic"
    NOTICE = "notice"
    QUOTATION = "quotation"
    CASE = "case"


class DecisionEffect(SQLModel, table=True):
    """One thing that a decision changed: what stood there before, and after. `target` is the key of the row.

    The words that a moderator hid stand in `before` until the time to undo is over, and nowhere else.
    """

    __tablename__ = "decision_effect"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    decision_id: int = Field(foreign_key="decision.id", index=True)
    kind: EffectKind = Field(sa_type=Text)
    target: int
    before: dict[str, Any] = Field(sa_type=JSON)
    after: dict[str, Any] = Field(sa_type=JSON)
    wipe_at: datetime | None = Field(default=None, sa_type=Moment, index=True)


class Strike(SQLModel, table=True):
    """A removal that counts for a while, in one space. Only a person gives it."""

    id: int | None = Field(default=None, primary_key=True)
    membership_id: int = Field(foreign_key="membership.id", index=True)
    decision_id: int = Field(foreign_key="decision.id", index=True)
    weight: int
    reason: str = Field(max_length=40)
    given_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)


class RestrictionKind(StrEnum):
    """Every message is read first; no writing for a few days; no writing for longer, which takes two people."""

    LIMIT = "limit"
    PAUSE = "pause"
    SUSPENSION = "suspension"


class RestrictionState(StrEnum):
    """A suspension is proposed first; a second person puts it in force, or puts it away."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    PUT_AWAY = "put_away"


class Restriction(SQLModel, table=True):
    """What a member cannot do in one space for some days. Reading, letters and leaving are never restricted."""

    __table_args__ = (
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> by_member_id", name="ck_restriction_two_people"),
        CheckConstraint(
            "kind <> 'suspension' OR state <> 'in_force' OR confirmed_by IS NOT NULL",
            name="ck_restriction_second_person",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    membership_id: int = Field(foreign_key="membership.id", index=True)
    decision_id: int = Field(foreign_key="decision.id", index=True)
    kind: RestrictionKind = Field(sa_type=Text)
    state: RestrictionState = Field(sa_type=Text, index=True)
    days: int
    by_member_id: int = Field(foreign_key="member.id")
    confirmed_by: int | None = Field(default=None, foreign_key="member.id")
    begun_at: datetime = Field(sa_type=Moment)
    until: datetime | None = Field(default=None, sa_type=Moment)


class SkipReason(StrEnum):
    """Why a moderator leaves a case to others."""

    KNOWN = "known"
    PRESSURE = "pressure"
    COLLEAGUE = "colleague"


class CaseSkip(SQLModel, table=True):
    """A moderator does not want to decide this case, and is not offered it again."""

    __tablename__ = "case_skip"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("case_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="review_case.id")
    member_id: int = Field(foreign_key="member.id", index=True)
    reason: SkipReason = Field(sa_type=Text)
    skipped_at: datetime = Field(sa_type=Moment)


class ModeratorChoice(SQLModel, table=True):
    """Which languages a moderator reads, and which kinds of case they asked not to be given."""

    __tablename__ = "moderator_choice"  # type: ignore[assignment]  # SQLModel declares a method of this name

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    languages: list[str] = Field(sa_type=JSON)
    left_out: list[str] = Field(sa_type=JSON)
