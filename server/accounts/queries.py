"""What pages ask about accounts. Nothing here shows a sign-in name, because nobody keeps one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, update
from sqlmodel import col

from server.accounts.models import AccountSession, Member, Membership, Notice, RoleGrant
from server.clock import rounded_to_the_hour
from server.crypto.passwords import PassphraseHash
from server.crypto.tokens import SessionToken, token_hash
from server.database import Database, Transaction, made, metadata
from server.permissions import NOBODY, Role, Standing, Viewer
from server.policies import Policies, Retention, TrustPolicy
from server.prepared import Prepared

_NOTICES = (
    select(func.count())
    .where(col(Notice.membership_id) == col(Membership.id), col(Notice.due_at) <= bindparam("now"))
    .scalar_subquery()
)
_SESSION = Prepared(
    select(
        col(AccountSession.id),
        col(AccountSession.member_id),
        col(AccountSession.second_factor),
        col(AccountSession.started_at),
        col(AccountSession.expires_at),
        col(AccountSession.persistent),
        col(Member.language),
        col(Member.calendar),
        col(Member.way_changed_on),
        exists().where(col(RoleGrant.member_id) == col(AccountSession.member_id)).label("staff"),
        col(Membership.id),
        col(Membership.public_id),
        col(Membership.space_id),
        col(Membership.pseudonym),
        col(Membership.released),
        col(Membership.released_days),
        col(Membership.vouched),
        col(Membership.suspended_until),
        col(Membership.limited_until),
        col(Membership.keeps_marks),
        col(Membership.has_drafts),
        col(Membership.verified_as),
        col(Membership.verified_until),
        col(Membership.has_mutes),
        _NOTICES.label("notices"),
    )
    .join(Member, col(Member.id) == col(AccountSession.member_id))
    .outerjoin(Membership, col(Membership.member_id) == col(Member.id))
    .where(col(AccountSession.token_hash) == bindparam("token_hash"))
)
_GRANTS = Prepared(
    select(col(RoleGrant.role), col(RoleGrant.space_id)).where(col(RoleGrant.member_id) == bindparam("member_id"))
)

RENEW = timedelta(days=1)
"""An expiry is moved at most once in this time, so that it tells little of when somebody was here."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session may rest, and how long it may last, however much it is used.

    Without the second factor a session of staff has the rights of a member, and lasts as long.
    """

    member: timedelta
    staff: timedelta
    most: timedelta

    def rest(self, *, second_factor: bool) -> timedelta:
        """From its last use to its end."""
        return self.staff if second_factor else min(self.member, self.most)

    def whole(self, *, persistent: bool, second_factor: bool) -> timedelta:
        """From its beginning to its end. On a shared phone, and with the second factor, it is not drawn out."""
        return self.most if persistent and not second_factor else self.rest(second_factor=second_factor)


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """What is needed to check a sign-in."""

    member_id: int
    passphrase_hash: PassphraseHash
    recovery_hash: PassphraseHash
    card_kept: bool
    totp_secret: bytes | None
    totp_confirmed: bool
    totp_step: int
    staff: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One signed-in browser, as its owner sees it."""

    id: UUID
    started: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """Something to be told."""

    id: UUID
    space_id: int
    kind: str
    message_public_id: UUID | None
    reason: str | None
    due_at: datetime
    note: str
    until: datetime | None
    decision: UUID | None


def find_viewer(
    tx: Transaction, token: SessionToken | None, *, at: datetime, trust: TrustPolicy, lasts: Lifetimes
) -> Viewer:
    """Whoever the token belongs to. Staff rights count only when the session has a second factor."""
    if token is None:
        return NOBODY
    key = token_hash(token)
    lines: Sequence[Any] = tx.ask(_SESSION, {"token_hash": key, "now": at}).all()
    if not lines:
        return NOBODY
    row = lines[0]
    ends_at = row.started_at + lasts.whole(persistent=row.persistent, second_factor=row.second_factor)
    if min(row.expires_at, ends_at) <= at:
        return NOBODY
    grants: Sequence[Any] = ()
    if row.staff and row.second_factor:
        grants = tx.ask(_GRANTS, {"member_id": row.member_id}).all()
    own = [line for line in lines if line[_MEMBERSHIP_FROM] is not None]
    standings = [made(_standing, line[_MEMBERSHIP_FROM:], at, trust) for line in own]
    return Viewer(
        member_id=row.member_id,
        session_id=row.id,
        session_key=key,
        language=row.language,
        calendar=row.calendar,
        staff=row.staff,
        second_factor=row.second_factor,
        expires_at=row.expires_at,
        ends_at=ends_at,
        persistent=row.persistent,
        notices=sum(line.notices for line in lines) + _is_news(row.way_changed_on, at),
        way_changed_on=row.way_changed_on,
        grants=frozenset((Role(role), space_id) for role, space_id in grants),
        standings={standing.space_id: standing for standing in standings},
    )


TOLD_DAYS = 14
"""So long a way in that changed is told on every page; afterwards only on one's own."""


def _is_news(changed_on: date | None, at: datetime) -> bool:
    return changed_on is not None and at.date() < changed_on + timedelta(days=TOLD_DAYS)


_MEMBERSHIP_FROM = 10
"""Where the columns of the membership begin in a row of _SESSION."""


