"""What the forum's templates are given: rows turned into what a person sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from markupsafe import Markup

from moderation.states import ContentState
from moderation.verdict import Rule
from server.database import Transaction
from server.errors import Sentence, say
from server.forum import keeping, kept, mutes, queries
from server.forum.forms import AUTOMATIC
from server.forum.queries import HeldRow, MessageRow, TopicRow, TopicRowInList
from server.forum.rules import LIMITED
from server.help_contacts.models import HelpKind
from server.help_contacts.queries import all_contacts
from server.help_contacts.views import ContactView, near
from server.permissions import Standing
from server.pictures.queries import PictureRow
from server.spaces.lives import AUTHOR_DAYS, offered, shortest
from server.spaces.queries import Duty, SpaceRow, SpaceView
from server.web.fields import BLANK
from server.web.text import plain_excerpt, stored
from server.web.visit import Visit
from server.web.words import clock_time, language_dir, language_name, reading

HELD_BECAUSE: dict[str, Sentence] = {
    Rule.FIRST_MESSAGE: say("it is your first message here"),
    Rule.LINK_WHILE_NEW: say("it has a link, and you are new here"),
    Rule.PRIVATE_DATA: say("it shows private details (“%(part)s”), and everybody could read them"),
    Rule.SCAM: say("it looks like the tricks that people use to get money (“%(part)s”)"),
    Rule.DISCLOSURE: say("you tell of something hard: a person trained for this reads it first"),
    Rule.DANGER_WORDS: say("somebody may be in danger, and a trained person should see it soon"),
    Rule.TOXICITY: say("the computer was not sure about “%(part)s”; it makes mistakes"),
    Rule.THREAT: say("the computer took “%(part)s” for a threat; it makes mistakes"),
    Rule.JUDGE_FAILED: say("the computer could not look at it just now"),
    Rule.JUDGE_SLOW: say("the computer could not look at it just now"),
    Rule.PREMODERATED: say("in this space a person reads every message first"),
    Rule.PICTURE: say("there is a picture in it"),
}
BETWEEN = "\f"
"""Stands between the messages of a page that is rendered at once and kept in pieces."""
ANY_TOPIC = UUID(int=0)
"""Stands for the topic in what is made once for all topics."""
HELP_AT_ONCE = (HelpKind.EMERGENCY, HelpKind.HEALTH, HelpKind.WOMEN, HelpKind.CHILDREN)
MOST_AT_ONCE = 4
USUAL = say("As usual: %(days)s days")
USUAL_HERE = say("As usual here: %(days)s days")
SHORTER = say("Only %(days)s days")
UNSURE = say("the computer was not sure about it; it makes mistakes")
RETURNED_BECAUSE = say("a moderator asks you to change it first; your page says how")
LIMITED_BECAUSE = say("for some days a person reads your messages in this space first")
HIDDEN_BECAUSE = say("a moderator is looking at it")
REMOVED_BECAUSE = say("a moderator took it out; your page says why")


@dataclass(frozen=True, slots=True)
class SpaceLine:
    """A space in a list."""

    slug: str
    name: str
    purpose: str
    language: str
    dir: str
    topics: int
    last_active: datetime | None
    access: str
    member: bool


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic in a list."""

    id: UUID
    title: str
    language: str
    dir: str
    messages: int
    last_active: datetime
    pinned: bool
    closed: bool
    waiting: bool
    new: int


@dataclass(frozen=True, slots=True)
class TopicView:
    """The topic that is open."""

    id: UUID
    title: str
    language: str
    dir: str
    closed: bool
    waiting: bool


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """The message that this one answers."""

    id: UUID
    pseudonym: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture, fetched when somebody asks for it."""

    id: UUID
    alt: str
    width: int
    height: int
    kilobytes: int
    people: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as people see it."""

    id: UUID
    pseudonym: str
    standing: str
    verified_as: str
    html: Markup
    language: str
    dir: str
    day: str
    edited: bool
    state: str
    reply: ReplyTo | None
    own: bool
    picture: PictureView | None
    until: str = ""
    """The last day that it can be read, if that is known; for its author."""


