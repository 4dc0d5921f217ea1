"""The numbers and word lists by which a text is judged, as people wrote them in a TOML file."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from moderation.normalise import Folded
from moderation.phrases import PhraseBook
from moderation.private_data import Search

SCAM_LISTS = (
    "service",
    "money",
    "brand",
    "move",
    "urgency",
    "papers",
    "offer",
    "favour",
    "warning",
    "excuse",
)
SCAM_POINTS = (
    "fee_for_service",
    "favour_for_service",
    "brand",
    "move",
    "short_link",
    "urgency",
    "papers",
    "offer",
)
THREAT_LISTS = ("threat", "reported", "testimony")
CRITICISM_LISTS = ("agencies", "address")
DANGER_LISTS = ("self_harm", "violence_now", "violence_feared", "child", "exploitation", "told_of_threat", "idiom")


class PolicyError(Exception):
    """The policy cannot be used; the message names the key that is wrong."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which toxicity a person is asked to look, and from which others wait for that person."""

    raised: float
    hold: float


@dataclass(frozen=True, slots=True)
class ScamPolicy:
    """Points of lures, by the keys SCAM_POINTS."""

    hold: int
    raised: int
    reach: int
    points: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DangerPolicy:
    """Which kinds of disclosure hold, and which raise."""

    hold: frozenset[str]
    raised: frozenset[str]


@dataclass(frozen=True, slots=True)
class DetoxifyPolicy:
    """How Detoxify is asked, where an operator has it: seconds, counts, and its own two points.

    `waiting` texts may queue; a child that fails is begun again `restarts` times in the window.
    """

    raised: float
    hold: float
    deadline_seconds: float
    patience_seconds: float
    start_seconds: float
    waiting: int
    restarts: int
    restart_window_seconds: float
    threads: int
    overlap_tokens: int


@dataclass(frozen=True, slots=True)
class ScreeningPolicy:
    """Everything `screen` decides by. `version` is the hash of the file it was read from.

    The book holds the words of every list, so that a text is looked through once.
    """

    version: str
    deadline_seconds: float
    chunk_letters: int
    least_confidence: float
    thresholds: Mapping[str, Threshold]
    trusted_hosts: frozenset[str]
    private_data: Search
    scam: ScamPolicy
    danger: DangerPolicy
    reported_reach: int
    least_identity_attack: float
    detoxify: DetoxifyPolicy
    book: PhraseBook


@dataclass(slots=True)
class _Table:
    """A TOML table whose every key must be asked for, once, and have the right type."""

    values: dict[str, Any]
    path: str = ""
    asked: set[str] = field(default_factory=set[str])

    def _name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _value(self, key: str) -> Any:
        self.asked.add(key)
        if key not in self.values:
            raise PolicyError(f"The key {self._name(key)} is missing.")
        return self.values[key]

    def number(self, key: str) -> float:
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise PolicyError(f"The key {self._name(key)} must be a number of 0 or more.")
        return float(value)

    def words(self, key: str) -> tuple[str, ...]:
        value = self._value(key)
        if not isinstance(value, list):
            raise PolicyError(f"The key {self._name(key)} must be a list.")
        items = cast("list[object]", value)
        if not all(isinstance(item, str) and item.strip() for item in items):
            raise PolicyError(f"The key {self._name(key)} must hold texts that are not empty.")
        return tuple(str(item) for item in items)

    def table(self, key: str) -> "_Table":
        value = self._value(key)
        if not isinstance(value, dict):
            raise PolicyError(f"The key {self._name(key)} must be a table.")
        return _Table(cast("dict[str, Any]", value), self._name(key))

    def tables(self) -> dict[str, "_Table"]:
        return {key: self.table(key) for key in self.values}

    def done(self) -> None:
        for key in self.values:
            if key not in self.asked:
                raise PolicyError(f"The key {self._name(key)} is unknown.")


def load(path: Path) -> ScreeningPolicy:
    """The policy in the file. Raises PolicyError naming the key that is unknown or missing."""
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"The policy {path.name} cannot be read: {error}") from error
    return _policy(_Table(values), hashlib.sha256(content).hexdigest()[:12])


