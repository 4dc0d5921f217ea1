"""What happens to accounts. Slow hashing is done before; nothing here holds a lock while it thinks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Integer, bindparam, case, delete, func, select, type_coerce, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts import confusable, passkeys, senders, ways
from server.accounts.models import (
    AccountSession,
    Invitation,
    Member,
    Membership,
    Notice,
    NoticeKind,
    RoleGrant,
)
from server.accounts.queries import pseudonym_taken
from server.clock import days, rounded_to_the_hour
from server.crypto.passwords import PassphraseHash
from server.crypto.tokens import (
    Code,
    SessionToken,
    keyed_hash,
    new_code,
    new_session_token,
    plain_code,
    token_hash,
)
from server.database import Transaction, changed, metadata
from server.errors import Invalid, Refused, say
from server.events import BrowserLeft, SessionsEnded
from server.permissions import STAFF_ROLES, Role, Viewer
from server.prepared import Prepared
from server.spaces.models import Joining
from server.spaces.queries import SpaceRow, space_by_id
from server.spaces.rules import as_it_stands

INVITE_NEEDED = say("This space needs an invitation. Please type the code from your card.")
INVITE_WRONG = say("This invitation code is not valid, or it was used already.")
CLOSED = say("Nobody can join this space just now.")
NAME_TAKEN = say("This name, or one that looks like it, is taken in this space. Please choose another.")
NAME_RESERVED = say("This name looks like a staff or agency name. Please choose another.")
NAME_MIXED = say("Please use one alphabet only: mixed letters can look like another name.")
SECONDS_PER_DAY = 86_400
NAME_EMPTY = say("Please use letters or numbers in the name.")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The hashes of a new account's secrets."""

    login_key: bytes
    passphrase_hash: PassphraseHash
    recovery_hash: PassphraseHash


def join(tx: Transaction, secrets: Secrets, *, language: str | None) -> int:
    """Make an account; gives its key. Raises Refused when the sign-in name is taken."""
    member = Member(
        login_key=secrets.login_key,
        passphrase_hash=secrets.passphrase_hash,
        recovery_hash=secrets.recovery_hash,
        language=language,
    )
    tx.session.add(member)
    tx.session.flush()
    assert member.id is not None
    return member.id


def join_space(
    tx: Transaction, member_id: int, space: SpaceRow, *, pseudonym: str, invite: str, code_key: bytes, on: date
) -> int:
    """Give a member a name in a space; gives the membership's key.

    Raises Invalid for a name that is taken or could deceive, and for an invitation that does not fit.
    """
    check_pseudonym(tx, space.id, pseudonym, on=on)
    space, vouched = as_it_stands(tx, space.id), False
    if space.joining == Joining.CLOSED or space.read_only:
        raise Refused(CLOSED)
    if plain_code(invite):
        found = _redeem(tx, invite, space_id=space.id, code_key=code_key, on=on)
        if found is None:
            raise Invalid(INVITE_WRONG, field="invite")
        vouched = found
    elif space.joining == Joining.INVITATION:
        raise Invalid(INVITE_NEEDED, field="invite")
    return add_membership(tx, member_id, space.id, pseudonym=pseudonym, vouched=vouched)


def add_membership(tx: Transaction, member_id: int, space_id: int, *, pseudonym: str, vouched: bool) -> int:
    """The membership itself, when all questions are answered; gives its key."""
    membership = Membership(
        member_id=member_id,
        space_id=space_id,
        pseudonym=pseudonym,
        pseudonym_key=confusable.folded(pseudonym),
        vouched=vouched,
    )
    tx.session.add(membership)
    tx.session.flush()
    assert membership.id is not None
    return membership.id


