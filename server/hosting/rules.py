"""What hosts, moderators and stewards do with a space, and which acts need a second person.

Every act locks the space first and asks then who somebody is: a role that was taken away a moment ago counts
for nothing, and of two people who decide at once one comes after the other.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from server.accounts.models import Invitation
from server.accounts.roles import holders, take_from
from server.accounts.rules import invite
from server.crypto.tokens import Code
from server.database import Transaction, changed
from server.errors import NotFound, Refused, say
from server.going_live import checklist
from server.going_live.facts import Facts
from server.hosting.queries import cards_made, member_of, team_of
from server.permissions import Role
from server.policies import HostingPolicy, Policies
from server.spaces import rules as spaces
from server.spaces.models import ChangeKind, ChangeState, Joining, LockReason, SpaceChange, SpaceState
from server.spaces.queries import Duty, SpaceRow, SpaceWords, words_of
from server.spaces.safety import Safety

NOT_THE_FIRST = say(
    "This would be the first space of this place. Before it can open, stewards must finish their list. "
    "See what is missing."
)
ONE_HOST_STAYS = say("A space needs a host. Make somebody else host first.")
NO_SUCH_ROLE = say("This person does not have this role any more.")
SAME_WORDS = say("These are the words that stand there already.")
SAME_LIFETIME = say("Messages last so long here already.")
SAME_LEVEL = say("The space has this level already.")
WAITS_ALREADY = say("There is a proposal about this already. Agree to it, or put it away first.")
DECIDED = say("This proposal was decided already.")
TOO_OLD = say("This proposal is too old. Please propose it again.")
OWN_PROPOSAL = say("You proposed this yourself. Another person must agree.")
PROPOSER_LEFT = say("Whoever proposed this is not a host any more. Please propose it again.")
OUTDATED = say("What stands there has changed since this was proposed. Please look, and propose it again.")
A_HOST_AGREES = say("This space has more than one host. One of the others must agree.")
NOT_YET_CARDS = say("Cards can be made when the space is open.")
CARDS_USED_UP = say("You can make %(count)s more cards today.")


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does something, in which role, and when."""

    member_id: int
    role: Role
    at: datetime


def open_space(
    tx: Transaction, space_id: int, member_id: int, *, at: datetime, facts: Facts, policies: Policies
) -> None:
    """Let people in. Raises Refused while something is missing: above all rules, a host and a moderator; and, for the
    first space of an installation, every line of the stewards' list. `facts`: what the server saw of it just now.
    """
    space, by = _begun(tx, space_id, member_id, at, Role.HOST)
    if checklist.missing(tx, space, facts, policies, on=at.date()):
        raise Refused(NOT_THE_FIRST)
    spaces.let_people_in(tx, space, team_of(tx, space_id))
    _record(tx, space_id, by, ChangeKind.OPENED)


def lock(tx: Transaction, space_id: int, member_id: int, reason: LockReason, *, at: datetime) -> None:
    """Nobody can write from now on. One host or moderator is enough."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST, Role.MODERATOR)
    spaces.lock(tx, space, reason)
    _record(tx, space_id, by, ChangeKind.LOCKED, after={"reason": str(reason)})


def unlock(tx: Transaction, space_id: int, member_id: int, *, at: datetime) -> None:
    """People can write again."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST, Role.MODERATOR)
    spaces.unlock(tx, space)
    _record(tx, space_id, by, ChangeKind.UNLOCKED)


def add_hours(tx: Transaction, space_id: int, member_id: int, hours: Duty, *, at: datetime) -> None:
    """Say when somebody usually looks."""
    space, _ = _begun(tx, space_id, member_id, at, Role.HOST, Role.MODERATOR)
    spaces.add_hours(tx, space, hours)


def remove_hours(tx: Transaction, space_id: int, member_id: int, hours: Duty, *, at: datetime) -> None:
    """Take hours out."""
    space, _ = _begun(tx, space_id, member_id, at, Role.HOST, Role.MODERATOR)
    spaces.remove_hours(tx, space, hours)


