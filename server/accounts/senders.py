"""Verified senders: who may speak for an organisation in a space, and until when.

An organisation's name belongs to its senders while the verification holds: nobody else may carry a name that
looks like it, in any space.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlmodel import col

from server.accounts import confusable
from server.accounts.models import Membership, VerifiedSender
from server.database import Transaction, changed, made
from server.errors import Invalid, Refused, say
from server.permissions import INSTALLATION, Place, Role
from server.spaces.queries import SpaceRow
from server.web.words import zone

MOST_SENDERS = 500
LONG_ENOUGH = 6
"""A skeleton of so many letters may not stand anywhere in another name; a shorter one may be part of a word."""
NOBODY_HERE = say("Nobody in this space has this name.")
ORGANISATION_EMPTY = say("Please use letters or numbers in the name.")
ORGANISATION_MIXED = say("Please use one alphabet only: mixed letters can look like another name.")
ORGANISATION_OTHERWISE = say("“%(name)s” is verified already, and looks the same. Please write the name in that way.")
TOO_EARLY = say("This day is over. Please choose a later one.")
TOO_LATE = say("At most %(days)s days from today. After that, look again whether it still holds.")


@dataclass(frozen=True, slots=True)
class SenderRow:
    """One verification that holds, or held until its last day and was not ended before."""

    public_id: UUID
    space_id: int
    pseudonym: str
    organisation: str
    verified_on: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Sender:
    """A verification as rules need it."""

    id: int
    membership_id: int
    place: Place = INSTALLATION


def verify(
    tx: Transaction,
    space: SpaceRow,
    *,
    pseudonym: str,
    organisation: str,
    valid_until: date,
    at: datetime,
    most_days: int,
) -> None:
    """From now on this member speaks for the organisation in the space; an older verification ends.

    Raises Invalid for a pseudonym that nobody has, a name that deceives, or a day that is past or too far off.
    """
    there = zone(space.timezone)
    today = at.astimezone(there).date()
    _check_day(valid_until, today=today, most_days=most_days)
    _check_organisation(tx, organisation, on=today)
    membership_id = tx.session.execute(
        select(col(Membership.id))
        .where(col(Membership.space_id) == space.id, col(Membership.pseudonym_key) == confusable.folded(pseudonym))
        .with_for_update()
    ).scalar_one_or_none()
    if membership_id is None:
        raise Invalid(NOBODY_HERE, field="pseudonym")
    _end_all(tx, col(VerifiedSender.membership_id) == membership_id, on=today)
    tx.session.add(
        VerifiedSender(
            membership_id=membership_id,
            organisation=organisation,
            organisation_key=confusable.folded(organisation),
            verified_by=str(Role.STEWARD),
            verified_on=today,
            valid_until=valid_until,
        )
    )
    _carry(tx, membership_id, organisation, ends_at(valid_until, there))


def sender_by_id(tx: Transaction, public_id: UUID) -> Sender | None:
    """The verification of this id, whether it holds or not."""
    row = tx.look(
        select(col(VerifiedSender.id), col(VerifiedSender.membership_id)).where(
            col(VerifiedSender.public_id) == public_id
        )
    ).first()
    return None if row is None else made(Sender, row)


def end(tx: Transaction, sender: Sender, *, on: date) -> None:
    """The member speaks for the organisation no longer. Raises Refused when that has ended before."""
    if not _end_all(tx, col(VerifiedSender.id) == sender.id, on=on):
        raise Refused(say("This has ended already."))
    _carry(tx, sender.membership_id, "", None)


def ends_at(last_day: date, there: tzinfo) -> datetime:
    """The midnight after the last day, by the clock of the place."""
    return datetime.combine(last_day + timedelta(days=1), time(), there).astimezone(UTC)


def names_an_organisation(tx: Transaction, name: str, *, on: date) -> bool:
    """Whether a name could be taken for that of an organisation with a valid sender in any space."""
    whole, bare = confusable.folded(name), confusable.without_number(name)
    keys = tx.session.execute(
        select(col(VerifiedSender.organisation_key))
        .where(_holds(on))
        .distinct()
        .order_by(col(VerifiedSender.organisation_key))
        .limit(MOST_SENDERS)
    ).scalars()
    return any(key in (whole, bare) or (len(key) >= LONG_ENOUGH and key in whole) for key in keys)


def all_senders(tx: Transaction, *, since: date) -> Sequence[SenderRow]:
    """Every verification that holds, and those that were valid until a day not long ago; the newest first."""
    rows = tx.session.execute(
        select(
            col(VerifiedSender.public_id),
            col(Membership.space_id),
            col(Membership.pseudonym),
            col(VerifiedSender.organisation),
            col(VerifiedSender.verified_on),
            col(VerifiedSender.valid_until),
        )
        .join(Membership, col(Membership.id) == col(VerifiedSender.membership_id))
        .where(col(VerifiedSender.ended_on).is_(None), col(VerifiedSender.valid_until) >= since)
        .order_by(col(VerifiedSender.id).desc())
        .limit(MOST_SENDERS)
    )
    return [made(SenderRow, row) for row in rows]


def _holds(on: date) -> ColumnElement[bool]:
    """A day of grace for places whose today is another one: a name must not be free too early anywhere."""
    return and_(col(VerifiedSender.ended_on).is_(None), col(VerifiedSender.valid_until) >= on - timedelta(days=1))


def _check_day(valid_until: date, *, today: date, most_days: int) -> None:
    if valid_until < today:
        raise Invalid(TOO_EARLY, field="valid_until")
    if valid_until > today + timedelta(days=most_days):
        raise Invalid(say(TOO_LATE.english, days=most_days), field="valid_until")


def _check_organisation(tx: Transaction, organisation: str, *, on: date) -> None:
    key = confusable.folded(organisation)
    if not key:
        raise Invalid(ORGANISATION_EMPTY, field="organisation")
    if confusable.mixes_scripts(organisation):
        raise Invalid(ORGANISATION_MIXED, field="organisation")
    other = tx.session.execute(
        select(col(VerifiedSender.organisation))
        .where(
            _holds(on),
            col(VerifiedSender.organisation_key) == key,
            col(VerifiedSender.organisation) != organisation,
        )
        .limit(1)
    ).scalar_one_or_none()
    if other is not None:
        raise Invalid(say(ORGANISATION_OTHERWISE.english, name=other), field="organisation")


def _end_all(tx: Transaction, which: ColumnElement[bool], *, on: date) -> bool:
    """Whether any of them still held."""
    holding = (which, col(VerifiedSender.ended_on).is_(None))
    return changed(tx.session.execute(update(VerifiedSender).where(*holding).values(ended_on=on))) > 0


def _carry(tx: Transaction, membership_id: int, organisation: str, until: datetime | None) -> None:
    tx.session.execute(
        update(Membership)
        .where(col(Membership.id) == membership_id)
        .values(verified_as=organisation, verified_until=until)
    )
