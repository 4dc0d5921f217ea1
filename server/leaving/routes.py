"""The page on which one leaves for good."""

from starlette.responses import Response

from server.accounts import ways
from server.accounts.own_routes import member_key
from server.accounts.passkey_routes import check_words
from server.database import Transaction
from server.leaving import rules
from server.leaving.forms import LeaveForm
from server.permissions import Permission
from server.web.cookies import drop_session
from server.web.fields import BLANK, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit


@page("/me/leave", name="leave_for_good", needs=Permission.KEEP_ACCOUNT)
def leave_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """What goes, when, and what stays."""
    return visit.page(
        "leaving/leave.html",
        form=FormState({"messages": "", **form.values}, form.errors, form.summary),
        backups_days=visit.policies.retention.backups_days,
        staff=visit.viewer.staff,
    )


@action("/me/leave", name="do_leave", needs=Permission.KEEP_ACCOUNT, form=LeaveForm, again=leave_page)
async def do_leave(visit: Visit, found: Anywhere, form: LeaveForm) -> Response:
    """Close the account."""
    member_id = member_key(visit)
    record = await check_words(visit, member_id, form.passphrase)

    def gone(tx: Transaction) -> None:
        ways.must_still_be(tx, member_id, record.passphrase_hash)
        rules.leave(tx, member_id, form.messages, at=visit.now)

    await visit.write(gone)
    response = visit.redirect_to("left")
    drop_session(response, secure=visit.secure)
    return response


@page("/left", name="left", needs=Permission.ENTER)
def left_page(visit: Visit, found: Anywhere) -> Response:
    """What happens now; for somebody who has no account any more."""
    return visit.page("leaving/left.html", backups_days=visit.policies.retention.backups_days)


routes = [leave_page, do_leave, left_page]
