"""Arranging a hall before it opens, and while it runs: what it says of itself, agenda, speakers, screens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from server.crypto.tokens import SessionToken, new_session_token, token_hash
from server.database import Transaction, changed, made
from server.errors import NotFound, Refused, say
from server.events import BrowserLeft, hall_audience
from server.townhall.halls import queries, words
from server.townhall.halls.models import Hall, HallScreen, HallSession, Speaker
from server.townhall.halls.queries import HallRow, SessionRow
from server.townhall.halls.rules import changeable, tell_all
from server.townhall.halls.states import HallState, SessionState
from server.townhall.halls.team import Acting, note

SCREENS = 20
SPEAKERS = 30
STAYS = say("Whether captions stay is chosen before the first person comes in, and holds.")
HAS_BEGUN = say("This item has begun: it stays on the agenda.")
TOO_MANY_SPEAKERS = say("There is no room for more speakers.")
TOO_MANY_SCREENS = say("There are enough links for screens. Please take one back first.")


@dataclass(frozen=True, slots=True)
class About:
    """What a hall says of itself."""

    titles: Mapping[str, str]
    purposes: Mapping[str, str]
    link: str
    sign_video: str
    captions_kept: bool


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """Somebody who speaks."""

    id: int
    public_id: UUID


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """A link for a projector, without its token."""

    public_id: UUID
    language: str
    expires_at: datetime


def describe(tx: Transaction, hall: HallRow, about: About, by: Acting) -> None:
    """Title and purpose, where one can listen, and whether captions stay. A language that is there stays there."""
    hall = changeable(tx, hall)
    if hall.state != HallState.PREPARING and about.captions_kept != hall.captions_kept:
        raise Refused(STAYS)
    words.write(tx, hall.id, words.HALL, 0, "title", about.titles.items())
    words.write(tx, hall.id, words.HALL, 0, "purpose", about.purposes.items())
    values = {
        "languages": list(dict.fromkeys([*hall.languages, *about.titles])),
        "link": about.link,
        "sign_video": about.sign_video,
        "captions_kept": about.captions_kept,
        "version": hall.version + 1,
    }
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(**values))
    note(tx, hall, by, "described")
    tell_all(tx, hall, "state", "", at=by.at)


# The agenda ----------------------------------------------------------------------------------------------


def session_by_id(tx: Transaction, hall_id: int, public_id: UUID) -> SessionRow:
    """An item of the agenda. Raises NotFound."""
    found = next((item for item in queries.sessions_of(tx, hall_id) if item.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def move_session(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting) -> None:
    """One place earlier."""
    hall = changeable(tx, hall)
    session_by_id(tx, hall.id, public_id)
    order = queries.sessions_of(tx, hall.id)
    at = next(place for place, item in enumerate(order) if item.public_id == public_id)
    if at > 0:
        order[at - 1], order[at] = order[at], order[at - 1]
    for position, item in enumerate(order, 1):
        tx.run(update(HallSession).where(col(HallSession.id) == item.id).values(position=position))
    tell_all(tx, hall, "agenda", str(public_id), at=by.at)


def drop_session(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting) -> None:
    """Take an item out that has not begun; what was asked about it stays, and is about the hall."""
    hall = changeable(tx, hall)
    session = session_by_id(tx, hall.id, public_id)
    if session.state != SessionState.COMING:
        raise Refused(HAS_BEGUN)
    for name in ("hall_question", "hall_poll"):
        table = HallSession.metadata.tables[name]
        tx.run(update(table).where(table.c.session_id == session.id).values(session_id=None))
    tx.run(delete(HallSession).where(col(HallSession.id) == session.id))
    words.erase(tx, hall.id, words.SESSION, session.id)
    tell_all(tx, hall, "agenda", str(public_id), at=by.at)


def add_speaker(tx: Transaction, hall: HallRow, names: Mapping[str, str], about: Mapping[str, str], by: Acting) -> None:
    """Somebody who speaks: a name and what they stand for, in several languages. No picture, no account."""
    hall = changeable(tx, hall)
    known = speakers_of(tx, hall.id)
    if len(known) >= SPEAKERS:
        raise Refused(TOO_MANY_SPEAKERS)
    row = Speaker(hall_id=hall.id, position=len(known) + 1)
    tx.session.add(row)
    tx.session.flush()
    assert row.id is not None
    words.write(tx, hall.id, words.SPEAKER, row.id, "name", names.items())
    words.write(tx, hall.id, words.SPEAKER, row.id, "about", about.items())
    tell_all(tx, hall, "agenda", str(row.public_id), at=by.at)


def drop_speaker(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting) -> None:
    """Take a speaker out; their answers stay."""
    hall = changeable(tx, hall)
    found = next((row for row in speakers_of(tx, hall.id) if row.public_id == public_id), None)
    if found is None:
        raise NotFound
    words.erase(tx, hall.id, words.SPEAKER, found.id)
    answers = HallSession.metadata.tables["hall_answer"]
    tx.run(update(answers).where(answers.c.speaker_id == found.id).values(speaker_id=None))
    tx.run(delete(Speaker).where(col(Speaker.id) == found.id))
    tell_all(tx, hall, "agenda", str(public_id), at=by.at)


def speakers_of(tx: Transaction, hall_id: int) -> Sequence[SpeakerRow]:
    """Who speaks, in their order."""
    statement = select(col(Speaker.id), col(Speaker.public_id)).where(col(Speaker.hall_id) == hall_id)
    return [made(SpeakerRow, row) for row in tx.look(statement.order_by(col(Speaker.position), col(Speaker.id)))]


# Screens -------------------------------------------------------------------------------------------------


def make_screen(tx: Transaction, hall: HallRow, language: str, by: Acting, *, hours: int) -> SessionToken:
    """A link for a projector. It is told once; the hall keeps what recognises it, and no more."""
    hall = changeable(tx, hall)
    tx.run(delete(HallScreen).where(col(HallScreen.hall_id) == hall.id, col(HallScreen.expires_at) <= by.at))
    there = select(func.count()).where(col(HallScreen.hall_id) == hall.id)
    if tx.look(there).scalar_one() >= SCREENS:
        raise Refused(TOO_MANY_SCREENS)
    token = new_session_token()
    tx.session.add(
        HallScreen(
            hall_id=hall.id,
            token_hash=token_hash(token),
            language=language if language in hall.languages else hall.base_language,
            expires_at=by.at + timedelta(hours=hours),
        )
    )
    note(tx, hall, by, "screen_made")
    return token


def take_screen_back(tx: Transaction, hall: HallRow, public_id: UUID, by: Acting) -> None:
    """The link opens nothing any more, from this moment on."""
    this = (col(HallScreen.hall_id) == hall.id, col(HallScreen.public_id) == public_id)
    hashed = tx.look(select(col(HallScreen.token_hash)).where(*this)).scalar_one_or_none()
    if hashed is None or changed(tx.run(delete(HallScreen).where(*this))) == 0:
        raise NotFound
    note(tx, hall, by, "screen_taken_back")
    tx.announce(BrowserLeft(hall_audience(hall.id), hashed))


def screens_of(tx: Transaction, hall_id: int, *, at: datetime) -> Sequence[ScreenRow]:
    """The links that open the stage now."""
    statement = select(col(HallScreen.public_id), col(HallScreen.language), col(HallScreen.expires_at)).where(
        col(HallScreen.hall_id) == hall_id, col(HallScreen.expires_at) > at
    )
    return [made(ScreenRow, row) for row in tx.look(statement.order_by(col(HallScreen.id)))]
