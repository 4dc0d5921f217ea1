"""What the pages and rules of a hall ask about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from server.crypto.tokens import SessionToken, token_hash
from server.database import Transaction, made
from server.permissions import Place, Role
from server.prepared import Prepared
from server.townhall.halls.models import Hall, HallKey, HallRole, HallScreen, HallSession, Seat
from server.townhall.halls.states import Act, HallState, Risk, SessionKind, SessionState, allows

HALLS_SHOWN = 50


@dataclass(frozen=True)
class HallRow:
    """A hall as rules need it."""

    id: int
    public_id: UUID
    space_id: int
    code: str
    state: HallState
    risk: Risk
    rehearsal: bool
    languages: Sequence[str]
    base_language: str
    premoderated: bool
    slow_seconds: int
    timezone: str
    opens_at: datetime | None
    closed_at: datetime | None
    captions_kept: bool
    link: str
    sign_video: str
    epoch: int
    version: int
    stopped_by: str
    reopening_by: int | None
    paused_alone: bool
    watched_at: datetime | None

    def allows(self, act: Act) -> bool:
        """Whether its state lets this be done."""
        return allows(self.state, act)


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat, as the commands need it."""

    id: int
    public_id: UUID
    hall_id: int
    name: str
    language: str
    expires_at: datetime
    muted_until: datetime | None


@dataclass(frozen=True, slots=True)
class Duty:
    """What a member does in a hall."""

    role: Role
    language: str
    number: int


@dataclass(frozen=True)
class HallFound:
    """A hall, as this visit comes to it: with a seat or none, with what it does in the team."""

    hall: HallRow
    seat: SeatRow | None
    duties: Sequence[Duty]
    screen_until: datetime | None = None
    """Of somebody who comes with the link of a screen: when it ends."""

    @cached_property
    def place(self) -> Place:
        """The hall's space, with the roles that this visit has in the hall."""
        roles = {duty.role for duty in self.duties}
        if self.seat is not None:
            roles.add(Role.ATTENDEE)
        if self.screen_until is not None:
            roles.add(Role.SCREEN)
        return Place(self.hall.space_id, readable=True, listed=True, roles=frozenset(roles))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An item of the agenda."""

    id: int
    public_id: UUID
    position: int
    kind: SessionKind
    state: SessionState
    minutes: int
    began_at: datetime | None


_HALL = tuple(getattr(Hall, name) for name in HallRow.__annotations__)
_BY_CODE = Prepared(select(*_HALL).where(col(Hall.code) == bindparam("code")))
_BY_ID = Prepared(select(*_HALL).where(col(Hall.id) == bindparam("id")))
_HELD = Prepared(select(*_HALL).where(col(Hall.id) == bindparam("id")).with_for_update(read=True))
_HELD_ALONE = Prepared(select(*_HALL).where(col(Hall.id) == bindparam("id")).with_for_update())
_SEAT = Prepared(
    select(
        col(Seat.id),
        col(Seat.public_id),
        col(Seat.hall_id),
        col(Seat.name),
        col(Seat.language),
        col(Seat.expires_at),
        col(Seat.muted_until),
    ).where(col(Seat.token_hash) == bindparam("token_hash"))
)
_SEAT_BY_ID = Prepared(
    select(*(getattr(Seat, name) for name in SeatRow.__annotations__)).where(col(Seat.id) == bindparam("id"))
)
_DUTIES = Prepared(
    select(col(HallRole.role), col(HallRole.language), col(HallRole.number)).where(
        col(HallRole.hall_id) == bindparam("hall_id"),
        col(HallRole.member_id) == bindparam("member_id"),
        col(HallRole.given),
    )
)
_SESSIONS = Prepared(
    select(
        col(HallSession.id),
        col(HallSession.public_id),
        col(HallSession.position),
        col(HallSession.kind),
        col(HallSession.state),
        col(HallSession.minutes),
        col(HallSession.began_at),
    )
    .where(col(HallSession.hall_id) == bindparam("hall_id"))
    .order_by(col(HallSession.position), col(HallSession.id))
)
_KEY = Prepared(
    select(col(HallKey.key)).where(
        col(HallKey.hall_id) == bindparam("hall_id"), col(HallKey.purpose) == bindparam("purpose")
    )
)


def hall_by_code(tx: Transaction, code: str) -> HallRow | None:
    """The hall of this code, however it was typed."""
    row = tx.ask(_BY_CODE, {"code": code[:12].upper()}).first() if code.isascii() and code.isalnum() else None
    return None if row is None else made(HallRow, row)


def hall_by_id(tx: Transaction, hall_id: int) -> HallRow | None:
    """The hall of this key."""
    row = tx.ask(_BY_ID, {"id": hall_id}).first()
    return None if row is None else made(HallRow, row)


def held(tx: Transaction, hall_id: int) -> HallRow:
    """The hall as it is now, and as it stays until this visit ends: nobody asks in a hall that was just stopped."""
    return made(HallRow, tx.ask(_HELD, {"id": hall_id}).one())


def held_alone(tx: Transaction, hall_id: int) -> HallRow:
    """The same for whoever changes the hall: they wait until nobody holds it."""
    return made(HallRow, tx.ask(_HELD_ALONE, {"id": hall_id}).one())


def seat_of(tx: Transaction, token: SessionToken | None, hall_id: int, *, at: datetime) -> SeatRow | None:
    """The seat that a browser's token opens in this hall, while it lasts."""
    if token is None:
        return None
    row = tx.ask(_SEAT, {"token_hash": token_hash(token)}).first()
    seat = None if row is None else made(SeatRow, row)
    return seat if seat is not None and seat.hall_id == hall_id and seat.expires_at > at else None


