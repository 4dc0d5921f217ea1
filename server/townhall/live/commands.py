"""What a socket can do. Every command goes through the same rules as the form of the same name."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from server.database import Transaction
from server.errors import NotFound, Refused, TooFast, say
from server.logs import where
from server.townhall.asking import rules
from server.townhall.asking.rules import Asked
from server.townhall.attending import acts
from server.townhall.attending.forms import AskForm
from server.townhall.halls import queries
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.live import frames
from server.townhall.live.admission import Admitted
from server.townhall.live.company import LiveHalls
from server.townhall.live.forms import Command
from server.townhall.live.frames import Frame
from server.web.fields import FormErrors, parse

log = logging.getLogger("baraza")
NOT_THERE = say("This cannot be found any more.")
LOOK_AGAIN = say("Something is missing or wrong. Your text is still here.")
REFUSALS_TAKEN = 20
"""A page of ours waits when it is told to; whoever goes on all the same is cut off."""
Fields = Mapping[str, str | bool]
Result = Mapping[str, str]


class Count:
    """How often this socket was told to wait."""

    __slots__ = ("rate", "refusals")

    def __init__(self, rate: str) -> None:
        self.rate, self.refusals = rate, 0

    def is_far_over(self) -> bool:
        """Whether it does not listen."""
        return self.refusals > REFUSALS_TAKEN


class SeatGone(NotFound):
    """The seat is given up or over."""


async def answer(house: LiveHalls, who: Admitted, command: Command, count: Count) -> Frame | None:
    """Do it, and say what became of it. None when the seat is gone: the socket has no more business here."""
    try:
        if who.seat is None:
            raise NotFound
        house.services.limits.spend(count.rate, "command", str(who.seat.public_id))
        result = await _ACTS[command.do](house, who.hall_id, who.seat, command.id, command.d)
        return frames.taken(command.id, result)
    except SeatGone:
        return None
    except Exception as error:
        count.refusals += isinstance(error, TooFast)
        return _refused(house, command, error)


def _refused(house: LiveHalls, command: Command, error: Exception) -> Frame:
    """What a page would show with the form."""
    sentence, why, retry_ms = LOOK_AGAIN, "failed", 0
    if isinstance(error, TooFast):
        sentence, why, retry_ms = error.sentence, "too_fast", error.retry_after * 1000
    elif isinstance(error, Refused):
        sentence, why = error.sentence, "refused"
    elif isinstance(error, FormErrors):
        sentence, why = next(iter(error.errors.values()), LOOK_AGAIN), "invalid"
    elif isinstance(error, NotFound):
        sentence, why = NOT_THERE, "not_found"
    else:
        log.error("fault %s at %s", type(error).__name__, where(error))
    return frames.refused(command.id, why, house.services.pages.catalogues.said(sentence), retry_ms)


def _present(tx: Transaction, house: LiveHalls, hall_id: int, seat: SeatRow) -> tuple[HallRow, SeatRow]:
    """The hall and the seat as they are at this moment. Raises SeatGone."""
    hall = queries.hall_by_id(tx, hall_id)
    present = queries.seat_by_id(tx, seat.id, at=house.services.clock.now())
    if hall is None or present is None:
        raise SeatGone
    return hall, present


async def _ask(house: LiveHalls, hall_id: int, seat: SeatRow, command: str, fields: Fields) -> Result:
    services, at = house.services, house.services.clock.now()
    pairs = [(name, _typed(value)) for name, value in fields.items() if name != "command"]
    form = parse(AskForm, [*pairs, ("command", command)], services.policies)

    def looked_at() -> Callable[[Transaction], Asked]:
        with services.db.reading() as tx:
            hall, present = _present(tx, house, hall_id, seat)
        return acts.prepared(services, hall, present, form, at=at)

    asked = await house.together.done(await services.threads.read(looked_at))
    return {"q": str(asked.question), "st": str(asked.state)}


def _typed(value: str | bool) -> str:
    if isinstance(value, str):
        return value
    return "on" if value else ""


async def _endorse(house: LiveHalls, hall_id: int, seat: SeatRow, command: str, fields: Fields) -> Result:
    services, question = house.services, _question(fields)
    services.limits.spend(services.policies.rates.endorse_per_seat, "endorse", str(seat.public_id))
    await house.together.endorse(hall_id, seat.id, question)
    return {"q": str(question)}


async def _endorse_no_more(house: LiveHalls, hall_id: int, seat: SeatRow, command: str, fields: Fields) -> Result:
    services, question = house.services, _question(fields)
    services.limits.spend(services.policies.rates.endorse_per_seat, "endorse", str(seat.public_id))

    def written(tx: Transaction) -> None:
        hall, present = _present(tx, house, hall_id, seat)
        rules.endorse_no_more(tx, hall, present, question, at=services.clock.now())

    await house.together.done(written)
    return {"q": str(question)}


async def _take_back(house: LiveHalls, hall_id: int, seat: SeatRow, command: str, fields: Fields) -> Result:
    services, question = house.services, _question(fields)

    def written() -> None:
        with services.db.transaction() as tx:
            hall, present = _present(tx, house, hall_id, seat)
            rules.take_back(tx, hall, present, question, at=services.clock.now())

    await services.threads.write(written)
    return {"q": str(question)}


def _question(fields: Fields) -> UUID:
    try:
        return UUID(str(fields.get("q", "")))
    except ValueError:
        raise NotFound from None


_ACTS: Mapping[str, Callable[[LiveHalls, int, SeatRow, str, Fields], Awaitable[Result]]] = {
    "q.ask": _ask,
    "q.endorse": _endorse,
    "q.endorse_no_more": _endorse_no_more,
    "q.take_back": _take_back,
}
