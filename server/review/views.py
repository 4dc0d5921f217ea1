"""What the desk's templates are given: reasons and waits in words, never a bare number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from markupsafe import Markup

from moderation.states import ContentState
from moderation.verdict import Rule
from server.content import CaseState
from server.errors import Sentence, say
from server.forum import queries as forum
from server.forum.picture_routes import WHO_WAS_SAID_TO_BE_IN_IT
from server.forum.views import MessageView, PictureView, message_view, picture_view
from server.pictures.queries import picture_of
from server.review import queries
from server.review.models import RemovalReason
from server.review.queries import CaseLine, CaseRow, DecisionRow, MachineSaid
from server.review.rules import undo_ends
from server.spaces.queries import all_spaces, space_names
from server.spaces.views import shown_space
from server.web.text import stored
from server.web.visit import Visit
from server.web.words import language_dir, reading

WHY: dict[str, Sentence] = {
    Rule.FIRST_MESSAGE: say("First message here"),
    Rule.LINK_WHILE_NEW: say("Link by somebody new"),
    Rule.PRIVATE_DATA: say("Private details"),
    Rule.SCAM: say("Looks like a trick for money or favours"),
    Rule.DANGER_WORDS: say("Somebody may be in danger"),
    Rule.TOXICITY: say("The machine: may hurt somebody"),
    Rule.THREAT: say("The machine: may be a threat"),
    Rule.JUDGE_FAILED: say("The machine could not look"),
    Rule.JUDGE_SLOW: say("The machine could not look"),
    Rule.PREMODERATED: say("Every message waits in this space"),
    Rule.PICTURE: say("There is a picture in it"),
    "flag:danger": say("Flag: somebody may be in danger"),
    "flag:scam": say("Flag: a trick"),
    "flag:private_data": say("Flag: private details"),
    "flag:insult": say("Flag: insult or threat"),
    "flag:off_topic": say("Flag: does not belong here"),
    "flag:other": say("Flag: something else"),
}
REMOVAL_REASONS: dict[RemovalReason, Sentence] = {
    RemovalReason.INSULT: say("It insults or hurts somebody"),
    RemovalReason.THREAT: say("It threatens somebody"),
    RemovalReason.SCAM: say("It looks like a trick to get money, favours or papers"),
    RemovalReason.PRIVATE_DATA: say("It shows private details of somebody"),
    RemovalReason.OFF_TOPIC: say("It does not belong in this topic"),
    RemovalReason.OTHER: say("It does not follow the guidelines in another way"),
}
BANDS = ((0.85, say("The machine is rather sure: this may hurt somebody. It makes mistakes.")),)
UNSURE = say("The machine is not sure about this text.")
CALM = say("The machine sees nothing special in this text.")
NO_SCORE = say("No automatic score for this language.")
URGENT, SOON = 100, 50


@dataclass(frozen=True, slots=True)
class CaseLineView:
    """A case in the queue."""

    id: UUID
    space_name: str
    why: Sequence[str]
    severity: str
    waiting: str
    language: str
    claimed: str | None


@dataclass(frozen=True, slots=True)
class FlagView:
    """Why somebody flagged it."""

    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class DecidedView:
    """The decision in force."""

    action: str
    reason: str
    day: str
    may_undo: bool
    undo_minutes: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case that is open on the screen."""

    id: UUID
    version: int
    space_name: str
    space_slug: str
    topic_id: UUID
    topic_title: str
    html: Markup
    title: str | None
    language: str
    dir: str
    why: Sequence[str]
    score: str | None
    weighed: Sequence[str]
    flags: Sequence[FlagView]
    author_pseudonym: str
    author_standing: str
    before: Sequence[MessageView]
    after: Sequence[MessageView]
    changed: bool
    picture: PictureView | None
    who_is_in_it: str
    published: bool
    open: bool
    claimed: str | None
    lease_minutes: int
    decided: DecidedView | None


def case_lines(visit: Visit, lines: Sequence[CaseLine]) -> list[CaseLineView]:
    """The queue in words."""
    spaces = all_spaces(visit.snapshot)
    names = space_names(visit.snapshot, reading().language.code, spaces)
    return [
        CaseLineView(
            line.public_id,
            names[line.space_id][0],
            _why(visit, line.rules),
            "urgent" if line.severity >= URGENT else "soon" if line.severity >= SOON else "ordinary",
            _waiting(visit, visit.now - line.opened_at),
            line.language,
            _claimed(visit, line.claimed_by, line.claimed_until),
        )
        for line in lines
    ]


