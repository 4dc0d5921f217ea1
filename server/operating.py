"""What an operator does from the command line; each act gives the lines to print."""

import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

from moderation import embedded
from moderation.classifier import Unavailable
from moderation.detoxified.folder import whole
from moderation.policy import PolicyError
from moderation.policy import load as load_screening_policy
from server import kept_files, notifier, places, policies, privacy, settings, tables
from server.accounts import confusable, roles, rules
from server.accounts.rules import invitation_ends
from server.clock import SystemClock
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.tokens import keyed_hash
from server.database import Database, Transaction
from server.errors import BootRefused
from server.going_live import facts
from server.going_live.checklist import states
from server.going_live.queries import has_begun
from server.ledger import checking as ledger
from server.migrations import history
from server.permissions import INSTALLATION_ROLES, STAFF_ROLES, Role
from server.pruning import newest_backup
from server.settings import Settings
from server.spaces.queries import SpaceWords, space_by_slug
from server.spaces.rules import start_space, write_words
from server.spaces.safety import Safety

LEAST_FREE_BYTES = 500_000_000
assert tables.metadata.tables, "every table must be known before a command looks at one"


def first_start(
    chosen: Settings, *, slug: str, name: str, host: str, languages: Sequence[str], timezone: str
) -> list[str]:
    """Make everything that a new installation needs. Raises BootRefused when there is one already."""
    if not slug.replace("-", "").isalnum() or not slug.isascii() or slug != slug.lower():
        raise BootRefused("The address of a space has small letters, digits and dashes only.")
    if not languages:
        raise BootRefused("A space needs at least one language.")
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
    db = _existing(chosen)
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
    with _existing(chosen).reading() as tx:
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


MOST_TOLD = 20
"""So many faults of the ledger are named."""


