"""What the desk's templates are given: reasons and waits in words, never a bare number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from markupsafe import Markup

from moderation.states import ContentState
from moderation.verdict import Rule
from server.accounts.roles import holders
from server.content import CaseState, Lane
from server.database import Transaction
from server.errors import Sentence
from server.forum import queries as forum
from server.forum.picture_routes import WHO_WAS_SAID_TO_BE_IN_IT
from server.forum.views import MessageView, PictureView, message_view, picture_view
from server.permissions import Role
from server.pictures.queries import picture_of
from server.review import measures, queries, shifts, waiting, words
from server.review.forms import AboutAuthor, AboutTopic
from server.review.measures import Proposal
from server.review.models import ENDS_THE_CASE, Advice, RemovalReason, SkipReason
from server.review.queries import CaseRow, DecisionRow, MachineSaid, ProposalRow
from server.review.rules import undo_ends
from server.review.shifts import Kind
from server.review.waiting import CaseLine, Reach, Show
from server.review.words import BANDS, CALM, NO_SCORE, REMOVAL_REASONS, UNSURE, WHY
from server.spaces.queries import all_spaces, space_names
from server.spaces.views import shown_space
from server.web.text import stored
from server.web.visit import Visit
from server.web.words import language_dir, reading

URGENT, SOON = 100, 50


@dataclass(frozen=True, slots=True)
class CaseLineView:
    """A case in the queue."""

    id: UUID
    space_name: str
    masked: str
    left_out: bool
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

    what: str
    reason: str
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
    ended: bool
    proposed: str
    limits: Sequence[str]
    may_escalate: bool
    topic_closed: bool
    topic_slow: int


def case_lines(visit: Visit, lines: Sequence[CaseLine], reach: Reach) -> list[CaseLineView]:
    """The queue in words. Of a masked case only its lane, its space and how long it waits."""
    choice = shifts.choice_of(visit.snapshot, visit.viewer.member_id)
    spaces = all_spaces(visit.snapshot)
    names = space_names(visit.snapshot, reading().language.code, spaces)
    return [
        CaseLineView(
            line.public_id,
            names[line.space_id][0],
            "" if reach.may_open(line.space_id, line.lane) else line.lane,
            choice.leaves_out(line.rules),
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
    if count > waiting.COUNT_UP_TO:
        return catalogues.gettext("More than 1,000 wait.")
    if count == 0:
        return catalogues.gettext("Nothing waits. Thank you.")
    return catalogues.ngettext("%(num)s message waits.", "%(num)s messages wait.", count) % {"num": count}


def case_view(visit: Visit, case: CaseRow, said: MachineSaid | None) -> CaseView:
    """A case with everything that helps to decide, and nothing about the person."""
    tx = visit.snapshot
    picture = picture_of(tx, case.message_id)
    before, after = forum.around(tx, case.topic_id, case.message_id)
    claimed = _claimed(visit, case.claimed_by, case.claimed_until)
    decision = queries.last_decision(tx, case.id) if case.state != CaseState.CLOSED else None
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
        author_standing="known" if _is_known(visit, case) else "new",
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
        ended=case.state == CaseState.DECIDED,
        proposed=_proposed(visit, case),
        limits=_limits(visit, case),
        may_escalate=case.lane in (Lane.HELD, Lane.FLAGGED, Lane.COLLEAGUE),
        topic_closed=case.topic_closed,
        topic_slow=case.topic_slow,
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
    parts = (str(r["part"]) for r in machine.reasons if r.get("part") and r.get("rule") != Rule.PREMODERATED)
    return list(dict.fromkeys(parts))


def private_parts(machine: MachineSaid | None) -> list[str]:
    """The private details that the machine found, to be hidden with one press."""
    if machine is None:
        return []
    return list(
        dict.fromkeys(str(r["part"]) for r in machine.reasons if r.get("rule") == Rule.PRIVATE_DATA and r.get("part"))
    )


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
    day = visit.services.pages.catalogues.day(decision.decided_at)
    what = said(Sentence(words.DECISIONS[decision.action].english, {"day": day}))
    return DecidedView(what, reason_said(visit, decision.reason), own and visit.now < over, max(1, left + 1))


def reason_said(visit: Visit, reason: str) -> str:
    """Why a text was removed, or what its author was asked to change."""
    if reason in list(RemovalReason):
        return _said(visit, REMOVAL_REASONS[RemovalReason(reason)])
    return _said(visit, words.ADVICE[Advice(reason)]) if reason in list(Advice) else ""


def _is_known(visit: Visit, case: CaseRow) -> bool:
    trust = visit.policies.moderation.trust
    return trust.knows(released=case.released, days=case.released_days, vouched=case.vouched)


def _proposed(visit: Visit, case: CaseRow) -> str:
    step = measures.proposed(visit.snapshot, case.membership_id, visit.policies.moderation.strikes, at=visit.now)
    return _said(visit, words.PROPOSED[step]) if step is not Proposal.NOTHING else ""


def _limits(visit: Visit, case: CaseRow) -> list[str]:
    """What holds for the author just now."""
    catalogues = visit.services.pages.catalogues
    lines: list[str] = []
    if case.suspended_until and case.suspended_until > visit.now:
        day = catalogues.day(case.suspended_until)
        lines.append(catalogues.gettext("Cannot write here until %(day)s.") % {"day": day})
    if case.limited_until and case.limited_until > visit.now:
        day = catalogues.day(case.limited_until)
        lines.append(catalogues.gettext("A person reads their messages first until %(day)s.") % {"day": day})
    return lines


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that can be chosen on the page of a case, in words."""

    reasons: Sequence[tuple[str, str]]
    advice: Sequence[tuple[str, str]]
    author: Sequence[tuple[str, str]]
    days: Sequence[tuple[str, str]]
    topic: Sequence[tuple[str, str]]
    skips: Sequence[tuple[str, str]]