@dataclass(frozen=True, slots=True)
class HeldView:
    """An own message that nobody else sees, and why."""

    id: UUID
    html: Markup
    language: str
    dir: str
    reasons: Sequence[str]
    usually: str
    removed: bool
    changeable: bool
    like_a_scam: bool
    picture: PictureView | None
    help: Sequence[ContactView]


def desk(visit: Visit, space: SpaceRow, view: SpaceView) -> Markup:
    """Who can read what is written here, and when a moderator usually looks; made once for each edition."""
    key = ("desk", space.id, space.version, reading().language.code)
    return visit.services.fragments.get_or_make(key, lambda: visit.fragment("forum/_desk.html", space=view))


def topic_head(visit: Visit, topic: TopicRow, space: SpaceView) -> Markup:
    """Where one is; the same for everybody, made once for each edition of the space."""
    now, row = reading(), topic.space
    key = ("head", row.id, row.version, now.language.code, now.in_address)
    make = partial(visit.fragment, "forum/_topic_head.html", space=space)
    return visit.services.fragments.get_or_make(key, make)


def empty_box(visit: Visit, topic: TopicRow) -> Markup:
    """The box for a new message; but for the topic the same for everybody who has not typed yet."""
    key = ("box", reading().language.code, reading().in_address, topic.space.messages_days)
    make = partial(visit.fragment, "forum/_box.html", form=BLANK, topic_id=ANY_TOPIC, lives=lives(visit, topic.space))
    return Markup(str.replace(visit.services.fragments.get_or_make(key, make), str(ANY_TOPIC), str(topic.public_id)))


def way_in(visit: Visit, space: SpaceRow, view: SpaceView, standing: Standing | None) -> Markup:
    """What somebody who cannot write here may do instead; for guests made once for each edition."""
    make = partial(visit.fragment, "forum/_way_in.html", space=view, standing=standing, viewer=visit.viewer)
    if visit.viewer.signed_in:
        return make()
    key = ("way in", space.id, space.version, reading().language.code, reading().in_address)
    return visit.services.fragments.get_or_make(key, make)


def languages(visit: Visit, space: SpaceRow) -> list[tuple[str, str]]:
    """What a writer can choose; the first is to let the machine find out."""
    automatic = visit.services.pages.catalogues.said(say("Find out by itself"))
    return [(AUTOMATIC, automatic), *((code, language_name(code)) for code in space.languages)]


def topic_line(row: TopicRowInList, new: int = 0) -> TopicLine:
    """A topic in a list, with how many messages came since the reader was there."""
    return TopicLine(
        row.public_id,
        row.title,
        row.language,
        language_dir(row.language),
        row.messages,
        row.last_message_at,
        row.pinned,
        row.closed,
        row.state != ContentState.PUBLISHED,
        new,
    )


def topic_view(topic: TopicRow) -> TopicView:
    """The topic that is open."""
    waiting = topic.state == ContentState.HELD
    return TopicView(topic.public_id, topic.title, topic.language, language_dir(topic.language), topic.closed, waiting)


def message_view(visit: Visit, row: MessageRow, *, own: bool, space_days: int | None = None) -> MessageView:
    """One message. Its day is said in the reader's language and the space's time zone, its last day to its author."""
    return MessageView(
        id=row.public_id,
        pseudonym=row.pseudonym or "",
        standing="host" if row.is_host else "known" if _is_known(visit, row) else "new",
        verified_as=(row.verified_as or "") if row.verified_until and row.verified_until > visit.now else "",
        html=stored(row.html),
        language=row.language,
        dir=language_dir(row.language),
        day=visit.services.pages.catalogues.day(row.written_at),
        edited=row.edited_at is not None,
        state="published" if row.state == ContentState.PUBLISHED else str(row.state),
        reply=_reply(row),
        own=own,
        picture=picture_view(row.picture),
        until=_last_day(visit, row.written_at, shortest(row.lasts_days, space_days)) if own else "",
    )


def _last_day(visit: Visit, written: datetime, days: int | None) -> str:
    if days is None:
        return ""
    last = (written + timedelta(days=days)).astimezone(reading().zone).date()
    return visit.services.pages.catalogues.date_of(last)


