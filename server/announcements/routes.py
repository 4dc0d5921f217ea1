"""The addresses of announcements and of the warnings of known tricks."""

from datetime import date
from typing import Any
from uuid import UUID

from starlette.responses import Response

from server.announcements import queries, rules, views
from server.announcements.desks import (
    Desk,
    may_correct,
    may_withdraw,
    the_alert_correction,
    the_alert_desk,
    the_announcement,
    the_correction,
    the_space,
    the_space_desk,
    the_steward_desk,
    the_withdrawable,
)
from server.announcements.forms import ALERT_WORDS, CHANGE, PUBLISH, WORDS, AlertForm, ItemForm
from server.announcements.models import AnnouncementKind
from server.announcements.queries import AnnouncementRow
from server.announcements.rules import Draft
from server.database import Transaction
from server.permissions import Permission
from server.spaces.queries import SpaceRow, space_view
from server.spaces.views import in_the_time_of, shown_space
from server.web.fields import BLANK, Form, FormState
from server.web.pager import pager, wanted_page
from server.web.rooms import Anywhere, action, page
from server.web.tongues import Part, blank, labels, tongues, written
from server.web.visit import Visit
from server.web.words import WRITTEN_LANGUAGES, reading

# Reading -----------------------------------------------------------------------------------------------


