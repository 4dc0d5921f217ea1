"""The addresses of letters: a member's page in each space, and the team's list beside its queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup
from starlette.responses import Response

from server.database import Transaction
from server.errors import NotFound
from server.forum.queries import message_by_id
from server.letters import queries, rules
from server.letters.forms import LetterForm
from server.letters.queries import ConversationRow, LetterRow, Team
from server.letters.rules import Words
from server.permissions import Permission, Place, Standing
from server.spaces.queries import SpaceRow, space_by_slug, space_names
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.text import stored
from server.web.visit import Visit
from server.web.words import reading


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as both sides see it."""

    from_team: bool
    about: str | None
    html: Markup
    day: str


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """A conversation in the team's list."""

    id: UUID
    pseudonym: str
    space: str
    waits: bool
    day: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the team reads letters: its place is one of its spaces."""

    team: Team
    place: Place


def the_space(tx: Transaction, visit: Visit) -> SpaceRow | None:
    """The space in the address."""
    return space_by_slug(tx, visit.request.path_params["space"])


def the_conversation(tx: Transaction, visit: Visit) -> ConversationRow | None:
    """The one in the address, for those of the team who read it; never one's own."""
    found = queries.conversation_by_id(tx, visit.reference("conversation"))
    if found is None or not queries.team_of(visit.viewer).reads(found):
        return None
    return None if found.member_id == visit.viewer.member_id else found


def the_desk(tx: Transaction, visit: Visit) -> Desk | None:
    """What the viewer reads as one of a team; None for whoever is in none."""
    team = queries.team_of(visit.viewer)
    spaces = sorted(team.spaces | team.trained)
    return Desk(team, Place(spaces[0], readable=False, listed=False)) if spaces else None


# For members -------------------------------------------------------------------------------------------


@page("/s/{space}/letters", name="letters", needs=Permission.POST_MESSAGE, at=the_space)
def letters_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """What one wrote to the moderators of a space, and what they wrote."""
    standing = _standing(visit, space)
    about = form.values.get("about") or visit.query.get("about", "")
    return visit.page(
        "letters/own.html",
        space_slug=space.slug,
        space_name=name_of(visit, space),
        standing=standing,
        letters=_views(visit, queries.letters_of(visit.snapshot, standing.membership_id)),
        about=about if _own_message(visit.snapshot, standing, about) else "",
        form=form,
    )


@action(
    "/s/{space}/letters",
    name="write_letter",
    needs=Permission.POST_MESSAGE,
    form=LetterForm,
    at=the_space,
    again=letters_page,
)
def write_letter(visit: Visit, space: SpaceRow, form: LetterForm) -> Response:
    """Ask the moderators something."""
    standing = _standing(visit, space)
    visit.spend(visit.policies.rates.letter_per_member, "letter", str(standing.membership_id))
    with visit.transaction() as tx:
        about = form.about if form.about and _own_message(tx, standing, str(form.about)) else None
        rules.write_to_team(tx, space.id, standing.membership_id, Words(form.text, about), at=visit.now)
    return visit.redirect_to("letters", {"done": "letter"}, space=space.slug)


def _own_message(tx: Transaction, standing: Standing, reference: str) -> bool:
    try:
        message = message_by_id(tx, UUID(reference)) if reference else None
    except ValueError:
        return False
    return message is not None and message.membership_id == standing.membership_id


def _standing(visit: Visit, space: SpaceRow) -> Standing:
    standing = visit.viewer.standing_in(space.id)
    if standing is None:
        raise NotFound
    return standing


# For the team ------------------------------------------------------------------------------------------


@page("/letters", name="team_letters", needs=Permission.OPEN_CASES, at=the_desk)
def team_letters(visit: Visit, desk: Desk) -> Response:
    """Who wrote to the teams that one belongs to; whoever waits longest first."""
    own = visit.viewer.member_id
    rows = [row for row in queries.conversations(visit.snapshot, desk.team) if row.member_id != own]
    names = space_names(visit.snapshot, reading().language.code, [row.space for row in rows])
    day = visit.services.pages.catalogues.day
    lines = [
        ConversationLine(row.public_id, row.pseudonym, names[row.space.id][0], row.waits, day(row.last_at))
        for row in rows
    ]
    return visit.page("letters/team.html", lines=lines)


@page("/letters/{conversation}", name="conversation", needs=Permission.OPEN_CASES, at=the_conversation)
def conversation_page(visit: Visit, found: ConversationRow, form: FormState = BLANK) -> Response:
    """A conversation, with the box to answer."""
    return visit.page(
        "letters/conversation.html",
        conversation=found.public_id,
        pseudonym=found.pseudonym,
        waits=found.waits,
        space_name=name_of(visit, found.space),
        letters=_views(visit, queries.letters_of(visit.snapshot, found.membership_id)),
        form=form,
    )


@action(
    "/letters/{conversation}",
    name="answer_letter",
    needs=Permission.OPEN_CASES,
    form=LetterForm,
    at=the_conversation,
    again=conversation_page,
)
def answer_letter(visit: Visit, found: ConversationRow, form: LetterForm) -> Response:
    """The team answers, signed as a team."""
    with visit.transaction() as tx:
        rules.write_to_member(
            tx, found.space.id, found.membership_id, Words(form.text), by=_moderator(visit), at=visit.now
        )
    return visit.redirect_to("conversation", {"done": "answered"}, conversation=found.public_id)


@action("/letters/{conversation}/done", name="letter_done", needs=Permission.OPEN_CASES, at=the_conversation)
def letter_done(visit: Visit, found: ConversationRow, form: Form) -> Response:
    """There is nothing to answer."""
    with visit.transaction() as tx:
        rules.needs_no_answer(tx, found.id)
    return visit.redirect_to("team_letters")


def _moderator(visit: Visit) -> int:
    assert visit.viewer.member_id is not None
    return visit.viewer.member_id


def name_of(visit: Visit, space: SpaceRow) -> str:
    """What the space is called in the reader's language."""
    return space_names(visit.snapshot, reading().language.code, [space])[space.id][0]


def _views(visit: Visit, rows: Sequence[LetterRow]) -> list[LetterView]:
    day = visit.services.pages.catalogues.day
    return [
        LetterView(
            row.from_team,
            visit.url("message", message=row.about) if row.about else None,
            stored(row.html),
            day(row.written_at),
        )
        for row in rows
    ]


routes = [
    letters_page,
    write_letter,
    team_letters,
    conversation_page,
    answer_letter,
    letter_done,
]
