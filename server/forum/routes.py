"""The forum's addresses."""

from datetime import timedelta
from uuid import UUID

from starlette.responses import Response

from moderation.screening import Author
from moderation.states import ContentState
from server.announcements import views as announcements
from server.errors import Invalid, NotFound, Refused, Sentence, say
from server.forum import flagging, keeping, kept, mutes, posting, queries, rules, views
from server.forum.addresses import is_own, standing_of, the_message, the_own_message, the_space, the_topic
from server.forum.forms import AUTOMATIC, NO_SUCH_LIFE, EditForm, FlagForm, MessageForm, TopicForm
from server.forum.models import FlagReason
from server.forum.nudging import settled
from server.forum.picture_routes import (
    developed,
    has_picture_fields,
    must_wait,
    picture_form_page,
    picture_page,
    to_picture_form,
)
from server.forum.queries import OwnMessage, TopicRow
from server.forum.rules import Posted, Writing
from server.permissions import Permission, Standing
from server.spaces.queries import SpaceRow, all_spaces, space_names
from server.spaces.views import holds_shown, shown_space
from server.web.fields import BLANK, EMPTY, Form, FormState
from server.web.pager import pager, wanted_page
from server.web.rooms import Anywhere, action, page
from server.web.visit import DONE, Visit
from server.web.words import language_dir, reading

FLAG_REASONS: dict[FlagReason, Sentence] = {
    FlagReason.DANGER: say("Somebody may be in danger"),
    FlagReason.SCAM: say("It looks like a trick to get money, favours or papers"),
    FlagReason.PRIVATE_DATA: say("It shows private details of somebody"),
    FlagReason.INSULT: say("It insults or threatens somebody"),
    FlagReason.OFF_TOPIC: say("It does not belong here"),
    FlagReason.MODERATOR: say("It is about something that a moderator did"),
    FlagReason.OTHER: say("Something else"),
}


# Home and spaces ---------------------------------------------------------------------------------------


@page("/", name="home", needs=Permission.ENTER, remembers=True)
def home(visit: Visit, found: Anywhere) -> Response:
    """What this place is."""
    visit.subject = "spaces"
    pinned = announcements.pinned(visit, None)
    return visit.page("forum/home.html", spaces=_space_lines(visit), announcements=pinned)


@page("/spaces", name="spaces", needs=Permission.ENTER, remembers=True)
def spaces_page(visit: Visit, found: Anywhere) -> Response:
    """All spaces that this viewer may know of."""
    visit.subject = "spaces"
    return visit.page("forum/spaces.html", spaces=_space_lines(visit))


def _space_lines(visit: Visit) -> list[views.SpaceLine]:
    tx, viewer = visit.snapshot, visit.viewer
    known = [space for space in all_spaces(tx) if viewer.may(Permission.SEE_SPACE, space.place)]
    named = space_names(tx, reading().language.code, known)
    active = queries.activity(tx)
    lines: list[views.SpaceLine] = []
    for space in known:
        name, purpose, language = named[space.id]
        count, last = active.get(space.id, (0, None)) if viewer.may(Permission.READ_SPACE, space.place) else (0, None)
        member = viewer.standing_in(space.id) is not None
        direction = language_dir(language)
        lines.append(views.SpaceLine(space.slug, name, purpose, language, direction, count, last, space.access, member))
    return lines