def _policy(table: _Table, version: str) -> ScreeningPolicy:
    scam, danger = table.table("scam"), table.table("danger")
    threat, criticism = table.table("threat"), table.table("criticism")
    policy = ScreeningPolicy(
        version=version,
        deadline_seconds=table.number("deadline_seconds"),
        chunk_letters=_chunk(table),
        least_confidence=table.number("least_confidence"),
        thresholds=_thresholds(table.table("thresholds")),
        trusted_hosts=_trusted_hosts(table.table("links")),
        private_data=_private_data(table.table("private_data")),
        scam=_scam(scam),
        danger=_danger(danger),
        reported_reach=int(threat.number("reach")),
        least_identity_attack=criticism.number("least_identity_attack"),
        detoxify=_detoxify(table.table("detoxify")),
        book=_book(scam, danger, threat, criticism),
    )
    for read in (scam, danger, threat, criticism, table):
        read.done()
    return policy


def _book(scam: _Table, danger: _Table, threat: _Table, criticism: _Table) -> PhraseBook:
    lists = {
        **_merged(scam.table("words"), SCAM_LISTS),
        **_merged(danger.table("words"), DANGER_LISTS),
        **_lists(threat.table("words"), THREAT_LISTS),
        **_lists(criticism.table("words"), CRITICISM_LISTS),
    }
    try:
        return PhraseBook(lists)
    except ValueError as error:
        raise PolicyError(str(error)) from error


LARGEST_CHUNK = 6_000
"""The model reads no more letters than this at once."""


def _chunk(table: _Table) -> int:
    letters = int(table.number("chunk_letters"))
    if not 500 <= letters <= LARGEST_CHUNK:
        raise PolicyError(f"The key chunk_letters must be from 500 to {LARGEST_CHUNK}.")
    return letters


def _thresholds(table: _Table) -> dict[str, Threshold]:
    found: dict[str, Threshold] = {}
    for language, pair in table.tables().items():
        threshold = Threshold(raised=pair.number("raise"), hold=pair.number("hold"))
        pair.done()
        if not threshold.raised <= threshold.hold <= 1:
            raise PolicyError(f"The key {pair.path} must have raise <= hold <= 1.")
        found[language] = threshold
    return found


def _trusted_hosts(table: _Table) -> frozenset[str]:
    hosts = frozenset(host.lower() for host in table.words("trusted_hosts"))
    table.done()
    return hosts


def _private_data(table: _Table) -> Search:
    spelled = table.table("digit_words")
    search = Search(
        regions=table.words("regions"),
        call_words=tuple(Folded(word).text for word in table.words("call_words")),
        public_numbers=frozenset(table.words("public_numbers")),
        case_numbers=_patterns(table, "case_numbers"),
        digit_words={Folded(word).text: digits for digits in spelled.values for word in spelled.words(digits)},
    )
    table.done()
    return search


def _patterns(table: _Table, key: str) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(pattern) for pattern in table.words(key))
    except re.error as error:
        raise PolicyError(f"The key {table.path}.{key} holds no valid pattern: {error}") from error


def _merged(table: _Table, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The lists of all languages as one; a language may leave lists out."""
    phrases: dict[str, tuple[str, ...]] = dict.fromkeys(names, ())
    for language in table.tables().values():
        for name in names:
            if name in language.values:
                phrases[name] += language.words(name)
        language.done()
    return phrases


def _lists(table: _Table, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found = {name: table.words(name) for name in names}
    table.done()
    return found


def _scam(table: _Table) -> ScamPolicy:
    points = table.table("points")
    policy = ScamPolicy(
        hold=int(table.number("hold")),
        raised=int(table.number("raise")),
        reach=int(table.number("reach")),
        points={name: int(points.number(name)) for name in SCAM_POINTS},
    )
    points.done()
    return policy


def _detoxify(table: _Table) -> DetoxifyPolicy:
    policy = DetoxifyPolicy(
        raised=table.number("raise"),
        hold=table.number("hold"),
        deadline_seconds=table.number("deadline_seconds"),
        patience_seconds=table.number("patience_seconds"),
        start_seconds=table.number("start_seconds"),
        waiting=max(1, int(table.number("waiting"))),
        restarts=int(table.number("restarts")),
        restart_window_seconds=table.number("restart_window_seconds"),
        threads=max(1, int(table.number("threads"))),
        overlap_tokens=int(table.number("overlap_tokens")),
    )
    if not 0 < policy.raised < policy.hold < 1:
        raise PolicyError(f"The keys {table.path}.raise and .hold must lie between 0 and 1, raise below hold.")
    table.done()
    return policy


def _danger(table: _Table) -> DangerPolicy:
    return DangerPolicy(hold=_kinds(table, "hold"), raised=_kinds(table, "raise"))


def _kinds(table: _Table, key: str) -> frozenset[str]:
    kinds = frozenset(table.words(key))
    for kind in kinds:
        if kind not in DANGER_LISTS:
            raise PolicyError(f"The key {table.path}.{key} names an unknown list, {kind}.")
    return kinds
