"""Everything that can go wrong becomes a calm page in the reader's language, and a log line without words."""

import logging
import secrets
import sqlite3
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import OperationalError
from starlette.responses import Response

from server.errors import NotFound, Refused, Sentence, TooFast, say
from server.logs import where
from server.permissions import NOBODY
from server.web.fields import FormErrors, FormState
from server.web.visit import FORM_TOKEN, Visit

log = logging.getLogger("baraza")

OF_DEVICES = frozenset({"challenge", "credential", "client_data", "authenticator_data", "signature", "attestation"})
SECRET_FIELDS = frozenset({"passphrase", "code", "recovery_code", FORM_TOKEN}) | OF_DEVICES
"""Never shown again, not even to the person who typed them."""


def nothing_here(visit: Visit) -> Response:
    """Status 404: the same whether it never existed or is not open to this viewer.

    Whoever has a role that sleeps until there is a code app is told so, on every page of this kind alike.
    """
    sentence = say("This page does not exist, or it is not open to you.")
    sleeps = visit.viewer.staff and not visit.viewer.second_factor
    return _page(visit, 404, say("Nothing is here"), sentence, kept=kept(visit), sleeps=sleeps)


def page_for(visit: Visit, error: Exception) -> Response:
    """The page for whatever was raised."""
    if isinstance(error, NotFound):
        return nothing_here(visit)
    if isinstance(error, TooFast):
        said = visit.services.pages.catalogues.said(error.sentence)
        return refused(visit, FormState(_typed(visit), {}, said), 429, error)
    if isinstance(error, Refused):
        said = visit.services.pages.catalogues.said(error.sentence)
        return refused(visit, FormState(_typed(visit), {}, said), error.status, error)
    return fault(visit, error)


def fault(visit: Visit, error: BaseException) -> Response:
    """Status 500 or 503 without any detail; the log gets type and place, never what anybody wrote."""
    number = secrets.token_hex(4)
    log.error("fault %s: %s at %s", number, type(error).__name__, where(error))
    status = 503 if isinstance(error, OperationalError | sqlite3.OperationalError) else 500
    heading = say("Something went wrong here")
    sentence = say("It is our fault, not yours. Please try again in a few minutes.")
    return _page(visit, status, heading, sentence, number=number, kept=kept(visit))


def refused(visit: Visit, state: FormState, status: int, error: FormErrors | Refused) -> Response:
    """A refusal without a form to show it in: the sentence, and whatever was typed."""
    sentence = " ".join(state.errors.values()) or state.summary  # there is no form below whose fields could say it
    response = _shown(visit, status, say("This did not work"), sentence, kept=kept(visit))
    if isinstance(error, TooFast):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def wrong_method(visit: Visit, allow: str) -> Response:
    """Status 405."""
    response = _page(visit, 405, say("This did not work"), say("This address does not take that kind of request."))
    response.headers["allow"] = allow
    return response


def too_large(visit: Visit) -> Response:
    """Status 413."""
    return _page(visit, 413, say("This is too much"), say("What you sent is larger than this server takes at once."))


def unreadable(visit: Visit) -> Response:
    """Status 422 for a body that is no form of ours."""
    return _page(visit, 422, say("This did not work"), say("What was sent could not be read as a form."))


def cross_site(visit: Visit) -> Response:
    """Status 403 for a form that another site sent."""
    sentence = say("Another site tried to send this in your name. Nothing was done.")
    return _page(visit, 403, say("This did not work"), sentence, kept=kept(visit))


def sign_in_first(visit: Visit) -> Response:
    """A page that needs an account: to the door, and back afterwards."""
    query = {"next": visit.address}
    return visit.redirect_to("sign_in", query)


def signed_out(visit: Visit) -> Response:
    """The session ended while somebody was writing: sign in here, and nothing is lost."""
    return visit.page("accounts/resume.html", 403, form=FormState(), kept=kept(visit), next=visit.address)


def _page(visit: Visit, status: int, heading: Sentence, sentence: Sentence, **more: Any) -> Response:
    return _shown(visit, status, heading, visit.services.pages.catalogues.said(sentence), **more)


def _shown(
    visit: Visit,
    status: int,
    heading: Sentence,
    sentence: str,
    *,
    number: str | None = None,
    kept: Sequence[tuple[str, str, str]] = (),
    sleeps: bool = False,
) -> Response:
    said = visit.services.pages.catalogues.said
    visit.subject = ""
    try:
        more = {"error_number": number, "kept": list(kept), "sleeps": sleeps}
        return visit.page("error.html", status, title=said(heading), sentence=sentence, **more)
    except Exception as error:
        log.error("fault while showing a fault: %s at %s", type(error).__name__, where(error))
        visit.viewer = NOBODY
        return Response(f"{said(heading)}\n{sentence}\n", status, {"cache-control": "no-store"}, "text/plain")


FIELD_NAMES = {
    "text": say("Your text"),
    "title": say("Title"),
    "note": say("Note"),
    "pseudonym": say("Name that others see"),
    "login": say("Sign-in name"),
}


def _typed(visit: Visit) -> dict[str, str]:
    return {name: value for name, value in visit.pairs if name not in SECRET_FIELDS}


def kept(visit: Visit, *, prefix: str = "") -> list[tuple[str, str, str]]:
    """What was typed, as (field, what it is called, value); fields without a name for people come unnamed.

    With a prefix, only the fields that carry it, without it.
    """
    said = visit.services.pages.catalogues.said
    typed = {name.removeprefix(prefix): value for name, value in _typed(visit).items() if name.startswith(prefix)}
    return [
        (name, said(FIELD_NAMES[name]) if name in FIELD_NAMES else "", value)
        for name, value in typed.items()
        if name not in SECRET_FIELDS
    ]
