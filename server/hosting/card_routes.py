"""Invitation cards: made in small numbers, shown once, printed, and taken back by the day."""

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.accounts.rules import invitation_ends
from server.crypto.tokens import Code
from server.errors import Invalid, say
from server.hosting import queries, rules
from server.hosting.finding import the_space
from server.hosting.forms import BEFORE, CardsBackForm, CardsForm
from server.hosting.views import Card
from server.permissions import Permission
from server.spaces.models import Joining, SpaceState
from server.spaces.queries import SpaceRow
from server.spaces.views import shown_space
from server.web.fields import BLANK, FormState
from server.web.qr import qr
from server.web.rooms import action, page
from server.web.visit import Visit

NOT_SO_MANY = say("Please choose a number from 1 to %(most)s.")


@page("/s/{space}/host/invitations", name="host_invitations", needs=Permission.HOST_SPACE, at=the_space)
def cards_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """New cards, and what is left of the old ones."""
    tx, policy = visit.snapshot, visit.policies.hosting
    stock = queries.stock(tx, space.id, on=visit.now.date())
    left = max(0, policy.cards_per_day - queries.cards_made(tx, member_key(visit), at=visit.now))
    return visit.page(
        "hosting/invitations.html",
        space=shown_space(visit, space),
        stock=stock,
        before=BEFORE,
        most=min(policy.cards_at_once, left),
        may_make=space.state == SpaceState.OPEN and space.joining != Joining.CLOSED,
        form=FormState(form.values or {"count": "5", "vouched": "yes"}, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/invitations",
    name="make_invitations",
    needs=Permission.HOST_SPACE,
    form=CardsForm,
    at=the_space,
    again=cards_page,
)
def make_cards(visit: Visit, space: SpaceRow, form: CardsForm) -> Response:
    """The cards, ready to be printed; they are in this answer only."""
    policy = visit.policies.hosting
    if not 1 <= form.count <= policy.cards_at_once:
        raise Invalid(say(NOT_SO_MANY.english, most=policy.cards_at_once), field="count")
    ends = invitation_ends(visit.now.date(), visit.policies.accounts.invitation_days)
    with visit.transaction() as tx:
        codes = rules.make_cards(
            tx,
            space.id,
            member_key(visit),
            form.count,
            vouched=form.vouched,
            at=visit.now,
            code_key=visit.services.code_key,
            ends=ends,
            policy=policy,
        )
    with visit.services.db.reading() as visit.tx:
        shown = shown_space(visit, space)
        cards = [_card(visit, code) for code in codes]
        return visit.page("hosting/cards.html", space=shown, cards=cards, ends=ends, vouched=form.vouched)


def _card(visit: Visit, code: Code) -> Card:
    address = visit.base + visit.url("join").partition("?")[0]
    return Card(code, address, qr(f"{address}?invite={code}"))


@action(
    "/s/{space}/host/invitations/take-back",
    name="take_invitations_back",
    needs=Permission.HOST_SPACE,
    form=CardsBackForm,
    at=the_space,
    again=cards_page,
)
def take_back(visit: Visit, space: SpaceRow, form: CardsBackForm) -> Response:
    """The unused cards of a day are worth nothing any more."""
    with visit.transaction() as tx:
        rules.take_back(tx, space.id, member_key(visit), form.day, at=visit.now)
    return visit.redirect_to("host_invitations", {"done": "cards_back"}, space=space.slug)


routes = [cards_page, make_cards, take_back]
