"""Questions of a hall, their words, who endorsed them, and what was answered."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment


class QuestionState(StrEnum):
    """Where a question stands. PUBLIC_STATES can be read by everybody in the hall."""

    PENDING = "pending"
    APPROVED = "approved"
    ON_STAGE = "on_stage"
    ANSWERED = "answered"
    LATER = "later"
    """It will be answered after the hall."""
    DECLINED = "declined"
    DIVERTED = "diverted"
    """Its words are gone from here; its author was shown the private door."""
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    LEFT_OVER = "left_over"
    """Nobody could look at it before the end; the team still does."""


PUBLIC_STATES = frozenset({QuestionState.APPROVED, QuestionState.ON_STAGE, QuestionState.ANSWERED, QuestionState.LATER})
OUTCOMES = frozenset(QuestionState) - {QuestionState.PENDING, QuestionState.APPROVED, QuestionState.ON_STAGE}
"""One of them is told to every author in the end."""


class Source(StrEnum):
    """How a question came; the label is public."""

    WEB = "web"
    SMS = "sms"
    ROOM = "room"
    HELPER = "helper"
    EARLY = "early"


class Reason(StrEnum):
    """Why a question is declined; the author reads a whole sentence."""

    OFF_TOPIC = "off_topic"
    ASKED_ALREADY = "asked_already"
    PRIVATE_DETAILS = "private_details"
    ABOUT_A_PERSON = "about_a_person"
    HURTFUL = "hurtful"
    TRICK = "trick"
    NO_TIME = "no_time"
    OTHER_PLACE = "other_place"
    """Somebody else must answer it; the note says who."""


class Question(SQLModel, table=True):
    """A question. Whose it is can be told by the hall's key only, and that is destroyed."""

    __tablename__ = "hall_question"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (
        Index("ix_hall_question_hall_id_state", "hall_id", "state", "id"),
        Index("ix_hall_question_author", "hall_id", "author_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    hall_id: int = Field(foreign_key="hall.id")
    session_id: int | None = Field(default=None, foreign_key="hall_session.id", index=True)
    poll_id: int | None = Field(default=None, foreign_key="hall_poll.id", index=True)
    """Of an answer in own words to an open poll; a question has none."""
    number: int | None = None
    """Counts what everybody can read; taken when it is first let through, so that it tells nothing of the others."""
    state: QuestionState = Field(default=QuestionState.PENDING, sa_type=Text)
    source: Source = Field(default=Source.WEB, sa_type=Text)
    language: str = Field(max_length=12)
    author_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    """HMAC of the seat, or of a helper's receipt, under the hall's key; emptied when that goes."""
    quote_ok: bool = False
    people: int = 1
    """How many people in the room stand behind it, as a helper says."""
    version: int = 1
    urgent: bool = False
    """Somebody may be in danger: trained people look first."""
    rules: list[str] = Field(sa_type=JSON)
    """What the machine found."""
    edited: bool = False
    reason: Reason | None = Field(default=None, sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    """What the moderator tells the author in own words."""
    merged_into: int | None = Field(default=None, foreign_key="hall_question.id")
    claimed_by: int | None = Field(default=None, foreign_key="member.id")
    claimed_until: datetime | None = Field(default=None, sa_type=Moment)
    endorsed: int = 0
    """By people in the hall on their own phones."""
    asked_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


class QuestionText(SQLModel, table=True):
    """The words of a question: the only place where they live."""

    __tablename__ = "hall_question_text"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("question_id", "language", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    question_id: int = Field(foreign_key="hall_question.id")
    language: str = Field(max_length=12)
    kind: str = Field(max_length=10)
    """`original` as its author wrote it; `public` after a moderator hid details; `human` an interpreter's words."""
    text: str = Field(sa_type=Text)


class Endorsement(SQLModel, table=True):
    """Somebody wants to hear the answer too. The key is another one for every question, and goes at the close."""

    __tablename__ = "hall_endorsement"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("question_id", "voter_key"),)

    id: int | None = Field(default=None, primary_key=True)
    question_id: int = Field(foreign_key="hall_question.id")
    voter_key: bytes = Field(sa_type=LargeBinary)


class Answer(SQLModel, table=True):
    """What was answered, in one language: written while it was said, or afterwards."""

    __tablename__ = "hall_answer"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = (UniqueConstraint("question_id", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    question_id: int = Field(foreign_key="hall_question.id")
    speaker_id: int | None = Field(default=None, foreign_key="hall_speaker.id", index=True)
    language: str = Field(max_length=12)
    text: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=Moment)
