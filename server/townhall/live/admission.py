"""Who may hear what: asked when somebody comes, and again whenever their seat, session or role changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.accounts.queries import living_sessions
from server.crypto.tokens import SessionToken, token_hash
from server.database import Transaction
from server.events import BrowserLeft, Event, HallRolesChanged, SeatGivenUp, SessionsEnded
from server.permissions import Permission, Role
from server.townhall.halls import queries
from server.townhall.halls.queries import HallFound, HallRow, SeatRow
from server.townhall.halls.states import Channel, captions_in, of_seat
from server.townhall.halls.team import is_trained, roles_of
from server.web.cookies import seat_token, session_token
from server.web.visit import Visit
from server.web.words import reading

OF_THE_TEAM = {Permission.RUN_HALL: Channel.CONSOLE, Permission.MODERATE_HALL: Channel.DESK}
"""The two channels that tell of what waits, and who may hear them."""


STAGE = "stage"
"""In the address of whoever of the team looks at the stage itself."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody who was let in: to which channels, and what ends it."""

    hall_id: int
    channels: frozenset[str]
    language: str
    seat: SeatRow | None
    member_id: int | None
    tokens: frozenset[bytes]
    """Hashes of what the browser showed: when one of them is given up, this ends."""
    session: bytes | None
    """The one among them that somebody is signed in with."""
    screen: bytes | None
    """The one among them that is a screen's link."""
    ends_at: datetime | None
    generation: int
    """How many closings had been heard before this was asked."""

    @property
    def moderates(self) -> bool:
        """Whether the hall counts as watched while this one is here."""
        return Channel.DESK in self.channels

    @property
    def in_team(self) -> bool:
        """Whether it hears what waits."""
        return bool(self.channels & {Channel.CONSOLE, Channel.DESK})

    def ended_by(self, event: Event) -> bool:
        """Whether this may go on no longer."""
        if isinstance(event, BrowserLeft):
            return event.token_hash in self.tokens
        if isinstance(event, SeatGivenUp):
            return self.seat is not None and self.seat.public_id == event.seat
        if isinstance(event, HallRolesChanged):
            return self.hall_id == event.hall_id and self.member_id == event.member_id
        return isinstance(event, SessionsEnded) and self.member_id == event.member_id


def admitted(visit: Visit, found: HallFound, captions: Collection[str], generation: int) -> Admitted | None:
    """What this visit may hear in the hall; None for somebody who has neither a seat nor a part in the team."""
    seat, viewer = found.seat, visit.viewer
    channels: set[str] = set()
    if seat is not None:
        channels |= {Channel.PUBLIC, of_seat(str(seat.public_id))}
    if found.screen_until is not None or (STAGE in visit.query and viewer.may(Permission.WATCH_STAGE, found.place)):
        channels.add(Channel.STAGE)
    if viewer.may(Permission.WORK_IN_HALL, found.place):
        channels.add(Channel.PUBLIC)
    channels |= {channel for needs, channel in OF_THE_TEAM.items() if viewer.may(needs, found.place)}
    if not channels:
        return None
    channels |= {captions_in(language) for language in captions if language in found.hall.languages}
    tokens = (session_token(visit.request), seat_token(visit.request), _screen_token(visit, found))
    ends = (seat.expires_at if seat else None, viewer.expires_at, found.screen_until)
    return Admitted(
        hall_id=found.hall.id,
        channels=frozenset(str(channel) for channel in channels),
        language=reading().language.code,
        seat=seat,
        member_id=viewer.member_id,
        session=token_hash(tokens[0]) if tokens[0] is not None and viewer.member_id is not None else None,
        screen=token_hash(tokens[2]) if tokens[2] is not None else None,
        tokens=frozenset(token_hash(token) for token in tokens if token is not None),
        ends_at=min((moment for moment in ends if moment is not None), default=None),
        generation=generation,
    )


def _screen_token(visit: Visit, found: HallFound) -> SessionToken | None:
    return SessionToken(visit.query["screen"]) if found.screen_until is not None else None


def still_of_team(tx: Transaction, hall: HallRow, member_ids: Collection[int]) -> dict[int, set[str]]:
    """Which of the two channels these members may hear at this moment, in the same snapshot that is read for them."""
    found: dict[int, set[str]] = {}
    for member_id in member_ids:
        roles = roles_of(tx, hall, member_id)
        found[member_id] = {
            str(channel)
            for role, channel in ((Role.FACILITATOR, Channel.CONSOLE), (Role.MODERATOR, Channel.DESK))
            if role in roles
        }
    return found


def ended_of(tx: Transaction, hall: HallRow, who: Sequence[Admitted], *, at: datetime) -> set[int]:
    """Places of those whose seat, session or part in the team has ended, though nobody may have told of it."""
    seats = queries.seats_by_ids(tx, {one.seat.id for one in who if one.seat is not None}, at=at)
    sessions = living_sessions(tx, {one.session for one in who if one.session is not None}, at=at)
    screens = queries.living_screens(tx, hall.id, {one.screen for one in who if one.screen is not None}, at=at)
    team = still_of_team(tx, hall, {one.member_id for one in who if one.in_team and one.member_id is not None})
    members = {one.member_id for one in who if _is_there_to_work(one) and one.member_id is not None}
    workers = {each for each in members if roles_of(tx, hall, each) or is_trained(tx, hall.space_id, each)}
    return {
        place
        for place, one in enumerate(who)
        if (one.seat is not None and one.seat.id not in seats)
        or (one.session is not None and one.session not in sessions)
        or (one.screen is not None and one.screen not in screens)
        or (one.in_team and not one.channels & set(OF_THE_TEAM.values()) <= team.get(one.member_id or 0, set()))
        or (_is_there_to_work(one) and one.member_id not in workers)
    }


def _is_there_to_work(one: Admitted) -> bool:
    """Let in by nothing but a part in the team or a training."""
    return one.seat is None and one.screen is None and one.member_id is not None
