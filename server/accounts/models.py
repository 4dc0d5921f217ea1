"""Accounts: a sign-in name that nobody sees, one pseudonym in each space, and nothing about the person."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Date, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database import Moment


class Member(SQLModel, table=True):
    """An account. The sign-in name is kept as a keyed hash only."""

    id: int | None = Field(default=None, primary_key=True)
    login_key: bytes = Field(sa_type=LargeBinary, unique=True)
    passphrase_hash: str = Field(max_length=200)
    recovery_hash: str = Field(max_length=200)
    card_kept: bool = False
    totp_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    totp_confirmed: bool = False
    totp_step: int = 0
    language: str | None = Field(default=None, max_length=12)
    calendar: str = Field(default="", max_length=12)
    """How dates are told to this member; empty means as everybody's."""
    way_changed_on: date | None = Field(default=None, sa_type=Date)
    """When words, card, passkeys or code app changed last; the owner is told."""


class AccountSession(SQLModel, table=True):
    """One browser that is signed in. Only an expiry is kept, never when it was last seen."""

    __tablename__ = "account_session"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    started_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    persistent: bool
    second_factor: bool
    shift_began_at: datetime | None = Field(default=None, sa_type=Moment)
    """A moderator's shift: it begins with the code of conduct and leaves no trace but in this row."""
    rested_at: datetime | None = Field(default=None, sa_type=Moment)
    heavy_cases: int = 0
    """Heavy cases since the last break; nothing is counted beyond the session."""
    last_was_heavy: bool = False


class Membership(SQLModel, table=True):
    """A member in one space, under the pseudonym of that space. Pages show only this row's public id."""

    __table_args__ = (
        UniqueConstraint("member_id", "space_id"),
        UniqueConstraint("space_id", "pseudonym_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    member_id: int = Field(foreign_key="member.id")
    space_id: int = Field(foreign_key="space.id")
    pseudonym: str = Field(max_length=60)
    pseudonym_key: str = Field(max_length=120)
    released: int = 0
    released_days: int = 0
    """On how many days the released messages were written; counted while the member is new here."""
    vouched: bool = False
    suspended_until: datetime | None = Field(default=None, sa_type=Moment)
    limited_until: datetime | None = Field(default=None, sa_type=Moment)
    """Until then a person reads each of their messages first."""
    keeps_marks: bool = False
    """The member asked this space to remember what was read."""
    told_of_answers: bool = True
    has_drafts: bool = False
    """Whether words wait to be sent: pages look for them only then."""
    has_mutes: bool = False
    """Whether there is anybody whose messages the member does not want to read: pages ask who only then."""
    verified_as: str = Field(default="", max_length=120)
    verified_until: datetime | None = Field(default=None, sa_type=Moment)


class Passkey(SQLModel, table=True):
    """A key that stays in somebody's device and opens the account. Nothing is known of the device."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    credential_id: bytes = Field(sa_type=LargeBinary, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(sa_type=BigInteger)
    """As the device last counted, up to 2³²; many devices always say 0."""
    label: str = Field(max_length=60)


class VerifiedSender(SQLModel, table=True):
    """A steward has checked that a member speaks for an organisation in a space, until a day.

    While it holds, the membership carries the organisation's name and the moment at which it ends (the first
    midnight after the day, by the space's clock): a list of messages shows the badge without asking here.
    """

    __tablename__ = "verified_sender"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    membership_id: int = Field(foreign_key="membership.id", index=True)
    organisation: str = Field(max_length=120)
    organisation_key: str = Field(max_length=240)
    verified_by: str = Field(max_length=20)
    verified_on: date = Field(sa_type=Date)
    valid_until: date = Field(sa_type=Date)
    ended_on: date | None = Field(default=None, sa_type=Date)


class RoleGrant(SQLModel, table=True):
    """A role that a member holds in one space, or in the whole installation (no space)."""

    __tablename__ = "role_grant"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    role: str = Field(max_length=20)
    space_id: int | None = Field(default=None, foreign_key="space.id")


class Invitation(SQLModel, table=True):
    """A code that lets one person in. The row goes when it is used, so it links to nobody."""

    id: int | None = Field(default=None, primary_key=True)
    code_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    space_id: int | None = Field(default=None, foreign_key="space.id")
    role: str | None = Field(default=None, max_length=20)
    vouched: bool = True
    made_on: date | None = Field(default=None, sa_type=Date)
    expires_on: date = Field(sa_type=Date)


class NoticeKind(StrEnum):
    """What a notice tells."""

    RELEASED = "released"
    REMOVED = "removed"
    FLAG_UPHELD = "flag_upheld"
    FLAG_NOT_UPHELD = "flag_not_upheld"
    ANSWERED = "answered"
    LETTER = "letter"
    REDACTED = "redacted"
    RETURNED = "returned"
    WARNED = "warned"
    LIMITED = "limited"
    PAUSED = "paused"
    PRESSURE = "pressure"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_OVERTURNED = "appeal_overturned"


class Notice(SQLModel, table=True):
    """Something that a member is told once; it goes when the member puts it away."""

    __table_args__ = (Index("ix_notice_membership_due", "membership_id", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: UUID = Field(default_factory=uuid4, unique=True)
    membership_id: int = Field(foreign_key="membership.id")
    decision_id: int | None = Field(default=None, foreign_key="decision.id", index=True)
    kind: NoticeKind = Field(sa_type=Text)
    message_public_id: UUID | None = Field(default=None)
    reason: str | None = Field(default=None, max_length=40)
    note: str = Field(default="", sa_type=Text)
    """What the moderator says in own words."""
    until: datetime | None = Field(default=None, sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
