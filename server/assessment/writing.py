"""Writes the assessment and the register into files that were not there before."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server import places, policies, privacy, promised, tables
from server.assessment import flows, measures, register
from server.assessment.sheet import SHEET
from server.errors import BootRefused
from server.policies import Policies
from server.private.models import metadata as private_tables
from server.promised import Maps

TEMPLATE = "assessment/dpia.html"
EXISTS = "{} is there already. Name a file that is not there: what somebody filled in must not be lost."


@dataclass(frozen=True, slots=True)
class _English:
    """The language of these papers."""

    code: str = "en"
    dir: str = "ltr"


def write_assessment(folder: Path, out: Path, *, on: date | None = None) -> str:
    """Write the assessment; gives what to tell. Raises BootRefused when the file exists or the maps are not true."""
    maps, in_force = _true(folder)
    _put(out, assessment(maps, in_force, on=on or _today()))
    return f"The impact assessment is in {out.resolve()}. What is framed with dashes is yours to fill in; two sign it."


def write_register(folder: Path, out: Path, *, on: date | None = None) -> str:
    """Write the register as CSV, one line for each column; gives what to tell. Raises BootRefused as above."""
    maps, in_force = _true(folder)
    _put(out, register.as_csv(maps, in_force.retention, edition=in_force.version, on=on or _today()))
    return f"The register of processing is in {out.resolve()}."


def assessment(maps: Maps, in_force: Policies, *, on: date) -> str:
    """The document as one HTML page without script, which fetches nothing."""
    environment = Environment(
        loader=FileSystemLoader(places.shipped("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown: dict[str, Any] = {
        "language": _English(),
        "sheet": Markup(f"<style>{SHEET}</style>"),  # noqa: S704  our own words
        "edition": in_force.version,
        "on": on.isoformat(),
        "activities": register.activities(maps, in_force.retention),
        "classes": register.CLASSES,
        "grounds": {register.short(ground): words for ground, words in register.GROUNDS.items()},
        "tables": _tables(maps),
        "files": maps.files,
        "drawing": flows.drawing(maps),
        "line": flows.LINE,
        "everywhere": measures.EVERYWHERE,
        "adversaries": measures.ADVERSARIES,
        "backups_days": in_force.retention.backups_days,
    }
    return environment.get_template(TEMPLATE).render(shown)


def _tables(maps: Maps) -> list[tuple[str, str, str, str, int]]:
    """Database, table, what it is about, whose data it is, number of columns."""
    return [
        (database, name, table.about, register.WHOSE[table.whose], len(table.columns))
        for database, data_map in (("community", maps.community), ("private", maps.private))
        for name, table in data_map.tables.items()
    ]


def _true(folder: Path) -> tuple[Maps, Policies]:
    """The maps and the policies. A paper that people sign must not say less than the program keeps."""
    maps = promised.maps(folder)
    missing = privacy.gaps(maps.community, tables.metadata) + privacy.gaps(maps.private, private_tables)
    if missing:
        raise BootRefused(f"The data map and the tables do not agree. {' '.join(missing)}")
    return maps, policies.load(folder)


def _put(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise BootRefused(EXISTS.format(out)) from None
    except OSError as error:
        raise BootRefused(f"{out} cannot be written: {error.strerror}.") from None


def _today() -> date:
    return datetime.now(UTC).date()