@page("/s/{space}/announcements", name="announcements", needs=Permission.READ_SPACE, at=the_space, remembers=True)
def announcements_page(visit: Visit, space: SpaceRow) -> Response:
    """Everything that was announced in the space, also what holds no more."""
    visit.subject = f"space:{space.id}"
    in_the_time_of(visit, space)
    count = queries.announcement_count(visit.snapshot, space.id)
    pages = max(1, -(-count // queries.ITEMS_PER_PAGE))
    number = wanted_page(visit, pages)
    return visit.page(
        "announcements/list.html",
        space=shown_space(visit, space),
        announcements=views.lines(visit, queries.announcements_of(visit.snapshot, space.id, page=number)),
        pager=pager(visit, "announcements", number, pages, space=space.slug),
        may_announce=visit.viewer.may(Permission.ANNOUNCE, space.place),
    )


@page(
    "/announcements/{announcement}",
    name="announcement",
    needs=Permission.READ_SPACE,
    at=the_announcement,
    remembers=True,
)
def announcement_page(visit: Visit, row: AnnouncementRow) -> Response:
    """One item in the reader's language, with what corrects it."""
    visit.subject = f"space:{row.space.id}" if row.space else "spaces"
    views.in_time(visit, row.space)
    item = views.item_view(visit, row)
    space = space_view(visit.snapshot, row.space, reading().language.code) if row.space else None
    return visit.page(
        "announcements/announcement.html",
        item=item,
        space=space,
        may_correct=row.stands and may_correct(visit.viewer, row),
        may_withdraw=row.withdrawn_at is None and may_withdraw(visit.viewer, row),
        may_pin=row.stands and may_withdraw(visit.viewer, row),
    )


@page("/scam-alerts", name="scam_alerts", needs=Permission.ENTER, remembers=True)
def scam_alerts_page(visit: Visit, found: Anywhere) -> Response:
    """The known tricks, the newest first."""
    visit.subject = "spaces"
    views.in_time(visit, None)
    pages = max(1, -(-queries.scam_alert_count(visit.snapshot) // queries.ITEMS_PER_PAGE))
    number = wanted_page(visit, pages)
    desk = the_alert_desk(visit.snapshot, visit)
    return visit.page(
        "announcements/scam_alerts.html",
        alerts=views.item_views(visit, queries.scam_alerts(visit.snapshot, page=number)),
        pager=pager(visit, "scam_alerts", number, pages),
        may_warn=desk is not None and visit.viewer.may(Permission.WARN, desk.place),
    )


# Writing -----------------------------------------------------------------------------------------------


@page("/s/{space}/announcements/new", name="new_announcement", needs=Permission.ANNOUNCE, at=the_space_desk)
def new_announcement_page(visit: Visit, desk: Desk, form: FormState = BLANK) -> Response:
    """The form to announce something in a space."""
    return _form(visit, desk, form)


@action(
    "/s/{space}/announcements/new",
    name="do_announce",
    needs=Permission.ANNOUNCE,
    form=ItemForm,
    at=the_space_desk,
    again=new_announcement_page,
)
def do_announce(visit: Visit, desk: Desk, form: Any) -> Response:
    """Show how it will look, then publish it."""
    return _written(visit, desk, form)


@page("/steward/announcements/new", name="new_steward_announcement", needs=Permission.STEWARD, at=the_steward_desk)
def new_steward_announcement_page(visit: Visit, desk: Desk, form: FormState = BLANK) -> Response:
    """The form to announce something to the whole place."""
    return _form(visit, desk, form)


@action(
    "/steward/announcements/new",
    name="do_announce_everywhere",
    needs=Permission.STEWARD,
    form=ItemForm,
    at=the_steward_desk,
    again=new_steward_announcement_page,
)
def do_announce_everywhere(visit: Visit, desk: Desk, form: Any) -> Response:
    """Show how it will look, then publish it everywhere."""
    return _written(visit, desk, form)


@page("/scam-alerts/new", name="new_scam_alert", needs=Permission.WARN, at=the_alert_desk)
def new_scam_alert_page(visit: Visit, desk: Desk, form: FormState = BLANK) -> Response:
    """The form to warn of a trick."""
    return _form(visit, desk, form)


@action(
    "/scam-alerts/new",
    name="do_warn",
    needs=Permission.WARN,
    form=AlertForm,
    at=the_alert_desk,
    again=new_scam_alert_page,
)
def do_warn(visit: Visit, desk: Desk, form: Any) -> Response:
    """Show how it will look, then publish it."""
    return _written(visit, desk, form)


@page(
    "/announcements/{announcement}/correct",
    name="correct_announcement",
    needs=Permission.KEEP_ACCOUNT,
    at=the_correction,
)
def correct_page(visit: Visit, desk: Desk, form: FormState = BLANK) -> Response:
    """The form for what takes the place of an item; it begins with the old words."""
    return _form(visit, desk, form)


@action(
    "/announcements/{announcement}/correct",
    name="do_correct_announcement",
    needs=Permission.KEEP_ACCOUNT,
    form=ItemForm,
    at=the_correction,
    again=correct_page,
)
def do_correct(visit: Visit, desk: Desk, form: Any) -> Response:
    """Show how it will look, then publish it in place of the old one."""
    return _written(visit, desk, form)


@page(
    "/scam-alerts/{announcement}/correct",
    name="correct_scam_alert",
    needs=Permission.KEEP_ACCOUNT,
    at=the_alert_correction,
)
def correct_alert_page(visit: Visit, desk: Desk, form: FormState = BLANK) -> Response:
    """The form for what takes the place of a warning."""
    return _form(visit, desk, form)


@action(
    "/scam-alerts/{announcement}/correct",
    name="do_correct_scam_alert",
    needs=Permission.KEEP_ACCOUNT,
    form=AlertForm,
    at=the_alert_correction,
    again=correct_alert_page,
)
def do_correct_alert(visit: Visit, desk: Desk, form: Any) -> Response:
    """Show how it will look, then publish it in place of the old one."""
    return _written(visit, desk, form)


def _form(visit: Visit, desk: Desk, form: FormState) -> Response:
    views.in_time(visit, desk.space)
    parts = _parts(desk)
    values = {**blank(parts), **_first_values(desk)}
    if form.values:
        values |= {"pinned": "", **form.values}
    shown = FormState(values, form.errors, form.summary)
    shown_tongues = tongues(visit, shown, parts, first=_languages(desk))
    return visit.page(
        "announcements/write.html",
        form=shown,
        kind=str(desk.kind),
        space=space_view(visit.snapshot, desk.space, reading().language.code) if desk.space else None,
        sender=desk.author.organisation or visit.services.operator,
        corrects=desk.corrects.public_id if desk.corrects else None,
        tongues=shown_tongues,
        labels=labels(shown_tongues),
    )


def _first_values(desk: Desk) -> dict[str, str]:
    """What stands in the form before anybody typed; a correction begins with the old words."""
    if desk.corrects is None:
        return {"valid_until": "", "pinned": "yes" if desk.kind == AnnouncementKind.ANNOUNCEMENT else ""}
    until = desk.corrects.valid_until
    values = {"valid_until": until.isoformat() if until else "", "pinned": "yes" if desk.corrects.pinned else ""}
    return {**views.typed_again(desk.old_words), **values}


def _written(visit: Visit, desk: Desk, form: Any) -> Response:
    """One step: back to the form, a look at how it will be, or the act itself."""
    typed = {name: value for name, value in visit.pairs if name in AlertForm.model_fields and name != "step"}
    if form.step == CHANGE:
        with visit.services.db.reading() as tx:
            visit.tx = tx
            return _form(visit, desk, FormState(typed))
    words = written(form, _parts(desk), first=_languages(desk)[0])
    draft = Draft(desk.kind, words, form.valid_until, form.pinned)
    today = views.in_time(visit, desk.space)
    rules.check_day(draft, today=today)
    if form.step != PUBLISH:
        return visit.page(
            "announcements/preview.html",
            kind=str(desk.kind),
            previews=views.previews(draft),
            sent={name: value for name, value in typed.items() if value},
        )
    visit.spend(visit.policies.rates.post_per_member, "announce", str(visit.viewer.member_id))
    with visit.transaction() as tx:
        made = _publish(tx, visit, desk, draft, today)
    return visit.redirect_to("announcement", {"done": "announced"}, announcement=made)


def _publish(tx: Transaction, visit: Visit, desk: Desk, draft: Draft, today: date) -> UUID:
    if desk.corrects is not None:
        return rules.correct(tx, desk.corrects, draft, desk.author, at=visit.now, today=today)
    space_id = desk.space.id if desk.space else None
    return rules.publish(tx, draft, desk.author, space_id=space_id, at=visit.now, today=today)


def _parts(desk: Desk) -> tuple[Part, ...]:
    return ALERT_WORDS if desk.kind == AnnouncementKind.SCAM_ALERT else WORDS


def _languages(desk: Desk) -> list[str]:
    """The languages of the space; for everybody, all that can be written."""
    own = [code for code in (desk.space.languages if desk.space else ()) if code in WRITTEN_LANGUAGES]
    return own or list(WRITTEN_LANGUAGES)


# Taking back, keeping on top ---------------------------------------------------------------------------


@page(
    "/announcements/{announcement}/withdraw",
    name="withdraw_announcement",
    needs=Permission.KEEP_ACCOUNT,
    at=the_withdrawable,
)
def withdraw_page(visit: Visit, row: AnnouncementRow) -> Response:
    """Ask once before the words are gone for good."""
    views.in_time(visit, row.space)
    return visit.page("announcements/withdraw.html", item=views.item_view(visit, row))


@action(
    "/announcements/{announcement}/withdraw",
    name="do_withdraw_announcement",
    needs=Permission.KEEP_ACCOUNT,
    at=the_withdrawable,
)
def do_withdraw(visit: Visit, row: AnnouncementRow, form: Form) -> Response:
    """Take it back."""
    with visit.transaction() as tx:
        rules.withdraw(tx, row, at=visit.now)
    return visit.redirect_to("announcement", {"done": "taken_back"}, announcement=row.public_id)


@action(
    "/announcements/{announcement}/pin",
    name="pin_announcement",
    needs=Permission.KEEP_ACCOUNT,
    at=the_withdrawable,
)
def do_pin(visit: Visit, row: AnnouncementRow, form: Form) -> Response:
    """Keep it on top."""
    with visit.transaction() as tx:
        rules.pin(tx, row)
    return visit.redirect_to("announcement", {"done": "pinned"}, announcement=row.public_id)


@action(
    "/announcements/{announcement}/unpin",
    name="unpin_announcement",
    needs=Permission.KEEP_ACCOUNT,
    at=the_withdrawable,
)
def do_unpin(visit: Visit, row: AnnouncementRow, form: Form) -> Response:
    """Keep it on top no longer."""
    with visit.transaction() as tx:
        rules.unpin(tx, row)
    return visit.redirect_to("announcement", {"done": "unpinned"}, announcement=row.public_id)


READING = [announcements_page, announcement_page, scam_alerts_page]
WRITING = [
    new_announcement_page,
    do_announce,
    new_steward_announcement_page,
    do_announce_everywhere,
    new_scam_alert_page,
    do_warn,
    correct_page,
    do_correct,
    correct_alert_page,
    do_correct_alert,
    withdraw_page,
    do_withdraw,
    do_pin,
    do_unpin,
]
routes = [*READING, *WRITING]
