"""Who holds a staff role where, how a role is taken away again, and how a code app that is lost."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.accounts import passkeys, ways
from server.accounts.models import Member, Membership, RoleGrant
from server.accounts.rules import end_all_sessions
from server.database import Transaction, changed
from server.permissions import Role


def holders(tx: Transaction, role: Role, space_id: int | None) -> frozenset[int]:
    """The keys of everybody who holds the role there."""
    rows = tx.session.execute(
        select(col(RoleGrant.member_id)).where(
            col(RoleGrant.role) == str(role), col(RoleGrant.space_id).is_not_distinct_from(space_id)
        )
    )
    return frozenset(rows.scalars())


def ready_holders(tx: Transaction, role: Role, space_id: int | None) -> int:
    """How many of them have a second factor, without which the role counts for nothing."""
    keys = holders(tx, role, space_id)
    rows = tx.session.execute(select(col(Member.id)).where(col(Member.id).in_(keys), col(Member.totp_confirmed)))
    return len(rows.all())


def take_from(tx: Transaction, member_id: int, role: Role, space_id: int | None) -> bool:
    """Take a role from an account. Its sessions end, so that nothing that was open stays open.

    Whether it had the role.
    """
    gone = tx.session.execute(
        delete(RoleGrant).where(
            col(RoleGrant.member_id) == member_id,
            col(RoleGrant.role) == str(role),
            col(RoleGrant.space_id).is_not_distinct_from(space_id),
        )
    )
    if changed(gone) == 0:
        return False
    end_all_sessions(tx, member_id)
    return True


def take_away(tx: Transaction, role: Role, *, space_id: int | None, pseudonym_key: str, login_key: bytes) -> bool:
    """Take a role from whoever has this name in the space (for a steward: this sign-in name). Whether anybody had."""
    member_id = _named(tx, space_id, pseudonym_key, login_key)
    return member_id is not None and take_from(tx, member_id, role, space_id)


def take_code_app_off(
    tx: Transaction, *, space_id: int | None, pseudonym_key: str, login_key: bytes, on: date
) -> Sequence[tuple[Role, int | None]] | None:
    """Take a lost code app off an account, and with it every role, so that no role is ever held by words alone.

    Gives the roles, each with its space, for new links; None when nobody of this name has a code app. Sessions end,
    and passkeys go: they may be in the telephone that is lost.
    """
    member_id = _named(tx, space_id, pseudonym_key, login_key)
    off = (
        update(Member)
        .where(col(Member.id) == member_id, col(Member.totp_confirmed))
        .values(totp_secret=None, totp_confirmed=False)
    )
    if member_id is None or changed(tx.session.execute(off)) != 1:
        return None
    held = tx.session.execute(
        delete(RoleGrant)
        .where(col(RoleGrant.member_id) == member_id)
        .returning(col(RoleGrant.role), col(RoleGrant.space_id))
    ).all()
    passkeys.remove_all(tx, member_id)
    ways.note(tx, member_id, on)
    end_all_sessions(tx, member_id)
    return [(Role(role), where) for role, where in held]


def _named(tx: Transaction, space_id: int | None, pseudonym_key: str, login_key: bytes) -> int | None:
    if space_id is None:
        who = select(col(Member.id)).where(col(Member.login_key) == login_key)
    else:
        who = select(col(Membership.member_id)).where(
            col(Membership.space_id) == space_id, col(Membership.pseudonym_key) == pseudonym_key
        )
    return tx.session.execute(who).scalar_one_or_none()