def check_pseudonym(tx: Transaction, space_id: int, pseudonym: str, *, on: date) -> None:
    """Raises Invalid for a name that is empty to the eye, taken, or could pass for staff or an organisation."""
    key = confusable.folded(pseudonym)
    if not key:
        raise Invalid(NAME_EMPTY, field="pseudonym")
    if confusable.mixes_scripts(pseudonym):
        raise Invalid(NAME_MIXED, field="pseudonym")
    if confusable.is_reserved(pseudonym) or senders.names_an_organisation(tx, pseudonym, on=on):
        raise Invalid(NAME_RESERVED, field="pseudonym")
    if pseudonym_taken(tx, space_id, [key]):
        raise Invalid(NAME_TAKEN, field="pseudonym")


def _redeem(tx: Transaction, code: str, *, space_id: int, code_key: bytes, on: date) -> bool | None:
    """Use an invitation up; gives whether it vouches, None when there is none.

    Its row goes, so that nobody can say later who came by it.
    """
    gone = tx.session.execute(
        delete(Invitation)
        .where(
            col(Invitation.code_hash) == keyed_hash(code_key, plain_code(code)),
            col(Invitation.space_id) == space_id,
            col(Invitation.role).is_(None),
            col(Invitation.expires_on) >= on,
        )
        .returning(col(Invitation.vouched))
    )
    return gone.scalar_one_or_none()


def invite(
    tx: Transaction,
    *,
    space_id: int | None,
    role: Role | None,
    code_key: bytes,
    expires_on: date,
    made_on: date | None = None,
    vouched: bool = True,
) -> Code:
    """A new single-use code; only its keyed hash is kept. Whoever comes vouched need not wait with a first message."""
    code = new_code()
    tx.session.add(
        Invitation(
            code_hash=keyed_hash(code_key, plain_code(code)),
            space_id=space_id,
            role=None if role is None else str(role),
            vouched=vouched,
            made_on=made_on,
            expires_on=expires_on,
        )
    )
    return code


def space_of_invitation(tx: Transaction, code: str, *, code_key: bytes, on: date) -> SpaceRow | None:
    """The space that an unused invitation opens."""
    if not plain_code(code):
        return None
    space_id = tx.session.execute(
        select(col(Invitation.space_id)).where(
            col(Invitation.code_hash) == keyed_hash(code_key, plain_code(code)),
            col(Invitation.role).is_(None),
            col(Invitation.expires_on) >= on,
        )
    ).scalar_one_or_none()
    space = None if space_id is None else space_by_id(tx, space_id)
    return space if space is not None and space.place.opened else None


@dataclass(frozen=True, slots=True)
class StaffInvitation:
    """What a staff link gives."""

    id: int
    role: Role
    space_id: int | None


def staff_invitation(tx: Transaction, code: str, *, code_key: bytes, on: date) -> StaffInvitation | None:
    """The role behind a staff link that can still be used."""
    row = tx.session.execute(
        select(col(Invitation.id), col(Invitation.role), col(Invitation.space_id)).where(
            col(Invitation.code_hash) == keyed_hash(code_key, plain_code(code)),
            col(Invitation.role).is_not(None),
            col(Invitation.expires_on) >= on,
        )
    ).first()
    return None if row is None else StaffInvitation(row.id, Role(row.role), row.space_id)


def take_role(tx: Transaction, member_id: int, invitation: StaffInvitation) -> None:
    """Use a staff link up. Raises Refused when somebody else was quicker."""
    gone = tx.session.execute(delete(Invitation).where(col(Invitation.id) == invitation.id))
    if changed(gone) != 1:
        raise Refused(INVITE_WRONG)
    grant(tx, member_id, invitation.role, invitation.space_id)


def grant(tx: Transaction, member_id: int, role: Role, space_id: int | None) -> None:
    """Give a role. Only staff roles are given by name."""
    if role not in STAFF_ROLES:
        raise Refused(INVITE_WRONG)
    tx.session.add(RoleGrant(member_id=member_id, role=str(role), space_id=space_id))


