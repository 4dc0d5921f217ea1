"""Rooms: what a route is made of, and the one way in.

A handler is written as `@page(...)` or `@action(...)`. The room finds the viewer and the thing asked for,
asks the permission table, checks where a form comes from and what is in it, and gives typed text back
whenever something is wrong.
"""

import asyncio
import gzip
import inspect
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from markupsafe import escape
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.database import Transaction
from server.errors import NotFound, Refused, Sentence, TooFast, say
from server.permissions import INSTALLATION, Permission, Place
from server.web import body, failures
from server.web.cookies import session_token, set_session
from server.web.fields import BLANK, Form, FormErrors, FormState, parse
from server.web.same_origin import Sender, sender
from server.web.visit import FORM_TOKEN, Services, Visit
from server.web.words import GREGORIAN, Reading, read_in, reading

PATIENCE_SECONDS = 1.0
"""How long something may be waited for that nobody asked for."""
FILE_PATIENCE = 4
"""How many times its cap a form with a file is read, so that the text beside a huge photo is not lost."""
NOT_OURS = say("This form was open for too long, or did not come from this site. Please send it again.")
LOOK_BELOW = say("Please look at this once more. Your text is still here.")


class Found(Protocol):
    """Whatever an address points at knows its place."""

    @property
    def place(self) -> Place:
        """Where it is, for the permission table."""
        ...


@dataclass(frozen=True, slots=True)
class Anywhere:
    """The installation itself: for addresses that point at nothing in particular."""

    place: Place = INSTALLATION


Thing = TypeVar("Thing", bound=Found)
Finder = Callable[[Transaction, Visit], Thing | None]
Again = Callable[[Visit, Any, FormState], Response]


def anywhere(tx: Transaction, visit: Visit) -> Anywhere:
    """The finder for addresses that point at nothing in particular."""
    return Anywhere()


@dataclass(frozen=True, slots=True)
class Room(Generic[Thing]):
    """A route: its address, what it needs, how its thing is found, and who answers."""

    path: str
    name: str
    method: str
    needs: Permission
    at: Finder[Thing]
    handler: Callable[..., Response | Awaitable[Response]]
    form: type[Form] | None = None
    again: "Room[Any] | None" = None
    remembers: bool = False
    always: bool = False
    takes_form: bool = True

    def __call__(self, visit: Visit, found: Thing, form: FormState = BLANK) -> Response:
        """Show the page, with a form as it stands."""
        answer = self.handler(visit, found, form) if self.takes_form else self.handler(visit, found)
        if not isinstance(answer, Response):
            raise TypeError("A page is a plain function.")
        return answer


def page(
    path: str, *, name: str, needs: Permission, at: Finder[Any] = anywhere, remembers: bool = False
) -> Callable[[Callable[..., Response]], Room[Any]]:
    """A page to look at. `remembers` for pages that every guest reads alike."""

    def made(handler: Callable[..., Response]) -> Room[Any]:
        takes_form = len(inspect.signature(handler).parameters) > 2
        return Room(path, name, "GET", needs, at, handler, remembers=remembers, takes_form=takes_form)

    return made


def action(
    path: str,
    *,
    name: str,
    needs: Permission,
    form: type[Form] = Form,
    at: Finder[Any] = anywhere,
    again: Room[Any] | None = None,
) -> Callable[[Callable[..., Response | Awaitable[Response]]], Room[Any]]:
    """Something to do. `again` is the page that shows the form when it cannot be taken."""

    def made(handler: Callable[..., Response | Awaitable[Response]]) -> Room[Any]:
        return Room(path, name, "POST", needs, at, handler, form, again)

    return made


def always(
    path: str, *, name: str, method: str, needs: Permission
) -> Callable[[Callable[[Visit], Awaitable[Response]]], Room[Any]]:
    """A way out that is never barred: nothing is read, looked up, checked or counted before it is taken."""

    def made(handler: Callable[[Visit], Awaitable[Response]]) -> Room[Any]:
        return Room(path, name, method, needs, anywhere, handler, always=True)

    return made