def exported(tx: Transaction, space_id: int, member_id: int, *, at: datetime) -> None:
    """Write down that somebody took the words of the space away with them."""
    _, by = _begun(tx, space_id, member_id, at, Role.HOST)
    _record(tx, space_id, by, ChangeKind.EXPORTED)


# What needs two ------------------------------------------------------------------------------------------


def write_words(
    tx: Transaction, space_id: int, member_id: int, words: SpaceWords, *, at: datetime, policy: HostingPolicy
) -> bool:
    """Name, purpose and rules in one language. Whether they are in force at once, which is so before the opening."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST)
    spaces.not_archived(space)
    former = words_of(tx, space_id).get(words.language)
    if former == words:
        raise Refused(SAME_WORDS)
    if space.state == SpaceState.PREPARING:
        spaces.replace_words(tx, space, words, at=at)
        return True
    _propose(tx, space_id, by, ChangeKind.WORDS, _plain(former), _plain(words), policy, language=words.language)
    return False


def choose_safety(
    tx: Transaction, space_id: int, member_id: int, safety: Safety, *, at: datetime, policy: HostingPolicy
) -> bool:
    """Make a space more closed at once, or propose to make it more open. Whether it is in force at once."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST)
    spaces.not_archived(space)
    if safety == space.safety:
        raise Refused(SAME_LEVEL)
    before, after = {"safety": str(space.safety)}, {"safety": str(safety)}
    if space.state != SpaceState.PREPARING and safety.is_more_open_than(space.safety):
        _propose(tx, space_id, by, ChangeKind.SAFETY, before, after, policy)
        return False
    spaces.set_safety(tx, space, safety)
    if space.state != SpaceState.PREPARING:
        _record(tx, space_id, by, ChangeKind.SAFETY, before=before, after=after)
    return True


def choose_lifetime(
    tx: Transaction, space_id: int, member_id: int, days: int | None, *, at: datetime, policy: HostingPolicy
) -> bool:
    """How long messages last. Whether it is in force at once, which is so before the opening: later it needs two."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST)
    spaces.not_archived(space)
    if days == space.messages_days:
        raise Refused(SAME_LIFETIME)
    if space.state == SpaceState.PREPARING:
        spaces.set_lifetime(tx, space, days)
        return True
    before, after = {"days": _written(space.messages_days)}, {"days": _written(days)}
    _propose(tx, space_id, by, ChangeKind.LIFETIME, before, after, policy)
    return False


def _written(days: int | None) -> str:
    return "" if days is None else str(days)


def propose_archive(tx: Transaction, space_id: int, member_id: int, *, at: datetime, policy: HostingPolicy) -> None:
    """Propose that the space is only to be read, for ever."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST)
    spaces.not_archived(space)
    if space.state != SpaceState.OPEN:
        raise Refused(spaces.NOT_OPEN)
    _propose(tx, space_id, by, ChangeKind.ARCHIVE, {}, {}, policy)


def agree(tx: Transaction, space_id: int, member_id: int, change: UUID, *, at: datetime, policy: HostingPolicy) -> None:
    """Put a proposal in force. Raises Refused unless this is the second of two people who may."""
    space = spaces.held(tx, space_id)
    spaces.not_archived(space)
    row = _pending(tx, space_id, change)
    if row.proposed_at <= at - timedelta(days=policy.proposal_days):
        raise Refused(TOO_OLD)
    role = _second_person(tx, space_id, row.proposed_by, member_id)
    if row.before != _present(tx, space, row):
        raise Refused(OUTDATED)
    _put_in_force(tx, space, row, at)
    _decided(tx, row, ChangeState.IN_FORCE, Acting(member_id, role, at))


def put_away(tx: Transaction, space_id: int, member_id: int, change: UUID, *, at: datetime) -> None:
    """Nothing comes of a proposal: any host may say so, whoever proposed it too."""
    _, by = _begun(tx, space_id, member_id, at, Role.HOST)
    _decided(tx, _pending(tx, space_id, change), ChangeState.PUT_AWAY, by)


