"""People whom a member does not want to read in a space, or be answered by. Nobody else ever learns of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlmodel import col

from server.accounts.models import Membership, Notice, NoticeKind
from server.database import Transaction, made
from server.errors import Refused, say
from server.forum.models import Message, Mute
from server.permissions import Standing
from server.prepared import Prepared

ONESELF = say("This is your own message.")
NOBODY = say("We do not know any more who wrote this message.")
FULL = say("There are too many people on this list already. Please take some of them off first.")
NOT_DIRECTLY = say("You cannot answer this message directly. You can write to everybody in the topic.")


@dataclass(frozen=True, slots=True)
class MutedPerson:
    """Somebody on a member's own list."""

    public_id: UUID
    pseudonym: str
    blocks: bool


def mute(tx: Transaction, by: Standing, other_id: int | None, *, blocks: bool, most: int) -> None:
    """Fold somebody's messages for this member; with `blocks`, refuse their answers too.

    Pressing twice changes nothing, and muting somebody who is blocked does not unblock. Raises Refused for oneself.
    """
    if other_id is None:
        raise Refused(NOBODY)
    if other_id == by.membership_id:
        raise Refused(ONESELF)
    _alone(tx, by)
    known = muted_by(tx, by.membership_id)
    if other_id not in known:
        if len(known) >= most:
            raise Refused(FULL)
        tx.session.add(Mute(membership_id=by.membership_id, other_id=other_id, blocks=blocks))
    elif blocks:
        tx.session.execute(update(Mute).where(*_pair(by.membership_id, other_id)).values(blocks=True))
    _forget_news(tx, by.membership_id, other_id)
    _note_mutes(tx, by.membership_id)


def let_answer(tx: Transaction, by: Standing, other_id: int) -> None:
    """They may answer again; their messages stay folded."""
    tx.session.execute(update(Mute).where(*_pair(by.membership_id, other_id)).values(blocks=False))


def show_again(tx: Transaction, by: Standing, other_id: int) -> None:
    """Nothing stands between the two any more."""
    _alone(tx, by)
    tx.session.execute(delete(Mute).where(*_pair(by.membership_id, other_id)))
    _note_mutes(tx, by.membership_id)


def may_answer(tx: Transaction, author: int, answered: int) -> bool:
    """Whether whoever wrote the message that is answered takes answers of this author."""
    return tx.ask(_BLOCKED, {"answered": answered, "author": author}).first() is None


_BLOCKED = Prepared(
    select(col(Mute.id))
    .join(Message, col(Message.membership_id) == col(Mute.membership_id))
    .where(
        col(Message.id) == bindparam("answered"),
        col(Mute.other_id) == bindparam("author"),
        col(Mute.blocks).is_(True),
    )
    .limit(1)
)


def muted_by(tx: Transaction, membership_id: int) -> frozenset[int]:
    """The keys of those whose messages this member does not want to read."""
    return frozenset(tx.look(select(col(Mute.other_id)).where(col(Mute.membership_id) == membership_id)).scalars())


def between(tx: Transaction, membership_id: int, other_id: int | None) -> MutedPerson | None:
    """How the member has put somebody away; None when they have not."""
    row = tx.look(_LISTED.where(col(Mute.membership_id) == membership_id, col(Mute.other_id) == other_id)).first()
    return None if row is None else made(MutedPerson, row)


def listed(tx: Transaction, membership_id: int) -> list[MutedPerson]:
    """The member's own list, by name."""
    rows = tx.look(
        _LISTED.where(col(Mute.membership_id) == membership_id).order_by(col(Membership.pseudonym)).limit(1000)
    )
    return [made(MutedPerson, row) for row in rows]


def person_in(tx: Transaction, space_id: int, public_id: UUID) -> int | None:
    """The key of the member of a space with this public id."""
    return tx.session.execute(
        select(col(Membership.id)).where(col(Membership.public_id) == public_id, col(Membership.space_id) == space_id)
    ).scalar_one_or_none()


_LISTED = select(col(Membership.public_id), col(Membership.pseudonym), col(Mute.blocks)).join(
    Mute, col(Mute.other_id) == col(Membership.id)
)


def _pair(membership_id: int, other_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Mute.membership_id) == membership_id, col(Mute.other_id) == other_id


def _forget_news(tx: Transaction, membership_id: int, other_id: int) -> None:
    """Answers of theirs that wait to be told are told no more."""
    theirs = select(col(Message.public_id)).where(col(Message.membership_id) == other_id)
    tx.session.execute(
        delete(Notice).where(
            col(Notice.membership_id) == membership_id,
            col(Notice.kind) == NoticeKind.ANSWERED,
            col(Notice.message_public_id).in_(theirs),
        )
    )


def _note_mutes(tx: Transaction, membership_id: int) -> None:
    tx.session.flush()
    left = tx.session.execute(select(col(Mute.id)).where(col(Mute.membership_id) == membership_id).limit(1)).first()
    tx.session.execute(update(Membership).where(col(Membership.id) == membership_id).values(has_mutes=left is not None))


def _alone(tx: Transaction, by: Standing) -> None:
    """A member's presses come one by one, so that two of them cannot both be the first."""
    tx.session.execute(select(col(Membership.id)).where(col(Membership.id) == by.membership_id).with_for_update())
