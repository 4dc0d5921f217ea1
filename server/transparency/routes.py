"""The address of the public account."""

from starlette.responses import Response

from server.permissions import Permission
from server.transparency.views import account_view, last_monday
from server.web.rooms import Anywhere, page
from server.web.visit import Visit
from server.web.words import reading


@page("/transparency", name="transparency", needs=Permission.ENTER)
def transparency(visit: Visit, found: Anywhere) -> Response:
    """What was decided in ninety days, told by the week. Counted at most once a minute, however many ask."""
    language = reading().language
    told = visit.services.fragments.get_or_make(
        ("transparency", language.code, visit.viewer.calendar, last_monday(visit.now)),
        lambda: visit.fragment("transparency/_account.html", account=account_view(visit), language=language),
    )
    return visit.page("transparency/account.html", told=told)


routes = [transparency]
