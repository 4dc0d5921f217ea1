"""The stage: what hangs on the wall. It holds what everybody may read, and never what waits."""

from dataclasses import replace

from starlette.responses import Response

from server.database import Transaction
from server.permissions import Permission
from server.townhall.asking import queries, views
from server.townhall.asking.models import QuestionState
from server.townhall.halls import queries as halls
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.queries import HallFound
from server.townhall.halls.states import Act, HallState
from server.townhall.halls.views import hall_view
from server.townhall.polling.views import staged_poll
from server.townhall.running.words import STATES
from server.web.qr import qr
from server.web.rooms import page
from server.web.visit import Visit
from server.web.words import read_in, reading

REFRESH_SECONDS = 5
LINK = "screen"


def the_stage(tx: Transaction, visit: Visit) -> HallFound | None:
    """The hall in the address; for the link of a screen it is there while it is prepared, so that it can be tried."""
    found = the_hall(tx, visit)
    if found is not None:
        return found
    hall = halls.hall_by_code(tx, visit.request.path_params["code"])
    token = visit.query.get(LINK, "")
    screen = None if hall is None else halls.screen_opens(tx, token, hall.id, at=visit.now)
    return None if hall is None or screen is None else HallFound(hall, None, [], screen.expires_at)


@page("/h/{code}/stage", name="hall_stage", needs=Permission.WATCH_STAGE, at=the_stage)
def stage_page(visit: Visit, found: HallFound) -> Response:
    """What is answered now, the poll on the screens, and how one comes in."""
    tx, hall = visit.snapshot, found.hall
    _in_the_screens_language(visit, found)
    language = reading().language.code
    shows = hall.allows(Act.READ)
    rows = queries.public_questions(tx, hall.id) if shows else []
    staged = [row for row in rows if row.state == QuestionState.ON_STAGE]
    address = visit.base + visit.url("hall", code=hall.code).partition("?")[0]
    response = visit.page(
        "townhall/stage.html",
        hall=hall_view(tx, hall, language),
        state_words=STATES[HallState(hall.state)],
        question=next(iter(views.question_views(tx, staged, language)), None),
        poll=staged_poll(tx, hall, language, least=visit.policies.halls.least_told) if shows else None,
        address=address,
        qr=qr(address),
    )
    if hall.state != HallState.CLOSED:
        response.headers["refresh"] = str(REFRESH_SECONDS)
    return response


def _in_the_screens_language(visit: Visit, found: HallFound) -> None:
    """The link of a projector was made for one language."""
    screen = halls.screen_opens(visit.snapshot, visit.query.get(LINK, ""), found.hall.id, at=visit.now)
    language = visit.services.pages.catalogues.offered(screen.language if screen is not None else None)
    if language is not None and not reading().in_address:
        read_in(replace(reading(), language=language))


routes = [stage_page]
