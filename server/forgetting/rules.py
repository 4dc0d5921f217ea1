"""What the community's forget list says, worked out from what is there: what was taken away in the last weeks, and
which rights stand. Written beside the copies, and laid over an older copy before anybody is served.

Only things that must not return are named: words that were taken back, removed or changed, words that nobody reads
until a moderator has decided, questions of halls, drafts, roles, badges and passkeys that were taken away, names and
accounts of people who left. Sessions, invitations and used codes never come back from a copy at all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import AccountSession, Invitation, Member, Membership, Passkey, RoleGrant, VerifiedSender
from server.content import Case
from server.crypto.sealed.forget_lists import KEPT_DAYS, ForgetList, each_for_its_days, name_of
from server.crypto.second_factor import STEP_SECONDS
from server.database import Transaction
from server.forgetting import halls
from server.forgetting.hiding import hide
from server.forum.models import Draft, Message
from server.forum.queries import OwnMessage, message_by_id
from server.forum.rules import withdraw
from server.leaving.models import Farewell
from server.leaving.rules import NOBODY, Messages, erase_at_once, forget_at_once, shut_at_once
from server.ledger.models import LedgerEntry
from server.review.models import Decision
from server.spaces.models import Space
from server.townhall.halls.models import HallRole

VERSION = 2
TELLS_LESS = (
    "messages that were hidden or given back since can be read again, roles in halls and questions that were taken away"
    " are back, and what members who left wanted erased may stand without a name. Look at the last days' decisions."
)
"""Of a list of version 1."""
MESSAGE, REMOVED, HIDDEN, EDITED, WORDS, LEAVING = "message", "removed", "hidden", "edited", "words", "leaving"
DRAFT, ROLE, BADGE, PASSKEY, NAME, ACCOUNT = "draft", "role", "badge", "passkey", "name", "account"
QUESTION, HALL_ROLE, EXPORT = "question", "hall role", "export"
_GONE_AS = {
    ContentState.WITHDRAWN: MESSAGE,
    ContentState.ERASED: MESSAGE,
    ContentState.REMOVED: REMOVED,
    ContentState.HIDDEN: HIDDEN,
    ContentState.HELD: HIDDEN,
}
"""Words that a moderator removed wait for an appeal: a copy in which they are removed already keeps them so. What is
hidden, or waits again since it was given back or a decision was undone, waits in a copy in which it can be read."""


def worked_out(tx: Transaction, key: bytes, *, at: datetime) -> ForgetList:
    """The list as it is now."""
    since = at - timedelta(days=KEPT_DAYS)
    taken = (
        select(col(Message.public_id), col(Message.state), func.max(col(LedgerEntry.hour)))
        .join(LedgerEntry, col(LedgerEntry.message_id) == col(Message.id))
        .where(col(Message.state).in_(_GONE_AS), col(LedgerEntry.hour) >= since)
        .group_by(col(Message.public_id), col(Message.state))
    )
    gone = {name_of(key, _GONE_AS[state], message.bytes): _day(hour) for message, state, hour in tx.look(taken)}
    gone |= {name_of(key, QUESTION, one.bytes): _day(decided_at) for one, decided_at in halls.taken_out(tx, since)}
    words: set[bytes] = set()
    for message, changed_at, title, text in _changed(tx, since):
        gone[name_of(key, EDITED, message.bytes)] = _day(changed_at)
        words.add(_words(key, message, title, text))
    standing = {kind: frozenset(name_of(key, kind, raw) for _, raw in found) for kind, found in _rights(tx).items()}
    leaving = frozenset(name_of(key, LEAVING, name.bytes) for name in tx.look(_LEAVING).scalars())
    return ForgetList(at, gone, {**standing, WORDS: frozenset(words), LEAVING: leaving}, version=VERSION)


def laid_over(tx: Transaction, key: bytes, found: ForgetList | None, *, at: datetime) -> None:
    """Make a copy forget what was taken away since; `found` is None when no list is newer than the copy."""
    step = int(at.timestamp()) // STEP_SECONDS + 1
    tx.run(delete(AccountSession))
    tx.run(delete(Invitation))  # a used one was deleted, and would work again
    tx.run(update(Member).values(totp_step=step))
    if found is not None:
        take_away(tx, key, [found], at=at)


def take_away(tx: Transaction, key: bytes, found: Sequence[ForgetList], *, at: datetime) -> Counter[str]:
    """Take away what these lists, the newest first, call gone, and each right that the newest does not know.

    Gives how many went, by kind.
    """
    went: Counter[str] = Counter()
    for one in each_for_its_days(found):
        _take_words(tx, key, one, went, at)
    rights = _rights(tx)
    for row, raw in rights[NAME]:
        if any(name_of(key, LEAVING, raw) in one.standing.get(LEAVING, ()) for one in found):
            went[MESSAGE] += erase_at_once(tx, row, at=at)
    for kind, rows in rights.items():
        standing = found[0].standing.get(kind)
        if standing is None:  # an older program wrote the list: it tells nothing of this kind
            continue
        lost = [row for row, raw in rows if name_of(key, kind, raw) not in standing]
        for row in lost:
            _take(tx, kind, row, at.date())
        went[kind] += len(lost)
    tx.erases = True
    return went


def _take_words(tx: Transaction, key: bytes, found: ForgetList, went: Counter[str], at: datetime) -> None:
    """What one list calls gone or hidden, of messages and of questions in halls."""
    for message in _outdated(tx, key, found):
        own = message_by_id(tx, message)
        if own is not None and own.state not in (ContentState.WITHDRAWN, ContentState.ERASED):
            withdraw(tx, own, at=at)
            went[MESSAGE] += 1
    for own in _to_be_hidden(tx, key, found):
        hide(tx, own, at=at)
        went[HIDDEN] += 1
    for hall_id, question in halls.with_words(tx):
        if name_of(key, QUESTION, question.bytes) in found.gone:
            halls.take_out(tx, hall_id, question, at=at)
            went[QUESTION] += 1


def _outdated(tx: Transaction, key: bytes, found: ForgetList) -> list[UUID]:
    """Messages that were taken away since, or whose words were changed since: those of then must not be read again."""
    words = found.standing.get(WORDS, frozenset())
    return [
        message
        for message, title, text, state in tx.look(select(*_WORDS, col(Message.state)))
        if name_of(key, MESSAGE, message.bytes) in found.gone
        or (state != ContentState.REMOVED and name_of(key, REMOVED, message.bytes) in found.gone)
        or (name_of(key, EDITED, message.bytes) in found.gone and _words(key, message, title, text) not in words)
    ]


def _to_be_hidden(tx: Transaction, key: bytes, found: ForgetList) -> Iterator[OwnMessage]:
    """What others read in the copy, and nobody reads since; what waits or is removed in the copy stays as it is."""
    published = select(col(Message.public_id)).where(col(Message.state) == ContentState.PUBLISHED)
    for message in tx.look(published).scalars().all():
        if name_of(key, HIDDEN, message.bytes) in found.gone:
            own = message_by_id(tx, message)
            assert own is not None
            yield own


_WORDS = (col(Message.public_id), col(Message.title), col(Message.text))


def _changed(tx: Transaction, since: datetime) -> Iterator[tuple[UUID, datetime, str, str]]:
    """Messages whose words were changed by their author, or covered by a moderator, and when."""
    covered = (
        select(*_WORDS, col(Decision.decided_at))
        .join(Case, col(Case.message_id) == col(Message.id))
        .join(Decision, col(Decision.case_id) == col(Case.id))
        .where(col(Decision.action) == "redact", col(Decision.decided_at) >= since)
    )
    for wanted in (select(*_WORDS, col(Message.edited_at)).where(col(Message.edited_at) >= since), covered):
        yield from ((message, moment, title, text) for message, title, text, moment in tx.look(wanted))


def _words(key: bytes, message: UUID, title: str, text: str) -> bytes:
    return name_of(key, WORDS, message.bytes + f"{title}\0{text}".encode("utf-8", "surrogatepass"))


def _rights(tx: Transaction) -> Mapping[str, list[tuple[int, bytes]]]:
    """By kind: the row, and what stands for it wherever it lies."""
    return {
        ROLE: list(_roles(tx)),
        HALL_ROLE: list(halls.roles(tx)),
        BADGE: _named(tx, select(col(VerifiedSender.id), col(VerifiedSender.public_id)).where(_HOLDS)),
        PASSKEY: _named(tx, select(col(Passkey.id), col(Passkey.credential_id))),
        DRAFT: _named(tx, select(col(Draft.id), col(Draft.public_id))),
        NAME: _named(tx, select(col(Membership.id), col(Membership.public_id)).where(_STAYS)),
        ACCOUNT: _named(tx, select(col(Member.id), col(Member.login_key)).where(_OPENS)),
    }


_LEAVING = (
    select(col(Membership.public_id))
    .join(Farewell, col(Farewell.membership_id) == col(Membership.id))
    .where(col(Farewell.messages) == Messages.ERASE)
)
"""Names whose words are still to be erased: with a name that goes at once, so do they."""
_STAYS = ~exists().where(col(Farewell.membership_id) == col(Membership.id))
_HOLDS = col(VerifiedSender.ended_on).is_(None)
_OPENS = col(Member.passphrase_hash).not_in((NOBODY, "!"))
"""Whoever has a `!` never had words here: an account of the demonstration, or one that came under other keys."""


def _named(tx: Transaction, wanted: Any) -> list[tuple[int, bytes]]:
    return [(row, name.bytes if isinstance(name, UUID) else bytes(name)) for row, name in tx.look(wanted)]


def _roles(tx: Transaction) -> Iterator[tuple[int, bytes]]:
    rows = tx.look(
        select(col(RoleGrant.id), col(RoleGrant.role), col(Member.login_key), col(Space.slug))
        .join(Member, col(Member.id) == col(RoleGrant.member_id))
        .outerjoin(Space, col(Space.id) == col(RoleGrant.space_id))
    )
    for row, role, login, slug in rows:
        yield row, bytes(login) + f"{role}\0{slug or ''}".encode()


def _take(tx: Transaction, kind: str, row: int, today: date) -> None:
    if kind == ROLE:
        tx.run(delete(RoleGrant).where(col(RoleGrant.id) == row))
    elif kind == HALL_ROLE:
        tx.run(delete(HallRole).where(col(HallRole.id) == row))
    elif kind == PASSKEY:
        tx.run(delete(Passkey).where(col(Passkey.id) == row))
    elif kind == NAME:
        forget_at_once(tx, row)
    elif kind == ACCOUNT:
        shut_at_once(tx, row)
    elif kind == DRAFT:
        tx.run(delete(Draft).where(col(Draft.id) == row))
    else:
        whose = select(col(VerifiedSender.membership_id)).where(col(VerifiedSender.id) == row).scalar_subquery()
        tx.run(update(Membership).where(col(Membership.id) == whose).values(verified_as="", verified_until=None))
        tx.run(update(VerifiedSender).where(col(VerifiedSender.id) == row).values(ended_on=today))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