class Door:
    """One address with its rooms by method, as an ASGI application."""

    def __init__(self, rooms: Sequence[Room[Any]], services: Services) -> None:
        self._rooms = {room.method: room for room in rooms}
        self._services = services
        self._allow = ", ".join(sorted({*self._rooms, *({"HEAD"} if "GET" in self._rooms else set[str]())}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        visit = Visit(request, self._services)
        listen_for_language(visit)
        room = self._rooms.get("GET" if request.method == "HEAD" else request.method)
        if room is None:
            response = failures.wrong_method(visit, self._allow)
        elif room.always:
            response = await _way_out(room, visit)
        elif room.method == "GET":
            response = await _renewed(visit, await self._shown(room, visit))
        else:
            response = await _renewed(visit, await self._done(room, visit))
        await response(scope, receive, send)
        if visit.afterwards is not None and response.status_code == 200:
            await _followed_up(visit, visit.afterwards)

    async def nothing(self, scope: Scope, receive: Receive) -> Response:
        """The page for an address where nothing is."""
        visit = Visit(Request(scope, receive), self._services)
        listen_for_language(visit)
        return await self._services.threads.read(lambda: failures.nothing_here(visit))

    async def _shown(self, room: Room[Any], visit: Visit) -> Response:
        remembered = self._services.remembered
        threads = self._services.threads
        if not room.remembers:
            return await threads.read(lambda: guarded(visit, lambda: _show(room, visit)))
        if session_token(visit.request) is not None:
            return await threads.read_at_once(lambda: guarded(visit, lambda: _show(room, visit)))
        key = _key(visit)
        kept = remembered.recall(key, visit.request.headers.get("if-none-match"))
        if kept is not None:
            return kept
        edition = remembered.edition
        response = await threads.read_at_once(lambda: guarded(visit, lambda: _show(room, visit)))
        etag = response.headers.get("etag")
        if etag is None or not visit.subject:
            return response
        remembered.keep(key, response, etag=etag, subject=visit.subject, edition=edition)
        return remembered.recall(key, visit.request.headers.get("if-none-match")) or response

    async def _done(self, room: Room[Any], visit: Visit) -> Response:
        try:
            visit.spend(visit.policies.rates.act_per_address, "act", visit.bucket)
            sent = await body.read(visit.request, limit=visit.policies.text.body_bytes, file=_file_room(room, visit))
            visit.pairs, visit.upload = sent.pairs, sent.upload
        except TooFast as error:
            return failures.page_for(visit, error)
        except body.TooLarge:
            return failures.too_large(visit)
        except body.Unreadable:
            return failures.unreadable(visit)
        except Exception as error:
            return failures.fault(visit, error)
        if inspect.iscoroutinefunction(room.handler):
            return await _do_slowly(room, visit)
        return await self._services.threads.write(lambda: guarded(visit, lambda: _do(room, visit)))


def _file_room(room: Room[Any], visit: Visit) -> body.FileRoom | None:
    """Where a form takes a file. For a browser without a session it is read past, and its text is kept."""
    if room.form is None or not room.form.file_field:
        return None
    cap = visit.policies.pictures.body_bytes
    return body.FileRoom(room.form.file_field, cap if session_token(visit.request) else 0, cap * FILE_PATIENCE)


def guarded(visit: Visit, work: Callable[[], Response]) -> Response:
    """Run it, and turn whatever goes wrong into a page."""
    try:
        return work()
    except Exception as error:
        return failures.page_for(visit, error)


async def _renewed(visit: Visit, response: Response) -> Response:
    """A session in use lives on, and its cookie with it. When the database is busy, the next page does it."""
    services, viewer = visit.services, visit.viewer
    if "set-cookie" in response.headers or not services.renewal.is_due(viewer, visit.policies, at=visit.now):
        return response
    token = session_token(visit.request)
    done = await quietly(
        services.threads.write(lambda: services.renewal.renew(services.db, viewer, visit.policies, at=visit.now))
    )
    if done and token is not None and viewer.persistent:
        set_session(response, token, secure=visit.secure, days=visit.policies.retention.session_days)
    return response


async def _followed_up(visit: Visit, work: Callable[[Transaction], None]) -> None:
    def written() -> None:
        with visit.transaction() as tx:
            work(tx)

    await quietly(visit.services.threads.write(written))


async def quietly(work: Awaitable[object]) -> bool:
    """Wait a moment for something that may be done later as well. Whether it was done."""
    try:
        await asyncio.wait_for(work, PATIENCE_SECONDS)
    except (TimeoutError, SQLAlchemyError, sqlite3.Error):
        return False
    return True


async def _way_out(room: Room[Any], visit: Visit) -> Response:
    answer = room.handler(visit)
    assert not isinstance(answer, Response)
    return await answer


def _show(room: Room[Any], visit: Visit) -> Response:
    with visit.services.db.reading() as tx:
        found = entered(room, visit, tx)
        if found is None:
            return failures.sign_in_first(visit)
        visit.tx = tx
        return room(visit, found)


def _do(room: Room[Any], visit: Visit) -> Response:
    try:
        prepared = _prepared(room, visit)
        if isinstance(prepared, Response):
            return prepared
        found, form = prepared
        answer = room.handler(visit, found, form)
        assert isinstance(answer, Response)
        return answer
    except (FormErrors, Refused) as error:
        return _again(room, visit, error)


async def _do_slowly(room: Room[Any], visit: Visit) -> Response:
    """The same for handlers that wait for key work, so that they hold no thread meanwhile."""
    try:
        try:
            prepared = await visit.services.threads.read(lambda: _prepared(room, visit))
            if isinstance(prepared, Response):
                return prepared
            found, form = prepared
            answer = room.handler(visit, found, form)
            assert not isinstance(answer, Response)
            return await answer
        except (FormErrors, Refused) as error:
            refused = error
        return await visit.services.threads.read(lambda: guarded(visit, lambda: _again(room, visit, refused)))
    except Exception as error:
        return failures.page_for(visit, error)


def _prepared(room: Room[Any], visit: Visit) -> Response | tuple[Any, Form]:
    who = sender(visit.request)
    if who is Sender.FOREIGN:
        return failures.cross_site(visit)
    with visit.services.db.reading() as tx:
        found = entered(room, visit, tx)
    if who is Sender.UNKNOWN and not _token_fits(visit):
        if found is None:
            return failures.signed_out(visit)
        return _again(room, visit, Refused(NOT_OURS), status=403)
    if found is None:
        return failures.signed_out(visit)
    if visit.viewer.signed_in:
        visit.spend(visit.policies.rates.act_per_session, "act", visit.viewer.session_key.hex())
    assert room.form is not None
    return found, parse(room.form, visit.pairs, visit.policies)


def entered(room: Room[Any], visit: Visit, tx: Transaction) -> Any | None:
    """The thing asked for, if this viewer may. None: signing in may help. Raises NotFound otherwise."""
    visit.viewer = visit.services.find_viewer(tx, session_token(visit.request), at=visit.now)
    if visit.viewer.language or visit.viewer.calendar:
        listen_for_language(visit)
    found = room.at(tx, visit)
    if found is None:
        raise NotFound
    visit.place = found.place
    if visit.viewer.may(room.needs, found.place):
        return found
    if not visit.viewer.signed_in and visit.viewer.may(Permission.SEE_SPACE, found.place):
        return None
    raise NotFound


def _token_fits(visit: Visit) -> bool:
    token = dict(visit.pairs).get(FORM_TOKEN, "")
    return visit.services.tokens.valid(token, visit.form_key)


def _again(room: Room[Any], visit: Visit, error: FormErrors | Refused, status: int | None = None) -> Response:
    """The same form once more, with everything that was typed and what is wrong with it."""
    state = state_of(visit, error)
    status = status or (error.status if isinstance(error, Refused) else 422)
    if room.again is None:
        return failures.refused(visit, state, status, error)
    with visit.services.db.reading() as tx:
        found = room.again.at(tx, visit)
        if found is None or not visit.viewer.may(room.again.needs, found.place):
            return failures.refused(visit, state, status, error)
        visit.tx, visit.shown_at = tx, _filled(room.again.path, visit)
        response = room.again(visit, found, state)
    if "location" in response.headers:  # the form is not for this viewer any more; its refusal would be empty
        return failures.refused(visit, state, status, error) if status == 403 else response
    if _loses_words(response, room, visit):
        return failures.refused(visit, state, status, error)
    response.status_code = status
    if isinstance(error, TooFast):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _loses_words(page: Response, room: Room[Any], visit: Visit) -> bool:
    """Whether the form has gone from its page while somebody wrote, and what was typed stands nowhere on it."""
    words = [value.split("\n")[0].strip() for _, _, value in failures.kept(visit)]
    if not any(words):
        return False
    body = bytes(page.body)
    if page.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    itself = room.again is not None and room.again.path == room.path and b'<form method="post">' in body
    there = f'action="{visit.request.url.path}'.encode()
    if itself or there + b'"' in body or there + b"?" in body:  # the address may name a language
        return False
    return not all(str(escape(line)).encode("utf-8", "replace") in body for line in words)


def _filled(path: str, visit: Visit) -> str:
    """The address of the page with the form, to which a change of language leads back."""
    for name, value in visit.request.path_params.items():
        path = path.replace("{" + name + "}", quote(str(value), safe=""))
    return path


def state_of(visit: Visit, error: FormErrors | Refused) -> FormState:
    """What was typed, and the sentences about it in the reader's language."""
    said = visit.services.pages.catalogues.said
    values = {name: value for name, value in visit.pairs if name != FORM_TOKEN}
    if isinstance(error, FormErrors):
        return FormState(values, {name: said(s) for name, s in error.errors.items() if name}, said(LOOK_BELOW))
    sentence: Sentence = error.sentence
    values.update(error.values)
    errors = {error.field: said(sentence)} if error.field else {}
    return FormState(values, errors, said(error.summary or LOOK_BELOW) if error.field else said(sentence))


def listen_for_language(visit: Visit) -> None:
    """The address decides, then the member's own choice, then the browser's list."""
    catalogues = visit.services.pages.catalogues
    query = visit.request.scope["query_string"]
    asked = catalogues.offered(visit.request.query_params.get("lang")) if query else None
    language = (
        asked
        or catalogues.offered(visit.viewer.language)
        or catalogues.best_of(visit.request.headers.get("accept-language", ""))
    )
    read_in(Reading(language, asked is not None, visit.now.date(), calendar=visit.viewer.calendar or GREGORIAN))


def _key(visit: Visit) -> tuple[str, str, str, bool]:
    now = reading()
    query = visit.request.scope["query_string"].decode("latin-1")
    packs = "gzip" in visit.request.headers.get("accept-encoding", "")
    return (f"{visit.address}?{query}", now.language.code, now.today.isoformat(), packs)