def start_session(
    tx: Transaction, member_id: int, *, at: datetime, lifetime: timedelta, persistent: bool, second_factor: bool
) -> SessionToken:
    """Sign a browser in; gives the token for its cookie. Only a hash of it is kept."""
    token = new_session_token()
    tx.session.add(
        AccountSession(
            member_id=member_id,
            token_hash=token_hash(token),
            started_at=rounded_to_the_hour(at),
            expires_at=rounded_to_the_hour(at) + lifetime,
            persistent=persistent,
            second_factor=second_factor,
        )
    )
    return token


def end_session(tx: Transaction, viewer: Viewer, public_id: UUID) -> None:
    """Sign one of one's own browsers out."""
    tx.session.execute(
        delete(AccountSession).where(
            col(AccountSession.member_id) == viewer.member_id, col(AccountSession.public_id) == public_id
        )
    )
    _tell_ended(tx, viewer)


def end_this_session(tx: Transaction, token: SessionToken) -> None:
    """Sign out whoever holds this token; nothing happens when nobody does."""
    hashed = token_hash(token)
    tx.session.execute(delete(AccountSession).where(col(AccountSession.token_hash) == hashed))
    tx.announce(BrowserLeft("browser", hashed))


def end_session_row(tx: Transaction, session_id: int) -> None:
    """Sign out the browser that signs in anew: one browser, one session."""
    tx.session.execute(delete(AccountSession).where(col(AccountSession.id) == session_id))


def end_other_sessions(tx: Transaction, viewer: Viewer) -> None:
    """Sign every other browser out."""
    tx.session.execute(
        delete(AccountSession).where(
            col(AccountSession.member_id) == viewer.member_id, col(AccountSession.id) != viewer.session_id
        )
    )
    _tell_ended(tx, viewer)


def end_all_sessions(tx: Transaction, member_id: int) -> None:
    """After recovery: whoever was signed in is not any more."""
    tx.session.execute(delete(AccountSession).where(col(AccountSession.member_id) == member_id))
    tx.announce(SessionsEnded(f"member:{member_id}", member_id))


def use_second_factor(tx: Transaction, member_id: int, step: int) -> None:
    """Mark a one-time code as used. Raises Refused when it was used a moment ago."""
    done = tx.session.execute(
        update(Member).where(col(Member.id) == member_id, col(Member.totp_step) < step).values(totp_step=step)
    )
    if changed(done) != 1:
        raise Refused(say("This code was used already. Please wait for the next one."))


def set_second_factor(
    tx: Transaction, viewer: Viewer, sealed: bytes, step: int, *, at: datetime, lifetime: timedelta
) -> None:
    """Keep a confirmed second factor; this session begins anew with it and lives as staff do, the others end.

    Passkeys that were added without it go, whoever added them.
    Raises Refused when one was set before: nothing replaces it, because whoever found a session open would.
    """
    done = tx.session.execute(
        update(Member)
        .where(col(Member.id) == viewer.member_id, col(Member.totp_confirmed).is_(False))
        .values(totp_secret=sealed, totp_confirmed=True, totp_step=step)
    )
    if changed(done) != 1:
        raise Refused(say("Your second factor is set already."))
    assert viewer.member_id is not None
    passkeys.remove_all(tx, viewer.member_id)
    tx.session.execute(
        update(AccountSession)
        .where(col(AccountSession.id) == viewer.session_id)
        .values(second_factor=True, started_at=rounded_to_the_hour(at), expires_at=rounded_to_the_hour(at) + lifetime)
    )
    ways.note(tx, viewer.member_id, at.date())
    end_other_sessions(tx, viewer)


def replace_recovery_code(tx: Transaction, member_id: int, recovery_hash: PassphraseHash) -> None:
    """A new card; the old one opens nothing any more."""
    tx.session.execute(
        update(Member).where(col(Member.id) == member_id).values(recovery_hash=recovery_hash, card_kept=False)
    )