def count_sentence(visit: Visit, count: int) -> str:
    """How many wait; not counted beyond a thousand."""
    catalogues = visit.services.pages.catalogues
    if count > queries.COUNT_UP_TO:
        return catalogues.gettext("More than 1,000 wait.")
    if count == 0:
        return catalogues.gettext("Nothing waits. Thank you.")
    return catalogues.ngettext("%(num)s message waits.", "%(num)s messages wait.", count) % {"num": count}


def case_view(visit: Visit, case: CaseRow) -> CaseView:
    """A case with everything that helps to decide, and nothing about the person."""
    tx = visit.snapshot
    said, picture = queries.machine_said(tx, case.message_id), picture_of(tx, case.message_id)
    before, after = forum.around(tx, case.topic_id, case.message_id)
    claimed = _claimed(visit, case.claimed_by, case.claimed_until)
    decision = queries.last_decision(tx, case.id) if case.state == CaseState.DECIDED else None
    lease = timedelta(minutes=visit.policies.moderation.claim_minutes)
    left = case.claimed_until - visit.now if case.claimed_until and claimed else lease
    return CaseView(
        id=case.public_id,
        version=case.version,
        space_name=shown_space(visit, case.space).name,
        space_slug=case.space.slug,
        topic_id=case.topic_public_id,
        topic_title=case.topic_title,
        html=stored(case.html),
        title=case.title if case.opens_topic else None,
        language=case.language,
        dir=language_dir(case.language),
        why=_why(visit, case.rules),
        score=_score(visit, said),
        weighed=_weighed(said),
        flags=_flags(visit, case),
        author_pseudonym=case.pseudonym,
        author_standing="known" if case.released else "new",
        before=[message_view(visit, row, own=False) for row in before],
        after=[message_view(visit, row, own=False) for row in after],
        changed=case.edited_at is not None and case.edited_at > case.opened_at,
        picture=picture_view(picture),
        who_is_in_it=_said(visit, WHO_WAS_SAID_TO_BE_IN_IT[picture.people]) if picture else "",
        published=case.message_state == ContentState.PUBLISHED,
        open=case.state == CaseState.OPEN,
        claimed=claimed,
        lease_minutes=max(0, int(left.total_seconds() // 60)),
        decided=_decided(visit, decision),
    )


def _said(visit: Visit, sentence: Sentence) -> str:
    return visit.services.pages.catalogues.said(sentence)


def _flags(visit: Visit, case: CaseRow) -> list[FlagView]:
    said = visit.services.pages.catalogues.said
    return [
        FlagView(said(WHY.get(f"flag:{reason}", WHY["flag:other"])), note)
        for reason, note in queries.flags_on(visit.snapshot, case.message_id)
    ]


def _why(visit: Visit, rules: Sequence[str]) -> list[str]:
    said = visit.services.pages.catalogues.said
    return list(dict.fromkeys(said(WHY[rule]) for rule in rules if rule in WHY))


def _score(visit: Visit, machine: MachineSaid | None) -> str | None:
    """The machine's opinion in words: moderators see no number to lean on."""
    if machine is None:
        return None
    said = visit.services.pages.catalogues.said
    if not machine.covered or machine.scores is None:
        return said(NO_SCORE)
    toxicity = machine.scores.get("toxicity", 0.0)
    for least, sentence in BANDS:
        if toxicity >= least:
            return said(sentence)
    return said(UNSURE if toxicity >= 0.5 else CALM)


def _weighed(machine: MachineSaid | None) -> list[str]:
    if machine is None:
        return []
    return list(dict.fromkeys(str(reason["part"]) for reason in machine.reasons if reason.get("part")))


def _claimed(visit: Visit, by: int | None, until: datetime | None) -> str | None:
    if by is None or until is None or until < visit.now:
        return None
    return "you" if by == visit.viewer.member_id else "colleague"


def _waiting(visit: Visit, wait: timedelta) -> str:
    """How long, coarsely."""
    catalogues = visit.services.pages.catalogues
    hours = int(wait.total_seconds() // 3600)
    if hours < 1:
        return catalogues.gettext("less than an hour")
    if hours < 48:
        return catalogues.ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}
    return catalogues.ngettext("%(num)s day", "%(num)s days", hours // 24) % {"num": hours // 24}


def _decided(visit: Visit, decision: DecisionRow | None) -> DecidedView | None:
    if decision is None:
        return None
    said = visit.services.pages.catalogues.said
    over = undo_ends(decision.decided_at, visit.policies.moderation)
    left = int((over - visit.now).total_seconds() // 60)
    own = decision.member_id == visit.viewer.member_id
    reason = said(REMOVAL_REASONS[RemovalReason(decision.reason)]) if decision.reason else ""
    day_said = visit.services.pages.catalogues.day(decision.decided_at)
    return DecidedView(decision.action, reason, day_said, own and visit.now < over, max(1, left + 1))
