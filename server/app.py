"""Puts the house together: the only file that knows every part."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event as Ending
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from moderation import embedded
from moderation.classifier import Unavailable
from moderation.detoxified import judge as detoxify
from moderation.policy import load as load_screening_policy
from moderation.screening import Author, Screener
from moderation.verdict import Verdict
from server import places, policies, privacy, promised, tables
from server.accounts import queries as accounts
from server.accounts.routes import routes as account_routes
from server.announcements import views as announcements
from server.announcements.routes import routes as announcement_routes
from server.appeals.routes import routes as appeal_routes
from server.clock import Clock, SystemClock
from server.clockwork import Due, by_the_clock
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.passkeys import Passkeys, party_of
from server.crypto.passwords import DerivationPool, Passwords
from server.crypto.second_factor import SecondFactors
from server.crypto.tokens import FormTokens
from server.darkroom.workshop import Workshop
from server.database import Database
from server.events import Event, InstallationChanged, SpaceAltered, SpaceChanged, TopicChanged
from server.forum.keeping_routes import routes as keeping_routes
from server.forum.mute_routes import routes as mute_routes
from server.forum.routes import routes as forum_routes
from server.forum.search_routes import routes as search_routes
from server.going_live.routes import routes as going_live_routes
from server.handover import Away, Handover
from server.help_contacts.routes import routes as help_routes
from server.help_contacts.telling import Told
from server.hosting.routes import routes as hosting_routes
from server.leading import Leading
from server.leaving.routes import routes as leaving_routes
from server.leaving.rules import let_go
from server.letters.routes import routes as letter_routes
from server.migrations import history
from server.notice_board.routes import routes as notice_board_routes
from server.notifier import Notifier
from server.own_data.routes import routes as own_data_routes
from server.retention.running import Daily
from server.review.letter_routes import routes as author_letter_routes
from server.review.routes import routes as review_routes
from server.settings import Settings
from server.sharing import Shared, shared
from server.stewarding.routes import routes as steward_routes
from server.townhall.attending.poll_routes import routes as answering_routes
from server.townhall.attending.routes import routes as attending_routes
from server.townhall.calling.routes import routes as calling_routes
from server.townhall.captions.routes import routes as caption_routes
from server.townhall.forgetting import Forgetting
from server.townhall.halls.routes import routes as hall_routes
from server.townhall.helping.routes import routes as helping_routes
from server.townhall.live import sockets
from server.townhall.live.company import LiveHalls
from server.townhall.live.doorway import WithHalls
from server.townhall.live.feed import Pace
from server.townhall.live.routes import routes as live_routes
from server.townhall.live.watching import Watch
from server.townhall.polling.routes import routes as poll_routes
from server.townhall.record.routes import routes as record_routes
from server.townhall.running.every_route import routes as running_routes
from server.transparency.routes import routes as transparency_routes
from server.web import failures
from server.web.address import ForgetAddress
from server.web.fragments import Fragments
from server.web.headers import SafeHeaders
from server.web.pages import Addresses, Pages
from server.web.remembered import RememberedPages
from server.web.rooms import Door, Room
from server.web.shelf import Shelf
from server.web.threads import Threads
from server.web.visit import FindDetails, Services
from server.web.words import Catalogues

TABLES = tables.metadata
"""All of them, loaded: a row may point at a row of a slice that has no routes."""
ROOMS: Sequence[Room[Any]] = [
    *forum_routes,
    *search_routes,
    *keeping_routes,
    *mute_routes,
    *letter_routes,
    *author_letter_routes,
    *account_routes,
    *leaving_routes,
    *own_data_routes,
    *appeal_routes,
    *review_routes,
    *hosting_routes,
    *announcement_routes,
    *help_routes,
    *steward_routes,
    *going_live_routes,
    *transparency_routes,
    *notice_board_routes,
    *hall_routes,
    *attending_routes,
    *calling_routes,
    *answering_routes,
    *poll_routes,
    *running_routes,
    *live_routes,
    *caption_routes,
    *helping_routes,
    *record_routes,
]
THE_DOOR = "/help"
"""Where the private room begins; this process only hands what comes there on."""
Screen = Callable[[str, Author | None], Verdict]


@dataclass(frozen=True, slots=True)
class House:
    """A running community: the ASGI application and what it stands on."""

    app: ASGIApp
    services: Services
    live: LiveHalls


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    screen: Screen | None = None,
    details: FindDetails | None = None,
    passwords: Callable[[bytes], Passwords] = Passwords,
    operator: str = "Baraza",
    demonstration: bool = False,
    room: Path | None = None,
    pace: Pace | None = None,
) -> House:
    """Make the application. `room`: the socket at which the private room listens. `pace`: how soon halls tell.

    Raises BootRefused when a promise could not be kept.
    """
    machine = _machine(settings, screen, details)
    common = shared(settings)
    services = _services(settings, common, clock or SystemClock(), machine, passwords, operator, demonstration)
    services.db.hub.listen(_forget_pages(services))
    told = Told(services.db, settings.told_dir)
    services.db.hub.listen(told)
    told.tell()
    services.db.hub.carry(common.bus.pass_on)
    live = LiveHalls(services, pace=pace, bus=common.bus)
    services.db.hub.listen(live.heard)
    ending = Ending()
    router = _router(services, live, _works(settings, services, ending), ending)
    app: ASGIApp = WithHalls(router, live)
    headers = partial(SafeHeaders, neutral_origin=_origin(settings.neutral_url), onion_url=settings.onion_url)
    app = Handover(headers(app), away=headers(Away(services.pages, services.clock)), socket=room)
    app = ForgetAddress(app, buckets=common.buckets, trusted=settings.trusted_proxies)
    return House(app, services, live)


def _services(
    settings: Settings,
    common: Shared,
    clock: Clock,
    machine: "_Machine",
    passwords: Callable[[bytes], Passwords],
    operator: str,
    demonstration: bool,
) -> Services:
    folder = places.policies(settings.data_dir)
    in_force = policies.load(folder)
    keys = keyring.load(settings.keys_dir)
    db = Database(settings.database)
    history.check(db)
    privacy.check(promised.maps(folder).community, db.engine)
    shelf = Shelf(places.shipped("static"))
    catalogues = Catalogues(places.shipped("locale"), in_force.languages)
    addresses = Addresses(
        {**{room.name: room.path for room in ROOMS}, "talk_to_us": THE_DOOR, "hall_live": sockets.PATH}
    )
    return Services(
        policies=in_force,
        db=db,
        clock=clock,
        pages=Pages(places.shipped("templates"), shelf=shelf, catalogues=catalogues, addresses=addresses),
        shelf=shelf,
        tokens=FormTokens(keys.key(Purpose.FORM_TOKENS)),
        passwords=passwords(keys.key(Purpose.PEPPER)),
        threads=Threads(embedded_database=db.is_sqlite),
        pool=DerivationPool(waiting=in_force.derivation.waiting),
        darkroom=Workshop(at_once=in_force.pictures.at_once, waiting=in_force.pictures.waiting),
        passkeys=None if (party := party_of(settings.public_url)) is None else Passkeys(party, common.challenges),
        second_factors=SecondFactors(keys.key(Purpose.SECOND_FACTORS)),
        login_key=keys.key(Purpose.LOGIN_NAMES),
        code_key=keys.key(Purpose.CODES),
        limits=common.limits,
        remembered=RememberedPages(),
        fragments=Fragments(),
        screen=machine.screen,
        details=machine.details,
        find_viewer=partial(
            accounts.find_viewer, trust=in_force.moderation.trust, lasts=accounts.lifetimes(in_force.retention)
        ),
        renewal=accounts.Renewal(),
        news=announcements.news,
        told_dir=settings.told_dir,
        backup_dir=settings.backup_dir,
        neutral_url=settings.neutral_url,
        public_url=settings.public_url,
        operator=operator,
        demonstration=demonstration,
    )


@dataclass(frozen=True, slots=True)
class _Machine:
    """What looks at words: the verdict on a text, and the private details in it."""

    screen: Screen
    details: FindDetails


def _machine(settings: Settings, screen: Screen | None, details: FindDetails | None) -> _Machine:
    """The machine that ships, or another; another that names no way to find details finds none."""
    if screen is not None:
        return _Machine(screen, details or (lambda _: ()))
    screener = _screener(places.policies(settings.data_dir), settings)
    return _Machine(screener.screen, details or screener.details)


def _screener(folder: Any, settings: Settings) -> Screener:
    """The machine; without its model it goes on, and holds everything."""
    policy = load_screening_policy(folder / "moderation.toml")
    try:
        model = embedded.load()
    except Unavailable as error:
        failures.log.error("the model cannot be loaded (%s): every message will be held", type(error).__name__)
        return Screener(policy, None)
    if settings.classifier == "embedded":
        return Screener(policy, model)
    try:
        return Screener(policy, detoxify.load(settings.detoxify_dir, model, policy))
    except Unavailable:
        failures.log.error("Detoxify cannot be loaded: the embedded model judges in its place. See: baraza check")
        return Screener(policy, model)


def _works(settings: Settings, services: Services, ending: Ending | None = None) -> list[Due]:
    """What is done by the clock. `ending` is set when the house closes: long work stops at its next rest."""
    works: list[Due] = [
        Forgetting(services.db, services.policies).run,
        lambda _: services.db.forget_log_when_due(),
    ]
    if not services.demonstration:  # there a hall stays open for whoever looks around, though nobody moderates it
        works.append(Watch(services.db, services.policies.halls).run)
    key = keyring.load(settings.keys_dir).key(Purpose.RETENTION)
    works.append(lambda at: _let_go(services, at))
    works.append(Daily(services.db, services.policies.retention, key, ending or Ending()).run)
    if settings.notifier_command:
        works.append(Notifier(settings.notifier_command, settings.notifier_hours).run)
    if settings.backup_dir is not None:
        from server.forgetting.upkeep import Upkeep  # noqa: PLC0415  it brings sealed boxes; others have no need of them

        days = services.policies.retention.backups_days
        works.append(Everywhere(Upkeep(settings, services.db, days, settings.backup_dir).run))
    return works


def _let_go(services: Services, at: datetime) -> None:
    let_go(services.db, at=at)


def _router(services: Services, live: LiveHalls, works: list[Due], ending: Ending) -> Router:
    by_path: dict[str, list[Room[Any]]] = {}
    for room in ROOMS:
        by_path.setdefault(room.path, []).append(room)
    routes = [Route(path, endpoint=Door(rooms, services), name=rooms[0].name) for path, rooms in by_path.items()]
    return Router(
        [*routes, Mount("/static", app=services.shelf), WebSocketRoute(sockets.PATH, sockets.Sockets())],
        redirect_slashes=False,
        default=NothingHere(services),
        lifespan=_lifespan(services, live, works, ending),
    )


def _lifespan(services: Services, live: LiveHalls, works: list[Due], ending: Ending) -> Callable[[Any], Any]:
    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncGenerator[None]:
        leading = Leading(services.db)
        # each by itself: a long night of forgetting must not keep an unwatched hall from pausing
        clockworks = {asyncio.create_task(by_the_clock([_if_ours(leading, work)], services.clock)) for work in works}
        live.begin()
        live.bus.begin(services.db.hub.hear)
        try:
            yield
        finally:
            ending.set()
            for clockwork in clockworks:
                clockwork.cancel()
            await asyncio.wait(clockworks)
            leading.close()
            live.bus.end()
            live.end()
            services.pool.close()
            services.threads.close()
            services.db.close()

    return lifespan


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Work that each process does, leading or not: each machine has copies of its own that must come to an end."""

    work: Due

    def __call__(self, at: datetime) -> None:
        """Do it."""
        self.work(at)


def _if_ours(leading: Leading, work: Due) -> Due:
    if isinstance(work, Everywhere):
        return work
    return lambda at: work(at) if leading.is_ours() else None


class NothingHere:
    """The 404 for addresses that no room has, in the reader's language."""

    def __init__(self, services: Services) -> None:
        self._door = Door((), services)
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; sockets are closed."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        response = await self._door.nothing(scope, receive)
        await response(scope, receive, send)


def _forget_pages(services: Services) -> Callable[[Event], None]:
    """After a commit, remembered pages about what changed are dropped."""

    def listener(event: Event) -> None:
        if isinstance(event, TopicChanged):
            services.remembered.forget(f"topic:{event.topic_id}")
        elif isinstance(event, SpaceChanged):
            services.remembered.forget(f"space:{event.space_id}")
            services.remembered.forget("spaces")
        elif isinstance(event, SpaceAltered | InstallationChanged):
            services.remembered.forget_all()  # its topics too, and it happens seldom

    return listener


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
