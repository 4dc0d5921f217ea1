"""The work behind `baraza desk`. A refusal is a BootRefused, one plain sentence."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from server import places, settings
from server.clock import SystemClock
from server.crypto.sealed.boxes import Damaged
from server.errors import BootRefused, Refused
from server.private import database, desks, keys
from server.private.keeping import refuse_unready
from server.private.recovering import Recovering
from server.private.routing import in_force, reads
from server.private.work import Costs, Work, made

SOON = timedelta(days=30)


@contextmanager
def room(data: Path | None) -> Generator[Work]:
    """The private room's work, beside the process that serves it."""
    chosen = settings.load(data_dir=data)
    refuse_unready(chosen)
    db = database.existing(chosen.private_database)
    reporting = desks.load(places.policies(chosen.data_dir))
    secrets = keys.load(chosen.private_dir, pepper_file=chosen.pepper_file).newest
    try:
        yield made(chosen.private_dir, reporting, db, secrets, SystemClock(), Costs())
    finally:
        db.close()


def told(work: Work) -> tuple[bool, list[str]]:
    """Whether every desk has its readers, and who they are."""
    today = SystemClock().now().date()
    holding = in_force(work.roster.certificates(), today)
    lines: list[str] = []
    fine = True
    for desk in work.reporting.desks:
        here = [one for one in holding if one.desk == desk.code]
        readers = [one for one in here if reads(one)]
        organisations = {one.organisation for one in readers}
        enough = len({one.person for one in readers}) >= desk.readers and len(organisations) >= desk.organisations
        fine = fine and enough
        lines.append(f"{desk.code}: {'' if enough else 'NOT ENOUGH READERS, nothing can be sent to it'}".rstrip())
        for one in here:
            soon = " (soon)" if one.ends - today <= SOON else ""
            office = ", ".join(part for part in (one.organisation, one.site) if part)
            lines.append(f"  {one.name} · {office} · until {one.ends.isoformat()}{soon} · {one.person}")
    for one in work.roster.contested():
        fine = False
        lines.append(
            f"{one.name}: TWO KEYS CLAIM TO FOLLOW ON THEIRS. Revoke {one.serial}, and begin with a new account."
        )
    return fine, lines


def revoked(work: Work, paper: Path) -> str:
    """Take a revocation in."""
    try:
        serial = work.roster.revoke(_text(paper))
    except Refused as error:
        raise BootRefused(str(error)) from None
    work.forgetting.refresh()  # at once: a copy of yesterday must not make this paper count again
    return f"The certificate {serial} says nothing any more."


def agency_admitted(work: Work, paper: Path) -> str:
    """Take an organisation's paper in."""
    try:
        found = work.roster.admit_agency(_text(paper))
    except Refused as error:
        raise BootRefused(str(error)) from None
    return f"Cases may be passed on to {found.organisation} until {found.ends.isoformat()}, when reporters agree."


def bundled(work: Work, out: Path) -> str:
    """Write the bundle."""
    if out.exists():
        raise BootRefused(f"{out} is there already.")
    out.write_text(Recovering(work).bundle(), "utf-8")
    return f"Hand {out} to the first officer. It opens only with the keys of two of them."


def laid_in(work: Work, file: Path, person: str) -> str:
    """Lay the successor's slots in."""
    try:
        Recovering(work).lay_in(_text(file), UUID(person))
    except (Damaged, ValueError):
        raise BootRefused(f"{file} is not what a second officer writes, or the number is wrong.") from None
    return "The keys are laid in. The successor can open the cases now, and the cases say so."


def settled(work: Work) -> str:
    """Erase what is left of cases that are not whole."""
    with work.db.transaction() as tx:
        work.trail.note(tx, "what was not whole was settled", at=work.now())
    work.wholeness.settle()
    return "What was left of them is erased, and the desks are told no more. It is in the trail."


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BootRefused(f"{path} cannot be read.") from None
