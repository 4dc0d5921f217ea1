"""What happens to announcements. They are never changed: they are corrected by another, or taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.accounts.models import Membership
from server.accounts.pauses import refuse_while_paused
from server.announcements.models import Announcement, AnnouncementKind, AnnouncementText
from server.announcements.queries import AnnouncementRow, words_of
from server.database import Transaction, changed
from server.errors import Invalid, Refused, say
from server.events import EVERYBODY, InstallationChanged, SpaceChanged, space_audience
from server.web.text import RENDERER, rendered

DOUBLE_WINDOW = timedelta(minutes=10)
"""The same words by the same author within this time are a button that was pressed twice."""
NOT_ANY_MORE = say("You cannot speak for this organisation any more. Your words are still here.")
CORRECTED = say("This was corrected already. Please correct the newer one.")
TAKEN_BACK = say("This was taken back already.")
OVER = say("This day is over. Please choose a later one, or leave it empty.")


@dataclass(frozen=True, slots=True)
class Author:
    """On whose behalf something is published: a membership for its organisation, or the team of the place."""

    membership_id: int | None
    organisation: str = ""


TEAM = Author(None)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be published: the parts by language, and until when it holds."""

    kind: AnnouncementKind
    words: Mapping[str, Mapping[str, str]]
    valid_until: date | None
    pinned: bool


def publish(tx: Transaction, draft: Draft, author: Author, *, space_id: int | None, at: datetime, today: date) -> UUID:
    """Let everybody in the space read it, or everybody everywhere; gives its public id.

    Raises Invalid for a last day that is over, Refused when the author may not speak for the organisation now,
    or is paused.
    """
    return _published(tx, draft, author, space_id=space_id, corrects=None, at=at, today=today)


def check_day(draft: Draft, *, today: date) -> None:
    """Raises Invalid for a last day that is over before it begins."""
    if draft.valid_until is not None and draft.valid_until < today:
        raise Invalid(OVER, field="valid_until")


def correct(
    tx: Transaction, earlier: AnnouncementRow, draft: Draft, author: Author, *, at: datetime, today: date
) -> UUID:
    """Publish another in its place; both name each other, and the earlier one stays to be read.

    Raises Refused when somebody else has corrected it, or taken it back, meanwhile.
    """
    space_id = earlier.space.id if earlier.space else None
    tx.session.execute(select(col(Announcement.id)).where(col(Announcement.id) == earlier.id).with_for_update())
    again = _same_again(tx, draft, author, space_id=space_id, corrects=earlier.id, at=at)
    if again is not None:
        return again
    _must_stand(tx, earlier)
    public_id = _published(tx, draft, author, space_id=space_id, corrects=earlier.id, at=at, today=today)
    tx.session.execute(update(Announcement).where(col(Announcement.id) == earlier.id).values(pinned=False))
    return public_id


def withdraw(tx: Transaction, item: AnnouncementRow, *, at: datetime) -> None:
    """Take it back: the words are erased, and the place says so. Raises Refused when that was done before."""
    done = tx.session.execute(
        update(Announcement)
        .where(col(Announcement.id) == item.id, col(Announcement.withdrawn_at).is_(None))
        .values(withdrawn_at=at, pinned=False)
    )
    if changed(done) != 1:
        raise Refused(TAKEN_BACK)
    tx.session.execute(delete(AnnouncementText).where(col(AnnouncementText.announcement_id) == item.id))
    tx.erases = True
    _tell(tx, item.space.id if item.space else None)


def pin(tx: Transaction, item: AnnouncementRow) -> None:
    """Keep it on top while it holds. Raises Refused for what was corrected or taken back."""
    _must_stand(tx, item)
    _keep(tx, item, on_top=True)


def unpin(tx: Transaction, item: AnnouncementRow) -> None:
    """Keep it on top no longer."""
    _keep(tx, item, on_top=False)


def _keep(tx: Transaction, item: AnnouncementRow, *, on_top: bool) -> None:
    tx.session.execute(update(Announcement).where(col(Announcement.id) == item.id).values(pinned=on_top))
    _tell(tx, item.space.id if item.space else None)


