"""The numbers and word lists by which a text is judged, as people wrote them in a TOML file."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from moderation.contacts import spelled_address
from moderation.decisions import Effect, Finding, PolicyRule, Rules, Writer
from moderation.normalise import Folded
from moderation.phrases import PhraseBook
from moderation.private_data import PRIVATE_LISTS, Search

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
    "tells",
    "claim",
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
    "agency_name",
)
THREAT_LISTS = ("threat", "reported", "testimony")
CRITICISM_LISTS = ("agencies", "address")
DANGER_LISTS = ("self_harm", "violence_now", "violence_feared", "child", "exploitation", "told_of_threat", "idiom")


Chosen = TypeVar("Chosen", bound=StrEnum)


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

    `factors` make the thresholds of the model lower or higher for a writer; `reasons` are the keys of the
    stock reasons that people give. The book holds the words of every list, so that a text is looked through once.
    """

    version: str
    deadline_seconds: float
    chunk_letters: int
    least_confidence: float
    thresholds: Mapping[str, Threshold]
    trusted_hosts: frozenset[str]
    private_data: Search
    scam: ScamPolicy
    rules: Rules
    factors: Mapping[Writer, float]
    reasons: tuple[str, ...]
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

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise PolicyError(f"The key {self._name(key)} must be a text that is not empty.")
        return value

    def member(self, key: str, kind: type[Chosen]) -> Chosen:
        return self._one(key, self.text(key), kind)

    def members(self, key: str, kind: type[Chosen]) -> list[Chosen]:
        items = self.words(key)
        if not items:
            raise PolicyError(f"The key {self._name(key)} must not be empty.")
        return [self._one(key, item, kind) for item in items]

    def _one(self, key: str, value: str, kind: type[Chosen]) -> Chosen:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(kind)
            raise PolicyError(f"The key {self._name(key)} says {value!r}, which is none of: {known}.") from None

    def lines(self, key: str) -> "Iterator[_Table]":
        """The tables of a [[list]], each with its number in its name; each is done when it was read."""
        value = self._value(key)
        if not isinstance(value, list):
            raise PolicyError(f"The key {self._name(key)} must be a list of tables, each under [[{self._name(key)}]].")
        for number, item in enumerate(cast("list[object]", value), 1):
            if not isinstance(item, dict):
                raise PolicyError(f"The key {self._name(key)} must hold tables only.")
            line = _Table(cast("dict[str, Any]", item), f"{self._name(key)}[{number}]")
            yield line
            line.done()

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
    private = table.table("private_data")
    policy = ScreeningPolicy(
        version=version,
        deadline_seconds=table.number("deadline_seconds"),
        chunk_letters=_chunk(table),
        least_confidence=table.number("least_confidence"),
        thresholds=_thresholds(table.table("thresholds")),
        trusted_hosts=_trusted_hosts(table.table("links")),
        private_data=_private_data(private),
        scam=_scam(scam),
        rules=_rules(table),
        factors=_factors(table.table("threshold_factors")),
        reasons=_reasons(table.table("reasons")),
        reported_reach=int(threat.number("reach")),
        least_identity_attack=criticism.number("least_identity_attack"),
        detoxify=_detoxify(table.table("detoxify")),
        book=_book(scam, danger, threat, criticism, private),
    )
    for read in (scam, danger, threat, criticism, table):
        read.done()
    return policy


def _book(scam: _Table, danger: _Table, threat: _Table, criticism: _Table, private: _Table) -> PhraseBook:
    lists = {
        **_merged(scam.table("words"), SCAM_LISTS),
        **_merged(danger.table("words"), DANGER_LISTS),
        **_lists(threat.table("words"), THREAT_LISTS),
        **_lists(criticism.table("words"), CRITICISM_LISTS),
        **_private_lists(private),
    }
    return _phrases(lists)


def _phrases(lists: Mapping[str, tuple[str, ...]]) -> PhraseBook:
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


def _rules(table: _Table) -> Rules:
    lines = [
        PolicyRule(
            name=line.text("name"),
            when=frozenset(line.members("when", Finding)),
            standing=frozenset(line.members("standing", Writer)),
            effect=line.member("effect", Effect),
        )
        for line in table.lines("rules")
    ]
    try:
        return Rules(lines)
    except ValueError as error:
        raise PolicyError(str(error)) from error


def _factors(table: _Table) -> dict[Writer, float]:
    factors = {writer: table.number(writer) for writer in Writer}
    table.done()
    for writer, factor in factors.items():
        if not LEAST_FACTOR <= factor <= 1 / LEAST_FACTOR:
            raise PolicyError(f"The key {table.path}.{writer} must be from {LEAST_FACTOR} to {1 / LEAST_FACTOR}.")
    return factors


LEAST_FACTOR = 0.5


def _reasons(table: _Table) -> tuple[str, ...]:
    stock = table.words("stock")
    table.done()
    if len(set(stock)) < len(stock) or not all(_REASON.fullmatch(key) for key in stock):
        raise PolicyError(f"The key {table.path}.stock must hold different keys of small letters and _.")
    return stock


_REASON = re.compile(r"[a-z]{2,24}(?:_[a-z]{2,24}){0,4}")


def _trusted_hosts(table: _Table) -> frozenset[str]:
    hosts = frozenset(host.lower() for host in table.words("trusted_hosts"))
    table.done()
    return hosts


def _private_data(table: _Table) -> Search:
    spelled = table.table("digit_words")
    lists = _private_lists(table)
    search = Search(
        regions=table.words("regions"),
        public_numbers=frozenset(table.words("public_numbers")),
        case_numbers=_patterns(table, "case_numbers"),
        digit_words={Folded(word).text: digits for digits in spelled.values for word in spelled.words(digits)},
        spelled_address=spelled_address(*([Folded(word).text for word in lists[name]] for name in ("at", "dot"))),
        book=_phrases(lists),
    )
    table.done()
    return search


def _private_lists(table: _Table) -> dict[str, tuple[str, ...]]:
    spelled = table.table("digit_words")
    digits = tuple(word for key in spelled.values for word in spelled.words(key))
    return {**_merged(table.table("words"), PRIVATE_LISTS), "digit": digits}


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
