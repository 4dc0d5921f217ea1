"""Who holds a role in a space: one-time links for more, and a role taken away."""

from starlette.responses import Response

from server.accounts.own_routes import member_key
from server.accounts.rules import invitation_ends
from server.crypto.tokens import Code
from server.errors import NotFound
from server.hosting import queries, rules, views
from server.hosting.finding import the_space
from server.hosting.forms import RoleForm, TeamRole
from server.permissions import Permission, Role
from server.spaces.queries import SpaceRow
from server.spaces.views import shown_space
from server.web.fields import BLANK, FormState
from server.web.qr import qr
from server.web.rooms import action, page
from server.web.visit import Visit


@page("/s/{space}/host/people", name="host_people", needs=Permission.HOST_SPACE, at=the_space)
def people_page(visit: Visit, space: SpaceRow, form: FormState = BLANK) -> Response:
    """Hosts and moderators, by the names that they have here."""
    people = queries.people_of(visit.snapshot, space.id)
    return visit.page(
        "hosting/people.html",
        space=shown_space(visit, space),
        people=[views.person_line(visit, holder) for holder in people],
        roles=[(str(role), views.said(visit, views.ROLES[Role(role)])) for role in (TeamRole.MODERATOR, TeamRole.HOST)],
        form=FormState({"role": "", **form.values}, form.errors, form.summary),
    )


@action(
    "/s/{space}/host/people",
    name="invite_to_team",
    needs=Permission.HOST_SPACE,
    form=RoleForm,
    at=the_space,
    again=people_page,
)
def invite_to_team(visit: Visit, space: SpaceRow, form: RoleForm) -> Response:
    """A one-time link; it is in this answer only."""
    role = Role(form.role)
    code = linked(visit, space, role)
    return link_page(visit, space, role, code, back=visit.url("host_people", space=space.slug))


def linked(visit: Visit, space: SpaceRow, role: Role) -> Code:
    """Make the link."""
    ends = invitation_ends(visit.now.date(), visit.policies.accounts.staff_link_days)
    with visit.transaction() as tx:
        return rules.invite_to_team(
            tx, space.id, member_key(visit), role, at=visit.now, code_key=visit.services.code_key, ends=ends
        )


def link_page(visit: Visit, space: SpaceRow, role: Role, code: Code, *, back: str) -> Response:
    """Show the link, once."""
    address = visit.base + visit.url("staff_link", code=code).partition("?")[0]
    with visit.services.db.reading() as visit.tx:
        return visit.page(
            "hosting/link.html",
            space=shown_space(visit, space),
            role=str(role),
            role_name=views.said(visit, views.ROLES[role]),
            address=address,
            qr=qr(address),
            days=visit.policies.accounts.staff_link_days,
            back=back,
        )


@action(
    "/s/{space}/host/people/{member}/take",
    name="take_role",
    needs=Permission.HOST_SPACE,
    form=RoleForm,
    at=the_space,
    again=people_page,
)
def take_role(visit: Visit, space: SpaceRow, form: RoleForm) -> Response:
    """Take a role away; whoever gives up their own is signed out like everybody else."""
    whose = visit.reference("member")
    with visit.transaction() as tx:
        if queries.member_of(tx, space.id, whose) is None:
            raise NotFound
        gone = rules.take_role(tx, space.id, member_key(visit), whose, Role(form.role), at=visit.now)
    if gone == visit.viewer.member_id:
        return visit.redirect_to("sign_in")
    return visit.redirect_to("host_people", {"done": "role_taken"}, space=space.slug)


routes = [people_page, invite_to_team, take_role]
