"""A member leaves: nobody can sign in any more from this moment on, and each name goes at a moment of its own.

Names that vanish at the same moment could be told to be one person's; so each goes at random within one to three days.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Table, delete, exists, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Member, Membership, RoleGrant
from server.accounts.roles import holders
from server.accounts.rules import end_all_sessions
from server.database import Database, Transaction, changed, metadata
from server.errors import Refused, say
from server.forum.models import Message
from server.forum.queries import message_by_id
from server.forum.rules import withdraw
from server.leaving.models import Farewell
from server.letters.models import Conversation, Letter
from server.permissions import Role

SOONEST, LATEST = timedelta(hours=24), timedelta(hours=72)
AT_ONCE = 20
NOBODY = ""
"""Stands where the scrambled words of an account were; nothing that anybody types fits it."""
_OWN = ("account_session", "passkey", "role_grant", "moderator_choice", "case_skip", "hall_role")
"""Rows about the account alone. Other rows that name it tell who decided something, and stay for their time."""
LAST_HOST = say("You are the only host of a space. Make somebody else host there first, or archive it.")
_CAN_GO = (ContentState.PUBLISHED, ContentState.HELD, ContentState.HIDDEN)
"""Its member could take each of them back. A hidden one that stayed could be let through when nobody can any more."""


class Messages(StrEnum):
    """What becomes of what one wrote."""

    ERASE = "erase"
    KEEP = "keep"


def leave(tx: Transaction, member_id: int, messages: Messages, *, at: datetime) -> None:
    """Close an account. Raises Refused for the only host of a space."""
    tx.run(select(col(Member.id)).where(col(Member.id) == member_id).with_for_update())
    hosted = tx.look(
        select(col(RoleGrant.space_id)).where(
            col(RoleGrant.member_id) == member_id, col(RoleGrant.role) == str(Role.HOST)
        )
    ).scalars()
    if any(holders(tx, Role.HOST, space_id) == frozenset({member_id}) for space_id in list(hosted)):
        raise Refused(LAST_HOST)
    own = tx.look(select(col(Membership.id)).where(col(Membership.member_id) == member_id)).scalars()
    for membership_id in list(own):
        tx.session.add(Farewell(membership_id=membership_id, messages=messages, due_at=at + _moment()))
    _shut(tx, member_id)
    _forget_who(tx, member_id)
    end_all_sessions(tx, member_id)
    tx.erases = True


def _shut(tx: Transaction, member_id: int) -> None:
    """Nobody signs in to it any more; what was its own goes."""
    tx.run(
        update(Member)
        .where(col(Member.id) == member_id)
        .values(
            login_key=secrets.token_bytes(32),
            passphrase_hash=NOBODY,
            recovery_hash=NOBODY,
            totp_secret=None,
            totp_confirmed=False,
            language=None,
            calendar="",
            way_changed_on=None,
        )
    )
    for name in _OWN:
        table = metadata.tables[name]
        tx.run(delete(table).where(table.c.member_id == member_id))


def _moment() -> timedelta:
    span = int((LATEST - SOONEST).total_seconds())
    return SOONEST + timedelta(seconds=secrets.randbelow(span))


# When it is due ------------------------------------------------------------------------------------------


def let_go(db: Database, *, at: datetime) -> int:
    """Every name that is due: a few messages in each visit, so that nobody waits long. How many names went."""
    gone = 0
    while True:
        with db.transaction() as tx:
            due = select(col(Farewell.membership_id), col(Farewell.messages)).where(col(Farewell.due_at) <= at)
            found = tx.look(due.order_by(col(Farewell.id)).limit(1)).first()
            if found is None:
                forget_empty_accounts(tx)
                return gone
            membership_id, messages = found
            if messages == Messages.ERASE and _erase_some(tx, membership_id, at=at):
                continue
            _forget_name(tx, membership_id)
            gone += 1


def _erase_some(tx: Transaction, membership_id: int, *, at: datetime) -> int:
    wanted = select(col(Message.public_id)).where(
        col(Message.membership_id) == membership_id, col(Message.state).in_(_CAN_GO)
    )
    found = tx.look(wanted.limit(AT_ONCE)).scalars().all()
    for public_id in found:
        message = message_by_id(tx, public_id)
        if message is not None:
            withdraw(tx, message, at=at)
    return len(found)


def _forget_name(tx: Transaction, membership_id: int) -> None:
    """Whatever names this membership: rows of its own go, others stay and name nobody."""
    member_id = tx.look(select(col(Membership.member_id)).where(col(Membership.id) == membership_id)).scalar_one()
    talks = select(col(Conversation.id)).where(col(Conversation.membership_id) == membership_id)
    tx.run(delete(Letter).where(col(Letter.conversation_id).in_(talks)))
    for table, column in _naming("membership"):
        here = column == membership_id
        tx.run(update(table).where(here).values({column.name: None}) if column.nullable else delete(table).where(here))
    tx.run(delete(Membership).where(col(Membership.id) == membership_id))
    tx.erases = True
    _forget_who(tx, member_id)


def erase_at_once(tx: Transaction, membership_id: int, *, at: datetime) -> int:
    """In a copy that is laid back: what was still to be erased of a name that goes now. How many messages."""
    gone = 0
    while some := _erase_some(tx, membership_id, at=at):
        gone += some
    return gone


def forget_at_once(tx: Transaction, membership_id: int) -> None:
    """In a copy that is laid back: a name that went since. What was erased until then is named message by message."""
    member_id = tx.look(select(col(Membership.member_id)).where(col(Membership.id) == membership_id)).scalar_one()
    _forget_name(tx, membership_id)
    if tx.look(select(col(Membership.id)).where(col(Membership.member_id) == member_id).limit(1)).first() is None:
        _shut(tx, member_id)
        forget_empty_accounts(tx)


def shut_at_once(tx: Transaction, member_id: int) -> None:
    """In a copy that is laid back: an account that was closed since; it may have had no name in any space."""
    _shut(tx, member_id)
    _forget_who(tx, member_id)
    forget_empty_accounts(tx)


def _forget_who(tx: Transaction, member_id: int) -> None:
    """Rows that named the account beside others name nobody now."""
    for table, column in _naming("member"):
        if column.nullable:
            tx.run(update(table).where(column == member_id).values({column.name: None}))


def forget_empty_accounts(tx: Transaction) -> int:
    """Closed accounts that no row names any more: of a moderator, with the last decision. How many went."""
    free = col(Member.passphrase_hash) == NOBODY
    for _, column in _naming("member"):
        if not column.nullable:
            free = free & ~exists().where(column == col(Member.id))
    return changed(tx.run(delete(Member).where(free)))


def _naming(name: str) -> Iterator[tuple[Table, Column[int]]]:
    """Every column of another table that names a row of this one."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == name for key in column.foreign_keys):
                yield table, column
