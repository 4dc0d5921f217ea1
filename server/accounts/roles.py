"""Who holds a staff role where, and how a role is taken away again."""

from sqlalchemy import delete, select
from sqlmodel import col

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
    if space_id is None:
        who = select(col(Member.id)).where(col(Member.login_key) == login_key)
    else:
        who = select(col(Membership.member_id)).where(
            col(Membership.space_id) == space_id, col(Membership.pseudonym_key) == pseudonym_key
        )
    member_id = tx.session.execute(who).scalar_one_or_none()
    return member_id is not None and take_from(tx, member_id, role, space_id)