def _published(
    tx: Transaction,
    draft: Draft,
    author: Author,
    *,
    space_id: int | None,
    corrects: int | None,
    at: datetime,
    today: date,
) -> UUID:
    check_day(draft, today=today)
    _may_speak(tx, author, at)
    again = _same_again(tx, draft, author, space_id=space_id, corrects=corrects, at=at)
    if again is not None:
        return again
    item = Announcement(
        kind=draft.kind,
        space_id=space_id,
        membership_id=author.membership_id,
        organisation=author.organisation,
        published_at=at,
        valid_until=draft.valid_until,
        pinned=draft.pinned,
        corrects_id=corrects,
    )
    tx.session.add(item)
    tx.session.flush()
    assert item.id is not None
    tx.session.add_all([_text(item.id, code, parts) for code, parts in draft.words.items()])
    _tell(tx, space_id)
    return item.public_id


def _text(item_id: int, language: str, parts: Mapping[str, str]) -> AnnouncementText:
    text, truth = parts["text"], parts.get("truth", "")
    return AnnouncementText(
        announcement_id=item_id,
        language=language,
        title=parts["title"],
        text=text,
        html=str(rendered(text)),
        truth=truth,
        truth_html=str(rendered(truth)) if truth else "",
        renderer=RENDERER,
    )


def _may_speak(tx: Transaction, author: Author, at: datetime) -> None:
    """Raises Refused while the author is paused in their space, for a warning too, and when the verification has ended
    since the form was opened. Presses come one by one."""
    if author.membership_id is None:
        return
    row = tx.session.execute(
        select(col(Membership.verified_as), col(Membership.verified_until), col(Membership.suspended_until))
        .where(col(Membership.id) == author.membership_id)
        .with_for_update()
    ).one()
    refuse_while_paused(row.suspended_until, at=at)
    if not author.organisation:
        return
    if row.verified_as != author.organisation or row.verified_until is None or row.verified_until <= at:
        raise Refused(NOT_ANY_MORE)


def _same_again(
    tx: Transaction, draft: Draft, author: Author, *, space_id: int | None, corrects: int | None, at: datetime
) -> UUID | None:
    """A double press finds what the first press made."""
    recent: Sequence[tuple[int, UUID]] = [
        (row.id, row.public_id)
        for row in tx.session.execute(
            select(col(Announcement.id), col(Announcement.public_id))
            .where(
                col(Announcement.membership_id).is_not_distinct_from(author.membership_id),
                col(Announcement.space_id).is_not_distinct_from(space_id),
                col(Announcement.corrects_id).is_not_distinct_from(corrects),
                col(Announcement.kind) == draft.kind,
                col(Announcement.published_at) > at - DOUBLE_WINDOW,
                col(Announcement.withdrawn_at).is_(None),
            )
            .order_by(col(Announcement.id).desc())
            .limit(5)
        )
    ]
    texts = words_of(tx, [item_id for item_id, _ in recent])
    wanted = {code: (parts["title"], parts["text"]) for code, parts in draft.words.items()}
    for item_id, public_id in recent:
        if wanted == {code: (words.title, words.text) for code, words in texts.get(item_id, {}).items()}:
            return public_id
    return None


def _must_stand(tx: Transaction, item: AnnouncementRow) -> None:
    """Raises Refused for what was taken back or corrected, also a moment ago."""
    gone = tx.session.execute(
        select(col(Announcement.withdrawn_at)).where(col(Announcement.id) == item.id)
    ).scalar_one()
    if gone is not None:
        raise Refused(TAKEN_BACK)
    later = tx.session.execute(select(col(Announcement.id)).where(col(Announcement.corrects_id) == item.id)).first()
    if later is not None:
        raise Refused(CORRECTED)


def _tell(tx: Transaction, space_id: int | None) -> None:
    if space_id is None:
        tx.announce(InstallationChanged(EVERYBODY))
    else:
        tx.announce(SpaceChanged(space_audience(space_id), space_id))
