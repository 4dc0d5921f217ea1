"""What an operator does from the command line; each act gives the lines to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.localedata import locale_identifiers

from server import places, policies, tables
from server.accounts import confusable, roles, rules
from server.accounts.rules import invitation_ends
from server.clock import SystemClock
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.tokens import keyed_hash
from server.database import Database, Transaction
from server.errors import BootRefused
from server.ledger import checking as ledger
from server.migrations import history
from server.permissions import INSTALLATION_ROLES, STAFF_ROLES, Role
from server.settings import Settings
from server.spaces.queries import SpaceWords, space_by_slug
from server.spaces.rules import start_space, write_words
from server.spaces.safety import Safety

assert tables.metadata.tables, "every table must be known before a command looks at one"


def first_start(
    chosen: Settings, *, slug: str, name: str, host: str, languages: Sequence[str], timezone: str
) -> list[str]:
    """Make everything that a new installation needs. Raises BootRefused when there is one already."""
    if not slug.replace("-", "").isalnum() or not slug.isascii() or slug != slug.lower():
        raise BootRefused("The address of a space has small letters, digits and dashes only.")
    if not languages:
        raise BootRefused("A space needs at least one language.")
    unknown = [code for code in languages if code not in KNOWN_LANGUAGES]
    if unknown:
        raise BootRefused(f"{unknown[0]} is no code of a language, such as en, ar or fa.")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BootRefused(f"{timezone} is no time zone that this machine knows.") from None
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring.create(chosen.keys_dir)
    db = Database(chosen.database)
    history.upgrade(db)
    with db.transaction() as tx:
        if space_by_slug(tx, slug) is not None:
            raise BootRefused(f"There is a space called {slug} already; this installation has been started before.")
        space_id = start_space(
            tx, slug=slug, host=host or name, languages=languages, timezone=timezone, safety=Safety.MEMBERS
        )
        write_words(tx, space_id, SpaceWords(languages[0], name, "", ""))
    db.close()
    _private_ready(chosen)
    return [
        f"The data directory is {chosen.data_dir.resolve()}. Back up its keys/ apart from the databases.",
        f"The space /s/{slug} is being prepared: only its team finds it. Two stewards go through",
        f"the list at /steward/ready, then its host opens it at /s/{slug}/host.",
        *staff_link(chosen, role="steward", space=""),
        "The second steward is another person: baraza staff add steward",
        *staff_link(chosen, role="host", space=slug),
        *staff_link(chosen, role="moderator", space=slug),
        "Then start the server: baraza serve",
    ]


@dataclass(frozen=True, slots=True)
class Here:
    """Which parts of the house this system user looks after: each may have one of its own."""

    community: bool
    room: bool


def whose(chosen: Settings) -> Here:
    """Told by the keys, as with copies. Where there are none yet, the community is awaited."""
    from server.private import keys  # noqa: PLC0415  the running community never loads this

    has_room = any(keys.folder_of(chosen.private_dir).glob("salt-*.key"))
    has_community = (chosen.keys_dir / keyring.FILE_NAME).is_file()
    together = chosen.private_socket is None
    return Here(community=has_community or together or not has_room, room=has_room or together)


def migrate(chosen: Settings) -> str:
    """Bring both databases to the newest revision, and make what an older installation has not."""
    from server.private.beginning import make_ready  # noqa: PLC0415

    if not whose(chosen).community:
        make_ready(chosen)
        return "The private database is at its newest revision. The community's belongs to another user."
    db = existing(chosen)
    history.upgrade(db)
    db.close()
    told = f"The database is at revision {history.newest()}"
    if chosen.private_socket is not None:
        return f"{told}. The private one belongs to another user: `baraza private` looks after it."
    _private_ready(chosen)
    return f"{told}, and so is the private one at its own."


def _private_ready(chosen: Settings) -> None:
    """A room that runs as another user makes its own keys, where the community cannot read them."""
    from server.private.beginning import make_ready  # noqa: PLC0415  the running community never loads this

    if chosen.private_socket is None:
        make_ready(chosen)


def audited(chosen: Settings) -> tuple[bool, list[str]]:
    """Whether the ledger of decisions is whole, and what to tell about it."""
    here, parts = whose(chosen), list[tuple[bool, list[str]]]()
    if here.community:
        parts.append(_ledger(chosen))
    if here.room:
        parts.append(_trail(chosen))
    else:
        parts.append((True, ["The private room belongs to another user, who asks the same for it."]))
    return all(fine for fine, _ in parts), [line for _, lines in parts for line in lines]


def _ledger(chosen: Settings) -> tuple[bool, list[str]]:
    with existing(chosen).reading() as tx:
        found = ledger.check(tx)
    told = [f"{found.lines} lines. The last seal: {found.head.hex()}"]
    if found.wrong:
        return False, [*told, *found.wrong[:MOST_TOLD], f"{len(found.wrong)} things are wrong."]
    return True, [*told, "Every seal, link and move is right, and every message is as the ledger says."]


def _trail(chosen: Settings) -> tuple[bool, list[str]]:
    """The private room's trail, against its own heads and those that were published; and whether each case has its
    row and its key."""
    from server import desk_work  # noqa: PLC0415  the community's process loads none of the room's parts
    from server.private import wholeness  # noqa: PLC0415
    from server.private.daily import published  # noqa: PLC0415

    with desk_work.room(chosen.data_dir) as work:
        trail, lost = work.trail.check(published=published(chosen.private_dir)), wholeness.told(work.wholeness)
    told = [f"The private room: {trail.days} closed days. The last head: {trail.last.hex()}"]
    told += [f"The day {day.isoformat()} is not as it was closed." for day in trail.wrong[:MOST_TOLD]]
    told += [f"In the private room something is not whole: {lost}."] if lost else []
    return not (trail.wrong or lost), told


KNOWN_LANGUAGES = frozenset(locale_identifiers())
NEEDS_SPACE = (
    f"Only {', '.join(sorted(INSTALLATION_ROLES))} have no --space; every other role needs it: "
    f"{', '.join(sorted(STAFF_ROLES - INSTALLATION_ROLES))}."
)
MOST_TOLD = 20
"""So many faults of the ledger are named."""


def staff_link(chosen: Settings, *, role: str, space: str) -> list[str]:
    """A one-time link for a role."""
    if role not in STAFF_ROLES:
        raise BootRefused(f"The role must be one of: {', '.join(sorted(STAFF_ROLES))}.")
    if (role in INSTALLATION_ROLES) == bool(space):
        raise BootRefused(NEEDS_SPACE)
    in_force = policies.load(places.policies(chosen.data_dir))
    db, key = existing(chosen), keyring.load(chosen.keys_dir).key(Purpose.CODES)
    ends = invitation_ends(today(), in_force.accounts.staff_link_days)
    with db.transaction() as tx:
        space_id = _space(tx, space)
        code = rules.invite(tx, space_id=space_id, role=Role(role), code_key=key, expires_on=ends)
    where = f" of {space}" if space else ""
    return [f"For one {role}{where}, once, until {ends}: {_base(chosen)}/staff/{code}"]


def staff_removed(chosen: Settings, *, role: str, space: str, name: str) -> str:
    """Take a role away: by the name that people see in the space, or, of the whole installation, the sign-in name."""
    if role not in STAFF_ROLES:
        raise BootRefused(f"The role must be one of: {', '.join(sorted(STAFF_ROLES))}.")
    if (role in INSTALLATION_ROLES) == bool(space):
        raise BootRefused(NEEDS_SPACE)
    db, keys = existing(chosen), keyring.load(chosen.keys_dir)
    login = keyed_hash(keys.key(Purpose.LOGIN_NAMES), " ".join(name.casefold().split()))
    with db.transaction() as tx:
        space_id = _space(tx, space)
        done = roles.take_away(
            tx, Role(role), space_id=space_id, pseudonym_key=confusable.folded(name), login_key=login
        )
    if not done:
        raise BootRefused(f"Nobody of this name is {role}{f' of {space}' if space else ''}.")
    return "The role is taken away, and every session of this person is ended."


def code_reset(chosen: Settings, *, name: str, space: str) -> list[str]:
    """Take a lost code app off: by the name that people see in the space, or, without one, by the sign-in name.

    The roles go with it and come again by links that are handed over in person: whoever has only learned the words
    cannot set up an app of their own and be staff.
    """
    db, keys = existing(chosen), keyring.load(chosen.keys_dir)
    login = keyed_hash(keys.key(Purpose.LOGIN_NAMES), " ".join(name.casefold().split()))
    ends = invitation_ends(today(), policies.load(places.policies(chosen.data_dir)).accounts.staff_link_days)
    with db.transaction() as tx:
        space_id = _space(tx, space)
        held = roles.take_code_app_off(
            tx, space_id=space_id, pseudonym_key=confusable.folded(name), login_key=login, on=today()
        )
        if held is None:
            raise BootRefused(f"Nobody of this name{f' in {space}' if space else ''} has a code app.")
        key = keys.key(Purpose.CODES)
        codes = [
            (role, rules.invite(tx, space_id=where, role=role, code_key=key, expires_on=ends)) for role, where in held
        ]
    return [
        "The code app, the passkeys and the roles are off this account, and every session of this person is ended.",
        "Hand the links over in person. Who opens them, signed in with the secret words, sets up a new app.",
        *(f"For one {role}, once, until {ends}: {_base(chosen)}/staff/{code}" for role, code in codes),
    ]


def _space(tx: Transaction, slug: str) -> int | None:
    """The key of a space that must be there; None without an address."""
    found = space_by_slug(tx, slug) if slug else None
    if slug and found is None:
        raise BootRefused(f"There is no space called {slug}.")
    return found.id if found else None


def invitations(chosen: Settings, *, space: str, count: int) -> list[str]:
    """Single-use codes for a space."""
    in_force = policies.load(places.policies(chosen.data_dir))
    db, key = existing(chosen), keyring.load(chosen.keys_dir).key(Purpose.CODES)
    ends = invitation_ends(today(), in_force.accounts.invitation_days)
    with db.transaction() as tx:
        found = space_by_slug(tx, space)
        if found is None:
            raise BootRefused(f"There is no space called {space}.")
        codes = [
            rules.invite(tx, space_id=found.id, role=None, code_key=key, expires_on=ends, made_on=today())
            for _ in range(count)
        ]
    return [f"{_base(chosen)}/join?invite={code}" for code in codes]


def existing(chosen: Settings) -> Database:
    """The database, if there is one: a command must not make an empty one by accident."""
    path = Path(chosen.database.removeprefix("sqlite:///"))
    if (chosen.data_dir / places.RESTORING).exists():
        raise BootRefused("A copy is being laid back here: go on with `baraza restore`.")
    if chosen.database.startswith("sqlite:///") and not path.exists():
        raise BootRefused(f"There is no database at {path}. Run `baraza init` first.")
    return Database(chosen.database)


def _base(chosen: Settings) -> str:
    return chosen.public_url.rstrip("/") or "http://localhost:8000"


def today() -> date:
    """In UTC, as everything that ends on a day is reckoned."""
    return SystemClock().now().date()
