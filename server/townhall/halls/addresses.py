"""What the addresses of halls point at, and what a visit is there."""

from datetime import timedelta

from server.database import Transaction
from server.errors import Refused, say
from server.permissions import HALL_ROLES, STAFF_ROLES, Permission
from server.townhall.halls import queries, rules
from server.townhall.halls.queries import HallFound, SeatRow
from server.townhall.halls.states import HallState
from server.web.cookies import seat_token
from server.web.visit import Visit

WATCHED_EVERY = timedelta(minutes=1)
COME_IN = say("Please come in first. Your words are still here.")


def the_hall(tx: Transaction, visit: Visit) -> HallFound | None:
    """The hall in the address, with this visit's seat and its part in the team.

    While it is prepared it is there for its team only.
    """
    hall = queries.hall_by_code(tx, visit.request.path_params["code"])
    if hall is None:
        return None
    seat = queries.seat_of(tx, seat_token(visit.request), hall.id, at=visit.now)
    if seat is not None:
        visit.seat_key = seat.public_id.bytes
    viewer = visit.viewer
    duties = queries.duties_of(tx, hall.id, viewer.member_id) if viewer.member_id is not None else []
    duties = [duty for duty in duties if viewer.second_factor or duty.role not in STAFF_ROLES]
    screen = queries.screen_opens(tx, visit.query.get("screen", ""), hall.id, at=visit.now)
    found = HallFound(hall, seat, duties, screen.expires_at if screen is not None else None)
    if hall.state == HallState.PREPARING and not works_in(visit, found):
        return None
    _watched(visit, found)
    return found


def _watched(visit: Visit, found: HallFound) -> None:
    """A moderator looks at a page of the hall: written down once a minute at most, when the page is on its way."""
    hall, now = found.hall, visit.now
    seen = hall.watched_at is not None and hall.watched_at + WATCHED_EVERY > now
    if seen or hall.state != HallState.OPEN or not visit.viewer.may(Permission.MODERATE_HALL, found.place):
        return
    visit.afterwards = visit.afterwards or (lambda tx: rules.watched(tx, hall, now))


def works_in(visit: Visit, found: HallFound) -> bool:
    """Whether the viewer is of the hall's team."""
    roles = visit.viewer.roles_at(found.place)
    return bool(roles & (HALL_ROLES | (STAFF_ROLES - {"steward", "protection_lead"})))


def the_seat(tx: Transaction, visit: Visit) -> HallFound | None:
    """The hall in the address for those who have a seat in it. Raises Refused for others: they may come in."""
    found = the_hall(tx, visit)
    if found is not None and found.seat is None:
        raise Refused(COME_IN)
    return found


def seat_in(found: HallFound) -> SeatRow:
    """The seat of whoever came through `the_seat`."""
    assert found.seat is not None
    return found.seat
