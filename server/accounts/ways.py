"""The ways into an account: that one changed is told to its owner."""

from datetime import date

from sqlalchemy import update
from sqlmodel import col

from server.accounts.models import Member
from server.crypto.passwords import PassphraseHash
from server.database import Transaction


def note(tx: Transaction, member_id: int, on: date) -> None:
    """Words, card, passkeys or code app changed. Only the day is kept: no device, no place, not which of them."""
    tx.session.execute(update(Member).where(col(Member.id) == member_id).values(way_changed_on=on))


def keep_hash(tx: Transaction, member_id: int, *, before: PassphraseHash, now: PassphraseHash) -> None:
    """The same words, hashed at the cost of today; not when somebody has taken new words in the meantime."""
    tx.session.execute(
        update(Member)
        .where(col(Member.id) == member_id, col(Member.passphrase_hash) == before)
        .values(passphrase_hash=now)
    )
