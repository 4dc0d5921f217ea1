"""Who may do what: the roles, the permissions, and the one table that joins them.

Read GRANTED_TO line by line: the permission on the left is held, at a place, by whoever has one of the
roles on the right there. VISITOR is everybody, and counts only where a space is open to be read. A steward
runs the installation and reads no closed circle by that right: what is handed up to them are single cases.
PROTECTION is the training without which nobody opens what somebody disclosed; it opens nothing by itself. VERIFIED
speaks for an organisation, and is held only until the day that a steward has set. A FACILITATOR runs town halls; in a
hall, hosts and moderators of its space are what they are there, an ATTENDEE has a seat, a SCREEN hangs on a wall.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person is, at a place."""

    VISITOR = "visitor"
    SIGNED_IN = "signed_in"
    MEMBER = "member"
    HOST = "host"
    MODERATOR = "moderator"
    STEWARD = "steward"
    PROTECTION_LEAD = "protection_lead"
    PROTECTION = "protection"
    VERIFIED = "verified"
    FACILITATOR = "facilitator"
    HELPER = "helper"
    CAPTIONER = "captioner"
    COUNSELLOR = "counsellor"
    ATTENDEE = "attendee"
    SCREEN = "screen"


INSTALLATION_ROLES = frozenset({Role.STEWARD, Role.PROTECTION_LEAD})
"""Roles that belong to the whole installation and to no space."""
STAFF_ROLES = frozenset({Role.HOST, Role.MODERATOR, Role.PROTECTION, Role.FACILITATOR}) | INSTALLATION_ROLES
"""Roles that are granted by name and need a second factor."""
HALL_ROLES = frozenset({Role.FACILITATOR, Role.MODERATOR, Role.HELPER, Role.CAPTIONER, Role.COUNSELLOR})
"""Roles that can be given in one hall alone. The first two count there with a second factor only."""


class Permission(StrEnum):
    """What can be allowed. Every route names one."""

    ENTER = "enter"
    SEE_SPACE = "see_space"
    READ_SPACE = "read_space"
    POST_MESSAGE = "post_message"
    JOIN_SPACE = "join_space"
    KEEP_ACCOUNT = "keep_account"
    REVIEW = "review"
    OPEN_CASES = "open_cases"
    SECOND_LOOK = "second_look"
    TEND_SPACE = "tend_space"
    HOST_SPACE = "host_space"
    ANNOUNCE = "announce"
    WARN = "warn"
    STEWARD = "steward"
    EDIT_HELP = "edit_help"
    START_HALL = "start_hall"
    ENTER_HALL = "enter_hall"
    ATTEND_HALL = "attend_hall"
    RUN_HALL = "run_hall"
    MODERATE_HALL = "moderate_hall"
    DECIDE_IN_HALL = "decide_in_hall"
    WORK_IN_HALL = "work_in_hall"
    HOLD_HALL = "hold_hall"
    ENTER_FOR_OTHERS = "enter_for_others"
    WRITE_CAPTIONS = "write_captions"
    WATCH_STAGE = "watch_stage"
    ANSWER_CALLS = "answer_calls"


