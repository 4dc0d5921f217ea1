"""What happened, in the past tense. Events leave only after the commit."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, and who may hear of it."""

    audience: str


@dataclass(frozen=True, slots=True)
class TopicChanged(Event):
    """What everybody may read in a topic has changed; remembered pages of it are stale."""

    topic_id: int


@dataclass(frozen=True, slots=True)
class SpaceChanged(Event):
    """The list of topics of a space, or the space itself, has changed."""

    space_id: int


@dataclass(frozen=True, slots=True)
class SpaceAltered(Event):
    """The space itself is another: its words, its lock, or who may read it. Every page inside is stale."""

    space_id: int


@dataclass(frozen=True, slots=True)
class InstallationChanged(Event):
    """Something that stands in every space has changed."""


@dataclass(frozen=True, slots=True)
class HelpContactsChanged(Event):
    """Other help contacts are told from now on."""


@dataclass(frozen=True, slots=True)
class MessageHeld(Event):
    """A message waits for a moderator."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class MessageReleased(Event):
    """A moderator let a held message be read."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class MessageRemoved(Event):
    """A moderator took a message out."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class SessionsEnded(Event):
    """A member's sessions ended: whatever hangs on them must close."""

    member_id: int


@dataclass(frozen=True, slots=True)
class HallChanged(Event):
    """Something happened on these channels of a town hall; what it was stands in its log.

    `kinds` says only what sort of thing: a change of state is brought to people at once, all else with the next tick.
    """

    hall_id: int
    channels: frozenset[str]
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HallRolesChanged(Event):
    """Somebody may now do more or less in a hall: their sockets must ask again."""

    hall_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class HallCompany(Event):
    """So many are in a hall by one process. Told to the other processes only, so that all show the same number."""

    hall_id: int
    process: str
    here: int


@dataclass(frozen=True, slots=True)
class SeatGivenUp(Event):
    """Somebody left a hall: what hangs on the seat must close."""

    seat: UUID


@dataclass(frozen=True, slots=True)
class BrowserLeft(Event):
    """A browser signed out, or left at once. The hash of the token that it had; nobody else's sockets close."""

    token_hash: bytes


MODERATORS = "moderators"
EVERYBODY = "everybody"


def topic_audience(topic_id: int) -> str:
    """Whoever may read the topic."""
    return f"topic:{topic_id}"


def space_audience(space_id: int) -> str:
    """Whoever may read the space."""
    return f"space:{space_id}"


def hall_audience(hall_id: int) -> str:
    """Whoever is in the hall; what each of them may hear is asked channel by channel."""
    return f"hall:{hall_id}"
