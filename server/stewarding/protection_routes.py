"""Who is trained in protection, and so may open what somebody disclosed. A steward says it, for each space."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col
from starlette.responses import Response

from server.accounts import confusable
from server.accounts.models import Membership, RoleGrant
from server.accounts.roles import holders, take_from
from server.accounts.rules import grant
from server.database import Transaction
from server.errors import Invalid, Refused, say
from server.permissions import Permission, Role
from server.spaces.queries import all_spaces, space_by_slug, space_names
from server.stewarding.forms import TrainedForm
from server.web.fields import BLANK, CHOOSE, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit
from server.web.words import reading

NOT_OF_THE_TEAM = say("Nobody who moderates or leads this space has this name there.")
TRAINED_ALREADY = say("This person is on the list already.")
NOT_TRAINED = say("This person is not on the list any more.")


@dataclass(frozen=True, slots=True)
class TrainedLine:
    """Somebody who may open disclosures in a space, by the name that they have there."""

    slug: str
    space_name: str
    pseudonym: str


@page("/steward/protection", name="protection", needs=Permission.STEWARD)
def protection_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """Who is trained, where nobody is, and the form to add somebody."""
    tx = visit.snapshot
    spaces = all_spaces(tx)
    names = space_names(tx, reading().language.code, spaces)
    lines = [
        TrainedLine(space.slug, names[space.id][0], pseudonym)
        for space in spaces
        for pseudonym in _trained(tx, space.id)
    ]
    without = [names[space.id][0] for space in spaces if space.slug not in {line.slug for line in lines}]
    return visit.page(
        "stewarding/protection.html",
        trained=lines,
        without=without,
        choices=[(space.slug, names[space.id][0]) for space in spaces],
        form=FormState({"space": "", "pseudonym": "", **form.values}, form.errors, form.summary),
    )


@action(
    "/steward/protection",
    name="give_protection",
    needs=Permission.STEWARD,
    form=TrainedForm,
    again=protection_page,
)
def give(visit: Visit, found: Anywhere, form: TrainedForm) -> Response:
    """Somebody of the team was trained."""
    with visit.transaction() as tx:
        space_id, member_id = _person(tx, form)
        if member_id in holders(tx, Role.PROTECTION, space_id):
            raise Refused(TRAINED_ALREADY)
        if member_id not in holders(tx, Role.MODERATOR, space_id) | holders(tx, Role.HOST, space_id):
            raise Invalid(NOT_OF_THE_TEAM, field="pseudonym")
        grant(tx, member_id, Role.PROTECTION, space_id)
    return visit.redirect_to("protection", {"done": "trained"})


@action(
    "/steward/protection/take",
    name="take_protection",
    needs=Permission.STEWARD,
    form=TrainedForm,
    again=protection_page,
)
def take(visit: Visit, found: Anywhere, form: TrainedForm) -> Response:
    """They may not open disclosures any more, and are signed out so that nothing stays open."""
    with visit.transaction() as tx:
        space_id, member_id = _person(tx, form)
        if not take_from(tx, member_id, Role.PROTECTION, space_id):
            raise Refused(NOT_TRAINED)
    return visit.redirect_to("protection", {"done": "untrained"})


def _person(tx: Transaction, form: TrainedForm) -> tuple[int, int]:
    space = space_by_slug(tx, form.space)
    if space is None:
        raise Invalid(CHOOSE, field="space")
    member_id = tx.session.execute(
        select(col(Membership.member_id)).where(
            col(Membership.space_id) == space.id,
            col(Membership.pseudonym_key) == confusable.folded(form.pseudonym),
        )
    ).scalar_one_or_none()
    if member_id is None:
        raise Invalid(NOT_OF_THE_TEAM, field="pseudonym")
    return space.id, member_id


def _trained(tx: Transaction, space_id: int) -> list[str]:
    rows = tx.session.execute(
        select(col(Membership.pseudonym))
        .join(RoleGrant, col(RoleGrant.member_id) == col(Membership.member_id))
        .where(
            col(Membership.space_id) == space_id,
            col(RoleGrant.space_id) == space_id,
            col(RoleGrant.role) == Role.PROTECTION,
        )
        .distinct()
        .order_by(col(Membership.pseudonym))
        .limit(50)
    )
    return list(rows.scalars())


routes = [protection_page, give, take]
