"""The page with help, and the pages of those who keep it right. Nobody keeps who looked at it."""

from typing import Any

from starlette.responses import Response

from server.database import Transaction
from server.help_contacts import queries, rules, views
from server.help_contacts.forms import WORDS, ContactForm
from server.help_contacts.queries import ContactRow
from server.help_contacts.rules import Draft
from server.permissions import INSTALLATION, Permission
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import Anywhere, action, page
from server.web.tongues import blank, labels, tongues, written
from server.web.visit import Visit
from server.web.words import WRITTEN_LANGUAGES, language_name, reading


def the_contact(tx: Transaction, visit: Visit) -> ContactRow | None:
    """The contact in the address."""
    return queries.contact_by_id(tx, visit.reference("contact"))


@page("/help-near-you", name="help_near_you", needs=Permission.ENTER)
def help_page(visit: Visit, found: Anywhere) -> Response:
    """Who helps, by place and language. It is not remembered anywhere on the way, so that nothing tells who looked."""
    rows = [row for row in queries.all_contacts(visit.snapshot) if row.age(visit.now.date()) <= _hide_days(visit)]
    places, spoken = views.areas(rows), views.spoken(rows)
    area = visit.query.get("area", "") if visit.query.get("area", "") in places else ""
    asked = visit.query.get("language", "")
    language = asked if any(asked == code for code, _ in spoken) else ""
    return visit.page(
        "help_contacts/near.html",
        contacts=views.near(visit, rows, area=area, language=language),
        places=[(place, place) for place in places],
        spoken=spoken,
        chosen=FormState({"area": area, "language": language}),
        in_address=reading().in_address,
        may_edit=visit.viewer.may(Permission.EDIT_HELP, INSTALLATION),
    )


@page("/help-near-you/manage", name="manage_help", needs=Permission.EDIT_HELP)
def manage_page(visit: Visit, found: Anywhere) -> Response:
    """Every entry; those that should be looked at again come first."""
    shown = [views.contact_view(visit, row) for row in queries.all_contacts(visit.snapshot)]
    policy = visit.policies.information
    return visit.page(
        "help_contacts/manage.html",
        to_check=[contact for contact in shown if contact.stale],
        checked=[contact for contact in shown if not contact.stale],
        check_days=policy.help_check_days,
        hide_days=policy.help_hide_days,
    )


@page("/help-near-you/manage/new", name="new_help_contact", needs=Permission.EDIT_HELP)
def new_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """The form for a new entry."""
    return _form(visit, None, form)


@action(
    "/help-near-you/manage/new",
    name="do_add_help_contact",
    needs=Permission.EDIT_HELP,
    form=ContactForm,
    again=new_page,
)
def do_add(visit: Visit, found: Anywhere, form: Any) -> Response:
    """Add an entry."""
    draft = _draft(form)
    with visit.transaction() as tx:
        rules.add(tx, draft, on=visit.now.date())
    return visit.redirect_to("manage_help", {"done": "help_saved"})


@page("/help-near-you/manage/{contact}", name="edit_help_contact", needs=Permission.EDIT_HELP, at=the_contact)
def edit_page(visit: Visit, contact: ContactRow, form: FormState = BLANK) -> Response:
    """The form with an entry in it."""
    return _form(visit, contact, form)


@action(
    "/help-near-you/manage/{contact}",
    name="do_edit_help_contact",
    needs=Permission.EDIT_HELP,
    form=ContactForm,
    at=the_contact,
    again=edit_page,
)
def do_edit(visit: Visit, contact: ContactRow, form: Any) -> Response:
    """Put new words and numbers in place of the old ones."""
    draft = _draft(form)
    with visit.transaction() as tx:
        rules.change(tx, contact, draft, version=form.version)
    return visit.redirect_to("manage_help", {"done": "help_saved"})


@action(
    "/help-near-you/manage/{contact}/checked",
    name="do_check_help_contact",
    needs=Permission.EDIT_HELP,
    at=the_contact,
)
def do_check(visit: Visit, contact: ContactRow, form: Form) -> Response:
    """Somebody has made sure of it today."""
    with visit.transaction() as tx:
        rules.checked(tx, contact, on=visit.now.date())
    return visit.redirect_to("manage_help", {"done": "help_checked"})


@page("/help-near-you/manage/{contact}/remove", name="remove_help_contact", needs=Permission.EDIT_HELP, at=the_contact)
def remove_page(visit: Visit, contact: ContactRow) -> Response:
    """Ask once before an entry is gone."""
    return visit.page("help_contacts/remove.html", contact=views.contact_view(visit, contact))


@action(
    "/help-near-you/manage/{contact}/remove",
    name="do_remove_help_contact",
    needs=Permission.EDIT_HELP,
    at=the_contact,
)
def do_remove(visit: Visit, contact: ContactRow, form: Form) -> Response:
    """Take an entry out."""
    with visit.transaction() as tx:
        rules.remove(tx, contact)
    return visit.redirect_to("manage_help", {"done": "help_removed"})


def _form(visit: Visit, contact: ContactRow | None, form: FormState) -> Response:
    said = visit.services.pages.catalogues.said
    values = {**blank(WORDS), "kind": "", "area": "", "telephones": "", "cost": "unknown", "version": "0"}
    if contact is not None and not form.values:
        values |= _typed_again(contact)
    values |= form.values
    if contact is not None:
        values["version"] = str(contact.version)
    shown = FormState(values, form.errors, form.summary)
    shown_tongues = tongues(visit, shown, WORDS, first=WRITTEN_LANGUAGES)
    return visit.page(
        "help_contacts/write.html",
        form=shown,
        contact=contact.public_id if contact else None,
        before=views.contact_view(visit, contact) if contact and _was_other(contact, form) else None,
        tongues=shown_tongues,
        labels=labels(shown_tongues),
        kinds=[(str(kind), said(sentence)) for kind, sentence in views.KINDS.items()],
        costs=[(str(cost), said(sentence)) for cost, sentence in views.COSTS.items()],
        spoken=[(f"speaks_{code}", language_name(code)) for code in WRITTEN_LANGUAGES],
    )


def _was_other(contact: ContactRow, form: FormState) -> bool:
    """Whether somebody else has changed the entry since this form was opened."""
    return form.values.get("version", str(contact.version)) != str(contact.version)


def _typed_again(contact: ContactRow) -> dict[str, str]:
    """An entry as the fields of its form."""
    values = {
        "kind": str(contact.kind),
        "area": contact.area,
        "telephones": "\n".join(contact.telephones),
        "cost": str(contact.cost),
    }
    values |= {f"speaks_{code}": "yes" for code in contact.languages}
    for code, words in contact.words.items():
        for part in WORDS:
            values[f"{part.name}_{code}"] = getattr(words, part.name)
    return values


def _draft(form: Any) -> Draft:
    """What was written. Raises FormErrors when no language has a name."""
    return Draft(
        kind=form.kind,
        area=form.area,
        telephones=form.telephones.split("\n") if form.telephones else [],
        languages=[code for code in WRITTEN_LANGUAGES if getattr(form, f"speaks_{code}")],
        cost=form.cost,
        words=written(form, WORDS, first=WRITTEN_LANGUAGES[0]),
    )


def _hide_days(visit: Visit) -> int:
    return visit.policies.information.help_hide_days


routes = [
    help_page,
    manage_page,
    new_page,
    do_add,
    edit_page,
    do_edit,
    do_check,
    remove_page,
    do_remove,
]
