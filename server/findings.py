"""`baraza check`: one page that says what is wrong, and what somebody has to look at."""

import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from moderation import embedded
from moderation.classifier import Unavailable
from moderation.detoxified.folder import whole
from moderation.policy import PolicyError
from moderation.policy import load as load_screening_policy
from server import kept_files, notifier, places, policies, privacy, settings
from server.clock import SystemClock
from server.crypto import keyring
from server.errors import BootRefused
from server.going_live import facts
from server.going_live.checklist import states
from server.going_live.queries import has_begun
from server.migrations import history
from server.operating import existing, today, whose
from server.pruning import newest_backup
from server.remarks import Remark
from server.settings import Settings

LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `baraza check`."""

    part: str
    sentence: str
    fine: bool

    @property
    def mark(self) -> str:
        """A word beside the colour."""
        if isinstance(self.sentence, Remark):
            return "look"
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
        ("migrations", lambda: (history.check(existing(chosen)), f"at {history.newest()}")[1]),
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
    db = existing(chosen)
    with db.reading() as tx:
        tx.session.execute(text("SELECT 1"))
    return f"{db.engine.dialect.name} answers"


def _mapped(chosen: Settings, folder: Path) -> str:
    privacy.check(privacy.load_map(folder), existing(chosen).engine)
    return "every column has a purpose and a lifetime"


def _explained(chosen: Settings, folder: Path) -> str:
    strays = kept_files.strays(kept_files.load(folder), chosen.data_dir)
    if strays:
        raise BootRefused(f"Nobody has explained {', '.join(strays[:5])} in {chosen.data_dir}: look what it is.")
    return "every file has a purpose and an end"


def _first_space(chosen: Settings, folder: Path) -> str:
    """Whether people were let in, and which lines of the stewards' list are open before that. Neither is a fault."""
    on = today()
    seen = facts.look(policies=folder, told_dir=chosen.told_dir, backup_dir=chosen.backup_dir, today=on)
    with existing(chosen).reading() as tx:
        if has_begun(tx):
            return "was opened"
        waiting = [state.line for state in states(tx, seen, policies.load(folder), on=on) if not state.done]
    return Remark(f"not opened yet; open lines of /steward/ready: {', '.join(waiting) or 'none'}")


def _public(chosen: Settings) -> str:
    if not chosen.public_url.startswith("https://"):
        raise BootRefused("BARAZA_PUBLIC_URL is not set to an https address: people's words travel in the open.")
    return chosen.public_url