def staff_link(chosen: Settings, *, role: str, space: str) -> list[str]:
    """A one-time link for a role."""
    if role not in STAFF_ROLES:
        raise BootRefused(f"The role must be one of: {', '.join(sorted(STAFF_ROLES))}.")
    if (role in INSTALLATION_ROLES) == bool(space):
        raise BootRefused("A host or a moderator needs --space; a steward or a protection lead has none.")
    in_force = policies.load(places.policies(chosen.data_dir))
    db, key = _existing(chosen), keyring.load(chosen.keys_dir).key(Purpose.CODES)
    ends = invitation_ends(_today(), in_force.accounts.staff_link_days)
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
        raise BootRefused("A host or a moderator needs --space; a steward or a protection lead has none.")
    db, keys = _existing(chosen), keyring.load(chosen.keys_dir)
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
    db, keys = _existing(chosen), keyring.load(chosen.keys_dir)
    login = keyed_hash(keys.key(Purpose.LOGIN_NAMES), " ".join(name.casefold().split()))
    ends = invitation_ends(_today(), policies.load(places.policies(chosen.data_dir)).accounts.staff_link_days)
    with db.transaction() as tx:
        space_id = _space(tx, space)
        held = roles.take_code_app_off(
            tx, space_id=space_id, pseudonym_key=confusable.folded(name), login_key=login, on=_today()
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
    db, key = _existing(chosen), keyring.load(chosen.keys_dir).key(Purpose.CODES)
    ends = invitation_ends(_today(), in_force.accounts.invitation_days)
    with db.transaction() as tx:
        found = space_by_slug(tx, space)
        if found is None:
            raise BootRefused(f"There is no space called {space}.")
        codes = [
            rules.invite(tx, space_id=found.id, role=None, code_key=key, expires_on=ends, made_on=_today())
            for _ in range(count)
        ]
    return [f"{_base(chosen)}/join?invite={code}" for code in codes]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `baraza check`."""

    part: str
    sentence: str
    fine: bool

    @property
    def mark(self) -> str:
        """A word beside the colour."""
        return "ok" if self.fine else "WRONG"


def findings(data_dir: Path | None) -> list[Finding]:
    """Look at everything that this system user looks after; stop at nothing."""
    try:
        chosen = settings.load(data_dir=data_dir)
    except BootRefused as refused:
        return [Finding("settings", str(refused), False)]
    from server.private.checking import looks  # noqa: PLC0415  the running community never loads this

    folder, here = places.policies(chosen.data_dir), whose(chosen)
    return [
        Finding("settings", f"read; data directory {chosen.data_dir}", True),
        tried("policies", lambda: f"edition {policies.load(folder).version}"),
        tried("files", lambda: _private(chosen.data_dir)),
        tried("map of files", lambda: _explained(chosen, folder)),
        tried("disk", lambda: _room(chosen.data_dir)),
        tried("public address", lambda: _public(chosen)),
        tried("backups", lambda: newest_backup(chosen.backup_dir, now=SystemClock().now())),
        *(tried(part, look) for part, look in (_community_looks(chosen, folder) if here.community else [])),
        *(tried(part, look) for part, look in looks(chosen, folder, here=here.room)),
    ]


def _community_looks(chosen: Settings, folder: Path) -> list[tuple[str, Callable[[], str]]]:
    return [
        ("screening policy", lambda: f"edition {load_screening_policy(folder / 'moderation.toml').version}"),
        ("classifier", lambda: judge(chosen)),
        ("keys", lambda: (keyring.load(chosen.keys_dir), "there, and readable by their owner only")[1]),
        ("database", lambda: _answering(chosen)),
        *([("bus", lambda: _carried(chosen))] if chosen.redis_url else []),
        ("migrations", lambda: (history.check(_existing(chosen)), f"at {history.newest()}")[1]),
        ("data map", lambda: _mapped(chosen, folder)),
        ("notifier", lambda: notifier.told(chosen.notifier_command, chosen.notifier_hours)),
        ("first space", lambda: _first_space(chosen, folder)),
    ]


def tried(part: str, look: Callable[[], str]) -> Finding:
    """What a look found, or what was wrong with it; never raises."""
    try:
        return Finding(part, look(), True)
    except (BootRefused, PolicyError, OSError) as error:
        return Finding(part, str(error), False)
    except Exception as error:  # whatever else is wrong, the operator must see the other lines too
        return Finding(part, f"{type(error).__name__}", False)


def _carried(chosen: Settings) -> str:
    from server.redis_bus import connected  # noqa: PLC0415  only where one is named

    connected(chosen.redis_url).close()
    return "answers, and keeps nothing on a disk"


def judge(chosen: Settings) -> str:
    """Who judges texts. Raises BootRefused when what was asked for is not there."""
    try:
        name = embedded.load().name
        if chosen.classifier == "embedded":
            return name
        imported = whole(chosen.detoxify_dir)
    except Unavailable as error:
        raise BootRefused(str(error)) from None
    return f"{imported.name} for {', '.join(imported.languages)}; {name} for the others and in its place"


def _private(data_dir: Path) -> str:
    if not data_dir.is_dir():
        raise BootRefused("The data directory does not exist. Run `baraza init`.")
    for path in [data_dir, *data_dir.rglob("*")]:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            raise BootRefused(f"{path} is open to everybody on this machine. Run: chmod -R o= {data_dir}")
    return "closed to others on this machine"


def _room(data_dir: Path) -> str:
    free = shutil.disk_usage(data_dir if data_dir.exists() else Path.cwd()).free
    if free < LEAST_FREE_BYTES:
        raise BootRefused(f"Only {free // 1_000_000} MB of the disk are free.")
    return f"{free // 1_000_000_000} GB free"


def _answering(chosen: Settings) -> str:
    db = _existing(chosen)
    with db.reading() as tx:
        tx.session.execute(text("SELECT 1"))
    return f"{db.engine.dialect.name} answers"


def _mapped(chosen: Settings, folder: Path) -> str:
    privacy.check(privacy.load_map(folder), _existing(chosen).engine)
    return "every column has a purpose and a lifetime"


def _explained(chosen: Settings, folder: Path) -> str:
    strays = kept_files.strays(kept_files.load(folder), chosen.data_dir)
    if strays:
        raise BootRefused(f"Nobody has explained {', '.join(strays[:5])} in {chosen.data_dir}: look what it is.")
    return "every file has a purpose and an end"


def _first_space(chosen: Settings, folder: Path) -> str:
    """Whether people were let in, and which lines of the stewards' list are open before that. Neither is a fault."""
    today = _today()
    seen = facts.look(policies=folder, told_dir=chosen.told_dir, backup_dir=chosen.backup_dir, today=today)
    with _existing(chosen).reading() as tx:
        if has_begun(tx):
            return "was opened"
        waiting = [state.line for state in states(tx, seen, policies.load(folder), on=today) if not state.done]
    return f"not opened yet; open lines of /steward/ready: {', '.join(waiting) or 'none'}"


def _public(chosen: Settings) -> str:
    if not chosen.public_url.startswith("https://"):
        raise BootRefused("BARAZA_PUBLIC_URL is not set to an https address: people's words travel in the open.")
    return chosen.public_url


def _existing(chosen: Settings) -> Database:
    """The database, if there is one: a command must not make an empty one by accident."""
    path = Path(chosen.database.removeprefix("sqlite:///"))
    if chosen.database.startswith("sqlite:///") and not path.exists():
        raise BootRefused(f"There is no database at {path}. Run `baraza init` first.")
    return Database(chosen.database)


def _base(chosen: Settings) -> str:
    return chosen.public_url.rstrip("/") or "http://localhost:8000"


def _today() -> date:
    return SystemClock().now().date()
