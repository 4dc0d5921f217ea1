"""Puts the private room together. It knows nothing of the community but its policies and its help contacts."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from server import places, policies, privacy
from server.clock import Clock, SystemClock
from server.crypto.passwords import DerivationPool
from server.crypto.tokens import FormTokens
from server.darkroom.safe_copies import SafeCopies
from server.errors import NotFound, Refused, TooFast, say
from server.logs import where
from server.policies import Policies, PrivateLimits
from server.private import database, desks, keys
from server.private.answering import Answering
from server.private.asking import Asked, Place
from server.private.body import Cut, Intake, TooLarge, TooSlow, Unreadable
from server.private.contacts import Contacts
from server.private.counting import Counting
from server.private.daily import Daily, by_the_clock
from server.private.life import Life, Lifetime, Living
from server.private.migrations import history
from server.private.room import Room
from server.private.routes import PLACES
from server.private.sessions import Sessions
from server.private.staffed import Staffed
from server.private.work import Costs, Pace, made
from server.pruning import prune
from server.settings import Settings
from server.web.doorway import SCHEME_HEADER
from server.web.limits import Limits
from server.web.pages import Addresses, Pages
from server.web.shelf import Shelf
from server.web.threads import Threads
from server.web.words import Catalogues

log = logging.getLogger("baraza")

DERIVATIONS_WAITING = 300
"""So many may wait for their number to be worked out, in async code; filing is not refused because others come."""
DERIVATION_PATIENCE = 60.0
"""Seconds; then who waits for a number is asked to come again, well before the handover gives the room up."""
COMMUNITY = {
    "home": "/",
    "leave": "/leave",
    "help_near_you": "/help-near-you",
    "policy": "/policies/{policy}",
    "transparency": "/transparency",
}
"""Pages of the community that pages here link to, by the names they have there."""


@dataclass(frozen=True, slots=True)
class PrivateHouse:
    """A running private room: the ASGI application and what it stands on."""

    app: ASGIApp
    room: Room


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    seconds: Callable[[], float] = time.monotonic,
    random: Callable[[int], bytes] = secrets.token_bytes,
    operator: str = "Baraza",
    demonstration: bool = False,
    rest_seconds: float | None = None,
    costs: Costs | None = None,
    pace: Pace | None = None,
    offered: Sequence[Place] | None = None,
) -> PrivateHouse:
    """Make the room. Raises BootRefused when a promise could not be kept.

    `rest_seconds`: after so long without use it begins anew; by default what the policies say.
    """
    told = PLACES if offered is None else offered
    chance = _Chance(clock or SystemClock(), seconds, random, costs or Costs(), pace or Pace())
    room = _room(settings, chance, told, operator=operator, demonstration=demonstration, rest_seconds=rest_seconds)
    app: ASGIApp = Answering(_router(room, told), neutral_url=settings.neutral_url)
    return PrivateHouse(Living(BehindTheHandover(app), room.life), room)


@dataclass(frozen=True, slots=True)
class _Chance:
    """What tests hold still or make cheap: the day, the seconds that pass, random bytes, what guessing costs."""

    clock: Clock
    seconds: Callable[[], float]
    random: Callable[[int], bytes]
    costs: Costs
    pace: Pace


def _room(
    settings: Settings,
    chance: _Chance,
    told: Sequence[Place],
    *,
    operator: str,
    demonstration: bool,
    rest_seconds: float | None,
) -> Room:
    folder = places.policies(settings.data_dir)
    in_force = policies.load(folder)
    db = database.existing(settings.private_database)
    history.check(db)
    privacy.check(privacy.load_map(folder, privacy.PRIVATE_FILE_NAME), db.engine)
    sessions = Sessions(in_force.private, seconds=chance.seconds, random=chance.random)
    own = keys.load(settings.private_dir, pepper_file=settings.pepper_file)
    work = made(settings.private_dir, desks.load(folder), db, own.newest, chance.clock, chance.costs, chance.pace)
    return Room(
        settings=settings,
        policies=in_force,
        db=db,
        keys=own,
        sessions=sessions,
        intake=Intake(in_force.private, seconds=chance.seconds),
        tokens=FormTokens(chance.random(32), seconds=chance.seconds, random=chance.random),
        pages=_pages(in_force, told),
        pool=DerivationPool(waiting=DERIVATIONS_WAITING, patience=DERIVATION_PATIENCE),
        darkroom=SafeCopies(at_once=in_force.pictures.at_once, most_pages=work.reporting.files.most_pages),
        threads=Threads(embedded_database=db.is_sqlite),
        contacts=Contacts(settings.told_dir),
        limits=Limits(),
        life=Life(sessions, _lifetime(in_force.private, rest_seconds), seconds=chance.seconds),
        clock=chance.clock,
        random=chance.random,
        work=work,
        operator=operator,
        demonstration=demonstration,
    )


def _lifetime(limits: PrivateLimits, rest_seconds: float | None) -> Lifetime:
    rest = limits.recycle_minutes * 60 if rest_seconds is None else rest_seconds
    return Lifetime(rest, limits.most_hours * 3600, limits.patience_hours * 3600, limits.text_seconds)


def _pages(in_force: Policies, told: Sequence[Place]) -> Pages:
    return Pages(
        places.shipped("templates"),
        shelf=Shelf(places.shipped("static")),
        catalogues=Catalogues(places.shipped("locale"), in_force.languages),
        addresses=Addresses({**COMMUNITY, **{place.name: place.path for place in told}}),
        parts=("private/", "macros/"),
    )


def _router(room: Room, told: Sequence[Place]) -> Router:
    by_path: dict[str, list[Place]] = {}
    for place in told:
        by_path.setdefault(place.path, []).append(place)
    routes = [Route(path, endpoint=Entrance(found, room), name=found[0].name) for path, found in by_path.items()]
    return Router(routes, redirect_slashes=False, default=Entrance((), room), lifespan=_lifespan(room))


def _lifespan(room: Room) -> Callable[[Any], Any]:
    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncGenerator[None]:
        work, own = room.work, room.settings.private_dir
        daily = Daily(room.clock, work.erasing, work.trail, work.wholeness, own, once_a_day(room))
        clockwork = asyncio.create_task(by_the_clock(daily, room.threads.write))
        try:
            yield
        finally:
            clockwork.cancel()
            room.pool.close()
            room.darkroom.close()
            room.work.close()
            room.threads.close()
            room.db.close()

    return lifespan


def once_a_day(room: Room) -> Sequence[Callable[[datetime], None]]:
    """What else the room does once a day. A folder that cannot be written is told, and the rest goes on."""
    work = room.work
    counting = Counting(room.db, work.vault, work.reporting, work.forgetting, room.settings.told_dir)

    def forget_list(at: datetime) -> None:
        room.work.forgetting.once_a_day()
        if room.settings.backup_dir is not None:
            room.work.forgetting.copied_to(room.settings.backup_dir)
            prune(room.settings.backup_dir, days=room.policies.retention.backups_days, today=at.date())

    desks = Staffed(work.reporting, work.roster, room.settings.told_dir)
    return [
        _told_of("the desks' account", counting.run),
        _told_of("its forget list", forget_list),
        _told_of("which desks have readers", desks.run),
    ]


def _told_of(what: str, work: Callable[[datetime], None]) -> Callable[[datetime], None]:
    def done(at: datetime) -> None:
        try:
            work(at)
        except OSError as error:
            log.error("the private room cannot write %s: %s", what, type(error).__name__)

    return done


class BehindTheHandover:
    """Believes the handover what it says of the browser's way here: nobody else reaches this socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scheme = Headers(scope=scope).get(SCHEME_HEADER)
            scope = {**scope, "scheme": "https" if scheme == "https" else "http", "client": None}
        await self._app(scope, receive, send)


