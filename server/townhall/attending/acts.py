"""What somebody with a seat does, by a form or through a socket: the same limits, the same machine, the same rules."""

from collections.abc import Callable
from datetime import datetime

from moderation.screening import Author
from server.database import Transaction
from server.townhall.asking import rules
from server.townhall.asking.rules import Asked, Asking
from server.townhall.attending.forms import AskForm
from server.townhall.halls import queries
from server.townhall.halls.queries import HallRow, SeatRow
from server.web.visit import Services


def prepared(
    services: Services, hall: HallRow, seat: SeatRow, form: AskForm, *, at: datetime
) -> Callable[[Transaction], Asked]:
    """What is to be written for a question, once the machine has looked at it. Raises TooFast; the work, Refused."""
    services.limits.spend(services.policies.rates.ask_per_seat, "ask", str(seat.public_id))
    verdict = services.screen(form.text, Author(known=False, vouched=True, pseudonym=seat.name))
    language = form.language if form.language in hall.languages else verdict.language

    def written(tx: Transaction) -> Asked:
        asking = Asking(
            text=form.text,
            language=language,
            verdict=verdict,
            session_id=_session(tx, hall, form),
            quote_ok=form.quote_ok,
            command=form.command,
        )
        return rules.ask(tx, hall, rules.seat_asker(tx, hall, seat), asking, at=at)

    return written


def _session(tx: Transaction, hall: HallRow, form: AskForm) -> int | None:
    agenda = queries.sessions_of(tx, hall.id)
    return next((item.id for item in agenda if item.public_id == form.session), None)
