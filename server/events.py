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


MODERATORS = "moderators"
EVERYBODY = "everybody"


def topic_audience(topic_id: int) -> str:
    """Whoever may read the topic."""
    return f"topic:{topic_id}"


def space_audience(space_id: int) -> str:
    """Whoever may read the space."""
    return f"space:{space_id}"