class Entrance:
    """One address with what may be done there by method, as an ASGI application."""

    def __init__(self, found: Sequence[Place], room: Room) -> None:
        self._answers = {place.method: place.answer for place in found}
        self._room = room
        self._allow = ", ".join(sorted({*self._answers, *({"HEAD"} if "GET" in self._answers else set[str]())}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        asked = Asked(scope, receive, self._room)
        asked.listen_for_language()
        response = await self._answer(asked)
        await response(scope, receive, send)

    async def _answer(self, asked: Asked) -> Response:
        answer = self._answers.get("GET" if asked.method == "HEAD" else asked.method)
        if not self._answers:
            return _nothing(asked)
        if answer is None:
            response = asked.page(
                PLAIN, 405, heading=_FAILED, sentence=say("This address does not take that kind of request.")
            )
            response.headers["allow"] = self._allow
            return response
        try:
            return await answer(asked)
        except Exception as error:
            return _told(asked, error)


PLAIN = "private/plain.html"
_FAILED = say("This did not work")
_UNREADABLE = say("What was sent could not be read as a form.")
_TOO_LARGE = say("What you sent is larger than this server takes at once.")
_UNREAD = (
    (Unreadable, 422, _UNREADABLE),
    (TooLarge, 413, _TOO_LARGE),
    (TooSlow, 408, _UNREADABLE),
    (Cut, 400, _UNREADABLE),
)


def _told(asked: Asked, error: Exception) -> Response:
    """The page for whatever an answer did not take care of itself. Only a fault of ours is logged, without words."""
    if isinstance(error, NotFound):
        return _nothing(asked)
    if isinstance(error, Refused):
        response = asked.page(PLAIN, error.status, heading=_FAILED, sentence=error.sentence)
        if isinstance(error, TooFast):
            response.headers["retry-after"] = str(error.retry_after)
        return response
    for kind, status, sentence in _UNREAD:
        if isinstance(error, kind):
            return asked.page(PLAIN, status, heading=_FAILED, sentence=sentence)
    log.error("a fault in the private room: %s at %s", type(error).__name__, where(error))
    sentence = say("It is our fault, not yours. Please try again in a few minutes.")
    return asked.page(PLAIN, 500, heading=say("Something went wrong here"), sentence=sentence)


def _nothing(asked: Asked) -> Response:
    sentence = say("This page does not exist, or it is not open to you.")
    return asked.page(PLAIN, 404, heading=say("Nothing is here"), sentence=sentence)