def seat_by_id(tx: Transaction, seat_id: int, *, at: datetime) -> SeatRow | None:
    """The seat as it is now; None when it is given up or over."""
    row = tx.ask(_SEAT_BY_ID, {"id": seat_id}).first()
    seat = None if row is None else made(SeatRow, row)
    return seat if seat is not None and seat.expires_at > at else None


def seats_by_ids(tx: Transaction, seats: Collection[int], *, at: datetime) -> dict[int, SeatRow]:
    """These seats as they are now; those that are given up or over are left out."""
    if not seats:
        return {}
    columns = [getattr(Seat, name) for name in SeatRow.__annotations__]
    rows = tx.look(select(*columns).where(col(Seat.id).in_(seats), col(Seat.expires_at) > at))
    return {seat.id: seat for seat in (made(SeatRow, row) for row in rows)}


def duties_of(tx: Transaction, hall_id: int, member_id: int) -> list[Duty]:
    """What a member does in a hall by its own list."""
    rows = tx.ask(_DUTIES, {"hall_id": hall_id, "member_id": member_id})
    return [Duty(Role(role), language, number) for role, language, number in rows]


@dataclass(frozen=True, slots=True)
class ScreenFound:
    """A projector: its language, and when its link ends."""

    language: str
    expires_at: datetime


def screen_opens(tx: Transaction, token: str, hall_id: int, *, at: datetime) -> ScreenFound | None:
    """The projector that this link is for, while it lasts."""
    if not token or len(token) > 100:
        return None
    row = tx.session.execute(
        select(col(HallScreen.language), col(HallScreen.expires_at)).where(
            col(HallScreen.token_hash) == token_hash(SessionToken(token)),
            col(HallScreen.hall_id) == hall_id,
            col(HallScreen.expires_at) > at,
        )
    ).one_or_none()
    return None if row is None else made(ScreenFound, row)


def living_screens(tx: Transaction, hall_id: int, hashes: Collection[bytes], *, at: datetime) -> set[bytes]:
    """Which of these links of screens, by the hashes of their tokens, still open the stage."""
    if not hashes:
        return set()
    statement = select(col(HallScreen.token_hash)).where(
        col(HallScreen.hall_id) == hall_id, col(HallScreen.token_hash).in_(hashes), col(HallScreen.expires_at) > at
    )
    return {bytes(found) for found in tx.look(statement).scalars()}


def sessions_of(tx: Transaction, hall_id: int) -> list[SessionRow]:
    """The agenda."""
    return [made(SessionRow, row) for row in tx.ask(_SESSIONS, {"hall_id": hall_id})]


def halls_of(tx: Transaction, space_id: int) -> list[HallRow]:
    """The halls of a space, the newest first."""
    statement = select(*_HALL).where(col(Hall.space_id) == space_id).order_by(col(Hall.id).desc()).limit(HALLS_SHOWN)
    return [made(HallRow, row) for row in tx.look(statement)]


def key_of(tx: Transaction, hall_id: int, purpose: str) -> bytes | None:
    """A key of the hall; none once it is destroyed."""
    found = tx.ask(_KEY, {"hall_id": hall_id, "purpose": purpose}).value()
    return None if found is None else bytes(found)


def seats_in(tx: Transaction, hall_id: int) -> int:
    """How many seats there are."""
    return tx.session.execute(select(func.count()).where(col(Seat.hall_id) == hall_id)).scalar_one()
