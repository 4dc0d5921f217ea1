"""The steward's addresses."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from starlette.responses import Response

from server.accounts import senders
from server.accounts.senders import Sender
from server.database import Transaction
from server.errors import Invalid
from server.events import EVERYBODY, InstallationChanged
from server.permissions import Permission
from server.spaces.queries import all_spaces, space_by_slug, space_names
from server.stewarding import protection_routes
from server.stewarding.forms import SenderForm
from server.web.fields import BLANK, CHOOSE, Form, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit
from server.web.words import full_day, reading

REMEMBERED_DAYS = 30
"""So long an expired sender stays in the list, so that it can be renewed."""


@dataclass(frozen=True, slots=True)
class SenderLine:
    """A verified sender in the steward's list."""

    id: UUID
    space_name: str
    pseudonym: str
    organisation: str
    until: str
    over: bool


@page("/steward/senders", name="senders", needs=Permission.STEWARD)
def senders_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """Who may speak for an organisation, and the form to add somebody."""
    today = visit.now.date()
    spaces = all_spaces(visit.snapshot)
    names = space_names(visit.snapshot, reading().language.code, spaces)
    suggested = today + timedelta(days=180)
    values = {"space": "", "pseudonym": "", "organisation": "", "valid_until": suggested.isoformat(), **form.values}
    return visit.page(
        "stewarding/senders.html",
        senders=[
            SenderLine(
                row.public_id,
                names[row.space_id][0],
                row.pseudonym,
                row.organisation,
                full_day(row.valid_until),
                row.valid_until < today,
            )
            for row in senders.all_senders(visit.snapshot, since=today - timedelta(days=REMEMBERED_DAYS))
        ],
        choices=[(space.slug, names[space.id][0]) for space in spaces],
        most_days=visit.policies.information.sender_days,
        form=FormState(values, form.errors, form.summary),
    )


@action("/steward/senders", name="do_verify_sender", needs=Permission.STEWARD, form=SenderForm, again=senders_page)
def do_verify(visit: Visit, found: Anywhere, form: SenderForm) -> Response:
    """Let somebody speak for an organisation."""
    assert form.valid_until is not None
    with visit.transaction() as tx:
        space = space_by_slug(tx, form.space)
        if space is None:
            raise Invalid(CHOOSE, field="space")
        senders.verify(
            tx,
            space,
            pseudonym=form.pseudonym,
            organisation=form.organisation,
            valid_until=form.valid_until,
            at=visit.now,
            most_days=visit.policies.information.sender_days,
        )
        tx.announce(InstallationChanged(EVERYBODY))
    return visit.redirect_to("senders", {"done": "sender_verified"})


def the_sender(tx: Transaction, visit: Visit) -> Sender | None:
    """The verification in the address."""
    return senders.sender_by_id(tx, visit.reference("sender"))


@action("/steward/senders/{sender}/end", name="do_end_sender", needs=Permission.STEWARD, at=the_sender)
def do_end(visit: Visit, sender: Sender, form: Form) -> Response:
    """From now on they speak for nobody."""
    with visit.transaction() as tx:
        senders.end(tx, sender, on=visit.now.date())
        tx.announce(InstallationChanged(EVERYBODY))
    visit.services.fragments.clear()  # the badge must not stay for a minute beside what an impostor wrote
    return visit.redirect_to("senders", {"done": "sender_ended"})


routes = [senders_page, do_verify, do_end, *protection_routes.routes]
