"""The promises with the numbers that the code uses; robots are refused; proxies ask whether we live."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup
from sqlalchemy import text
from starlette.responses import PlainTextResponse, Response

from server import promised
from server.database import Transaction
from server.errors import NotFound
from server.permissions import INSTALLATION, Permission, Place
from server.web.rooms import Anywhere, page
from server.web.text import rendered_policy
from server.web.visit import Visit
from server.web.words import SOURCE_LANGUAGE, language_dir, reading

FILES = {
    "guidelines": "community-guidelines.md",
    "privacy": "privacy.md",
    "conduct": "code-of-conduct.md",
    "reporting": "reporting.md",
    "threats": "threat-model.md",
    "incidents": "incidents.md",
}


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy in one language."""

    name: str
    path: Path
    language: str = SOURCE_LANGUAGE
    place: Place = INSTALLATION


def the_policy(tx: Transaction, visit: Visit) -> PolicyText | None:
    """The text in the page's language, else in English."""
    file = FILES.get(visit.request.path_params["policy"])
    return None if file is None else _file(visit, file)


def _file(visit: Visit, file: str) -> PolicyText | None:
    folder = visit.policies.folder
    for code in (reading().language.code, SOURCE_LANGUAGE):
        if (folder / code / file).is_file():
            return PolicyText(file, folder / code / file, code)
    return None


@page("/policies/{policy}", name="policy", needs=Permission.ENTER, at=the_policy, remembers=True)
def policy_page(visit: Visit, found: PolicyText) -> Response:
    """A promise, with its numbers filled in."""
    visit.subject = "policies"
    title, body = _filled(visit, found)
    kept: Sequence[promised.KeptPart] = ()
    if found.name == FILES["privacy"]:
        kept = promised.kept(promised.maps(visit.policies.folder), visit.policies.retention)
    tongue = found.language
    return visit.page(
        "policies/policy.html", title=title, body=body, kept=kept, tongue=tongue, dir=language_dir(tongue)
    )


def policy_text(visit: Visit, file: str) -> tuple[str, Markup]:
    """Title and body of a policy in the reader's language. Raises NotFound when this installation has none."""
    found = _file(visit, file)
    if found is None:
        raise NotFound
    return _filled(visit, found)


def _filled(visit: Visit, found: PolicyText) -> tuple[str, Markup]:
    return _made(found.path, tuple(sorted(visit.policies.page_numbers().items())))


@lru_cache(maxsize=64)
def _made(path: Path, numbers: tuple[tuple[str, int], ...]) -> tuple[str, Markup]:
    written = path.read_text("utf-8")
    for name, value in numbers:
        written = written.replace("{{ " + name + " }}", str(value))
    title, _, rest = written.partition("\n")
    return title.removeprefix("# ").strip(), rendered_policy(rest)


@page("/robots.txt", name="robots", needs=Permission.ENTER)
def robots(visit: Visit, found: Anywhere) -> Response:
    """Nobody may index this place."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@page("/healthz", name="healthz", needs=Permission.ENTER)
def healthz(visit: Visit, found: Anywhere) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


@page("/readyz", name="readyz", needs=Permission.ENTER)
def readyz(visit: Visit, found: Anywhere) -> Response:
    """The database answers too; a fault becomes 503 on the way out."""
    visit.snapshot.session.execute(text("SELECT 1"))
    return PlainTextResponse("ready\n", headers={"cache-control": "no-store"})


routes = [policy_page, robots, healthz, readyz]