def lives(visit: Visit, space: SpaceRow) -> list[tuple[str, str]]:
    """How long a new message can last: what is usual here, and what is shorter."""
    said, longest = visit.services.pages.catalogues.said, visit.policies.retention.messages_days
    most = shortest(space.messages_days, longest) or longest
    usual = USUAL if space.messages_days is None else USUAL_HERE
    shorter = [(str(days), said(say(SHORTER.english, days=days))) for days in offered(AUTHOR_DAYS, below=most)]
    return [("", said(say(usual.english, days=most))), *shorter]


def _is_known(visit: Visit, row: MessageRow) -> bool:
    trust = visit.policies.moderation.trust
    return trust.knows(released=row.released or 0, days=row.released_days or 0, vouched=bool(row.vouched))


def picture_view(row: PictureRow | None) -> PictureView | None:
    """The picture of a message, if it has one."""
    if row is None:
        return None
    return PictureView(row.public_id, row.alt, row.width, row.height, max(1, round(row.size / 1024)), row.people)


def _reply(row: MessageRow) -> ReplyTo | None:
    if row.reply_to is None:
        return None
    readable = row.reply_state == ContentState.PUBLISHED
    excerpt = (row.quoted or plain_excerpt(row.reply_text or "")) if readable else ""
    return ReplyTo(row.reply_to, (row.reply_pseudonym or "") if readable else "", excerpt)


def lines(visit: Visit, topic: TopicRow, page: int) -> Markup:
    """The messages of a page as HTML. Only what is the viewer's own is made anew: it carries their buttons."""
    standing = visit.viewer.standing_in(topic.space.id)
    key, made = pieces(visit, topic, page)
    mine = standing.membership_id if standing else -1
    if standing is not None and standing.has_mutes:
        muted = mutes.muted_by(visit.snapshot, mine)
        return Markup("").join(
            _own_line(visit, key, row, topic.space.messages_days)
            if row.membership_id == mine
            else _line_without(visit, key, row, html, muted=muted)
            for row, html in made
        )
    days = topic.space.messages_days
    shown = (_own_line(visit, key, row, days) if row.membership_id == mine else html for row, html in made)
    return Markup("".join(shown))


def pieces(visit: Visit, topic: TopicRow, page: int) -> tuple[tuple[object, ...], list[tuple[MessageRow, Markup]]]:
    """Each message of a page with its HTML: made once for each version, language, day and kind of viewer."""
    now = reading()
    kind = "member" if visit.viewer.standing_in(topic.space.id) else "guest"
    key = ("lines", topic.id, topic.version, page, now.language.code, now.in_address, now.today, now.calendar, kind)

    def make() -> list[tuple[MessageRow, Markup]]:
        rows = queries.messages_of(visit.snapshot, topic, page=page)
        shown = [message_view(visit, row, own=False) for row in rows]
        whole = visit.fragment("forum/_messages.html", messages=shown, kind=kind)
        return list(zip(rows, (Markup(line) for line in whole.split(BETWEEN)), strict=False))

    return key, visit.services.fragments.get_or_make(key, make)


def _own_line(visit: Visit, key: tuple[object, ...], row: MessageRow, days: int | None) -> Markup:
    """A message with its author's buttons and its last day; the same for the author every time."""
    view = message_view(visit, row, own=True, space_days=days)
    make = partial(visit.fragment, "forum/_message.html", message=view, kind="member")
    return visit.services.fragments.get_or_make((*key, "own", row.id, days), make)


def _line_without(
    visit: Visit, key: tuple[object, ...], row: MessageRow, html: Markup, *, muted: frozenset[int]
) -> Markup:
    """A message for somebody who does not want to read certain people: theirs is folded, their words in others' go.

    Nothing of it depends on who is looking, so what was made for one serves all who do not want the same.
    """
    if row.reply_membership_id in muted:
        html = visit.services.fragments.get_or_make((*key, "hushed", row.id), partial(_hushed_line, visit, row))
    if row.membership_id not in muted or row.state != ContentState.PUBLISHED:
        return html
    return visit.fragment("forum/_folded.html", line=html)


def _hushed_line(visit: Visit, row: MessageRow) -> Markup:
    """A message without the name and the words of whom it answers; only the way there stays."""
    view = replace(message_view(visit, row, own=False), reply=ReplyTo(row.reply_to or ANY_TOPIC, "", ""))
    return visit.fragment("forum/_message.html", message=view, kind="member")


