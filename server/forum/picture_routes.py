"""Pictures at the forum's addresses: the page to add one, and the picture itself."""

from collections.abc import Mapping

from starlette.responses import Response

from server.errors import Invalid, Sentence, say
from server.forum import views
from server.forum.addresses import the_picture, the_topic
from server.forum.forms import AUTOMATIC, MessageForm
from server.forum.picture_queries import PictureFound
from server.forum.queries import TopicRow
from server.permissions import Permission, Standing
from server.pictures import queries as pictures
from server.pictures.models import People
from server.pictures.rules import NewPicture
from server.spaces.models import Access
from server.spaces.queries import SpaceRow
from server.spaces.views import shown_space
from server.web.body import Flaw
from server.web.fields import BLANK, CHOOSE, Form, FormErrors, FormState
from server.web.rooms import action, page
from server.web.visit import Visit

WHO_IS_IN_IT: Mapping[People, Sentence] = {
    People.NOBODY: say("Nobody can be recognised"),
    People.ADULTS_AGREED: say("Adults, and each of them said yes"),
    People.CHILDREN: say("There are children in it"),
}
WHO_WAS_SAID_TO_BE_IN_IT: Mapping[str, Sentence] = {
    People.NOBODY: say("The author says: nobody can be recognised in the picture."),
    People.ADULTS_AGREED: say("The author says: there are adults in the picture, and each of them said yes."),
    People.CHILDREN: say("The author says: there are children in the picture."),
}
NOT_TAKEN: Mapping[Flaw, Sentence] = {
    Flaw.CUT_OFF: say("The picture did not arrive whole. Please choose it again."),
    Flaw.SEVERAL: say("Only one picture fits in a message. Please choose one."),
}
NONE_CHOSEN = say("No picture was chosen. Please choose one, or leave the line about the picture empty.")
NO_ALT = say("Please say in a few words what the picture shows.")
NO_CHILDREN = say(
    "Please do not show children here. Anyone can read this space, and a picture can be copied and kept by anybody."
)
PICTURE_FIELDS = ("image", "alt", "people")
CARRIED = ("text", "language", "reply_to", "lasts")


ONLY_TO_LOOK_AT = "sandbox; default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
"""A picture that a browser takes for a page, against all headers, can do nothing there."""


class TooHeavy(Invalid):
    """The file has more bytes than a form may carry. Status 413."""

    status = 413


def has_picture_fields(visit: Visit, form: FormState) -> bool:
    """Whether the form came from the page for a picture."""
    return visit.upload is not None or any(name in form.values for name in PICTURE_FIELDS)


@page("/topics/{topic}/picture", name="picture_form", needs=Permission.POST_MESSAGE, at=the_topic)
def picture_form_page(visit: Visit, topic: TopicRow, form: FormState = BLANK) -> Response:
    """A message with a picture. A picture that was sent before must be chosen again: no browser fills it in."""
    said = visit.services.pages.catalogues.said
    space = shown_space(visit, topic.space)
    values = {"text": "", "language": AUTOMATIC, "reply_to": "", "alt": "", "people": "", **form.values}
    visit.shown_at = visit.url("picture_form", topic=topic.public_id)
    return visit.page(
        "forum/picture.html",
        space=space,
        topic=views.topic_view(topic),
        standing=visit.viewer.standing_in(topic.space.id),
        languages=views.languages(visit, topic.space),
        lives=views.lives(visit, topic.space),
        people=[(str(people), said(sentence)) for people, sentence in WHO_IS_IN_IT.items()],
        sent_before=visit.upload is not None and "image" not in form.errors,
        megabytes=visit.policies.pictures.body_bytes // 1024**2,
        form=FormState(values, form.errors, form.summary),
    )


@action("/topics/{topic}/picture", name="to_picture_form", needs=Permission.POST_MESSAGE, at=the_topic)
def to_picture_form(visit: Visit, topic: TopicRow, form: Form) -> Response:
    """The same page, with what was typed in the topic already. Nothing is done or kept by it."""
    values = {name: value for name, value in visit.pairs if name in CARRIED}
    with visit.services.db.reading() as tx:
        visit.tx = tx
        return picture_form_page(visit, topic, FormState(values))


def developed(visit: Visit, space: SpaceRow, author: Standing, form: MessageForm) -> NewPicture | None:
    """The picture that came with the form, drawn anew; None when none was chosen.

    No transaction is open meanwhile. Raises FormErrors or Invalid when it cannot be taken, TooFast when too
    many pictures are being made ready.
    """
    if visit.upload is None:
        if form.alt:
            raise Invalid(NONE_CHOSEN, field="image")
        return None
    if visit.upload.flaw is Flaw.TOO_LARGE:
        megabytes = visit.policies.pictures.body_bytes // 1024**2
        raise TooHeavy(
            say("This file is too large. At most %(limit)s MB fit. Please choose a smaller picture.", limit=megabytes),
            field="image",
        )
    errors: dict[str, Sentence] = {}
    if visit.upload.flaw is not None:
        errors["image"] = NOT_TAKEN[visit.upload.flaw]
    if not form.alt:
        errors["alt"] = NO_ALT
    if form.people is None:
        errors["people"] = CHOOSE
    elif form.people is People.CHILDREN and space.access == Access.OPEN:
        errors["people"] = NO_CHILDREN
    if errors or form.people is None:
        raise FormErrors(errors)
    visit.spend(visit.policies.rates.picture_per_member, "picture", str(author.membership_id))
    return NewPicture(visit.services.darkroom.cleaned(visit.upload.content), form.alt, form.people)


def must_wait(visit: Visit, author: Standing, picture: NewPicture) -> bool:
    """Whether a moderator looks at the picture first: somebody is new here, or there are children in it."""
    always = bool(visit.policies.pictures.every_picture_waits)
    return always or not author.known or picture.people is People.CHILDREN


@page("/pictures/{picture}", name="picture", needs=Permission.READ_SPACE, at=the_picture)
def picture_page(visit: Visit, picture: PictureFound) -> Response:
    """The bytes. They never change; whether somebody may see them can change at any time."""
    etag = f'"{picture.public_id.hex}"'
    readable = picture.state == "published" and picture.space.access == Access.OPEN
    headers = {
        "cache-control": "private, no-cache" if readable else "no-store",
        "content-disposition": 'inline; filename="picture.jpg"',
        "content-security-policy": ONLY_TO_LOOK_AT,
        "vary": "Cookie",
    }
    if readable:
        headers["etag"] = etag
        asked = visit.request.headers.get("if-none-match", "")
        if etag in [one.strip().removeprefix("W/") for one in asked.split(",")]:
            return Response(None, 304, headers)
    found = pictures.bytes_of(visit.snapshot, picture.public_id)
    assert found is not None  # it was there a moment ago, in the same snapshot
    return Response(found.content, 200, headers, media_type=found.media_type)
