"""The ways into an account: that one changed is told to its owner, and what was shown before counts no more."""

from datetime import date

from sqlalchemy import select, update
from sqlmodel import col

from server.accounts.models import Member
from server.crypto.passwords import PassphraseHash
from server.database import Transaction
from server.errors import Invalid, say

NOT_YOURS = say("These are not your secret words.")


def note(tx: Transaction, member_id: int, on: date) -> None:
    """Words, card, passkeys or code app changed. Only the day is kept: no device, no place, not which of them."""
    tx.session.execute(update(Member).where(col(Member.id) == member_id).values(way_changed_on=on))


def are_still(tx: Transaction, member_id: int, words: PassphraseHash) -> bool:
    """Whether these words open the account now, and until this visit ends.

    To check words takes a while. Who recovers the account or leaves it meanwhile must not find that a deed of
    somebody who knew the old words comes after.
    """
    asked = select(col(Member.passphrase_hash)).where(col(Member.id) == member_id).with_for_update(read=True)
    return tx.session.execute(asked).scalar_one_or_none() == words


def must_still_be(tx: Transaction, member_id: int, words: PassphraseHash) -> None:
    """Raises Invalid when these are not the secret words any more."""
    if not are_still(tx, member_id, words):
        raise Invalid(NOT_YOURS, field="passphrase")


def keep_hash(tx: Transaction, member_id: int, *, before: PassphraseHash, now: PassphraseHash) -> None:
    """The same words, hashed at the cost of today; not when somebody has taken new words in the meantime."""
    tx.session.execute(
        update(Member)
        .where(col(Member.id) == member_id, col(Member.passphrase_hash) == before)
        .values(passphrase_hash=now)
    )
