"""Which cases wait for whom. The order is kept by an index: each lane of each space is read from its top.

A moderator takes what is held or flagged in their spaces. What is about a moderator, and what was handed up, goes to
hosts and stewards; disclosures go to trained people. Others see of these that they are there, and nothing more.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, union_all
from sqlmodel import col

from server.content import Case, CaseState, Lane
from server.database import Transaction, made
from server.forum.models import Flag, Message, Topic
from server.permissions import INSTALLATION, Place, Viewer
from server.review.models import CaseSkip, Decision
from server.spaces.models import Space

CASES_PER_PAGE = 25
COUNT_UP_TO = 1000
CANDIDATES = 200
"""So many cases from the top are looked through for one that fits a moderator."""


class Show(StrEnum):
    """What the queue shows."""

    ALL = ""
    HELD = "held"
    FLAGGED = "flagged"
    ESCALATED = "escalated"
    PROTECTION = "protection"


LANES: dict[Show, frozenset[Lane]] = {
    Show.ALL: frozenset(Lane),
    Show.HELD: frozenset({Lane.HELD}),
    Show.FLAGGED: frozenset({Lane.FLAGGED, Lane.COLLEAGUE}),
    Show.ESCALATED: frozenset({Lane.ESCALATED, Lane.AROUND}),
    Show.PROTECTION: frozenset({Lane.PROTECTION}),
}
Corner = tuple[int, Lane]


@dataclass(frozen=True, slots=True)
class Reach:
    """The lanes of spaces that somebody may open, and those of which they only see that something waits."""

    opens: frozenset[Corner]
    masked: frozenset[Corner]

    def may_open(self, space_id: int, lane: str) -> bool:
        """Whether cases there can be opened."""
        return (space_id, Lane(lane)) in self.opens


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the queue, without its text."""

    id: int
    public_id: UUID
    space_id: int
    lane: str
    rules: Sequence[str]
    severity: int
    language: str
    opened_at: datetime
    claimed_by: int | None
    claimed_until: datetime | None
    rank: float


def reach_of(tx: Transaction, viewer: Viewer) -> Reach:
    """What this viewer may open, and what stays masked."""
    opens: set[Corner] = set()
    there: set[Corner] = set()
    moderated, hosted = viewer.spaces_reviewed(), viewer.spaces_hosted()
    for space in moderated:
        opens |= {(space, Lane.HELD), (space, Lane.FLAGGED), (space, Lane.COLLEAGUE)}
        there |= {(space, Lane.ESCALATED), (space, Lane.PROTECTION)}
    for space in hosted:
        opens |= {(space, Lane.COLLEAGUE), (space, Lane.AROUND), (space, Lane.ESCALATED)}
        there.add((space, Lane.PROTECTION))
    opens |= {(space, Lane.PROTECTION) for space in moderated | hosted if viewer.is_trained(space)}
    if viewer.stewards:
        every = tx.look(select(col(Space.id))).scalars()
        opens |= {(space, lane) for space in every for lane in (Lane.AROUND, Lane.ESCALATED)}
    return Reach(frozenset(opens), frozenset(there - opens))


_LINE = (
    col(Case.id),
    col(Case.public_id),
    col(Case.space_id),
    col(Case.lane),
    col(Case.rules),
    col(Case.severity),
    col(Case.language),
    col(Case.opened_at),
    col(Case.claimed_by),
    col(Case.claimed_until),
    col(Case.rank),
)


def queue(tx: Transaction, viewer: Viewer, reach: Reach, show: Show, *, page: int) -> list[CaseLine]:
    """A page of the cases that wait, the most urgent first; masked ones are among them."""
    corners = _corners(reach.opens | reach.masked, show)
    return _lines(tx, corners, _others(viewer), limit=CASES_PER_PAGE, skip=(page - 1) * CASES_PER_PAGE)


