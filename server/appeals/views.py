"""What the templates of appeals are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from server.accounts.notices import REASONS
from server.appeals import rules
from server.appeals.models import AppealState
from server.appeals.queries import AppealLine, AppealRow, Decided
from server.crypto.case_codes import code_of
from server.errors import Sentence, say
from server.review.models import Action
from server.spaces.queries import all_spaces, space_names
from server.web.visit import Visit
from server.web.words import language_dir, reading

WHAT: Mapping[str, Sentence] = {
    Action.REMOVE: say("Your message was taken out."),
    Action.REDACT: say("Parts of your message were covered."),
    Action.RETURN: say("Your message was given back to you to be changed."),
    Action.HIDE: say("Your message is hidden while moderators look at it."),
    Action.MEASURES: say("What you can do in this space was limited for some days."),
    Action.RELEASE: say("Your message can be read by others."),
}
"""What was done, told to the author."""


@dataclass(frozen=True, slots=True)
class DecidedView:
    """A decision as its author sees it."""

    code: str
    space: str
    what: str
    reason: str
    note: str
    day: str
    last_day: str
    may_appeal: bool
    appeal: str
    answer: str
    own: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """An appeal in the list."""

    id: UUID
    space: str
    reason: str
    language: str
    day: str


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal on the screen of whoever decides it."""

    id: UUID
    text: str
    day: str
    case: UUID
    language: str
    dir: str
    state: str
    answer: str
    version: int


def decided_view(visit: Visit, decided: Decided) -> DecidedView:
    """The decision in words; the text itself is not among them, because the code may be on paper."""
    said, policies = visit.services.pages.catalogues.said, visit.policies
    day = visit.services.pages.catalogues.day
    undone = decided.undone and decided.appeal != AppealState.OVERTURNED
    return DecidedView(
        code=code_of(decided.public_id),
        space=_names(visit).get(decided.space_id, ""),
        what=said(WHAT.get(decided.action, WHAT[Action.REMOVE])),
        reason=said(REASONS.get(decided.reason, REASONS["other"])) if decided.reason else "",
        note=decided.note,
        day=day(decided.decided_at),
        last_day=day(rules.appeals_end(decided.decided_at, policies)),
        may_appeal=rules.may_appeal(decided, at=visit.now, policies=policies),
        appeal=str(decided.appeal or ""),
        answer=decided.answer or "",
        own=visit.viewer.member_id == decided.author_id,
        undone=undone,
    )


def lines(visit: Visit, found: Sequence[AppealLine]) -> list[LineView]:
    """The list in words."""
    names, said = _names(visit), visit.services.pages.catalogues.said
    return [
        LineView(
            line.public_id,
            names.get(line.space_id, ""),
            said(REASONS.get(line.reason, REASONS["other"])),
            line.language,
            visit.services.pages.catalogues.day(line.made_at),
        )
        for line in found
    ]


def appeal_view(visit: Visit, found: AppealRow) -> AppealView:
    """One appeal."""
    return AppealView(
        found.public_id,
        found.text or "",
        visit.services.pages.catalogues.day(found.made_at),
        found.case_public_id,
        found.language,
        language_dir(found.language),
        str(found.state),
        found.answer or "",
        found.message_version,
    )


def _names(visit: Visit) -> dict[int, str]:
    spaces = all_spaces(visit.snapshot)
    return {key: name for key, (name, *_) in space_names(visit.snapshot, reading().language.code, spaces).items()}
