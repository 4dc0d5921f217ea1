"""The register of processing activities, as the maps have it: one activity for each kind of thing."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server import promised
from server.errors import Sentence
from server.policies import Retention
from server.privacy import Ending, Ground, Kind, Sensitivity, Whose
from server.promised import Maps

WHOSE: Mapping[Whose, str] = {
    Whose.MEMBER: "members and people in a hall",
    Whose.STAFF: "moderators, hosts, facilitators and stewards",
    Whose.SPACE: "nobody by itself: a space or a hall",
    Whose.INSTALLATION: "nobody by itself: the installation",
    Whose.REPORTER: "people who tell something in confidence, and people they speak of",
    Whose.FOCAL_POINT: "focal points who answer them",
}
GROUNDS: Mapping[Ground, str] = {
    Ground.CONSENT: "switched on by the person, and off again",
    Ground.CONTRACT: "what the person asked us to do",
    Ground.LEGITIMATE_INTEREST: "everybody's safety",
    Ground.LEGAL_OBLIGATION: "a law demands it",
    Ground.NOT_PERSONAL: "says nothing about a person",
}
CLASSES: Mapping[Sensitivity, str] = {
    Sensitivity.PUBLIC: "readers of a space see it",
    Sensitivity.INTERNAL: "the server's own bookkeeping",
    Sensitivity.RESTRICTED: "the person it is about, or people with a duty",
    Sensitivity.SEALED: "kept only as a hash or encrypted",
}
HEADINGS = (
    "database",
    "table",
    "column",
    "activity",
    "purpose",
    "categories_of_people",
    "class",
    "legal_ground",
    "lifetime",
    "what_ends_it",
    "data_map",
)


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity in words: what an authority asks of a register."""

    kind: Kind
    title: str
    purpose: str
    people: Sequence[str]
    classes: Sequence[str]
    grounds: Sequence[str]
    lasts: Sequence[str]
    ends: Sequence[str]
    tables: Sequence[str]
    columns: int


@dataclass(frozen=True, slots=True)
class Line:
    """A column in the long register."""

    database: str
    table: str
    column: str
    activity: str
    purpose: str
    people: str
    sensitivity: str
    ground: str
    lifetime: str
    ends: str


def activities(maps: Maps, retention: Retention) -> list[Activity]:
    """Every activity, in the order of the privacy page."""
    return [_activity(maps, kind, retention) for _, kinds in promised.PARTS for kind in kinds]


def _activity(maps: Maps, kind: Kind, retention: Retention) -> Activity:
    named = maps.of_kind(kind)
    tables = [table for _, table in named]
    columns = promised.columns_of(tables)
    numbers = promised.numbers_of(retention)
    return Activity(
        kind=kind,
        title=spoken(promised.WHAT[kind]),
        purpose=spoken(promised.WHY[kind]),
        people=[words for whose, words in WHOSE.items() if any(table.whose is whose for table in tables)],
        classes=[str(one) for one in CLASSES if any(column.sensitivity is one for column in columns)],
        grounds=[short(one) for one in GROUNDS if any(column.ground is one for column in columns)],
        lasts=[promised.LASTS[name].english % numbers for name in promised.lifetimes(tables)],
        ends=[spoken(promised.ENDS[ending]) for ending in promised.endings(tables)],
        tables=[name for name, _ in named],
        columns=len(columns),
    )


def lines(maps: Maps, retention: Retention) -> list[Line]:
    """Every column of both databases."""
    numbers = promised.numbers_of(retention)
    return [
        Line(
            database=database,
            table=name,
            column=column_name,
            activity=spoken(promised.WHAT[table.kind]),
            purpose=column.purpose,
            people=WHOSE[table.whose],
            sensitivity=str(column.sensitivity),
            ground=short(column.ground),
            lifetime=promised.LASTS[column.lifetime].english % numbers,
            ends=_ended(column.ends),
        )
        for database, data_map in (("community", maps.community), ("private", maps.private))
        for name, table in data_map.tables.items()
        for column_name, column in table.columns.items()
    ]


def as_csv(maps: Maps, retention: Retention, *, edition: str, on: date) -> str:
    """The long register as CSV; the last column names the edition of the policies and the day."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(HEADINGS)
    for line in lines(maps, retention):
        writer.writerow(
            (
                line.database,
                line.table,
                line.column,
                line.activity,
                line.purpose,
                line.people,
                line.sensitivity,
                line.ground,
                line.lifetime,
                line.ends,
                f"{edition} of {on.isoformat()}",
            )
        )
    return held.getvalue()


def spoken(sentence: Sentence) -> str:
    """A sentence in English: these papers are written for authorities."""
    return sentence.english % sentence.params if sentence.params else sentence.english


def short(ground: Ground) -> str:
    """Its name, as it stands in tables."""
    return str(ground).replace("_", " ")


def _ended(ending: Ending) -> str:
    return {
        Ending.DELETE: "the row is deleted",
        Ending.ANONYMISE: "the value is emptied, the row stays",
        Ending.CRYPTO_SHRED: "its key is destroyed",
    }[ending]
