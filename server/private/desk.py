"""`/desk`: where focal points work. Signing in shows nothing; the passphrase once more opens the keys of a visit."""

import base64
from collections.abc import Awaitable, Callable
from urllib.parse import quote
from uuid import UUID

from starlette.responses import Response

from server.crypto import guessing
from server.crypto.sealed import signatures, six_words
from server.crypto.sealed.certificates import Certificate
from server.errors import Invalid, Refused, Sentence, say
from server.private import answering, practice, sample
from server.private import desk_views as views
from server.private.call import Call
from server.private.desk_files import Download
from server.private.desk_forms import admitted, saved_paper, wanted_paper
from server.private.door_views import sure
from server.private.looking import looked_at
from server.private.people import Joined, Person, Unlocked, plain_login
from server.private.routing import takes_in
from server.private.succession import NOBODY_LEFT
from server.private.work import LIST_BEAT_SECONDS
from server.web.fields import FormState

ADDRESS = "/desk"
SIGN_IN, JOIN, UNLOCK, PAPER = "/desk/sign-in", "/desk/join", "/desk/unlock", "/desk/paper"
SECOND = "/desk/second"
LEAST_PASSPHRASE = 16
PICTURE = "image/jpeg"
TOO_SHORT = say("Please take at least four words, or sixteen signs: these words guard what people told you.")
NOT_THESE = say("These are not the six words above. Please read them once more.")
Step = Callable[[Call], Awaitable[Response]]


async def shown(call: Call) -> Response:
    """The work list, or the door that comes first."""
    me = _me(call)
    if me is None:
        return call.redirect(_before(call))
    beat = call.work.pace.beat(LIST_BEAT_SECONDS)
    lines = await call.run(lambda: call.work.casework.work_list(me, at=call.now))
    waits = await call.run(lambda: call.work.waits.on_list(me, lines, at=call.now))
    takes = any(takes_in(one) for one in await call.run(lambda: call.work.roster.of(me.person)))
    covers = await call.run(lambda: call.work.covering.covered_by(me.person))
    response = views.work_list(call, lines, covers, waits, takes_in=takes)
    await beat.over()
    return response


async def sign_in_page(call: Call) -> Response:
    """Name, words and code."""
    return views.sign_in(call, call.form)


async def sign_in(call: Call) -> Response:
    """Who is it? Wrong names, words and codes are the same."""
    people = call.work.people
    login, words, code = call.value("login"), call.value("passphrase"), call.value("code")
    try:
        call.work.spend("sign_in", plain_login(login), call.asked.bucket)
        person = await call.derive(lambda: people.signed_in(login, words, code, at=call.now))
    except Refused as error:
        return views.sign_in(call, call.state_of(error), error.status)
    call.begin({"person": str(person.id)}, person=person.id)
    return call.redirect(UNLOCK)


async def join_page(call: Call) -> Response:
    """A new focal point begins here."""
    return views.join(call, call.form)


async def join(call: Call) -> Response:
    """A new account with keys of its own, worth nothing before the officers have signed for it."""
    try:
        code, login = call.text("invitation", 100, required=True), call.text("login", 100, required=True)
        words = call.text("passphrase", 200, required=True)
        if len(words) < LEAST_PASSPHRASE and len(words.split()) < 4:
            raise Invalid(TOO_SHORT, field="passphrase")
        joined = await call.derive(lambda: _joined(call, code, login, words))
    except Refused as error:
        return views.join(call, call.state_of(error), error.status)
    call.begin({"person": str(joined.person), "new": True}, person=joined.person)
    return call.redirect(JOIN)


def _joined(call: Call, code: str, login: str, words: str) -> Joined:
    guessing.check(words, known=(login, call.room.operator, call.asked.url.hostname or ""))
    return call.work.people.join(code, login, words)


async def second_factor_page(call: Call) -> Response:
    """The code app is set up in the first visit; until then the account is not ready."""
    person = _person(call)
    known = None if person is None else await call.run(lambda: call.work.people.by_id(person))
    if known is None or call.kept is None or not call.kept.get("new"):
        return views.join(call, call.form)
    return views.second_factor(call, call.work.people.totp_secret(known), call.form)


async def second_factor(call: Call) -> Response:
    """The first code fits: the account is ready."""
    person = _person(call)
    if person is None or call.kept is None or not call.kept.get("new"):
        return call.redirect(SIGN_IN)
    known = await call.run(lambda: call.work.people.by_id(person))
    try:
        await call.run(lambda: call.work.people.confirmed(person, call.value("code"), at=call.now))
    except Refused as error:
        secret = "" if known is None else call.work.people.totp_secret(known)
        return views.second_factor(call, secret, call.state_of(error), error.status)
    call.hold({"person": str(person)})
    return call.redirect(PAPER)


