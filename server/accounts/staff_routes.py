"""One-time links that make somebody staff: a new account, or another role for the account signed in."""

from dataclasses import dataclass

from starlette.responses import Response

from server.accounts import entering, queries, rules, suggestions
from server.accounts.forms import JoinForm, StaffForm
from server.accounts.rules import StaffInvitation
from server.crypto.tokens import SessionToken
from server.database import Transaction
from server.errors import Invalid, say
from server.permissions import INSTALLATION, Permission, Place
from server.spaces.queries import SpaceRow, space_by_id, space_view
from server.web.fields import BLANK, FormState, parse
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading


@dataclass(frozen=True, slots=True)
class StaffLink:
    """What the link in the address gives."""

    code: str
    invitation: StaffInvitation
    space: SpaceRow | None
    place: Place = INSTALLATION


def the_staff_link(tx: Transaction, visit: Visit) -> StaffLink | None:
    """The link, while it can be used."""
    code = visit.request.path_params["code"]
    invitation = rules.staff_invitation(tx, code, code_key=visit.services.code_key, on=visit.now.date())
    if invitation is None:
        return None
    space = space_by_id(tx, invitation.space_id) if invitation.space_id else None
    return StaffLink(code, invitation, space)


@page("/staff/{code}", name="staff_link", needs=Permission.ENTER, at=the_staff_link)
def staff_page(visit: Visit, found: StaffLink, form: FormState = BLANK) -> Response:
    """What the role is, and the form to take it."""
    values = {
        "login": suggestions.login(),
        "passphrase": suggestions.passphrase(),
        "pseudonym": suggestions.pseudonym(),
        **form.values,
    }
    space = space_view(visit.snapshot, found.space, reading().language.code) if found.space else None
    needs_name = found.space is not None and visit.viewer.standing_in(found.space.id) is None
    return visit.page(
        "accounts/staff_link.html",
        form=FormState(values, form.errors, form.summary),
        code=found.code,
        role=str(found.invitation.role),
        space=space,
        needs_name=needs_name,
        minimum_age=visit.policies.accounts.minimum_age,
    )


@action(
    "/staff/{code}", name="do_staff_link", needs=Permission.ENTER, form=StaffForm, at=the_staff_link, again=staff_page
)
async def do_staff_link(visit: Visit, found: StaffLink, form: StaffForm) -> Response:
    """Take the role. A new account gets its card; staff rights begin with the second factor."""
    visit.spend(visit.policies.rates.join_per_address, "staff", visit.bucket)
    if visit.viewer.signed_in:
        await visit.write(lambda tx: _take(tx, visit, found, visit.viewer.member_id, form.pseudonym))
        return visit.redirect_to("second_factor")
    _check_new_account(visit, found)
    key = entering.login_key(visit, form.login)
    secrets = await entering.new_secrets(visit, key, form.passphrase, form.login, form.pseudonym)

    def made(tx: Transaction) -> tuple[Response, SessionToken]:
        member_id = rules.join(tx, secrets.hashes, language=None)
        _take(tx, visit, found, member_id, form.pseudonym)
        record = queries.own_record(tx, member_id)
        assert record is not None
        token = entering.sign_in(tx, visit, record, None, shared=True)
        visit.viewer = visit.services.find_viewer(tx, token, at=visit.now)
        onward = visit.url("second_factor")
        return visit.page("accounts/card.html", code=secrets.code, login=form.login, onward=onward), token

    response, token = await visit.write(made)
    return entering.with_session(visit, response, token, shared=True)


def _check_new_account(visit: Visit, found: StaffLink) -> None:
    """The same demands as for everybody who joins."""
    values = dict(visit.pairs)
    if found.space is None:
        values["pseudonym"] = values.get("pseudonym") or suggestions.pseudonym()
    parse(JoinForm, list(values.items()), visit.policies)


def _take(tx: Transaction, visit: Visit, found: StaffLink, member_id: int | None, pseudonym: str) -> None:
    assert member_id is not None
    rules.take_role(tx, member_id, found.invitation)
    if found.space is None or visit.viewer.standing_in(found.space.id) is not None:
        return
    if not pseudonym:
        raise Invalid(say("Please write something here."), field="pseudonym")
    rules.check_pseudonym(tx, found.space.id, pseudonym, on=visit.now.date())
    rules.add_membership(tx, member_id, found.space.id, pseudonym=pseudonym, vouched=True)


routes = [staff_page, do_staff_link]
