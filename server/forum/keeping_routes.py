"""Coming back: kept messages, drafts, choices in a space, and what else can be done with a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from starlette.responses import Response

from server.database import Transaction
from server.forum import keeping, kept, mutes, views
from server.forum.addresses import standing_of, the_message, the_space, the_topic
from server.forum.forms import ChoicesForm, DraftForm, TopicDraftForm
from server.forum.keeping import Unfinished
from server.forum.queries import OwnMessage, TopicRow
from server.forum.routes import new_topic_page, one_message, topic_page
from server.permissions import INSTALLATION, Permission, Place
from server.spaces.queries import SpaceRow, all_spaces, space_names
from server.spaces.views import shown_space
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import Anywhere, action, page
from server.web.text import plain_excerpt
from server.web.visit import Visit
from server.web.words import language_dir, reading


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A message or a draft in a list of one's own."""

    id: UUID
    title: str
    space: str
    excerpt: str
    language: str
    dir: str
    day: str
    href: str


# One message -------------------------------------------------------------------------------------------


@page("/messages/{message}/more", name="more", needs=Permission.POST_MESSAGE, at=the_message)
def more_page(visit: Visit, message: OwnMessage) -> Response:
    """What is not done every day: quote, keep, flag, and not read somebody any more."""
    standing = standing_of(visit, message.topic.space)
    return visit.page(
        "forum/more.html",
        message=one_message(visit, message),
        topic=views.topic_view(message.topic),
        space=shown_space(visit, message.topic.space),
        kept=kept.is_kept(visit.snapshot, standing.membership_id, message.id),
        muted=mutes.between(visit.snapshot, standing.membership_id, message.membership_id),
    )


@action("/messages/{message}/keep", name="keep_message", needs=Permission.POST_MESSAGE, at=the_message)
def keep_message(visit: Visit, message: OwnMessage, form: Form) -> Response:
    """Keep a message to find it again."""
    with visit.transaction() as tx:
        keeping.bookmark(tx, standing_of(visit, message.topic.space), message.id)
    return visit.redirect_to("message", {"done": "bookmarked"}, message=message.public_id)


@action("/messages/{message}/let-go", name="let_go_message", needs=Permission.POST_MESSAGE, at=the_message)
def let_go_message(visit: Visit, message: OwnMessage, form: Form) -> Response:
    """Keep it no longer."""
    with visit.transaction() as tx:
        keeping.let_go(tx, standing_of(visit, message.topic.space), message.id)
    return visit.redirect_to("message", {"done": "let_go"}, message=message.public_id)


@page("/me/kept", name="kept_messages", needs=Permission.KEEP_ACCOUNT)
def kept_page(visit: Visit, found: Anywhere) -> Response:
    """The messages that one keeps."""
    names = _space_names(visit)
    rows = kept.bookmarks_of(visit.snapshot, _memberships(visit))
    day = visit.services.pages.catalogues.day
    lines = [
        KeptLine(
            row.public_id,
            row.title,
            names.get(row.space_id, ""),
            plain_excerpt(row.text, characters=160),
            row.language,
            language_dir(row.language),
            day(row.written_at),
            visit.url("message", message=row.public_id),
        )
        for row in rows
    ]
    return visit.page("forum/kept.html", lines=lines)


# Drafts ------------------------------------------------------------------------------------------------


@action(
    "/topics/{topic}/draft",
    name="draft_message",
    needs=Permission.POST_MESSAGE,
    form=DraftForm,
    at=the_topic,
    again=topic_page,
)
def draft_message(visit: Visit, topic: TopicRow, form: DraftForm) -> Response:
    """Keep an answer for later."""
    words = Unfinished(form.text, form.language, topic_id=topic.id, reply_to=form.reply_to)
    with visit.transaction() as tx:
        keeping.save_draft(tx, standing_of(visit, topic.space), words, at=visit.now)
    return visit.redirect(visit.url("topic", {"done": "draft"}, topic=topic.public_id) + "#write")


@action(
    "/s/{space}/draft",
    name="draft_topic",
    needs=Permission.POST_MESSAGE,
    form=TopicDraftForm,
    at=the_space,
    again=new_topic_page,
)
def draft_topic(visit: Visit, space: SpaceRow, form: TopicDraftForm) -> Response:
    """Keep a new topic for later."""
    with visit.transaction() as tx:
        words = Unfinished(form.text, form.language, title=form.title)
        keeping.save_draft(tx, standing_of(visit, space), words, at=visit.now)
    return visit.redirect_to("new_topic", {"done": "draft"}, space=space.slug)