async def unlock_page(call: Call) -> Response:
    """The words once more."""
    known = await _known(call)
    return call.redirect(SIGN_IN) if known is None else views.unlock(call, call.form, second=known.second)


async def unlock(call: Call) -> Response:
    """Open the keys for this visit; where a desk demands it, not before six words more are set."""
    known = await _known(call)
    if known is None:
        return call.redirect(SIGN_IN)
    try:
        call.work.spend("unlock", str(known.id), call.asked.bucket)
        words = call.work.people.phrase(known.id, call.value("phrase"), call.value("second"))
        me = await call.work.opening_pool.run(
            lambda: call.work.rotating.unlock(known.id, words, at=call.now), whose=call.asked.bucket
        )
    except Refused as error:
        return views.unlock(call, call.state_of(error), error.status, second=known.second)
    keys = " ".join(base64.b64encode(part).decode() for part in (me.box_secret, me.signing_seed, *me.earlier))
    kept = {"person": str(known.id), "keys": keys}
    if not known.second and any(_demands(call, one) for one in _held(call, known)):
        kept["second"] = six_words.new()
    call.begin(kept, person=known.id)
    return call.redirect(_before(call) if "second" in kept else ADDRESS)


def _demands(call: Call, paper: Certificate) -> bool:
    return any(desk.second_phrase for desk in call.work.reporting.desks if desk.code == paper.desk)


async def second_page(call: Call) -> Response:
    """Six words, shown until they were typed once."""
    words = None if call.kept is None else call.kept.get("second")
    return call.redirect(ADDRESS) if words is None else views.second(call, str(words), call.form)


async def second(call: Call) -> Response:
    """The six words were kept: the keys need them from now on."""
    person = _person(call)
    words = None if call.kept is None else call.kept.get("second")
    if person is None or words is None:
        return call.redirect(SIGN_IN)
    phrase, typed = call.value("phrase"), call.value("second")
    try:
        call.work.spend("unlock", str(person), call.asked.bucket)
        if six_words.plain(typed) != words:
            raise Invalid(NOT_THESE, field="second")
        await call.work.opening_pool.run(
            lambda: call.work.people.add_second(person, phrase, typed), whose=call.asked.bucket
        )
    except Refused as error:
        return views.second(call, str(words), call.state_of(error), error.status)
    assert call.kept is not None
    call.hold({name: value for name, value in call.kept.items() if name != "second"})
    return call.redirect(ADDRESS)


async def paper_page(call: Call) -> Response:
    """What the recovery officers need to sign, and where their paper is brought."""
    known = await _known(call)
    return call.redirect(SIGN_IN) if known is None else views.paper(call, known, _held(call, known), call.form)


async def ask_for_paper(call: Call) -> Response:
    """Make the paper that the officers sign on computers of their own."""
    known = await _known(call)
    if known is None:
        return call.redirect(SIGN_IN)
    try:
        wanted = wanted_paper(call, known)
    except Refused as error:
        return views.paper(call, known, _held(call, known), call.state_of(error), status=error.status)
    return views.paper(call, known, _held(call, known), call.form, asked_for=wanted)


async def save_paper(call: Call) -> Response:
    """The paper for the officers, as a file. Raises NotFound for another's."""
    known = await _known(call)
    if known is None:
        return call.redirect(SIGN_IN)
    return call.sent(answering.file(saved_paper(call, known), call.run))


async def paper(call: Call) -> Response:
    """A signed paper comes in; the signatures alone decide."""
    known = await _known(call)
    if known is None:
        return call.redirect(SIGN_IN)
    try:
        begins = not _held(call, known)
        files = await sample.attached(call) if begins else []
        await call.run(lambda: admitted(call, known, files))
    except Refused as error:
        return views.paper(call, known, _held(call, known), call.state_of(error), status=error.status)
    call.tell_once(say("The paper is right, and holds from now on."))
    return call.redirect(PAPER)


async def _known(call: Call) -> Person | None:
    person = _person(call)
    return None if person is None else await call.run(lambda: call.work.people.by_id(person))


def _held(call: Call, known: Person) -> list[Certificate]:
    return call.work.roster.of(known.id)


async def case_page(call: Call) -> Response:
    """One case."""
    return await _case(call, call.typed_before())


def acting(work: Callable[[Call, Unlocked, str], None], done: Sentence, *sent: str) -> Step:
    """Something done in a case; then the case again, with what happened, and with what was typed but not `sent`."""

    async def step(call: Call) -> Response:
        me = _me(call)
        if me is None:
            return views.locked(call)
        try:
            await call.run(lambda: work(call, me, _alias(call)))
        except Refused as error:
            return await _case(call, call.state_of(error), error.status)
        call.keep_typed(*sent)
        call.tell_once(done)
        return call.redirect(f"{ADDRESS}/{quote(_alias(call), safe='')}")

    return step