def reader_of(visit: Visit, topic: TopicRow, standing: Standing, page: int) -> Callable[[Transaction], None] | None:
    """What is to be remembered for a member who asked for it: the last message of this page was seen."""
    seen = [row.id for row, _ in pieces(visit, topic, page)[1]]
    if not seen:
        return None
    return partial(keeping.mark_read, by=standing, topic_id=topic.id, message_id=seen[-1])


def has_new(visit: Visit, topic: TopicRow, standing: Standing) -> bool:
    """Whether messages came after those that the member has seen, if the space remembers that."""
    return standing.keeps_marks and kept.first_new(visit.snapshot, standing.membership_id, topic.id) is not None


def held_views(visit: Visit, topic: TopicRow, space: SpaceView) -> list[HeldView]:
    """The viewer's own messages that wait, each with its reasons in words."""
    standing = visit.viewer.standing_in(topic.space.id)
    if standing is None or not topic.waiting:
        return []
    rows = queries.own_held(visit.snapshot, topic, standing.membership_id, at=visit.now)
    return [_held(visit, row, space) for row in rows]


def _held(visit: Visit, row: HeldRow, space: SpaceView) -> HeldView:
    said = visit.services.pages.catalogues.said
    removed = row.state == ContentState.REMOVED and not row.told_later
    if row.state == ContentState.HELD and row.returned and not row.told_later:
        reasons = [said(RETURNED_BECAUSE)]
    elif row.state == ContentState.HELD:
        reasons = [said(because(rule)) for rule in row.rules] + _unread(visit, row, space)
    else:
        reasons = [said(REMOVED_BECAUSE if removed else HIDDEN_BECAUSE)]
    return HeldView(
        row.public_id,
        stored(row.html),
        row.language,
        language_dir(row.language),
        list(dict.fromkeys(reasons)),
        usual_hours(visit, space.duty, row.language),
        removed,
        row.state == ContentState.HELD,
        any(reason.get("rule") == Rule.SCAM for reason in row.rules),
        picture_view(row.picture),
        _help_at_once(visit, row),
    )


def _help_at_once(visit: Visit, row: HeldRow) -> list[ContactView]:
    """For whoever tells of harm: who helps now, those that speak the language of the words first."""
    if not any(reason.get("rule") in (Rule.DISCLOSURE, Rule.DANGER_WORDS) for reason in row.rules):
        return []
    contacts = [contact for contact in all_contacts(visit.snapshot) if contact.kind in HELP_AT_ONCE]
    contacts.sort(key=lambda contact: row.language not in contact.languages)
    return near(visit, contacts, area="", language="")[:MOST_AT_ONCE]


def because(reason: dict[str, object]) -> Sentence:
    """Why a text waits, with the part that weighed most where that helps."""
    if reason.get("part") == LIMITED:
        return LIMITED_BECAUSE
    sentence = HELD_BECAUSE.get(str(reason.get("rule")), HIDDEN_BECAUSE)
    part = plain_excerpt(str(reason.get("part", "")), characters=60)
    if not part and "%(part)s" in sentence.english:
        return UNSURE
    return Sentence(sentence.english, {"part": part} if "%(part)s" in sentence.english else {})


def _unread(visit: Visit, row: HeldRow, space: SpaceView) -> list[str]:
    """Says so when nobody on duty reads the language."""
    if row.language == "und" or any(duty.language == row.language for duty in space.duty):
        return []
    sentence = say("nobody who reads %(language)s is on duty here", language=language_name(row.language))
    return [visit.services.pages.catalogues.said(sentence)]


def usual_hours(visit: Visit, duty: Sequence[Duty], language: str) -> str:
    """When somebody usually reads this language, else whenever anybody is there; "" when nobody has said."""
    chosen = next((entry for entry in duty if entry.language == language), duty[0] if duty else None)
    if chosen is None:
        return ""
    sentence = say("%(start)s to %(end)s", start=clock_time(chosen.starts), end=clock_time(chosen.ends))
    return visit.services.pages.catalogues.said(sentence)
