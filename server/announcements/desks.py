"""Where announcements and warnings are written, and who may sit there: what addresses point at."""

from dataclasses import dataclass, field

from server.announcements import queries
from server.announcements.models import AnnouncementKind
from server.announcements.queries import AnnouncementRow, Words
from server.announcements.rules import TEAM, Author
from server.database import Transaction
from server.permissions import INSTALLATION, Permission, Place, Viewer
from server.spaces.queries import SpaceRow, space_by_slug
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Desk:
    """Where something is written: for which readers, on whose behalf, and in place of what."""

    kind: AnnouncementKind
    place: Place
    author: Author
    space: SpaceRow | None = None
    corrects: AnnouncementRow | None = None
    old_words: dict[str, Words] = field(default_factory=dict[str, Words])


def the_space(tx: Transaction, visit: Visit) -> SpaceRow | None:
    """The space in the address."""
    return space_by_slug(tx, visit.request.path_params["space"])


def the_announcement(tx: Transaction, visit: Visit) -> AnnouncementRow | None:
    """The item in the address."""
    return queries.announcement_by_id(tx, visit.reference("announcement"))


def the_space_desk(tx: Transaction, visit: Visit) -> Desk | None:
    """The desk of a sender in the space; whether the viewer is one, the permission table says."""
    space = space_by_slug(tx, visit.request.path_params["space"])
    if space is None:
        return None
    return Desk(AnnouncementKind.ANNOUNCEMENT, space.place, _author(visit.viewer, space.id), space)


def the_steward_desk(tx: Transaction, visit: Visit) -> Desk | None:
    """The desk from which the whole place is addressed."""
    return Desk(AnnouncementKind.ANNOUNCEMENT, INSTALLATION, TEAM)


def the_alert_desk(tx: Transaction, visit: Visit) -> Desk | None:
    """The desk for warnings, in the first space where the viewer may warn; a warning itself is for everybody."""
    viewer = visit.viewer
    spaces = sorted({*viewer.standings, *(space for _, space in viewer.grants if space is not None)})
    places = [Place(space, readable=False, listed=False) for space in spaces]
    place = next((place for place in places if viewer.may(Permission.WARN, place)), INSTALLATION)
    author = TEAM if place.space_id is None else _author(viewer, place.space_id)
    return Desk(AnnouncementKind.SCAM_ALERT, place, author)


def the_correction(tx: Transaction, visit: Visit) -> Desk | None:
    """The desk for a correction, for whoever may speak on the same behalf."""
    row = _correctable(tx, visit, AnnouncementKind.ANNOUNCEMENT)
    if row is None:
        return None
    author = _author(visit.viewer, row.space.id) if row.space else TEAM
    return _desk_for(tx, row, author)


def the_alert_correction(tx: Transaction, visit: Visit) -> Desk | None:
    """The desk for the correction of a warning."""
    row = _correctable(tx, visit, AnnouncementKind.SCAM_ALERT)
    desk = the_alert_desk(tx, visit)
    return _desk_for(tx, row, desk.author) if row and desk else None


def _correctable(tx: Transaction, visit: Visit, kind: AnnouncementKind) -> AnnouncementRow | None:
    row = the_announcement(tx, visit)
    return row if row is not None and row.kind == kind and may_correct(visit.viewer, row) else None


def _desk_for(tx: Transaction, row: AnnouncementRow, author: Author) -> Desk:
    return Desk(row.kind, row.place, author, row.space, row, queries.words_of(tx, [row.id]).get(row.id, {}))


def the_withdrawable(tx: Transaction, visit: Visit) -> AnnouncementRow | None:
    """The item, for whoever may take it back: its senders, and the moderators of the place."""
    row = the_announcement(tx, visit)
    return row if row is not None and may_withdraw(visit.viewer, row) else None


def _author(viewer: Viewer, space_id: int) -> Author:
    standing = viewer.standing_in(space_id)
    return Author(standing.membership_id, standing.verified_as) if standing else TEAM


def may_correct(viewer: Viewer, row: AnnouncementRow) -> bool:
    """Whether the viewer speaks, today, for the same organisation in the space, or for the whole place."""
    if row.kind == AnnouncementKind.SCAM_ALERT:
        return viewer.reviews or _is_author(viewer, row)
    if row.space is None:
        return viewer.may(Permission.STEWARD, row.place)
    standing = viewer.standing_in(row.space.id)
    return standing is not None and standing.verified_as == row.organisation != ""


def may_withdraw(viewer: Viewer, row: AnnouncementRow) -> bool:
    """The same, and whoever moderates the space: a false announcement must not wait for its sender."""
    return may_correct(viewer, row) or (row.space is not None and viewer.may(Permission.REVIEW, row.place))


def _is_author(viewer: Viewer, row: AnnouncementRow) -> bool:
    """Whether it is the viewer's own, and they may still warn there."""
    for space_id, standing in viewer.standings.items():
        if standing.membership_id == row.membership_id:
            return viewer.may(Permission.WARN, Place(space_id, readable=False, listed=False))
    return False