GRANTED_TO: dict[Permission, frozenset[Role]] = {
    Permission.ENTER: frozenset(Role),
    Permission.SEE_SPACE: frozenset(Role),
    Permission.READ_SPACE: frozenset({Role.VISITOR, Role.MEMBER, Role.HOST, Role.MODERATOR}),
    Permission.POST_MESSAGE: frozenset({Role.MEMBER}),
    Permission.JOIN_SPACE: frozenset({Role.SIGNED_IN}),
    Permission.KEEP_ACCOUNT: frozenset({Role.SIGNED_IN}),
    Permission.REVIEW: frozenset({Role.MODERATOR}),
    Permission.OPEN_CASES: frozenset({Role.MODERATOR, Role.HOST, Role.STEWARD}),
    Permission.SECOND_LOOK: frozenset({Role.MODERATOR, Role.HOST, Role.STEWARD}),
    Permission.TEND_SPACE: frozenset({Role.HOST, Role.MODERATOR}),
    Permission.HOST_SPACE: frozenset({Role.HOST}),
    Permission.ANNOUNCE: frozenset({Role.VERIFIED}),
    Permission.WARN: frozenset({Role.VERIFIED, Role.HOST, Role.MODERATOR}),
    Permission.STEWARD: frozenset({Role.STEWARD}),
    Permission.EDIT_HELP: frozenset({Role.PROTECTION_LEAD, Role.STEWARD}),
    Permission.START_HALL: frozenset({Role.HOST, Role.FACILITATOR}),
    Permission.ENTER_HALL: frozenset(Role),
    Permission.ATTEND_HALL: frozenset({Role.ATTENDEE}),
    Permission.RUN_HALL: frozenset({Role.HOST, Role.FACILITATOR}),
    Permission.MODERATE_HALL: frozenset({Role.MODERATOR}),
    Permission.DECIDE_IN_HALL: frozenset({Role.MODERATOR, Role.PROTECTION}),
    Permission.WORK_IN_HALL: frozenset(
        {
            Role.HOST,
            Role.FACILITATOR,
            Role.MODERATOR,
            Role.PROTECTION,
            Role.COUNSELLOR,
            Role.HELPER,
            Role.CAPTIONER,
        }
    ),
    Permission.HOLD_HALL: frozenset({Role.HOST, Role.FACILITATOR, Role.MODERATOR, Role.PROTECTION}),
    Permission.ENTER_FOR_OTHERS: frozenset({Role.HELPER}),
    Permission.WRITE_CAPTIONS: frozenset({Role.CAPTIONER}),
    Permission.ANSWER_CALLS: frozenset({Role.COUNSELLOR, Role.PROTECTION}),
    Permission.WATCH_STAGE: frozenset({Role.SCREEN, Role.HOST, Role.FACILITATOR, Role.MODERATOR}),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked for: the installation (no space) or one space.

    `readable` says that visitors may read it, `listed` that its name may be known to everybody. Before a space is
    `opened` it is there for its team and the stewards only; being a member counts for nothing yet. In a hall, `roles`
    are those that this visit has there and nowhere else: by a seat, by a screen's link, or in its team.
    """

    space_id: int | None = None
    readable: bool = True
    listed: bool = True
    opened: bool = True
    roles: frozenset[Role] = frozenset()


INSTALLATION = Place()


@dataclass(frozen=True, slots=True)
class Standing:
    """A member in one space: the pseudonym there and what goes with it.

    `known` comes from released messages and days, `begun` says that one message was released at all.
    `verified_as` is the organisation that the member speaks for; empty when there is none, or no longer.
    """

    membership_id: int
    public_id: UUID
    space_id: int
    pseudonym: str
    known: bool
    vouched: bool
    suspended_until: datetime | None
    limited_until: datetime | None = None
    begun: bool = False
    keeps_marks: bool = False
    has_drafts: bool = False
    verified_as: str = ""
    has_mutes: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is looking: nobody in particular, or a member with a session."""

    member_id: int | None = None
    session_id: int | None = None
    session_key: bytes = b""
    language: str | None = None
    calendar: str = ""
    staff: bool = False
    second_factor: bool = False
    expires_at: datetime | None = None
    ends_at: datetime | None = None
    persistent: bool = False
    notices: int = 0
    way_changed_on: date | None = None
    grants: frozenset[tuple[Role, int | None]] = frozenset()
    standings: Mapping[int, Standing] = field(default_factory=dict[int, Standing])

    @property
    def signed_in(self) -> bool:
        """Whether there is an account behind the visit."""
        return self.member_id is not None

    @property
    def reviews(self) -> bool:
        """Whether any queue is open to this viewer."""
        return any(role is Role.MODERATOR for role, _ in self.grants)

    def standing_in(self, space_id: int) -> Standing | None:
        """The viewer's membership in the space, if there is one."""
        return self.standings.get(space_id)

    def roles_at(self, place: Place) -> set[Role]:
        """All roles of the viewer at the place."""
        roles: set[Role] = set(place.roles)
        if place.readable:
            roles.add(Role.VISITOR)
        if self.signed_in:
            roles.add(Role.SIGNED_IN)
        if place.opened and place.space_id is not None and place.space_id in self.standings:
            roles.add(Role.MEMBER)
            if self.standings[place.space_id].verified_as:
                roles.add(Role.VERIFIED)
        roles.update(role for role, space in self.grants if space is None or space == place.space_id)
        return roles

    def may(self, permission: Permission, place: Place) -> bool:
        """Whether the table grants it. A space whose name is unlisted is known to its own people only."""
        roles = self.roles_at(place)
        if permission is Permission.SEE_SPACE and not place.listed:
            return bool(roles - {Role.VISITOR, Role.SIGNED_IN})
        return bool(GRANTED_TO[permission] & roles)

    @property
    def stewards(self) -> bool:
        """Whether this viewer runs the installation."""
        return (Role.STEWARD, None) in self.grants

    def spaces_hosted(self) -> frozenset[int]:
        """The spaces that this viewer leads."""
        return frozenset(space for role, space in self.grants if role is Role.HOST and space is not None)

    def is_trained(self, space_id: int) -> bool:
        """Whether this viewer may be shown there what somebody disclosed."""
        return any(role is Role.PROTECTION and space in (None, space_id) for role, space in self.grants)

    def spaces_reviewed(self) -> frozenset[int]:
        """The spaces whose queue this viewer may work."""
        return frozenset(space for role, space in self.grants if role is Role.MODERATOR and space is not None)


NOBODY = Viewer()