async def _case(call: Call, form: object = None, status: int = 200) -> Response:
    me = _me(call)
    if me is None:
        return call.redirect(_before(call))
    await call.run(lambda: call.work.succession.take_over(me, _alias(call), at=call.now))
    found = await call.run(lambda: call.work.casework.opened(me, _alias(call), at=call.now))
    looked = await call.run(lambda: looked_at(call, me, found))
    return views.case(call, found, looked, form if isinstance(form, FormState) else FormState(), status)


def giving(work: Callable[[Call, Unlocked, str], Download], *, shown: bool = False) -> Step:
    """A file goes out; `shown`: into this window, if it is a picture of our own pixels."""

    async def step(call: Call) -> Response:
        me = _me(call)
        if me is None:
            return views.locked(call)
        try:
            found = await call.run(lambda: work(call, me, _alias(call)))
        except Refused as error:
            return await _case(call, call.state_of(error), error.status)
        return call.sent(answering.file(found, call.run, shown=shown and found.media_type == PICTURE))

    return step


async def recuse(call: Call) -> Response:
    """Nobody can give it back, so it is asked twice. Raises NotFound for a case that does not open."""
    me = _me(call)
    if me is None:
        return views.locked(call)
    found = await call.run(lambda: call.work.casework.looked_at(me, _alias(call), at=call.now))
    call.keep_typed()
    if not call.work.succession.may_leave(me, found):
        return await _case(call, call.state_of(Refused(NOBODY_LEFT)), 409)
    return sure(
        call,
        say("Leave this case?"),
        say("Your key to it is erased, and nobody can give it to you again. The others go on."),
        step="recuse_sure",
        button=say("Yes, leave it"),
    )


async def leaves(call: Call) -> Response:
    """ "I must not read this": the case gets new keys without me."""
    me = _me(call)
    if me is None:
        return views.locked(call)
    try:
        await call.run(lambda: call.work.succession.recuse(me, _alias(call), at=call.now))
    except Refused as error:
        return await _case(call, call.state_of(error), error.status)
    call.tell_once(say("This case is no longer open to you."))
    return call.redirect(ADDRESS)


def with_keys(work: Callable[[Call, Unlocked], Awaitable[Response]]) -> Step:
    """A page or a step for somebody whose keys are open; else the door that comes first, with what was typed."""

    async def step(call: Call) -> Response:
        me = _me(call)
        if me is not None:
            return await work(call, me)
        if call.asked.method == "POST":
            return views.locked(call)
        return call.redirect(SIGN_IN if call.kept is None else UNLOCK)

    return step


def signed_in(step: Step) -> Step:
    """The same, for what needs no keys."""

    async def checked(call: Call) -> Response:
        if call.kept is not None:
            return await step(call)
        return views.locked(call) if call.asked.method == "POST" else call.redirect(SIGN_IN)

    return checked


async def practise(call: Call, me: Unlocked) -> Response:
    """A case to learn with."""
    files = await sample.attached(call)
    await call.run(lambda: practice.begin(call, me, files))
    call.tell_once(say("The practice case is in the list."))
    return call.redirect(ADDRESS)


async def erase_practice(call: Call, me: Unlocked) -> Response:
    """Practice is over."""
    await call.run(lambda: practice.erase(call, me, _alias(call)))
    call.tell_once(say("The practice case is erased."))
    return call.redirect(ADDRESS)


async def lock(call: Call) -> Response:
    """Close the keys, and stay signed in."""
    person = _person(call)
    if person is not None:
        call.hold({"person": str(person)})
    return call.redirect(UNLOCK)


async def sign_out(call: Call) -> Response:
    """The visit ends."""
    call.end()
    return call.redirect(SIGN_IN)


def _alias(call: Call) -> str:
    return str(call.asked.path_params.get("alias", ""))


def _person(call: Call) -> UUID | None:
    return None if call.kept is None else UUID(call.kept["person"])


def _before(call: Call) -> str:
    """What comes before the work: signing in, opening the keys, or six words that a desk demands."""
    if call.kept is None:
        return SIGN_IN
    return SECOND if "second" in call.kept else UNLOCK


def _me(call: Call) -> Unlocked | None:
    if call.kept is None or "keys" not in call.kept or "second" in call.kept:
        return None
    secret, seed, *earlier = (base64.b64decode(part) for part in call.kept["keys"].split())
    return Unlocked(UUID(call.kept["person"]), secret, seed, signatures.verify_of(seed), tuple(earlier))
