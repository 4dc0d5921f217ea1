"""A member goes into another space, under another name."""

from dataclasses import dataclass

from starlette.responses import Response

from server.accounts import rules, suggestions
from server.accounts.forms import JoinSpaceForm
from server.accounts.own_routes import member_key
from server.database import Transaction
from server.permissions import INSTALLATION, Permission, Place
from server.spaces.queries import SpaceRow, space_by_slug, space_view
from server.web.fields import BLANK, FormState
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading


@dataclass(frozen=True, slots=True)
class SpaceToJoin:
    """A space that one is not a member of yet. With an invitation even an unlisted one may be named."""

    space: SpaceRow
    place: Place


def the_space_to_join(tx: Transaction, visit: Visit) -> SpaceToJoin | None:
    """The space in the address; an unlisted one is there only for whoever brings an invitation to it."""
    space = space_by_slug(tx, visit.request.path_params["space"])
    if space is None:
        return None
    if visit.viewer.may(Permission.SEE_SPACE, space.place) or _invited(tx, visit) == space:
        return SpaceToJoin(space, INSTALLATION)
    return None


def _invited(tx: Transaction, visit: Visit) -> SpaceRow | None:
    code = dict(visit.pairs).get("invite") or visit.query.get("invite", "")
    return rules.space_of_invitation(tx, code[:40], code_key=visit.services.code_key, on=visit.now.date())


@page("/s/{space}/join", name="join_space", needs=Permission.JOIN_SPACE, at=the_space_to_join)
def join_space_page(visit: Visit, found: SpaceToJoin, form: FormState = BLANK) -> Response:
    """A name for another space; nothing will link it to one's other names."""
    tx = visit.snapshot
    if visit.viewer.standing_in(found.space.id) is not None:
        return visit.redirect_to("space", space=found.space.slug)
    values = {"pseudonym": suggestions.pseudonym(), "invite": visit.query.get("invite", "")[:40], **form.values}
    return visit.page(
        "forum/join_space.html",
        space=space_view(tx, found.space, reading().language.code),
        form=FormState(values, form.errors, form.summary),
    )


@action(
    "/s/{space}/join",
    name="do_join_space",
    needs=Permission.JOIN_SPACE,
    form=JoinSpaceForm,
    at=the_space_to_join,
    again=join_space_page,
)
def do_join_space(visit: Visit, found: SpaceToJoin, form: JoinSpaceForm) -> Response:
    """Become a member of another space."""
    with visit.transaction() as tx:
        rules.join_space(
            tx,
            member_key(visit),
            found.space,
            pseudonym=form.pseudonym,
            invite=form.invite,
            code_key=visit.services.code_key,
            on=visit.now.date(),
        )
    return visit.redirect_to("space", {"done": "joined"}, space=found.space.slug)


routes = [join_space_page, do_join_space]