@page("/me/drafts", name="drafts", needs=Permission.KEEP_ACCOUNT)
def drafts_page(visit: Visit, found: Anywhere) -> Response:
    """All that one has begun."""
    spaces = {space.id: space for space in all_spaces(visit.snapshot)}
    names = _space_names(visit)
    where = {standing.membership_id: key for key, standing in visit.viewer.standings.items()}
    day = visit.services.pages.catalogues.day
    lines: list[KeptLine] = []
    for row in kept.drafts_of(visit.snapshot, _memberships(visit)):
        space = spaces[where[row.membership_id]]
        new_topic = visit.url("new_topic", space=space.slug)
        lines.append(
            KeptLine(
                row.public_id,
                row.topic_title or row.title,
                names[space.id],
                plain_excerpt(row.text, characters=160),
                "",
                "auto",
                day(datetime.combine(row.saved_on, time(12), UTC)),
                visit.url("topic", topic=row.topic) + "#write" if row.topic else new_topic,
            )
        )
    return visit.page("forum/drafts.html", lines=lines)


@dataclass(frozen=True, slots=True)
class OwnDraft:
    """A draft of the viewer's."""

    public_id: UUID
    place: Place = INSTALLATION


def the_draft(tx: Transaction, visit: Visit) -> OwnDraft | None:
    """The draft in the address, for its author only."""
    draft = visit.reference("draft")
    return OwnDraft(draft) if kept.is_own_draft(tx, _memberships(visit), draft) else None


@action("/me/drafts/{draft}/throw-away", name="throw_away_draft", needs=Permission.KEEP_ACCOUNT, at=the_draft)
def throw_away_draft(visit: Visit, found: OwnDraft, form: Form) -> Response:
    """These words are wanted no more."""
    with visit.transaction() as tx:
        keeping.throw_away(tx, _memberships(visit), found.public_id)
    return visit.redirect_to("drafts", {"done": "thrown_away"})


# Reading -----------------------------------------------------------------------------------------------


@page("/topics/{topic}/first-new", name="first_new", needs=Permission.READ_SPACE, at=the_topic)
def first_new(visit: Visit, topic: TopicRow) -> Response:
    """To the first message that came after those that the member has seen."""
    standing = visit.viewer.standing_in(topic.space.id)
    message = kept.first_new(visit.snapshot, standing.membership_id, topic.id) if standing else None
    if message is None:
        return visit.redirect_to("topic", topic=topic.public_id)
    return visit.redirect_to("message", message=message)


@page("/s/{space}/choices", name="choices", needs=Permission.POST_MESSAGE, at=the_space)
def choices_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """What this space may remember and tell."""
    standing = standing_of(visit, space)
    marks, answers = kept.choices_of(visit.snapshot, standing.membership_id)
    ticked = {"keeps_marks": "yes" if marks else "", "told_of_answers": "yes" if answers else ""}
    return visit.page(
        "forum/choices.html",
        space=shown_space(visit, space),
        form=FormState({**ticked, **form.values}, form.errors, form.summary),
        muted=mutes.listed(visit.snapshot, standing.membership_id) if standing.has_mutes else (),
    )


@action(
    "/s/{space}/choices",
    name="choose",
    needs=Permission.POST_MESSAGE,
    form=ChoicesForm,
    at=the_space,
    again=choices_page,
)
def choose(visit: Visit, space: SpaceRow, form: ChoicesForm) -> Response:
    """Change it."""
    by = standing_of(visit, space)
    with visit.transaction() as tx:
        keeping.choose(tx, by, keeps_marks=form.keeps_marks, told_of_answers=form.told_of_answers)
    return visit.redirect_to("choices", {"done": "chosen"}, space=space.slug)


def _memberships(visit: Visit) -> list[int]:
    return [standing.membership_id for standing in visit.viewer.standings.values()]


def _space_names(visit: Visit) -> dict[int, str]:
    spaces: Sequence[SpaceRow] = all_spaces(visit.snapshot)
    return {key: name for key, (name, _, _) in space_names(visit.snapshot, reading().language.code, spaces).items()}


routes = [
    more_page,
    keep_message,
    let_go_message,
    kept_page,
    draft_message,
    draft_topic,
    drafts_page,
    throw_away_draft,
    first_new,
    choices_page,
    choose,
]
