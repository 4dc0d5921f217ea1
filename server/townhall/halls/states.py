"""The states of a hall and of its sessions, and what may be done in each, as tables."""

from collections.abc import Mapping
from enum import StrEnum


class HallState(StrEnum):
    """Where a hall stands. What its people may do follows from ALLOWED."""

    PREPARING = "preparing"
    """For its team only."""
    EARLY = "early"
    """Questions before the event."""
    OPEN = "open"
    PAUSED = "paused"
    """People read; their questions are still taken and wait."""
    FROZEN = "frozen"
    """Nothing changes; screens hold."""
    STOPPED = "stopped"
    """The public text is withdrawn; every page and screen shows where help is."""
    CLOSED = "closed"


class Act(StrEnum):
    """What can be done in a hall, as far as its state has a say in it."""

    JOIN = "join"
    READ = "read"
    ASK = "ask"
    TAKE_PART = "take_part"
    """Endorse, answer a poll."""
    MODERATE = "moderate"
    PRESENT = "present"
    """Put on stage, run polls and the agenda, write captions."""


S, A = HallState, Act

ALLOWED: Mapping[HallState, frozenset[Act]] = {
    S.PREPARING: frozenset({A.MODERATE, A.PRESENT}),
    S.EARLY: frozenset({A.JOIN, A.READ, A.ASK, A.TAKE_PART, A.MODERATE}),
    S.OPEN: frozenset(Act),
    S.PAUSED: frozenset({A.JOIN, A.READ, A.ASK, A.MODERATE, A.PRESENT}),
    S.FROZEN: frozenset({A.READ, A.MODERATE}),
    S.STOPPED: frozenset({A.MODERATE}),
    S.CLOSED: frozenset({A.READ}),
}

MOVES: Mapping[HallState, frozenset[HallState]] = {
    S.PREPARING: frozenset({S.EARLY, S.OPEN}),
    S.EARLY: frozenset({S.OPEN, S.PAUSED, S.STOPPED, S.CLOSED}),
    S.OPEN: frozenset({S.PAUSED, S.FROZEN, S.STOPPED, S.CLOSED}),
    S.PAUSED: frozenset({S.OPEN, S.EARLY, S.FROZEN, S.STOPPED, S.CLOSED}),
    S.FROZEN: frozenset({S.OPEN, S.PAUSED, S.STOPPED, S.CLOSED}),
    S.STOPPED: frozenset({S.PAUSED, S.CLOSED}),
    S.CLOSED: frozenset(),
}
"""From where to where. Out of STOPPED two people lead, and first into a pause."""


def allows(state: HallState, act: Act) -> bool:
    """Whether the state lets it be done at all; who may do it is another question."""
    return act in ALLOWED[state]


class Risk(StrEnum):
    """How much people could come to harm by this hall. From high there is no way back."""

    ORDINARY = "ordinary"
    HIGH = "high"


class Results(StrEnum):
    """When the results of a poll can be seen."""

    OPENLY = "openly"
    AFTER_VOTING = "after_voting"
    AFTER_CLOSING = "after_closing"


class SessionKind(StrEnum):
    """What an item of the agenda is."""

    TALK = "talk"
    QUESTIONS = "questions"
    POLL = "poll"
    BREAK = "break"


class SessionState(StrEnum):
    """An item of the agenda comes, is on, or is over."""

    COMING = "coming"
    ON = "on"
    OVER = "over"


class Channel(StrEnum):
    """Who hears of an event. Captions have one channel for each language: `cap.ar`."""

    PUBLIC = "pub"
    STAGE = "stage"
    CONSOLE = "fac"
    DESK = "mod"
    SEAT = "me"
    CAPTIONS = "cap"


def captions_in(language: str) -> str:
    """The channel of the captions in a language."""
    return f"{Channel.CAPTIONS}.{language}"


def of_seat(seat: str) -> str:
    """The channel of one seat, by its public id."""
    return f"{Channel.SEAT}.{seat}"
