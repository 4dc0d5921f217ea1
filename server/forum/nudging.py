"""Before private details are posted: the form comes back once, with a word and two buttons.

Threat: a number to call is copied within minutes and cannot be called back. What is hidden here is hidden
before anything is stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from zlib import crc32

from moderation.private_data import Span, hidden
from moderation.whose import Whose
from server.errors import Invalid, Refused, Sentence, say
from server.forum.forms import Details, DetailsForm
from server.web.visit import Visit

Kind = TypeVar("Kind", bound=DetailsForm)

NUDGE: Mapping[Whose, Sentence] = {
    Whose.OWN: say(
        "Your words show how to find or reach you: %(details)s. Everybody who reads here can copy it and keep it."
    ),
    Whose.THEIRS: say(
        "Your words show private details of another person: %(details)s. They did not choose to be found here, and it "
        "can bring them into danger."
    ),
    Whose.UNSAID: say(
        "Your words show private details: %(details)s. Everybody who reads here can copy them and keep them."
    ),
}
CHANGE = say("Nothing is sent yet. Change your words, then send them.")
FIELD = "details"
MOST_SHOWN = 5


class Nudged(Invalid):
    """Not an error: the form once more, with a word about what it shows. Status 200."""

    status = 200
    summary = say("Nothing is sent yet. Please look at this once.")


class BackToTheBox(Refused):
    """The author wants to change the words. Status 200."""

    status = 200


def settled(visit: Visit, form: Kind, *names: str) -> Kind:
    """The form as its author wants it: with the details in these fields hidden, or as it is.

    Raises Nudged the first time, and BackToTheBox for "Change it". Details that were asked about once are not
    asked about again; then the rules of the policy decide.
    """
    if form.details is Details.CHANGE:
        raise BackToTheBox(CHANGE)
    if form.details in (Details.HOTLINE, Details.SEND):
        return form
    found = {name: spans for name in names if (spans := visit.services.details(getattr(form, name)))}
    if not found:
        return form
    if form.details is Details.HIDE:
        return form.model_copy(update={name: hidden(getattr(form, name), spans) for name, spans in found.items()})
    parts = [getattr(form, name)[span.start : span.end] for name, spans in found.items() for span in spans]
    mark = str(crc32("\n".join(parts).encode()))
    if form.nudged == mark:
        return form
    sentence = NUDGE[_whose(span for spans in found.values() for span in spans)]
    raise Nudged(say(sentence.english, details=_shown(parts)), field=FIELD, values={"nudged": mark})


def _whose(spans: Iterable[Span]) -> Whose:
    """Somebody else's details weigh more than one's own."""
    owners = {span.whose for span in spans}
    return next(owner for owner in (Whose.THEIRS, Whose.OWN, Whose.UNSAID) if owner in owners)


def _shown(parts: Sequence[str]) -> str:
    shown = [f"“{' '.join(part.split())}”" for part in dict.fromkeys(parts)]
    return ", ".join(shown[:MOST_SHOWN]) + (" …" if len(shown) > MOST_SHOWN else "")
