"""What the private room has published of its desks: bands, by the month. What is not as it should be is not told."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from server import whole_files
from server.errors import Sentence, say

FILE_NAME = "desks.json"
MONTHS_SHOWN = 6
MOST_BYTES = 1_000_000
BANDS: Mapping[str, Sentence] = {
    "10-19": say("10 to 19"),
    "20-49": say("20 to 49"),
    "50-99": say("50 to 99"),
    "100+": say("100 and more"),
}
DESKS: Mapping[str, Sentence] = {
    "questions": say("Questions"),
    "services": say("Help and services"),
    "fraud": say("Fraud"),
    "abuse_of_authority": say("Abuse of authority"),
    "sea": say("Protection from sexual exploitation and abuse"),
    "independent": say("Independent office"),
}
OUTCOMES: Mapping[str, Sentence] = {
    "": say("all of them together"),
    "answered": say("answered"),
    "withdrawn": say("taken back by the reporter"),
    "outcome_substantiated": say("looked into: it was found to be so"),
    "outcome_not_substantiated": say("looked into: it could not be shown"),
    "outcome_insufficient": say("looked into: too little is known"),
    "outcome_out_of_scope": say("not something that this place can look into"),
}
SOON: Mapping[str, Sentence] = {
    "": say("not told"),
    "2_days": say("within 2 days"),
    "7_days": say("within 7 days"),
    "later": say("later"),
}


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One published number."""

    month: str
    desk: Sentence
    outcome: Sentence
    soon: Sentence
    band: Sentence


def lines(folder: Path) -> list[DeskLine]:
    """The newest months, the newest first."""
    found: list[DeskLine] = []
    for entry in _months(folder)[-1 : -MONTHS_SHOWN - 1 : -1]:
        found += _of_month(entry)
    return found


def overdue(folder: Path) -> tuple[str, Sentence] | None:
    """The newest month, and how many waited too long at its end; None when they were fewer than ten."""
    months = _months(folder)
    band = BANDS.get(str(months[-1].get("overdue"))) if months else None
    return None if band is None else (str(months[-1]["month"]), band)


def _months(folder: Path) -> list[dict[str, Any]]:
    try:
        raw: Any = json.loads(whole_files.read(folder / FILE_NAME, most=MOST_BYTES))
    except (OSError, ValueError):
        return []
    if not isinstance(raw, list):
        return []
    months = [cast("dict[str, Any]", one) for one in cast("list[Any]", raw) if isinstance(one, dict)]
    return [one for one in months if re.fullmatch(r"20\d\d-\d\d", str(one.get("month")))]


def _of_month(entry: dict[str, Any]) -> Iterator[DeskLine]:
    try:
        for code, told in entry["desks"].items():
            for outcome, soon, band in told:
                yield DeskLine(entry["month"], DESKS[code], OUTCOMES[outcome], SOON[soon], BANDS[band])
    except (KeyError, ValueError, TypeError, AttributeError):
        return