def choices(visit: Visit) -> Choices:
    """What a moderator can choose from."""
    catalogues = visit.services.pages.catalogues
    most = visit.policies.moderation.measures.suspension_most_days
    days = [("", catalogues.gettext("As many as usual"))]
    days += [
        (str(number), catalogues.ngettext("%(num)s day", "%(num)s days", number) % {"num": number})
        for number in (1, 3, 7, 14, 30, 60, 90)
        if number <= most
    ]
    return Choices(
        reasons=[(str(reason), _said(visit, REMOVAL_REASONS[reason])) for reason in RemovalReason],
        advice=[(str(advice), _said(visit, words.ADVICE[advice])) for advice in Advice],
        author=[(str(step), _said(visit, words.AUTHOR[step])) for step in AboutAuthor],
        days=days,
        topic=[(str(step), _said(visit, words.TOPIC[step])) for step in AboutTopic],
        skips=[(str(why), _said(visit, words.SKIPS[why])) for why in SkipReason],
    )


@dataclass(frozen=True, slots=True)
class FilterView:
    """A part of the queue."""

    name: str
    href: str
    current: bool


def filters(visit: Visit, reach: Reach, show: Show) -> list[FilterView]:
    """The parts of the queue in which anything can be for this viewer."""
    lanes = {lane for _, lane in reach.opens | reach.masked}
    return [
        FilterView(
            _said(visit, words.SHOWN[part]), visit.url("review", {"show": str(part)} if part else None), part == show
        )
        for part in Show
        if waiting.LANES[part] & lanes
    ]


def nobody_is_trained(visit: Visit, reach: Reach) -> bool:
    """Whether there is a space in which nobody could open a disclosure."""
    tx = visit.snapshot
    if holders(tx, Role.PROTECTION, None):
        return False
    spaces = {space for space, lane in reach.masked if lane == Lane.PROTECTION}
    return any(not holders(tx, Role.PROTECTION, space) for space in spaces)


def break_is_due(visit: Visit) -> bool:
    """Whether the desk suggests a break."""
    shift, policy = shifts.shift_of(visit.snapshot, visit.viewer), visit.policies.moderation.shift
    return shift.is_on(policy, at=visit.now) and shift.break_is_due(policy, at=visit.now)


@dataclass(frozen=True, slots=True)
class UndoView:
    """The decision that was just made on another page."""

    case: UUID
    version: int
    minutes: int


def undo_view(visit: Visit, *, but: UUID | None = None) -> UndoView | None:
    """The way to undo what was decided a moment ago, at the top of the page that came next."""
    asked = visit.query.get("undo", "")
    case = queries.case_by_id(visit.snapshot, UUID(asked)) if is_reference(asked) else None
    if case is None or case.public_id == but:
        return None
    last = queries.last_decision(visit.snapshot, case.id)
    decided = _decided(visit, last)
    if last is None or decided is None or not decided.may_undo:
        return None
    if (case.state == CaseState.DECIDED) != (last.action in ENDS_THE_CASE):
        return None
    return UndoView(case.public_id, case.version, decided.undo_minutes)


def is_reference(value: str) -> bool:
    """Whether this is written like a public id."""
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def languages_read(visit: Visit) -> list[str]:
    """The languages that are written in the viewer's spaces."""
    return languages_in(visit.snapshot, visit)


def languages_in(tx: Transaction, visit: Visit) -> list[str]:
    """The same, within a transaction."""
    own = visit.viewer.spaces_reviewed() | visit.viewer.spaces_hosted()
    codes = [code for space in all_spaces(tx) if space.id in own or visit.viewer.stewards for code in space.languages]
    return list(dict.fromkeys(codes))


def kinds(visit: Visit) -> list[tuple[Kind, str]]:
    """What a moderator can leave out."""
    return [(kind, _said(visit, words.KINDS[kind])) for kind in Kind]


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A suspension that waits for a second person."""

    id: UUID
    space_name: str
    pseudonym: str
    reason: str
    days: int
    day: str
    own: bool
    case: UUID


def proposal_lines(visit: Visit, reach: Reach) -> list[ProposalView]:
    """Those from cases that the viewer may open; never one about themselves."""
    since = visit.now - timedelta(days=visit.policies.moderation.measures.proposal_days)
    rows = queries.proposals(visit.snapshot, reach.opens, since=since)
    return [proposal_view(visit, row) for row in rows if row.author_id != visit.viewer.member_id]


def proposal_view(visit: Visit, row: ProposalRow) -> ProposalView:
    """One of them."""
    return ProposalView(
        row.public_id,
        shown_space(visit, row.space).name,
        row.pseudonym,
        reason_said(visit, row.reason),
        row.days,
        visit.services.pages.catalogues.day(row.begun_at),
        row.by_member_id == visit.viewer.member_id,
        row.case_public_id,
    )