def _second_person(tx: Transaction, space_id: int, proposer: int | None, member_id: int) -> Role:
    """The role in which somebody agrees. Raises Refused for the proposer, in whichever role they come."""
    hosts = holders(tx, Role.HOST, space_id)
    if member_id == proposer:
        raise Refused(OWN_PROPOSAL)
    if proposer not in hosts:
        raise Refused(PROPOSER_LEFT)
    if member_id in hosts:
        return Role.HOST
    if member_id not in holders(tx, Role.STEWARD, None):
        raise NotFound
    if len(hosts) > 1:
        raise Refused(A_HOST_AGREES)
    return Role.STEWARD


def _present(tx: Transaction, space: SpaceRow, row: SpaceChange) -> dict[str, str]:
    """What stands at this moment where the proposal would put something else."""
    if row.kind == ChangeKind.WORDS:
        return _plain(words_of(tx, space.id).get(row.language or ""))
    if row.kind == ChangeKind.LIFETIME:
        return {"days": _written(space.messages_days)}
    return {"safety": str(space.safety)} if row.kind == ChangeKind.SAFETY else {}


def _put_in_force(tx: Transaction, space: SpaceRow, row: SpaceChange, at: datetime) -> None:
    if row.kind == ChangeKind.WORDS:
        after = row.after
        words = SpaceWords(row.language or "", after["name"], after["purpose"], after["rules"])
        spaces.replace_words(tx, space, words, at=at)
    elif row.kind == ChangeKind.SAFETY:
        spaces.set_safety(tx, space, Safety(row.after["safety"]))
    elif row.kind == ChangeKind.LIFETIME:
        spaces.set_lifetime(tx, space, int(row.after["days"]) if row.after["days"] else None)
    else:
        spaces.archive(tx, space, at=at)
        tx.session.execute(delete(Invitation).where(col(Invitation.space_id) == space.id))


def _plain(words: SpaceWords | None) -> dict[str, str]:
    return {} if words is None else {"name": words.name, "purpose": words.purpose, "rules": words.rules}


def _propose(
    tx: Transaction,
    space_id: int,
    by: Acting,
    kind: ChangeKind,
    before: dict[str, str],
    after: dict[str, str],
    policy: HostingPolicy,
    *,
    language: str | None = None,
) -> None:
    waiting = tx.session.execute(
        select(col(SpaceChange.id)).where(
            col(SpaceChange.space_id) == space_id,
            col(SpaceChange.state) == ChangeState.PENDING,
            col(SpaceChange.kind) == kind,
            col(SpaceChange.language).is_not_distinct_from(language),
            col(SpaceChange.proposed_at) > by.at - timedelta(days=policy.proposal_days),
        )
    ).first()
    if waiting is not None:
        raise Refused(WAITS_ALREADY)
    tx.session.add(_change(space_id, by, kind, ChangeState.PENDING, before, after, language=language))
    tx.session.flush()


# People --------------------------------------------------------------------------------------------------


def invite_to_team(
    tx: Transaction, space_id: int, member_id: int, role: Role, *, at: datetime, code_key: bytes, ends: date
) -> Code:
    """A one-time link for a moderator or another host, made by a host, or by a steward for any space."""
    space, _ = _begun(tx, space_id, member_id, at, Role.HOST, Role.STEWARD)
    spaces.not_archived(space)
    return invite(tx, space_id=space_id, role=role, code_key=code_key, expires_on=ends)


def take_role(tx: Transaction, space_id: int, member_id: int, whose: UUID, role: Role, *, at: datetime) -> int:
    """Take a role away, also one's own; gives whose it was. Raises Refused for the last host."""
    _, by = _begun(tx, space_id, member_id, at, Role.HOST)
    found = member_of(tx, space_id, whose)
    if found is None:
        raise NotFound
    if role == Role.HOST and holders(tx, Role.HOST, space_id) == frozenset({found}):
        raise Refused(ONE_HOST_STAYS)
    if not take_from(tx, found, role, space_id):
        raise Refused(NO_SUCH_ROLE)
    _record(tx, space_id, by, ChangeKind.ROLE_TAKEN, after={"role": str(role)})
    return found