@page("/s/{space}", name="space", needs=Permission.SEE_SPACE, at=the_space, remembers=True)
def space_page(visit: Visit, space: SpaceRow) -> Response:
    """A space: what it is for, and its topics for those who may read them."""
    visit.subject = f"space:{space.id}"
    tx, standing = visit.snapshot, visit.viewer.standing_in(space.id)
    readable = visit.viewer.may(Permission.READ_SPACE, space.place)
    pages = max(1, -(-queries.topic_count(tx, space.id) // queries.TOPICS_PER_PAGE)) if readable else 1
    number = wanted_page(visit, pages)
    rows = queries.topics_of(tx, space.id, page=number) if readable else []
    marked = standing is not None and standing.keeps_marks
    new = kept.new_in(tx, standing.membership_id, [row.id for row in rows]) if standing and marked else {}
    if standing is not None and number == 1:
        rows = [*queries.own_waiting_topics(tx, space.id, standing.membership_id), *rows]
    shown = shown_space(visit, space)
    longest = visit.policies.retention.messages_days
    days = min(space.messages_days or longest, longest)
    return visit.page(
        "forum/space.html",
        days=days,
        last_day=reading().today + timedelta(days=days),
        space=shown,
        standing=standing,
        topics=[views.topic_line(row, new.get(row.id, 0)) for row in rows],
        announcements=announcements.pinned(visit, space if readable else None),
        holds=holds_shown(visit, shown) if readable else (),
        pager=pager(visit, "space", number, pages, space=space.slug),
        readable=readable,
        tends=visit.viewer.may(Permission.TEND_SPACE, space.place),
        may_post=standing is not None and not space.read_only,
        may_join=standing is None,
    )


# Topics ------------------------------------------------------------------------------------------------


@page("/s/{space}/new", name="new_topic", needs=Permission.POST_MESSAGE, at=the_space)
def new_topic_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """The form for a new topic."""
    standing = standing_of(visit, space)
    draft = kept.draft_for(visit.snapshot, standing.membership_id, None) if standing.has_drafts else None
    begun = (draft.title, draft.text, draft.language) if draft else ("", "", AUTOMATIC)
    values = {**dict(zip(("title", "text", "language"), begun, strict=True)), **form.values}
    return visit.page(
        "forum/new_topic.html",
        space=shown_space(visit, space),
        standing=standing,
        form=FormState(values, form.errors, form.summary),
        choices=views.languages(visit, space),
        lives=views.lives(visit, space),
    )


@action(
    "/s/{space}/new",
    name="start_topic",
    needs=Permission.POST_MESSAGE,
    form=TopicForm,
    at=the_space,
    again=new_topic_page,
)
def start_topic(visit: Visit, space: SpaceRow, form: TopicForm) -> Response:
    """Open a topic with its first message."""
    author = standing_of(visit, space)
    form = settled(visit, form, "title", "text")
    visit.spend(visit.policies.rates.post_per_member, "post", str(author.membership_id))
    not_longer(visit, space, form.lasts)
    writing = _screened(visit, author, form.text, form.language, beside=form.title).lasting(form.lasts)
    with visit.transaction() as tx:
        posted = posting.start_topic(tx, space, author, form.title, writing, at=visit.now)
        if author.has_drafts:
            keeping.drop_draft(tx, author, None)
    return _to_message(visit, posted, writing)


@page("/topics/{topic}", name="topic", needs=Permission.READ_SPACE, at=the_topic, remembers=True)
def topic_page(visit: Visit, topic: TopicRow, form: FormState = BLANK) -> Response:
    """A page of a topic, with the box to answer for those who may."""
    visit.subject = f"topic:{topic.id}"
    space = shown_space(visit, topic.space)
    standing = visit.viewer.standing_in(topic.space.id)
    number = wanted_page(visit, topic.pages)
    writable = not (topic.closed or topic.space.read_only or topic.state != ContentState.PUBLISHED)
    values = {**_begun(visit, topic, standing), **form.values}
    reply_to, form = _answering(visit, topic, standing, FormState(values, form.errors, form.summary))
    values = form.values
    fresh = standing is not None and not values["text"] and not form.errors
    if standing is not None and standing.keeps_marks:
        visit.afterwards = views.reader_of(visit, topic, standing, number)
    return visit.page(
        "forum/topic.html",
        space=space,
        topic=views.topic_view(topic),
        head=views.topic_head(visit, topic, space),
        holds=holds_shown(visit, space, topic.public_id),
        messages=views.lines(visit, topic, number),
        pager=pager(visit, "topic", number, topic.pages, topic=topic.public_id),
        standing=standing,
        desk=views.desk(visit, topic.space, space) if standing else "",
        box=views.empty_box(visit, topic) if fresh else "",
        lives=() if fresh else views.lives(visit, topic.space),
        way_in="" if standing and writable else views.way_in(visit, topic.space, space, standing),
        may_reply=standing is not None and writable,
        may_join=standing is None and writable,
        held=views.held_views(visit, topic, space),
        reply_to=reply_to,
        has_new=standing is not None and views.has_new(visit, topic, standing),
        form=form,
    )


def _begun(visit: Visit, topic: TopicRow, standing: Standing | None) -> dict[str, str]:
    """What stands in the box at first: nothing, or the words that were kept for later."""
    asked = visit.query.get("reply", "")
    draft = (
        kept.draft_for(visit.snapshot, standing.membership_id, topic.id) if standing and standing.has_drafts else None
    )
    if draft is None:
        return {"text": "", "language": AUTOMATIC, "reply_to": asked}
    answered = asked or (str(draft.reply_to) if draft.reply_to else "")
    return {"text": draft.text, "language": draft.language, "reply_to": answered}


def _answering(
    visit: Visit, topic: TopicRow, standing: Standing | None, form: FormState
) -> tuple[views.ReplyTo | None, FormState]:
    """The message that the answer will stand under, and the form with its words in it when they shall be quoted.

    Where its author takes no answers of this person, the form says so and goes to everybody.
    """
    if standing is None or not form.values["reply_to"]:
        return None, form
    try:
        message = queries.message_by_id(visit.snapshot, UUID(form.values["reply_to"]))
    except ValueError:
        return None, form
    if message is None or message.topic.id != topic.id or message.state != ContentState.PUBLISHED:
        return None, form
    if not mutes.may_answer(visit.snapshot, standing.membership_id, message.id):
        sentence = visit.services.pages.catalogues.said(mutes.NOT_DIRECTLY)
        return None, FormState({**form.values, "reply_to": ""}, form.errors, form.summary or sentence)
    if visit.query.get("quote"):
        words = " ".join(message.text.split())[: visit.policies.text.note_characters]
        form = FormState({"quoted": words, **form.values}, form.errors, form.summary)
    row = queries.message_row(visit.snapshot, message.id)
    name = (row.pseudonym or "") if row else ""
    return views.ReplyTo(message.public_id, name, views.plain_excerpt(message.text)), form


@page("/topics/{topic}", name="write_again", needs=Permission.READ_SPACE, at=the_topic)
def write_again(visit: Visit, topic: TopicRow, form: FormState) -> Response:
    """The form that was used, once more: the box of the topic, or the page for a picture."""
    return picture_form_page(visit, topic, form) if has_picture_fields(visit, form) else topic_page(visit, topic, form)


@action(
    "/topics/{topic}/messages",
    name="post_message",
    needs=Permission.POST_MESSAGE,
    form=MessageForm,
    at=the_topic,
    again=write_again,
)
def post_message(visit: Visit, topic: TopicRow, form: MessageForm) -> Response:
    """Say something in a topic, with a picture or without."""
    author = standing_of(visit, topic.space)
    form = settled(visit, form, "text", "alt")
    visit.spend(visit.policies.rates.post_per_member, "post", str(author.membership_id))
    not_longer(visit, topic.space, form.lasts)
    picture = developed(visit, topic.space, author, form)
    writing = _screened(visit, author, form.text, form.language, beside=form.alt).lasting(form.lasts)
    if picture is not None:
        writing = writing.with_picture(picture, waits=must_wait(visit, author, picture))
    with visit.transaction() as tx:
        posted = posting.post_message(
            tx, topic, author, writing, reply_to=form.reply_to, at=visit.now, quoted=form.quoted
        )
        if author.has_drafts:
            keeping.drop_draft(tx, author, topic.id)
    return _to_message(visit, posted, writing)


def not_longer(visit: Visit, space: SpaceRow, days: int | None) -> None:
    """Raises Invalid when the words would last as long as they do here anyway, or longer."""
    if days is not None and str(days) not in dict(views.lives(visit, space)):
        raise Invalid(NO_SUCH_LIFE, field="lasts")


def _screened(visit: Visit, author: Standing, text: str, language: str, *, beside: str = "") -> Writing:
    """Let the machine look, before any transaction is open. `beside`: a title, or what a picture shows."""
    whole = f"{beside}\n\n{text}" if beside else text
    begun = author.vouched or author.begun  # only the first message waits because it is the first
    by = Author(author.known, begun, pseudonym=author.pseudonym, verified=bool(author.verified_as))
    verdict = visit.screen(whole, by)
    return Writing.of(text, verdict.language if language == AUTOMATIC else language, verdict)


def _to_message(visit: Visit, posted: Posted, writing: Writing) -> Response:
    """To the words, with what became of them; whoever complains of a lure is told who can act on it."""
    if posted.held:
        return visit.redirect(visit.url("topic", {"done": "held"}, topic=posted.topic) + f"#m-{posted.message}")
    done = "complained" if writing.verdict.complaint else "posted"
    return visit.redirect_to("message", {"done": done}, message=posted.message)


# Messages ----------------------------------------------------------------------------------------------


@page("/messages/{message}", name="message", needs=Permission.READ_SPACE, at=the_message)
def message_page(visit: Visit, message: OwnMessage) -> Response:
    """To the place in the topic where the message stands."""
    query: dict[str, object] = {"done": visit.query["done"]} if visit.query.get("done") in DONE else {}
    if message.state != ContentState.PUBLISHED:
        return visit.redirect(visit.url("topic", query, topic=message.topic.public_id) + f"#m-{message.public_id}")
    number = queries.page_of(visit.snapshot, message)
    if number > 1:
        query["page"] = number
    place = f"m-{message.public_id}"
    if visit.query.get("reply"):
        query["reply"], place = message.public_id, "write"
        if visit.query.get("quote"):
            query["quote"] = 1
    return visit.redirect(visit.url("topic", query, topic=message.topic.public_id) + f"#{place}")


def one_message(visit: Visit, message: OwnMessage) -> views.MessageView:
    """A message as the pages about it show it."""
    row = queries.message_row(visit.snapshot, message.id)
    if row is None:
        raise NotFound
    days = message.topic.space.messages_days
    return views.message_view(visit, row, own=is_own(visit, message), space_days=days)


@page("/messages/{message}/flag", name="flag_message", needs=Permission.POST_MESSAGE, at=the_message)
def flag_page(visit: Visit, message: OwnMessage, form: FormState = BLANK) -> Response:
    """Why should a person look?"""
    said = visit.services.pages.catalogues.said
    return visit.page(
        "forum/flag.html",
        message=one_message(visit, message),
        topic=views.topic_view(message.topic),
        space=shown_space(visit, message.topic.space),
        form=FormState({"reason": "", "note": "", **form.values}, form.errors, form.summary),
        choices=[(str(reason), said(sentence)) for reason, sentence in FLAG_REASONS.items()],
    )


@action(
    "/messages/{message}/flag",
    name="do_flag_message",
    needs=Permission.POST_MESSAGE,
    form=FlagForm,
    at=the_message,
    again=flag_page,
)
def do_flag(visit: Visit, message: OwnMessage, form: FlagForm) -> Response:
    """Ask a person to look."""
    by = standing_of(visit, message.topic.space)
    visit.spend(visit.policies.rates.flag_per_member, "flag", str(by.membership_id))
    with visit.transaction() as tx:
        flagging.flag(tx, message, by, form.reason, form.note, at=visit.now, policy=visit.policies.moderation)
    return visit.redirect_to("message", {"done": "flagged"}, message=message.public_id)


@page("/messages/{message}/edit", name="edit_message", needs=Permission.POST_MESSAGE, at=the_own_message)
def edit_page(visit: Visit, message: OwnMessage, form: FormState = BLANK) -> Response:
    """The message in a box."""
    if message.state not in (ContentState.PUBLISHED, ContentState.HELD):
        raise Refused(rules.GONE)
    values = {"text": message.text, "title": message.title}
    now = str(message.version)
    values |= {**form.values, "version": now}
    return visit.page(
        "forum/edit.html",
        message=one_message(visit, message),
        topic=views.topic_view(message.topic),
        space=shown_space(visit, message.topic.space),
        opens_topic=message.opens_topic,
        changed_meanwhile=form.values.get("version", now) != now,
        form=FormState(values, form.errors, form.summary),
    )


@action(
    "/messages/{message}/edit",
    name="do_edit_message",
    needs=Permission.POST_MESSAGE,
    form=EditForm,
    at=the_own_message,
    again=edit_page,
)
def do_edit(visit: Visit, message: OwnMessage, form: EditForm) -> Response:
    """Put new words in place of the old ones."""
    author = standing_of(visit, message.topic.space)
    form = settled(visit, form, "title", "text")
    visit.spend(visit.policies.rates.post_per_member, "post", str(author.membership_id))
    limit = visit.policies.text.title_characters
    if message.opens_topic and not form.title:
        raise Invalid(EMPTY, field="title")
    if len(form.title) > limit:
        raise Invalid(say("At most %(limit)s characters fit here.", limit=limit), field="title")
    writing = _screened(visit, author, form.text, AUTOMATIC, beside=form.title if message.opens_topic else "")
    with visit.transaction() as tx:
        posted = rules.edit(tx, message, author, writing, title=form.title, version=form.version, at=visit.now)
    if posted.held:
        return _to_message(visit, posted, writing)
    return visit.redirect_to("message", {"done": "changed"}, message=message.public_id)


@page("/messages/{message}/withdraw", name="withdraw_message", needs=Permission.POST_MESSAGE, at=the_own_message)
def withdraw_page(visit: Visit, message: OwnMessage) -> Response:
    """Ask once before words are gone for good."""
    return visit.page(
        "forum/withdraw.html",
        message=one_message(visit, message),
        topic=views.topic_view(message.topic),
        space=shown_space(visit, message.topic.space),
    )


@action(
    "/messages/{message}/withdraw",
    name="do_withdraw_message",
    needs=Permission.POST_MESSAGE,
    form=Form,
    at=the_own_message,
)
def do_withdraw(visit: Visit, message: OwnMessage, form: Form) -> Response:
    """Take an own message back."""
    with visit.transaction() as tx:
        rules.withdraw(tx, message, at=visit.now)
    slug = message.topic.space.slug
    with visit.services.db.reading() as tx:
        topic = queries.topic_by_id(tx, message.topic.public_id)
    if topic is None or topic.state != ContentState.PUBLISHED:
        return visit.redirect_to("space", {"done": "withdrawn"}, space=slug)
    return visit.redirect_to("topic", {"done": "withdrawn"}, topic=topic.public_id)


routes = [
    topic_page,
    space_page,
    home,
    spaces_page,
    new_topic_page,
    start_topic,
    post_message,
    picture_form_page,
    to_picture_form,
    picture_page,
    message_page,
    flag_page,
    do_flag,
    edit_page,
    do_edit,
    withdraw_page,
    do_withdraw,
]
