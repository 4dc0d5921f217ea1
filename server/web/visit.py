"""One visit: who is looking, in which language, and what a handler may do about it."""

import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote
from uuid import UUID

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.private_data import Span
from moderation.screening import Author
from moderation.verdict import Verdict
from server.clock import Clock
from server.crypto.passkeys import Passkeys
from server.crypto.passwords import DerivationPool, Passwords
from server.crypto.second_factor import SecondFactors
from server.crypto.tokens import FormTokens, SessionToken
from server.darkroom.workshop import Workshop
from server.database import Database, Transaction
from server.errors import NotFound, Sentence, say
from server.permissions import INSTALLATION, NOBODY, Place, Viewer
from server.policies import Policies
from server.web.address import BUCKET
from server.web.body import Upload
from server.web.fragments import Fragments
from server.web.limits import Limits
from server.web.pages import Pages
from server.web.remembered import RememberedPages
from server.web.shelf import Shelf
from server.web.threads import Threads
from server.web.words import reading

FORM_TOKEN = "form_token"  # noqa: S105  the name of the field
PACK_FROM_BYTES = 600
GUEST_LEVEL, MEMBER_LEVEL = 2, 1
"""Compression: a guest's page is packed once and sent often, a member's page is packed each time."""
Result = TypeVar("Result")


class FindViewer(Protocol):
    """Finds whoever a session token belongs to; given by app.py, because the web knows no accounts."""

    def __call__(self, tx: Transaction, token: SessionToken | None, *, at: datetime) -> Viewer:
        """The viewer; NOBODY when the token opens nothing."""
        ...


class Renewal(Protocol):
    """Moves the expiry of a session that is in use; given by app.py."""

    def is_due(self, viewer: Viewer, policies: Policies, *, at: datetime) -> bool:
        """Whether the expiry should be moved now."""
        ...

    def renew(self, db: Database, viewer: Viewer, policies: Policies, *, at: datetime) -> None:
        """Move it."""
        ...


class News(Protocol):
    """What one's own page shows of the places one is in; given by app.py."""

    def __call__(self, visit: "Visit") -> Markup:
        """A piece of the page; empty when there is nothing new."""
        ...