# Cards ---------------------------------------------------------------------------------------------------


def make_cards(
    tx: Transaction,
    space_id: int,
    member_id: int,
    count: int,
    *,
    vouched: bool,
    at: datetime,
    code_key: bytes,
    ends: date,
    policy: HostingPolicy,
) -> list[Code]:
    """Single-use invitations; only hashes of them are kept, and nothing says later who came by which."""
    space, by = _begun(tx, space_id, member_id, at, Role.HOST)
    if space.state != SpaceState.OPEN or space.joining == Joining.CLOSED:
        raise Refused(NOT_YET_CARDS)
    left = max(0, policy.cards_per_day - cards_made(tx, member_id, at=at))
    if count > left:
        raise Refused(say(CARDS_USED_UP.english, count=left))
    _record(tx, space_id, by, ChangeKind.CARDS, after={"count": str(count), "vouched": "yes" if vouched else ""})
    return [
        invite(
            tx,
            space_id=space_id,
            role=None,
            code_key=code_key,
            expires_on=ends,
            made_on=at.date(),
            vouched=vouched,
        )
        for _ in range(count)
    ]


def take_back(tx: Transaction, space_id: int, member_id: int, made_on: date | None, *, at: datetime) -> int:
    """All unused cards of a day are worth nothing any more; gives how many."""
    _begun(tx, space_id, member_id, at, Role.HOST)
    gone = tx.session.execute(
        delete(Invitation).where(
            col(Invitation.space_id) == space_id,
            col(Invitation.role).is_(None),
            col(Invitation.made_on).is_not_distinct_from(made_on),
        )
    )
    return changed(gone)


# How an act begins and is written down -------------------------------------------------------------------


def _begun(tx: Transaction, space_id: int, member_id: int, at: datetime, *roles: Role) -> tuple[SpaceRow, Acting]:
    """Lock the space, and see in which of the roles somebody acts. Raises NotFound when they have none (any more)."""
    space = spaces.held(tx, space_id)
    for role in roles:
        if member_id in holders(tx, role, None if role == Role.STEWARD else space_id):
            return space, Acting(member_id, role, at)
    raise NotFound


def _pending(tx: Transaction, space_id: int, change: UUID) -> SpaceChange:
    row = tx.session.execute(
        select(SpaceChange).where(col(SpaceChange.public_id) == change, col(SpaceChange.space_id) == space_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.state != ChangeState.PENDING:
        raise Refused(DECIDED)
    return row


def _decided(tx: Transaction, row: SpaceChange, state: ChangeState, by: Acting) -> None:
    done = tx.session.execute(
        update(SpaceChange)
        .where(col(SpaceChange.id) == row.id, col(SpaceChange.state) == ChangeState.PENDING)
        .values(state=state, agreed_by=by.member_id, agreed_role=str(by.role), decided_at=by.at)
    )
    if changed(done) != 1:
        raise Refused(DECIDED)


def _record(
    tx: Transaction,
    space_id: int,
    by: Acting,
    kind: ChangeKind,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """One line for the history, of something that is in force already."""
    row = _change(space_id, by, kind, ChangeState.IN_FORCE, before or {}, after or {})
    row.decided_at = by.at
    tx.session.add(row)
    tx.session.flush()


def _change(
    space_id: int,
    by: Acting,
    kind: ChangeKind,
    state: ChangeState,
    before: dict[str, str],
    after: dict[str, str],
    *,
    language: str | None = None,
) -> SpaceChange:
    return SpaceChange(
        space_id=space_id,
        kind=kind,
        state=state,
        language=language,
        before=before,
        after=after,
        proposed_by=by.member_id,
        proposed_role=str(by.role),
        proposed_at=by.at,
    )
