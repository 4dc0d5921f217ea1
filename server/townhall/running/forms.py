"""What the team of a hall sends."""

from typing import Annotated

from pydantic import BeforeValidator

from server.errors import say
from server.permissions import Role
from server.townhall.asking.models import Reason
from server.townhall.halls.states import HallState, Risk, SessionKind
from server.web.fields import Form, Note, Pseudonym, Reference, Short, SmallNumber, Tick, line, prose
from server.web.tongues import Part, in_languages


def _none(value: object) -> object:
    return None if value == "" else value


OptionalReason = Annotated[Reason | None, BeforeValidator(_none)]
PublicText = Annotated[str, prose("question_characters", required=False)]
Said = Annotated[str, prose("answer_characters", required=False)]
Message = Annotated[str, prose("note_characters", required=True)]
HallTitle = Annotated[str, line("hall_title_characters", required=False)]
Purpose = Annotated[str, prose("purpose_characters", required=False)]
MOST_MINUTES = 24 * 60


class MoveForm(Form):
    """Into which state."""

    to: HallState
    reason: Short = ""


class CloseForm(Form):
    """The end; ticked, because there is no way back."""

    sure: Tick = False
    reason: Short = ""


class DecisionForm(Form):
    """What a moderator decides on a question; `version` is the one that was on the screen."""

    version: SmallNumber = 0
    text: PublicText = ""
    reason: OptionalReason = None
    note: Note = ""
    into: Reference = None


class RemovalForm(Form):
    """Why something is taken out that everybody could read, and what its author is told."""

    version: SmallNumber = 0
    reason: OptionalReason = None
    note: Note = ""


class QuietForm(Form):
    """For how many minutes a seat asks nothing."""

    minutes: SmallNumber


class FloorForm(Form):
    """What the facilitator does with a question; `said` is what was answered, in this language."""

    version: SmallNumber = 0
    said: Said = ""
    language: Short = ""


class NoteForm(Form):
    """A message to the team."""

    message: Message
    urgent: Tick = False


class PaceForm(Form):
    """How many seconds one seat waits between two questions."""

    seconds: SmallNumber


class ReadingForm(Form):
    """Whether every question is read first."""

    premoderated: Tick = False
    risk: Risk


class AboutForm(Form):
    """What a hall says of itself."""

    link: Short = ""
    sign_video: Short = ""
    captions_kept: Tick = False


HALL_WORDS = (Part("title", say("Title")), Part("purpose", say("What it is about"), long=True, required=False))
HallAboutForm = in_languages(AboutForm, title=HallTitle, purpose=Purpose)


class ItemForm(Form):
    """An item of the agenda."""

    kind: SessionKind = SessionKind.QUESTIONS
    minutes: SmallNumber = 0


ITEM_WORDS = (Part("title", say("What it is")),)
NewItemForm = in_languages(ItemForm, title=HallTitle)


class SpeakerForm(Form):
    """Somebody who speaks."""


SPEAKER_WORDS = (Part("name", say("Name")), Part("about", say("For whom they speak"), required=False))
NewSpeakerForm = in_languages(SpeakerForm, name=HallTitle, about=HallTitle)


class RoleForm(Form):
    """A role for somebody, by their name in the space."""

    pseudonym: Pseudonym
    role: Role
    language: Short = ""


class DismissForm(Form):
    """A role that is taken away, by its number: names stand nowhere."""

    role: Role
    number: SmallNumber
    language: Short = ""


class ScreenForm(Form):
    """A link for a projector."""

    language: Annotated[str, line("reason_characters", required=True)]


class RisksForm(Form):
    """The questions about risks."""

    harmed: Message
    watching: Message
    languages: Message
    focal_person: Message
    disclosure: Message
    retention: Tick = False
