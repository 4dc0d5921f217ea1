"""Passkeys of accounts: kept, used, removed. Which device they are in is known to nobody here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from server.accounts import ways
from server.accounts.models import Member, Passkey
from server.crypto.passkeys import NewKey
from server.database import Transaction, changed, made
from server.errors import Refused, say

FULL = say("You have %(most)s passkeys already. Please remove one first.")
NOT_ADDED = say("This device could not be added. Nothing has changed. Please try again.")
NO_MATCH = say("This device could not sign you in here. Please try again, or use your secret words.")


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """A passkey as its owner sees it."""

    public_id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class PasskeyRecord:
    """What an answer of a device must fit."""

    id: int
    member_id: int
    public_key: bytes
    sign_count: int


def add(tx: Transaction, member_id: int, new: NewKey, *, label: str, most: int, at: datetime) -> None:
    """Keep a passkey. Without words of the member's it is called after the month.

    Raises Refused when there are too many, or when the key is known here already, whoever has it.
    """
    tx.session.execute(select(col(Member.id)).where(col(Member.id) == member_id).with_for_update())
    if len(credentials_of(tx, member_id)) >= most:
        raise Refused(say(FULL.english, most=most))
    tx.session.add(
        Passkey(
            member_id=member_id,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            label=label or f"{at:%Y-%m}",
        )
    )
    try:
        tx.session.flush()
    except IntegrityError:
        raise Refused(NOT_ADDED) from None
    ways.note(tx, member_id, at.date())


def use(tx: Transaction, passkey: PasskeyRecord, sign_count: int) -> None:
    """Remember how far the device has counted. Raises Refused when somebody else was there with the same count."""
    newer = or_(col(Passkey.sign_count) < sign_count, (col(Passkey.sign_count) == 0) & (sign_count == 0))
    done = tx.session.execute(update(Passkey).where(col(Passkey.id) == passkey.id, newer).values(sign_count=sign_count))
    if changed(done) != 1:
        raise Refused(NO_MATCH)


def remove(tx: Transaction, member_id: int, public_id: UUID, *, on: date) -> None:
    """It opens nothing any more."""
    tx.session.execute(delete(Passkey).where(col(Passkey.member_id) == member_id, col(Passkey.public_id) == public_id))
    ways.note(tx, member_id, on)


def remove_all(tx: Transaction, member_id: int) -> None:
    """None of them opens anything any more: nobody can know who has the devices."""
    tx.session.execute(delete(Passkey).where(col(Passkey.member_id) == member_id))


def record_of(tx: Transaction, credential_id: bytes) -> PasskeyRecord | None:
    """The passkey of this name."""
    row = tx.session.execute(
        select(col(Passkey.id), col(Passkey.member_id), col(Passkey.public_key), col(Passkey.sign_count)).where(
            col(Passkey.credential_id) == credential_id
        )
    ).first()
    return None if row is None else made(PasskeyRecord, row)


def credentials_of(tx: Transaction, member_id: int) -> Sequence[bytes]:
    """The names of a member's passkeys, as their devices know them."""
    return (
        tx.session.execute(
            select(col(Passkey.credential_id))
            .where(col(Passkey.member_id) == member_id)
            .order_by(col(Passkey.id))
            .limit(100)
        )
        .scalars()
        .all()
    )


def passkeys_of(tx: Transaction, member_id: int) -> list[PasskeyLine]:
    """A member's passkeys, the oldest first."""
    rows = tx.session.execute(
        select(col(Passkey.public_id), col(Passkey.label))
        .where(col(Passkey.member_id) == member_id)
        .order_by(col(Passkey.id))
        .limit(100)
    )
    return [made(PasskeyLine, row) for row in rows]


def passkey_named(tx: Transaction, member_id: int, public_id: UUID) -> PasskeyLine | None:
    """One of a member's own."""
    return next((line for line in passkeys_of(tx, member_id) if line.public_id == public_id), None)
