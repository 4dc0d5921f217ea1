"""What the team sends about polls, and what people answer."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import create_model

from server.errors import say
from server.townhall.halls.states import Results
from server.townhall.polling.models import PollKind
from server.web.fields import Form, FormErrors, Question, Reference, Short, SmallNumber, Tick, line, prose
from server.web.tongues import Part, in_languages

POLL_WORDS = (
    Part("title", say("What you ask")),
    Part("options", say("What can be chosen, each on a line of its own"), long=True, required=False),
)
SAME_NUMBER = say("Please write as many lines as in the other languages.")
MOST_OPTIONS = 12
PollTitle = Annotated[str, line("hall_title_characters", required=False)]
Lines = Annotated[str, prose("purpose_characters", required=False)]


class PreparedForm(Form):
    """A poll that is prepared."""

    kind: PollKind = PollKind.SINGLE
    results: Results = Results.AFTER_CLOSING
    sensitive: Tick = False
    session: Reference = None


NewPollForm = in_languages(PreparedForm, title=PollTitle, options=Lines)


class PollForm(Form):
    """Something is done with a poll as it was on the screen."""

    version: SmallNumber = 0
    results: Results | None = None


class AnswerForm(Form):
    """An answer in own words."""

    text: Question
    command: Reference = None
    language: Short = ""


class ConfirmedForm(Form):
    """A helper saw the same hands as the one of this label."""

    label: Short = ""


def _numbered(name: str, kind: Any, default: object) -> dict[str, Any]:
    return {f"{name}_{position}": (kind, default) for position in range(1, MOST_OPTIONS + 1)}


class ChosenForm(Form):
    """What somebody chose: a position, or several ticks."""

    choice: SmallNumber = 0


VoteForm = create_model("VoteForm", __base__=ChosenForm, __doc__=ChosenForm.__doc__, **_numbered("chosen", Tick, False))
_HANDS: dict[str, Any] = {**_numbered("hands", SmallNumber, 0), "hands_1": (SmallNumber, ...)}
"""Every poll has a first option, so a form of ours always brings its number."""
HandsForm = create_model("HandsForm", __base__=Form, __doc__="Hands counted in a room, by position.", **_HANDS)


def chosen(form: ChosenForm) -> Sequence[int]:
    """The positions that were chosen."""
    several = [position for position in range(1, MOST_OPTIONS + 1) if getattr(form, f"chosen_{position}")]
    return [*several, *([form.choice] if form.choice else [])]


def hands(form: Form) -> Mapping[int, int]:
    """The hands, by position."""
    return {position: getattr(form, f"hands_{position}") for position in range(1, MOST_OPTIONS + 1)}


def options_in(typed: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    """What can be chosen, each in every language. Raises FormErrors where the languages do not fit together."""
    lines = {
        code: [part.strip() for part in words["options"].split("\n") if part.strip()] for code, words in typed.items()
    }
    lines = {code: texts for code, texts in lines.items() if texts}
    if not lines:
        return []
    first = next(iter(lines))
    wrong = {code for code, texts in lines.items() if len(texts) != len(lines[first])}
    if wrong:
        raise FormErrors({f"options_{code}": SAME_NUMBER for code in wrong})
    return [{code: texts[place] for code, texts in lines.items()} for place in range(len(lines[first]))]