def card_was_kept(tx: Transaction, member_id: int) -> None:
    """The member has copied the card."""
    tx.session.execute(update(Member).where(col(Member.id) == member_id).values(card_kept=True))


def recover(tx: Transaction, member_id: int, *, used: PassphraseHash, new: Secrets, on: date) -> None:
    """New secret words and a new card; every session ends, and every passkey goes.

    Raises Refused when the same code was used at the same moment elsewhere.
    """
    done = tx.session.execute(
        update(Member)
        .where(col(Member.id) == member_id, col(Member.recovery_hash) == used)
        .values(passphrase_hash=new.passphrase_hash, recovery_hash=new.recovery_hash, card_kept=False)
    )
    if changed(done) != 1:
        raise Refused(say("This recovery code was used already."))
    passkeys.remove_all(tx, member_id)
    ways.note(tx, member_id, on)
    end_all_sessions(tx, member_id)


def speak(tx: Transaction, member_id: int, language: str) -> None:
    """Remember the language that the member chose."""
    tx.session.execute(update(Member).where(col(Member.id) == member_id).values(language=language))


def tell_dates_in(tx: Transaction, member_id: int, calendar: str) -> None:
    """Remember the calendar that the member chose; empty for everybody's."""
    tx.session.execute(update(Member).where(col(Member.id) == member_id).values(calendar=calendar))


def count_released(tx: Transaction, membership_id: int, by: int) -> None:
    """A message of theirs was let through (or an undone decision takes one back).

    Trust needs days as well: those on which their published messages were written. The number never sinks when
    one more is let through, because old messages go by age.
    """
    tx.flush()
    messages = metadata.tables["message"]
    days_now = tx.look(
        select(func.count(func.distinct(type_coerce(messages.c.written_at, BigInteger) // SECONDS_PER_DAY))).where(
            messages.c.membership_id == membership_id, messages.c.state == ContentState.PUBLISHED
        )
    ).scalar_one()
    tx.ask(_COUNT_RELEASED, {"membership_id": membership_id, "by": by, "days": days_now})


_COUNT_RELEASED = Prepared(
    update(Membership)
    .where(col(Membership.id) == bindparam("membership_id"))
    .values(
        released=col(Membership.released) + bindparam("by"),
        released_days=case(
            (col(Membership.released_days) > bindparam("days"), col(Membership.released_days)),
            else_=bindparam("days", type_=Integer),
        ),
    )
)


def tell(
    tx: Transaction,
    membership_id: int,
    kind: NoticeKind,
    *,
    message: UUID | None,
    reason: str | None,
    due_at: datetime,
    decision_id: int | None,
    note: str = "",
    until: datetime | None = None,
) -> None:
    """Leave a notice for a member, to be seen from `due_at` on."""
    tx.session.add(
        Notice(
            membership_id=membership_id,
            decision_id=decision_id,
            kind=kind,
            message_public_id=message,
            reason=reason,
            note=note,
            until=until,
            due_at=due_at,
        )
    )


def untell(tx: Transaction, decision_id: int) -> None:
    """Take back every notice about a decision that was undone."""
    tx.session.execute(delete(Notice).where(col(Notice.decision_id) == decision_id))


def dismiss(tx: Transaction, viewer: Viewer, public_id: UUID) -> None:
    """Put a notice away; nothing of it stays."""
    own = [standing.membership_id for standing in viewer.standings.values()]
    tx.session.execute(delete(Notice).where(col(Notice.public_id) == public_id, col(Notice.membership_id).in_(own)))


def invitation_ends(on: date, lifetime_days: int) -> date:
    """The last day of a new invitation."""
    return on + days(lifetime_days)


def _tell_ended(tx: Transaction, viewer: Viewer) -> None:
    assert viewer.member_id is not None
    tx.announce(SessionsEnded(f"member:{viewer.member_id}", viewer.member_id))
