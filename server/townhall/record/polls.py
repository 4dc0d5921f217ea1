"""The results of polls, copied into the record: as they could be seen in the hall, without small numbers."""

from sqlalchemy import select
from sqlmodel import col

from server.database import Transaction
from server.townhall.halls import words
from server.townhall.halls.queries import HallRow
from server.townhall.polling.models import Poll, PollKind, PollOption, PollState, RoomCount
from server.townhall.polling.views import YES_NO_UNSURE
from server.townhall.record.models import RecordWords

POLL = "poll"
TOO_FEW = -1
"""Stands where a number is too small to be told."""
PLACES = 1_000
"""Polls stand after the questions."""


def write_polls(tx: Transaction, hall: HallRow, *, least: int) -> None:
    """One entry for each poll that was answered and is closed, in each language that it was asked in."""
    written = words.words_of(tx, hall.id, hall.base_language)
    polls = select(col(Poll.id), col(Poll.kind), col(Poll.sensitive)).where(
        col(Poll.hall_id) == hall.id, col(Poll.state) == PollState.CLOSED, col(Poll.kind) != PollKind.OPEN
    )
    for place, (poll_id, kind, sensitive) in enumerate(tx.look(polls.order_by(col(Poll.id))).all()):
        options = _options(tx, poll_id, least if sensitive else 0)
        asked = written.in_all(words.POLL, poll_id, "title")
        for language, title in asked.items():
            counts: dict[str, int] = {}
            for option_id, position, number, in_room in options:
                fixed = YES_NO_UNSURE[position - 1].english if kind == PollKind.YES_NO else str(position)
                named = written.said(language, words.OPTION, option_id, "title").text or fixed
                counts[named] = number
                if in_room:
                    counts[f"{named} *"] = in_room
            tx.session.add(
                RecordWords(
                    hall_id=hall.id, position=PLACES + place, kind=POLL, language=language, said=title, counts=counts
                )
            )


def _options(tx: Transaction, poll_id: int, least: int) -> list[tuple[int, int, int, int]]:
    """Each option's key, place, votes by phone, and hands counted in rooms (never added up in silence)."""
    options = select(col(PollOption.id), col(PollOption.position), col(PollOption.count)).where(
        col(PollOption.poll_id) == poll_id
    )
    found: list[tuple[int, int, int, int]] = []
    for option_id, position, number in tx.look(options.order_by(col(PollOption.position))).all():
        confirmed = (col(RoomCount.option_id) == option_id) & (col(RoomCount.confirmed_by) != "")
        hands = tx.look(select(col(RoomCount.count)).where(confirmed)).scalars()
        told = TOO_FEW if least and number < least else number
        found.append((option_id, position, told, 0 if least else sum(hands)))
    return found