Screen = Callable[[str, Author | None], Verdict]
FindDetails = Callable[[str], Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a visit may use; made once by app.py."""

    policies: Policies
    db: Database
    clock: Clock
    pages: Pages
    shelf: Shelf
    tokens: FormTokens
    passwords: Passwords
    pool: DerivationPool
    darkroom: Workshop
    threads: Threads
    second_factors: SecondFactors
    passkeys: Passkeys | None
    login_key: bytes
    code_key: bytes
    limits: Limits
    remembered: RememberedPages
    fragments: Fragments
    screen: Screen
    details: FindDetails
    find_viewer: FindViewer
    renewal: Renewal
    news: News
    told_dir: Path
    """Where public things lie that go between the community and the private room."""
    backup_dir: Path | None
    """Where the copies lie, if the server knows."""
    neutral_url: str
    public_url: str
    operator: str
    demonstration: bool = False


DONE: Mapping[str, Sentence] = {
    "posted": say("Your message is here. Everybody who may read this topic can see it."),
    "complained": say(
        "Your message is here. Did somebody want money or a favour from you? “Help near you” names people who can act "
        "on it, and you need not say who you are."
    ),
    "held": say("Your message is saved. A person will read it first."),
    "changed": say("Your new words are here."),
    "withdrawn": say("Your message is gone."),
    "flagged": say("Thank you. A person will look at the message, and you will be told what was decided."),
    "draft": say("Your words are kept for later. Only you can see them."),
    "bookmarked": say("You find this message again under “Kept messages” on your page."),
    "let_go": say("This message is no longer among your kept messages."),
    "thrown_away": say("These words are gone."),
    "muted": say(
        "You see this person's messages here no more. Only you know. “Your choices in this space” changes it."
    ),
    "blocked": say("This person can answer you here no more. Only you know. “Your choices in this space” changes it."),
    "shown_again": say("You see this person's messages again."),
    "answers_again": say("This person can answer you again. Their messages stay folded until you show them again."),
    "letter": say("Your letter is on its way. The answer will be here, and on your page."),
    "answered": say("Your letter is sent. It is signed “The moderators”."),
    "chosen": say("Your choices are saved."),
    "joined": say("You are a member of this space now."),
    "ended": say("That session is ended."),
    "passkey_added": say("This device can open your account now."),
    "passkey_removed": say("This passkey opens your account no more."),
    "second_factor": say("Your second factor is set. From now on you need its code to sign in."),
    "released": say("Others can read it. You can undo this for a while."),
    "removed": say("It is taken out. Its author will be told why. You can undo this for a while."),
    "redacted": say("The words are hidden, and others can read the rest. You can undo this for a while."),
    "given_back": say("Its author is asked to change it. You can undo this for a while."),
    "hidden": say("Nobody else can read it until it is decided. You can undo this for a while."),
    "escalated": say("Hosts and stewards have it now. You can undo this for a while."),
    "measures": say("It is done, and the message waits on. You can undo this for a while."),
    "left": say("A colleague will look at it. You are not asked again."),
    "nothing_fits": say("Nothing waits that fits you just now."),
    "rested": say("Rest well. The counting begins anew."),
    "suspended": say("You agreed. This person cannot write here for a while, and is told why."),
    "trained": say("This person may open what is for trained people now."),
    "untrained": say("This person may not open it any more."),
    "line_confirmed": say("It is written down that you stand for it."),
    "line_taken_back": say("Nobody stands for it any more. What was said stays readable."),
    "appealed": say("Your appeal is here. Another person will read it. The answer will be on this page."),
    "upheld": say("The decision stays. Its author will be told what you wrote."),
    "overturned": say("Everything is put back, and its author will be told what you wrote."),
    "undone": say("Everything is as it was before."),
    "space_opened": say("The space is open. People can come in now."),
    "kept": say("It is kept, and in force now."),
    "proposed": say("It is kept as a proposal. It begins when a second person agrees."),
    "agreed": say("You agreed. It is in force now."),
    "put_away": say("The proposal is put away. Nothing has changed."),
    "locked": say("The space is locked. People can read it, and nobody can write in it."),
    "unlocked": say("The space is unlocked. People can write in it again."),
    "role_taken": say("The role is taken away, and this person is signed out everywhere."),
    "cards_back": say("These cards are worth nothing any more."),
    "hours_kept": say("The hours are on the pages of the space now."),
    "announced": say("It is published. Everybody who may read it can see it now."),
    "taken_back": say("It is taken back. The words are gone, and the page says so."),
    "pinned": say("It is kept on top now."),
    "unpinned": say("It is not kept on top any more."),
    "sender_verified": say("This person may now speak for the organisation here."),
    "sender_ended": say("This person speaks for the organisation no longer."),
    "help_saved": say("The entry is saved. Everybody can see it now."),
    "help_checked": say("The entry is marked as checked today."),
    "help_removed": say("The entry is taken out."),
    "asked": say("Your question is here. A moderator will read it first; below you see what becomes of it."),
    "asked_openly": say("Your question is here. Everybody in the hall can read it."),
    "promised": say("It is kept. Everybody reads it once the record is published."),
    "answer_kept": say("The answer is kept. It is in the record when you publish it again."),
    "taken_back_question": say("You took your question back. The words are gone."),
    "voted": say("Your answer is counted. You can change it as long as the poll is open."),
    "poll_prepared": say("The poll is prepared. Only the team sees it until you open it."),
    "poll_closed": say("The poll is closed. The numbers stay, and who answered what is destroyed."),
    "hands_counted": say("Your count is kept. It is shown when another helper confirms it."),
    "hands_confirmed": say("You confirmed what another helper counted."),
    "hall_saved": say("It is saved, and holds from now on."),
    "hall_closed": say("The hall is over. Who endorsed and voted for what is destroyed."),
    "rehearsal_gone": say("Everything of the rehearsal is gone."),
    "risks_written": say("Your answers are here. Another person of the team must sign them now."),
    "risks_signed": say("You signed. The hall can be opened."),
    "role_given": say("This person has the role in this hall now."),
    "hall_role_taken": say("The role is taken away."),
    "screen_back": say("This link opens nothing any more."),
}
"""After every act the page says what happened."""


@dataclass(frozen=True, slots=True)
class LateToken:
    """The hidden field of a form, made only on pages that have one."""

    make: Callable[[], Markup]

    def __html__(self) -> str:
        return self.make()


@dataclass(frozen=True, slots=True)
class Here:
    """Stands for the address of the page in what is made once and shown on many pages."""

    shown_at: str = "/@here@"
    query: Mapping[str, str] = field(default_factory=dict[str, str])


HERE = Here()


@dataclass(slots=True)
class Visit:
    """A request as handlers see it."""

    request: Request
    services: Services
    viewer: Viewer = NOBODY
    place: Place = INSTALLATION
    tx: Transaction | None = None
    pairs: Sequence[tuple[str, str]] = ()
    upload: Upload | None = None
    subject: str = ""
    shown_at: str = ""
    seat_key: bytes = b""
    """Binds forms to a seat in a hall, as a session binds those of a member."""
    afterwards: "Callable[[Transaction], None] | None" = None
    """Something small to be written once the page is on its way; when the database is busy, it is not."""

    def __post_init__(self) -> None:
        self.shown_at = "/" + quote(self.address.lstrip("/"))  # two slashes would name another site

    @property
    def address(self) -> str:
        """The path that was asked for."""
        return str(self.request.scope["path"])

    @property
    def query(self) -> Mapping[str, str]:
        """The query, each name once."""
        return dict(self.request.query_params) if self.request.scope["query_string"] else {}

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.services.clock.now()

    @property
    def policies(self) -> Policies:
        """The community's policies."""
        return self.services.policies

    @property
    def secure(self) -> bool:
        """Whether the browser came over TLS."""
        return bool(self.request.scope["scheme"] == "https")

    @property
    def bucket(self) -> str:
        """The rate-limit bucket of the visitor's network."""
        named: Callable[[], str] | None = self.request.scope.get(BUCKET)
        return named() if named else "unknown"

    @property
    def snapshot(self) -> Transaction:
        """The database as it stands for this page."""
        if self.tx is None:
            raise RuntimeError("This handler runs without a snapshot.")
        return self.tx

    @property
    def form_key(self) -> bytes:
        """What the tokens in forms are bound to; empty for a browser that nobody is signed in or seated with."""
        return self.viewer.session_key + self.seat_key

    def reference(self, name: str) -> UUID:
        """The public id in the address. Raises NotFound for anything that is none."""
        try:
            return UUID(self.request.path_params[name])
        except ValueError:
            raise NotFound from None

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A visit to the database that writes."""
        return self.services.db.transaction()

    @property
    def base(self) -> str:
        """How people write this place's address: the operator's word, else the one that was asked for."""
        return self.services.public_url.rstrip("/") or f"{self.request.url.scheme}://{self.request.url.netloc}"

    def url(self, name: str, /, query: Mapping[str, object] | None = None, **params: object) -> str:
        """The address of a route."""
        return self.services.pages.addresses.url(name, query, **params)

    def screen(self, text: str, author: Author | None) -> Verdict:
        """What the machine says. Never raises; a failing machine holds."""
        return self.services.screen(text, author)

    def spend(self, rate: str, *key: str) -> None:
        """Count one act against a limit. Raises TooFast."""
        self.services.limits.spend(rate, *key)

    async def derive(self, work: Callable[[], Result]) -> Result:
        """Do slow key work in its own small pool, by turns of the networks. Raises TooFast when that is full."""
        return await self.services.pool.run(work, whose=self.bucket)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run a short transaction on a thread, from async code."""

        def committed() -> Result:
            with self.transaction() as tx:
                return work(tx)

        return await self.services.threads.write(committed)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Read a little on a thread, from async code."""

        def looked_up() -> Result:
            with self.services.db.reading() as tx:
                return work(tx)

        return await self.services.threads.read(looked_up)

    def form_token(self) -> Markup:
        """The hidden field that shows that a form is ours; the token is base64 and needs no escaping."""
        token = self.services.tokens.issue(self.form_key)
        return Markup(f'<input type="hidden" name="{FORM_TOKEN}" value="{token}">')

    def masthead(self, place: str) -> Markup:
        """The top of the page, made once for each language, kind of viewer and place."""
        viewer, demonstration = self.viewer, self.services.demonstration
        kind = (viewer.signed_in, viewer.reviews, viewer.notices)
        key = ("masthead", reading().language.code, reading().in_address, *kind, place)
        return self.services.fragments.get_or_make(
            key, lambda: self.fragment("_masthead.html", viewer=viewer, place=place, demonstration=demonstration)
        )

    def foot(self) -> Markup:
        """The end of the page, made once for each language; only the links to the languages know the address."""
        key = ("foot", reading().language.code, reading().in_address)
        made = self.services.fragments.get_or_make(
            key, lambda: self.fragment("_foot.html", languages=self.services.pages.switcher(HERE))
        )
        here = escape(self.shown_at + "?" + "".join(f"{name}={value}&" for name, value in self._shown_query()))
        return Markup(str.replace(made, HERE.shown_at + "?", here))

    def _shown_query(self) -> list[tuple[str, str]]:
        """What the address asks for besides the language, to be kept when the language changes."""
        if not self.request.scope["query_string"]:
            return []
        asked = self.request.query_params.items()
        return [(quote(name, safe=""), quote(value, safe="")) for name, value in asked if name not in ("lang", "done")]

    def after_the_act(self) -> str:
        """What was just done, in one sentence; the address names it, from a fixed list."""
        sentence = DONE.get(self.query.get("done", ""))
        return (
            self.services.pages.catalogues.said(sentence)
            if sentence and (self.viewer.signed_in or self.seat_key)
            else ""
        )

    def context(self) -> dict[str, object]:
        """What every template knows."""
        return {
            "language": reading().language,
            "masthead": self.masthead,
            "foot": self.foot,
            "viewer": self.viewer,
            "form_token": LateToken(self.form_token),
            "operator": self.services.operator,
            "said": self.after_the_act(),
        }

    def page(self, template: str, /, status: int = 200, **context: object) -> Response:
        """The rendered template as an answer, packed if the browser can unpack."""
        html = self.services.pages.render(template, {**self.context(), **context})
        return self.answer(html.encode("utf-8", "replace"), status)

    def fragment(self, template: str, **context: object) -> Markup:
        """A rendered partial, to be placed in a page or remembered."""
        return Markup(self.services.pages.render(template, context))

    def answer(self, body: bytes, status: int) -> Response:
        """HTML with the right caching: guests' remembered pages may be asked again, all else is never stored."""
        language = reading().language.code
        headers = {"content-language": language, "vary": "Accept-Encoding, Accept-Language, Cookie"}
        shared = bool(self.subject) and status == 200 and not self.viewer.signed_in
        if shared:
            headers |= {"etag": f'"{hashlib.sha256(body).hexdigest()[:20]}"', "cache-control": "no-cache"}
        else:
            headers["cache-control"] = "no-store"
        if len(body) >= PACK_FROM_BYTES and "gzip" in self.request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, GUEST_LEVEL if shared else MEMBER_LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(body, status, headers, media_type="text/html")

    def redirect(self, href: str) -> Response:
        """See there: after every act, so that a reload repeats nothing."""
        return RedirectResponse(href, 303, {"cache-control": "no-store"})

    def redirect_to(self, name: str, /, query: Mapping[str, object] | None = None, **params: object) -> Response:
        """See that route."""
        return self.redirect(self.url(name, query, **params))
