"""The list in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from server.errors import Sentence, say
from server.going_live import facts
from server.going_live.checklist import LineState
from server.going_live.models import Line
from server.going_live.queries import ConfirmationRow
from server.web.visit import Visit
from server.web.words import full_day, language_name

TITLES: Mapping[Line, Sentence] = {
    Line.ASSESSMENT: say("Two people have signed the impact assessment"),
    Line.CONTACTS: say("Deadlines and help contacts are confirmed"),
    Line.MODERATORS: say("Each language of the space has moderators"),
    Line.CHANNEL: say("People answer in the private channel, and their papers hold"),
    Line.DISK: say("The disks are encrypted"),
    Line.BACKUPS: say("There are backups, and restoring was tried"),
    Line.EXIT: say("There is a plan for the end"),
}
MEANING: Mapping[Line, Sentence] = {
    Line.ASSESSMENT: say(
        "The operator writes it with “baraza check --dpia FILE”, fills it in and asks people at risk. Two different "
        "stewards say here that it is signed."
    ),
    Line.CONTACTS: say(
        "You called every number in “Help near you”, and the agencies agree to the deadlines of the private channel."
    ),
    Line.MODERATORS: say(
        "For each language of the space at least two people can read it well, are trained, and know their hours."
    ),
    Line.CHANNEL: say("The private room tells this by itself, once a day: a new paper shows here a day later."),
    Line.DISK: say("The disk of the server and the place of the backups open only with a key that lies elsewhere."),
    Line.BACKUPS: say("A copy was restored on another machine with two recovery officers, and people could sign in."),
    Line.EXIT: say(
        "It is written down who takes over or closes this place, how members are told, and who erases what."
    ),
}


@dataclass(frozen=True, slots=True)
class Given:
    """One steward's word as others read it."""

    role: str
    day: str
    until: str
    own: bool
    over: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as its pages show it."""

    name: str
    title: Sentence
    meaning: Sentence
    done: bool
    people: int
    lacks: Sequence[Sentence]
    given: Sequence[Given]

    @property
    def wanted(self) -> int:
        """How many more stewards must confirm it."""
        return max(0, self.people - len(self.given))


def looked(visit: Visit) -> facts.Facts:
    """What the server sees by itself at this moment."""
    services = visit.services
    return facts.look(
        policies=visit.policies.folder,
        told_dir=services.told_dir,
        backup_dir=services.backup_dir,
        today=visit.now.date(),
    )


def line_view(visit: Visit, state: LineState) -> LineView:
    """The line, and who stands for it today."""
    given = [given_view(visit, row) for row in state.given]
    lacks = [_named(sentence) for sentence in state.lacks]
    line = state.line
    return LineView(str(line), TITLES[line], MEANING[line], state.done, state.people, lacks, given)


def _named(sentence: Sentence) -> Sentence:
    """The sentence with the name of a language in place of its code."""
    code = sentence.params.get("language")
    return (
        sentence
        if code is None
        else replace(sentence, params={**sentence.params, "language": language_name(str(code))})
    )


def given_view(visit: Visit, row: ConfirmationRow) -> Given:
    """One word; in which role, when, and until when it holds."""
    days = visit.policies.hosting.confirmation_days
    return Given(
        role=row.role,
        day=full_day(row.confirmed_on),
        until=full_day(row.ended_on or row.confirmed_on + timedelta(days=days)),
        own=row.confirmed_by is not None and row.confirmed_by == visit.viewer.member_id,
        over=not row.holds(visit.now.date(), days=days),
    )
