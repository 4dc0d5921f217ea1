"""What pages ask about announcements. Columns, not entities; every list has an order and a limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.accounts.models import Membership
from server.announcements.models import Announcement, AnnouncementKind, AnnouncementText
from server.database import Transaction, made
from server.permissions import INSTALLATION, Place
from server.spaces import queries as spaces
from server.spaces.models import Space
from server.spaces.queries import SpaceRow

ITEMS_PER_PAGE = 20
NEWS = 5
"""So many of the newest stand on one's own page."""
MOST_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Words:
    """An item in one language."""

    language: str
    title: str
    text: str
    html: str
    truth: str
    truth_html: str


@dataclass(frozen=True)
class AnnouncementRow:
    """An item as rules and pages need it. `verified_as` and `verified_until` are its author's as they are now."""

    id: int
    public_id: UUID
    kind: AnnouncementKind
    membership_id: int | None
    organisation: str
    published_at: datetime
    valid_until: date | None
    pinned: bool
    withdrawn_at: datetime | None
    verified_as: str | None
    verified_until: datetime | None
    corrects: int | None
    corrects_public: UUID | None
    corrected_by: int | None
    corrected_public: UUID | None
    corrected_at: datetime | None
    space: SpaceRow | None

    @cached_property
    def place(self) -> Place:
        """Where it is read."""
        return self.space.place if self.space else INSTALLATION

    @property
    def stands(self) -> bool:
        """Whether it was neither taken back nor corrected."""
        return self.withdrawn_at is None and self.corrected_by is None

    def holds(self, on: date) -> bool:
        """Whether it is still meant on that day."""
        return self.stands and (self.valid_until is None or self.valid_until >= on)


_Earlier, _Later = aliased(Announcement), aliased(Announcement)
_ROW = (
    col(Announcement.id),
    col(Announcement.public_id),
    col(Announcement.kind),
    col(Announcement.membership_id),
    col(Announcement.organisation),
    col(Announcement.published_at),
    col(Announcement.valid_until),
    col(Announcement.pinned),
    col(Announcement.withdrawn_at),
    col(Membership.verified_as),
    col(Membership.verified_until),
    col(_Earlier.id),
    col(_Earlier.public_id),
    col(_Later.id),
    col(_Later.public_id),
    col(_Later.published_at),
)
_ROWS = (
    select(*_ROW, *spaces.COLUMNS)
    .outerjoin(Membership, col(Membership.id) == col(Announcement.membership_id))
    .outerjoin(Space, col(Space.id) == col(Announcement.space_id))
    .outerjoin(_Earlier, col(_Earlier.id) == col(Announcement.corrects_id))
    .outerjoin(_Later, col(_Later.corrects_id) == col(Announcement.id))
)
_NEWEST_FIRST = (col(Announcement.published_at).desc(), col(Announcement.id).desc())


def announcement_by_id(tx: Transaction, public_id: UUID) -> AnnouncementRow | None:
    """The item, whatever became of it; its place says who may read it."""
    return next(iter(_rows(tx, col(Announcement.public_id) == public_id, count=1)), None)


def announcements_of(tx: Transaction, space_id: int, *, page: int) -> list[AnnouncementRow]:
    """One page of everything that was announced in the space, or everywhere; the newest first."""
    return _rows(tx, _read_in(space_id), count=ITEMS_PER_PAGE, skip=(page - 1) * ITEMS_PER_PAGE)


def announcement_count(tx: Transaction, space_id: int) -> int:
    """How many there are."""
    return tx.look(select(func.count()).where(_read_in(space_id))).scalar_one()


def scam_alerts(tx: Transaction, *, page: int) -> list[AnnouncementRow]:
    """One page of the warnings that stand: the pinned ones, then the newest."""
    order = (col(Announcement.pinned).desc(), *_NEWEST_FIRST)
    rows = _ROWS.where(_standing_alert()).order_by(*order).limit(ITEMS_PER_PAGE).offset((page - 1) * ITEMS_PER_PAGE)
    return [_made(row) for row in tx.look(rows)]


def scam_alert_count(tx: Transaction) -> int:
    """How many warnings stand."""
    return tx.look(
        select(func.count())
        .select_from(Announcement)
        .outerjoin(_Later, col(_Later.corrects_id) == col(Announcement.id))
        .where(_standing_alert())
    ).scalar_one()


def pinned(tx: Transaction, space_id: int | None, *, on: date, count: int) -> list[AnnouncementRow]:
    """What stands on top of the space on that day, the newest first; without a space, on top of the whole place."""
    where = _read_in(space_id) if space_id is not None else _everywhere()
    return _rows(tx, and_(where, col(Announcement.pinned).is_(True), _holding(on)), count=count)


def newest(tx: Transaction, space_ids: Sequence[int], *, on: date) -> list[AnnouncementRow]:
    """The newest that hold on that day, of these spaces and of the whole place."""
    where = or_(_everywhere(), _announced(col(Announcement.space_id).in_(space_ids)))
    return _rows(tx, and_(where, _holding(on)), count=NEWS)


def words_of(tx: Transaction, items: Iterable[int]) -> dict[int, dict[str, Words]]:
    """For each item its words by language, in the order in which they were written."""
    wanted = sorted(set(items))
    found: dict[int, dict[str, Words]] = {}
    if not wanted:
        return found
    rows = tx.look(
        select(
            col(AnnouncementText.announcement_id),
            col(AnnouncementText.language),
            col(AnnouncementText.title),
            col(AnnouncementText.text),
            col(AnnouncementText.html),
            col(AnnouncementText.truth),
            col(AnnouncementText.truth_html),
        )
        .where(col(AnnouncementText.announcement_id).in_(wanted))
        .order_by(col(AnnouncementText.id))
        .limit(len(wanted) * MOST_LANGUAGES)
    )
    for item, *columns in rows:
        words = made(Words, columns)
        found.setdefault(item, {})[words.language] = words
    return found


def _rows(tx: Transaction, where: ColumnElement[bool], *, count: int, skip: int = 0) -> list[AnnouncementRow]:
    rows = tx.look(_ROWS.where(where).order_by(*_NEWEST_FIRST).limit(count).offset(skip))
    return [_made(row) for row in rows]


def _made(row: Sequence[object]) -> AnnouncementRow:
    space = row[len(_ROW) :]
    return made(AnnouncementRow, row[: len(_ROW)], None if space[0] is None else made(SpaceRow, space))


def _announced(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(col(Announcement.kind) == AnnouncementKind.ANNOUNCEMENT, where)


def _everywhere() -> ColumnElement[bool]:
    return _announced(col(Announcement.space_id).is_(None))


def _read_in(space_id: int) -> ColumnElement[bool]:
    return _announced(or_(col(Announcement.space_id) == space_id, col(Announcement.space_id).is_(None)))


def _holding(on: date) -> ColumnElement[bool]:
    return and_(
        col(Announcement.withdrawn_at).is_(None),
        col(_Later.id).is_(None),
        or_(col(Announcement.valid_until).is_(None), col(Announcement.valid_until) >= on),
    )


def _standing_alert() -> ColumnElement[bool]:
    return and_(
        col(Announcement.kind) == AnnouncementKind.SCAM_ALERT,
        col(Announcement.withdrawn_at).is_(None),
        col(_Later.id).is_(None),
    )