def waiting_count(tx: Transaction, viewer: Viewer, reach: Reach, show: Show) -> int:
    """How many cases wait, counted no further than one more than COUNT_UP_TO."""
    corners = _corners(reach.opens | reach.masked, show)
    if not corners:
        return 0
    where = _others(viewer)
    parts = [select(select(col(Case.id)).where(*_in(c), *where).limit(COUNT_UP_TO + 1).subquery()) for c in corners]
    some = union_all(*parts).limit(COUNT_UP_TO + 1).subquery()
    return tx.session.execute(select(func.count()).select_from(some)).scalar_one()


def candidates(
    tx: Transaction, viewer: Viewer, reach: Reach, languages: Collection[str], *, at: datetime
) -> list[CaseLine]:
    """The cases that this moderator could be given now, the most urgent first.

    None about a topic that they opened, none that they flagged or have decided before, none that a colleague has.
    """
    free = col(Case.claimed_by).is_(None) | (col(Case.claimed_until) < at) | (col(Case.claimed_by) == viewer.member_id)
    own = _own(viewer)
    decided = exists().where(col(Decision.case_id) == col(Case.id), col(Decision.member_id) == viewer.member_id)
    flagged = exists().where(col(Flag.message_id) == col(Case.message_id), col(Flag.membership_id).in_(own))
    in_own_topic = exists().where(
        col(Message.id) == col(Case.message_id),
        col(Topic.id) == col(Message.topic_id),
        col(Topic.membership_id).in_(own),
    )
    where = [*_others(viewer), free, ~decided, ~flagged, ~in_own_topic]
    if languages:
        where.append(col(Case.language).in_([*languages, "und"]))
    return _lines(tx, _corners(reach.opens, Show.ALL), where, limit=CANDIDATES, skip=0)


def is_skipped(tx: Transaction, case_id: int, member_id: int | None) -> bool:
    """Whether this moderator left the case to others."""
    found = select(col(CaseSkip.id)).where(col(CaseSkip.case_id) == case_id, col(CaseSkip.member_id) == member_id)
    return tx.look(found).first() is not None


def _lines(
    tx: Transaction, corners: Sequence[Corner], where: Sequence[ColumnElement[bool]], *, limit: int, skip: int
) -> list[CaseLine]:
    """The top of each corner, and of these tops together: an index serves each part."""
    if not corners:
        return []
    parts = [select(_top(corner, where, limit + skip).subquery()) for corner in corners]
    tops = union_all(*parts).subquery() if len(parts) > 1 else _top(corners[0], where, limit + skip).subquery()
    rows = tx.session.execute(select(tops).order_by(tops.c.rank.desc(), tops.c.id).limit(limit).offset(skip))
    return [made(CaseLine, row) for row in rows]


def _top(corner: Corner, where: Sequence[ColumnElement[bool]], limit: int) -> Any:
    return select(*_LINE).where(*_in(corner), *where).order_by(col(Case.rank).desc(), col(Case.id)).limit(limit)


def _in(corner: Corner) -> tuple[ColumnElement[bool], ...]:
    space, lane = corner
    return (col(Case.state) == CaseState.OPEN, col(Case.space_id) == space, col(Case.lane) == lane)


def _corners(corners: Iterable[Corner], show: Show) -> list[Corner]:
    return sorted(corner for corner in corners if corner[1] in LANES[show])


def _own(viewer: Viewer) -> list[int]:
    return [standing.membership_id for standing in viewer.standings.values()]


def _others(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Nothing that the viewer wrote, and nothing that they left to others."""
    skipped = select(col(CaseSkip.case_id)).where(col(CaseSkip.member_id) == viewer.member_id)
    not_own = col(Case.membership_id).is_(None) | col(Case.membership_id).not_in(_own(viewer))
    return [not_own, col(Case.id).not_in(skipped)]


@dataclass(frozen=True, slots=True)
class OwnQueue:
    """The queue of whoever looks: its place is one of the spaces whose cases they may open."""

    place: Place = INSTALLATION


def own_queue(viewer: Viewer) -> OwnQueue | None:
    """None for a member who has nothing to open; a guest is led to the sign-in."""
    if not viewer.signed_in or viewer.stewards:
        return OwnQueue()
    spaces = sorted(viewer.spaces_reviewed() | viewer.spaces_hosted())
    return OwnQueue(Place(spaces[0], readable=False, listed=False)) if spaces else None