def _standing(
    membership_id: int,
    public_id: UUID,
    space_id: int,
    pseudonym: str,
    released: int,
    released_days: int,
    vouched: bool,
    suspended_until: datetime | None,
    limited_until: datetime | None,
    keeps_marks: bool,
    has_drafts: bool,
    verified_as: str,
    verified_until: datetime | None,
    has_mutes: bool,
    _notices: int,
    at: datetime,
    trust: TrustPolicy,
) -> Standing:
    speaks_for = verified_as if verified_until is not None and verified_until > at else ""
    return Standing(
        membership_id,
        public_id,
        space_id,
        pseudonym,
        trust.knows(released=released, days=released_days, vouched=vouched),
        vouched,
        suspended_until,
        limited_until,
        released > 0,
        keeps_marks,
        has_drafts,
        speaks_for,
        has_mutes,
    )


def lifetimes(retention: Retention) -> Lifetimes:
    """From the policies."""
    return Lifetimes(
        timedelta(days=retention.session_days),
        timedelta(hours=retention.staff_session_hours),
        timedelta(days=retention.session_most_days),
    )


class Renewal:
    """A session in use lives on, until its end. Its expiry is moved at most once a day."""

    def is_due(self, viewer: Viewer, policies: Policies, *, at: datetime) -> bool:
        """Whether the expiry should be moved now."""
        if viewer.expires_at is None or viewer.ends_at is None or viewer.expires_at >= viewer.ends_at:
            return False
        return viewer.expires_at - at <= self._rest(viewer, policies) - RENEW

    def renew(self, db: Database, viewer: Viewer, policies: Policies, *, at: datetime) -> None:
        """Move it."""
        assert viewer.ends_at is not None
        until = min(rounded_to_the_hour(at) + self._rest(viewer, policies), viewer.ends_at)
        with db.transaction() as tx:
            tx.session.execute(
                update(AccountSession).where(col(AccountSession.id) == viewer.session_id).values(expires_at=until)
            )

    def _rest(self, viewer: Viewer, policies: Policies) -> timedelta:
        return lifetimes(policies.retention).rest(second_factor=viewer.second_factor)


def living_sessions(tx: Transaction, hashes: Collection[bytes], *, at: datetime) -> set[bytes]:
    """Which of these sessions go on."""
    if not hashes:
        return set()
    found = select(col(AccountSession.token_hash)).where(
        col(AccountSession.token_hash).in_(hashes), col(AccountSession.expires_at) > at
    )
    return {bytes(row[0]) for row in tx.look(found)}


def sign_in_record(tx: Transaction, login_key: bytes) -> SignInRecord | None:
    """What a sign-in under this name must fit."""
    row = tx.session.execute(
        select(
            col(Member.id),
            col(Member.passphrase_hash),
            col(Member.recovery_hash),
            col(Member.card_kept),
            col(Member.totp_secret),
            col(Member.totp_confirmed),
            col(Member.totp_step),
            exists().where(col(RoleGrant.member_id) == col(Member.id)),
        ).where(col(Member.login_key) == login_key)
    ).first()
    return None if row is None else made(SignInRecord, row)


def made_just_now(tx: Transaction, login_key: bytes, *, at: datetime) -> SignInRecord | None:
    """The account of this name if it was made within the last hour: its first session says so."""
    record = sign_in_record(tx, login_key)
    if record is None:
        return None
    first = tx.session.execute(
        select(col(AccountSession.started_at))
        .where(col(AccountSession.member_id) == record.member_id)
        .order_by(col(AccountSession.id))
        .limit(1)
    ).scalar_one_or_none()
    return record if first is None or first >= rounded_to_the_hour(at) - timedelta(hours=1) else None


def own_record(tx: Transaction, member_id: int) -> SignInRecord | None:
    """The same for a member who is signed in."""
    key = tx.session.execute(select(col(Member.login_key)).where(col(Member.id) == member_id)).scalar_one_or_none()
    return None if key is None else sign_in_record(tx, key)


def sessions_of(tx: Transaction, viewer: Viewer, *, at: datetime) -> list[SessionLine]:
    """The browsers that are signed in to this account."""
    rows = tx.session.execute(
        select(col(AccountSession.id), col(AccountSession.public_id), col(AccountSession.started_at))
        .where(col(AccountSession.member_id) == viewer.member_id, col(AccountSession.expires_at) > at)
        .order_by(col(AccountSession.id).desc())
        .limit(100)
    )
    return [SessionLine(public_id, started, id_ == viewer.session_id) for id_, public_id, started in rows]


def notices_of(tx: Transaction, viewer: Viewer, *, at: datetime) -> list[NoticeLine]:
    """What this member has to be told, the newest first."""
    memberships = [standing.membership_id for standing in viewer.standings.values()]
    decisions = metadata.tables["decision"]
    rows = tx.session.execute(
        select(
            col(Notice.public_id),
            col(Membership.space_id),
            col(Notice.kind),
            col(Notice.message_public_id),
            col(Notice.reason),
            col(Notice.due_at),
            col(Notice.note),
            col(Notice.until),
            decisions.c.public_id,
        )
        .join(Membership, col(Membership.id) == col(Notice.membership_id))
        .outerjoin(decisions, decisions.c.id == col(Notice.decision_id))
        .where(col(Notice.membership_id).in_(memberships), col(Notice.due_at) <= at)
        .order_by(col(Notice.id).desc())
        .limit(100)
    )
    return [made(NoticeLine, row) for row in rows]


def pseudonym_taken(tx: Transaction, space_id: int, keys: Sequence[str]) -> bool:
    """Whether any of these folded names is somebody's in the space."""
    return bool(
        tx.session.execute(
            select(col(Membership.id))
            .where(col(Membership.space_id) == space_id, col(Membership.pseudonym_key).in_(keys))
            .limit(1)
        ).first()
    )
