"""A form that was sent to the room, or a page that was asked for, as its steps see it.

All steps of a side live at one address and are told apart by the form's `step`, so that a phone's list of visited
pages says nothing. Whatever goes wrong, the words that were typed come back.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from starlette.responses import Response

from server.errors import Invalid, Refused, Sentence, say
from server.policies import Language
from server.private import answering
from server.private.asking import Asked
from server.private.body import Attached
from server.private.room import Room
from server.private.sessions import MOST_SESSIONS, Side, Token, drop_cookie, set_cookie
from server.private.work import Work
from server.web.body import kind_of
from server.web.fields import EMPTY, NO_CONTROLS, FormState, too_long
from server.web.words import Reading, read_in, reading

Result = TypeVar("Result")
FORM_TOKEN = "form_token"  # noqa: S105  the name of the field
LOOK_BELOW = say("Please look at this once more. Your text is still here.")
NOT_OURS = say("This form was open for too long, or did not come from this site. Please send it again.")
SECRET = frozenset({FORM_TOKEN, "passphrase", "phrase", "second", "code"})
TYPED = ("text", "note", "reason", "support_reason", "hand_reason", "state", "support", "person")
"""The fields that stand side by side in one form, of which one button sends only some."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(slots=True)
class Call:
    """A request and everything that is known about it. `at` is where its forms are sent."""

    asked: Asked
    side: Side
    at: str
    kept: dict[str, Any] | None = None
    pairs: Sequence[tuple[str, str]] = ()
    files: Sequence[Attached] = ()
    _begun: Token | None = None
    _ended: bool = False

    @classmethod
    def of(cls, asked: Asked, side: Side, at: str) -> "Call":
        """The request with its visit, if it has one."""
        raw = asked.room.sessions.read(side, asked.token(side))
        call = cls(asked, side, at, None if raw is None else json.loads(raw))
        if call.kept is not None and reading().in_address:
            call.hold({**call.kept, "lang": call.language.code})  # somebody has changed the language of the visit
        elif call.kept is not None:
            call.listen(str(call.kept.get("lang", "")))
        return call

    @property
    def room(self) -> Room:
        """What the room stands on."""
        return self.asked.room

    @property
    def work(self) -> Work:
        """What is done in it."""
        return self.asked.room.work

    @property
    def sends_files(self) -> bool:
        """Whether this browser can send any: it posts forms in parts, now or when the visit began."""
        return kind_of(self.asked) == "multipart/form-data" or bool(self.kept and self.kept.get("files"))

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.room.clock.now()

    @property
    def language(self) -> Language:
        """The language of the page."""
        return reading().language

    def listen(self, code: str) -> None:
        """Speak the language that the form or the visit was begun in."""
        language = self.room.pages.catalogues.offered(code)
        if language is not None:
            read_in(Reading(language, False, self.now.date()))

    @property
    def form(self) -> FormState:
        """What was typed, as the page shows it again; never a secret."""
        return FormState({name: value for name, value in self.pairs if name not in SECRET})

    def value(self, name: str) -> str:
        """One field; the first, when a form has it twice."""
        return next((value for key, value in self.pairs if key == name), "")

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.value(name) not in ("", "0", "off", "false")

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """Somebody's words. Raises Invalid: they are never cut off."""
        words = self.value(name).replace("\r\n", "\n").replace("\r", "\n").strip()
        if _CONTROLS.search(words):
            raise Invalid(NO_CONTROLS, field=name)
        if len(words) > limit:
            raise Invalid(too_long(limit, len(words)), field=name)
        if required and not words:
            raise Invalid(EMPTY, field=name)
        return words

    def said(self, sentence: Sentence) -> str:
        """The sentence in the language of the page."""
        return self.room.pages.catalogues.said(sentence)

    def wrong(self, name: str, sentence: Sentence) -> FormState:
        """The form as it was typed, with what is wrong with one field."""
        return FormState(self.form.values, {name: self.said(sentence)}, self.said(LOOK_BELOW))

    def state_of(self, error: Refused) -> FormState:
        """The form as it was typed, with what was refused."""
        sentence = self.said(error.sentence)
        if error.field:
            return FormState(self.form.values, {error.field: sentence}, self.said(LOOK_BELOW))
        return FormState(self.form.values, {}, sentence)

    async def derive(self, work: Callable[[], Result]) -> Result:
        """Slow key work, in a pool of its own. Raises TooFast when very many wait."""
        return await self.room.pool.run(work, whose=self.asked.bucket)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Anything that asks the database."""
        return await self.room.threads.write(work)

    def begin(self, value: dict[str, Any], *, person: UUID | None = None) -> None:
        """A new visit that holds this; the one before ends."""
        self.end()
        self._begun = self.room.sessions.begin(self.side, self._raw(value), person=person, known=True)
        self.kept = value

    def hold(self, value: dict[str, Any]) -> None:
        """The same visit holds something else from now on."""
        self.kept = value
        self.room.sessions.write(self.side, self._token(), self._raw(value))

    def end(self) -> None:
        """The visit is over."""
        self.room.sessions.end(self._token())
        self.kept, self._begun, self._ended = None, None, True

    def tell_once(self, done: Sentence) -> None:
        """Say what has happened, on the page that comes next."""
        if self.kept is not None:
            self.hold({**self.kept, "said": done.english})

    def keep_typed(self, *sent: str) -> None:
        """What was typed beside the fields that were `sent` is there again on the page that comes next.

        Only what could be sent is kept, and nothing when very many are here: memory must not be filled with it.
        """
        names = TYPED if self.side is Side.DESK else TYPED[:1]
        most = self.work.reporting.form.text_characters
        left = {name: self.value(name) for name in names if name not in sent and 0 < len(self.value(name)) <= most}
        if self.kept is not None and left and len(self.room.sessions) <= MOST_SESSIONS:
            self.hold({**self.kept, "typed": {"at": self.at, **left}})

    def typed_before(self) -> FormState:
        """What was typed here before the last act, once."""
        typed = None if self.kept is None else self.kept.get("typed")
        if self.kept is None or typed is None:
            return FormState()
        self.hold({name: value for name, value in self.kept.items() if name != "typed"})
        return FormState({name: value for name, value in typed.items() if name in TYPED and typed["at"] == self.at})

    def page(self, template: str, status: int = 200, **context: object) -> Response:
        """A page: of one of few sizes, never compressed, kept by nobody."""
        known = {
            "language": self.language,
            "at": self.at,
            "token": self.room.tokens.issue(self.form_key),
            "demonstration": self.room.demonstration,
            "operator": self.room.operator,
            "said": self.room.pages.catalogues.said,
            "done": self._said_once(),
            "switch": self._switch(),
        }
        return self.sent(answering.page(self.room.pages.render(template, {**known, **context}), status))

    def redirect(self, path: str = "") -> Response:
        """See there: after every act, so that a reload repeats nothing."""
        return self.sent(answering.see_other(path or self.at))

    def sent(self, response: Response) -> Response:
        """An answer, with this visit's cookie."""
        if self._begun is not None:
            set_cookie(response, self.side, self._begun, secure=self.asked.secure)
        elif self._ended and self.asked.token(self.side) is not None:
            drop_cookie(response, self.side, secure=self.asked.secure)
        return response

    @property
    def form_key(self) -> bytes:
        """What a form is bound to: this visit, or nobody's."""
        token = self._token()
        return token.encode() if token is not None and self.kept is not None else b""

    def _token(self) -> Token | None:
        return self._begun or (None if self._ended else self.asked.token(self.side))

    def _raw(self, value: dict[str, Any]) -> bytes:
        return json.dumps({"lang": self.language.code, **value}).encode()

    def _switch(self) -> Sequence[Language]:
        """The languages to choose from, where choosing loses nothing that was typed."""
        looks = self.side is Side.DESK and self.asked.method in ("GET", "HEAD")
        return self.room.pages.catalogues.languages if looks else ()

    def _said_once(self) -> str:
        if self.kept is None or "said" not in self.kept:
            return ""
        english = str(self.kept["said"])
        self.hold({name: value for name, value in self.kept.items() if name != "said"})
        return self.room.pages.catalogues.gettext(english)
