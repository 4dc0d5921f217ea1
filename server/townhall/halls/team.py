"""Who works in a hall, and the lines that say what they did. Others see a role and a number, never a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import col

from server.accounts.confusable import folded
from server.accounts.models import Membership
from server.accounts.roles import holders
from server.accounts.senders import NOBODY_HERE
from server.database import Transaction, changed
from server.errors import Invalid, NotFound, Refused, say
from server.events import HallRolesChanged, hall_audience
from server.permissions import HALL_ROLES, Role
from server.townhall.halls import queries
from server.townhall.halls.models import HallLine, HallRole
from server.townhall.halls.queries import HallRow

ITSELF = "itself"
"""Stands in the log where the hall did something by the clock."""
SAME_ROLE = say("This person has this role here already.")
NO_SUCH_ROLE = say("This person does not have this role here.")
OF_THE_SPACE = {Role.HOST: Role.FACILITATOR, Role.FACILITATOR: Role.FACILITATOR, Role.MODERATOR: Role.MODERATOR}
"""Who is what in every hall of a space: hosts run its halls, its moderators moderate them."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody of the team who does something: in which role, under which number, and when."""

    member_id: int
    role: Role
    number: int
    at: datetime
    trained: bool = False
    """Whether they may open what tells of somebody in danger."""

    @property
    def label(self) -> str:
        """As the log and the others know them: "moderator 2"."""
        return f"{self.role} {self.number}" if self.member_id else ITSELF


def acting(tx: Transaction, hall: HallRow, member_id: int | None, *roles: Role, at: datetime) -> Acting:
    """Whoever does it, in the first of these roles that they hold at this moment. Raises NotFound for anybody else.

    Asked inside the visit that writes: a role that was taken away a moment ago counts for nothing.
    """
    if member_id is None:
        raise NotFound
    trained = is_trained(tx, hall.space_id, member_id)
    own = {duty.role: duty.number for duty in queries.duties_of(tx, hall.id, member_id)}
    for role in roles:
        if role in own:
            return Acting(member_id, role, own[role], at, trained)
        for of_space, here in OF_THE_SPACE.items():
            if here == role and member_id in holders(tx, of_space, hall.space_id):
                return Acting(member_id, role, _number_for(tx, hall.id, member_id, role), at, trained)
        if role == Role.PROTECTION and trained:
            return Acting(member_id, role, _number_for(tx, hall.id, member_id, role), at, trained)
    raise NotFound


def roles_of(tx: Transaction, hall: HallRow, member_id: int) -> set[Role]:
    """What a member is in the hall at this moment, by its own list or by a role in the space."""
    roles = {duty.role for duty in queries.duties_of(tx, hall.id, member_id)}
    return roles | {
        here for of_space, here in OF_THE_SPACE.items() if member_id in holders(tx, of_space, hall.space_id)
    }


def is_trained(tx: Transaction, space_id: int, member_id: int) -> bool:
    """Whether a member is trained for protection, here or everywhere."""
    return member_id in holders(tx, Role.PROTECTION, space_id) | holders(tx, Role.PROTECTION, None)


def _number_for(tx: Transaction, hall_id: int, member_id: int, role: Role) -> int:
    """The number of somebody who is here by a role in the space: given once, at their first act."""
    known = tx.session.execute(
        select(col(HallRole.number)).where(
            col(HallRole.hall_id) == hall_id,
            col(HallRole.member_id) == member_id,
            col(HallRole.role) == str(role),
            ~col(HallRole.given),
        )
    ).scalar_one_or_none()
    return known or _numbered(tx, hall_id, member_id, role, given=False)


def _numbered(
    tx: Transaction, hall_id: int, member_id: int, role: Role, *, language: str = "", given: bool = True
) -> int:
    highest = tx.session.execute(
        select(func.coalesce(func.max(col(HallRole.number)), 0)).where(
            col(HallRole.hall_id) == hall_id, col(HallRole.role) == str(role)
        )
    ).scalar_one()
    row = HallRole(
        hall_id=hall_id,
        member_id=member_id,
        role=str(role),
        language=language,
        number=int(highest) + 1,
        given=given,
    )
    tx.session.add(row)
    tx.session.flush()
    return row.number


def appoint(tx: Transaction, hall: HallRow, member_id: int, role: Role, language: str, by: Acting) -> None:
    """Give somebody a role in this hall alone."""
    if role not in HALL_ROLES:
        raise NotFound
    queries.held_alone(tx, hall.id)
    held = queries.duties_of(tx, hall.id, member_id)
    if any(duty.role == role and duty.language == language for duty in held):
        raise Refused(SAME_ROLE)
    _numbered(tx, hall.id, member_id, role, language=language)
    note(tx, hall, by, "appointed", target=str(role))
    tx.announce(HallRolesChanged(hall_audience(hall.id), hall.id, member_id))


def dismiss(tx: Transaction, hall: HallRow, member_id: int, role: Role, language: str, by: Acting) -> None:
    """Take a role in this hall away; it counts for nothing from this moment on."""
    gone = tx.session.execute(
        delete(HallRole).where(
            col(HallRole.hall_id) == hall.id,
            col(HallRole.member_id) == member_id,
            col(HallRole.role) == str(role),
            col(HallRole.language) == language,
            col(HallRole.given),
        )
    )
    if changed(gone) == 0:
        raise Refused(NO_SUCH_ROLE)
    note(tx, hall, by, "dismissed", target=str(role))
    tx.announce(HallRolesChanged(hall_audience(hall.id), hall.id, member_id))


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A role in a hall, under a number; whose it is stays inside."""

    member_id: int
    role: str
    language: str
    number: int
    given: bool


def team_of(tx: Transaction, hall_id: int) -> Sequence[TeamRow]:
    """Everybody who works in the hall by its own list, or has done something in it by a role in the space."""
    statement = (
        select(
            col(HallRole.member_id),
            col(HallRole.role),
            col(HallRole.language),
            col(HallRole.number),
            col(HallRole.given),
        )
        .where(col(HallRole.hall_id) == hall_id)
        .order_by(col(HallRole.role), col(HallRole.number))
    )
    return [TeamRow(*row) for row in tx.look(statement)]


def member_named(tx: Transaction, hall: HallRow, pseudonym: str) -> int:
    """The account that has this name in the hall's space. Raises Invalid when nobody has it."""
    found = tx.look(
        select(col(Membership.member_id)).where(
            col(Membership.space_id) == hall.space_id, col(Membership.pseudonym_key) == folded(pseudonym)
        )
    ).scalar_one_or_none()
    if found is None:
        raise Invalid(NOBODY_HERE, field="pseudonym")
    return int(found)


def note(tx: Transaction, hall: HallRow, by: Acting, act: str, *, target: str = "", reason: str = "") -> None:
    """A line of the log."""
    tx.session.add(HallLine(hall_id=hall.id, done_at=by.at, label=by.label, act=act, target=target, reason=reason))


def itself(at: datetime) -> Acting:
    """The hall, when it does something by the clock."""
    return Acting(0, Role.SCREEN, 0, at)
