"""`/desk`: where focal points work. Signing in shows nothing; the passphrase once more opens the keys of a visit."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote
from uuid import UUID

from starlette.responses import Response

from server.crypto.sealed import signatures
from server.crypto.sealed.certificates import Certificate
from server.errors import Invalid, Refused, Sentence, say
from server.private import answering, intake, leave, practice
from server.private import desk_views as views
from server.private.call import Call
from server.private.desk_files import Download
from server.private.desk_forms import admitted, ask_original, copy_of, original_of, wanted_paper
from server.private.door_views import sure
from server.private.facts import State, Support
from server.private.people import Person, Unlocked, plain_login
from server.private.routing import takes_in
from server.private.work import LIST_BEAT_SECONDS
from server.web.fields import FormState

ADDRESS = "/desk"
SIGN_IN, JOIN, UNLOCK, PAPER = "/desk/sign-in", "/desk/join", "/desk/unlock", "/desk/paper"
LEAST_PASSPHRASE = 16
PICTURE = "image/jpeg"
TOO_SHORT = say("Please take at least four words, or sixteen signs: these words guard what people told you.")
Step = Callable[[Call], Awaitable[Response]]


async def shown(call: Call) -> Response:
    """The work list, or the door that comes first."""
    me = _me(call)
    if me is None:
        return call.redirect(SIGN_IN if call.kept is None else UNLOCK)
    beat = call.work.pace.beat(LIST_BEAT_SECONDS)
    lines = await call.run(lambda: call.work.casework.work_list(me, at=call.now))
    takes = any(takes_in(one) for one in await call.run(lambda: call.work.roster.of(me.person)))
    covers = await call.run(lambda: call.work.covering.covered_by(me.person))
    response = views.work_list(call, lines, covers, takes_in=takes)
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
        joined = await call.derive(lambda: call.work.people.join(code, login, words))
    except Refused as error:
        return views.join(call, call.state_of(error), error.status)
    call.begin({"person": str(joined.person), "new": True}, person=joined.person)
    return call.redirect(JOIN)


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
    if call.kept is None:
        return call.redirect(SIGN_IN)
    return views.unlock(call, call.form)


async def unlock(call: Call) -> Response:
    """Open the keys for this visit."""
    person = _person(call)
    if person is None:
        return call.redirect(SIGN_IN)
    try:
        call.work.spend("unlock", str(person), call.asked.bucket)
        me = await call.work.filing_pool.run(
            lambda: call.work.people.unlock(person, call.value("phrase")), whose=call.asked.bucket
        )
    except Refused as error:
        return views.unlock(call, call.state_of(error), error.status)
    keys = " ".join(base64.b64encode(part).decode() for part in (me.box_secret, me.signing_seed))
    call.begin({"person": str(person), "keys": keys}, person=person)
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


async def paper(call: Call) -> Response:
    """A signed paper comes in; the signatures alone decide."""
    known = await _known(call)
    if known is None:
        return call.redirect(SIGN_IN)
    try:
        await call.run(lambda: admitted(call, known))
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


def _acting(work: Callable[[Call, Unlocked, str], None], done: Sentence, *sent: str) -> Step:
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
        return call.redirect(SIGN_IN if call.kept is None else UNLOCK)
    await call.run(lambda: call.work.succession.take_over(me, _alias(call), at=call.now))
    found = await call.run(lambda: call.work.casework.opened(me, _alias(call), at=call.now))
    others = await call.run(lambda: call.work.succession.could_read(found))
    files = await call.run(lambda: call.work.files.listed(me, found, at=call.now))
    return views.case(call, found, others, files, form if isinstance(form, FormState) else FormState(), status)


def _answer(call: Call, me: Unlocked, alias: str) -> None:
    text = call.text("text", call.work.reporting.form.text_characters, required=True)
    call.work.casework.answer(me, alias, text, at=call.now)


def _note(call: Call, me: Unlocked, alias: str) -> None:
    text = call.text("note", call.work.reporting.form.text_characters, required=True)
    call.work.casework.note(me, alias, text, at=call.now)


def _move(call: Call, me: Unlocked, alias: str) -> None:
    state = call.value("state")
    if state not in set(State):
        raise Invalid(say("Please choose one."), field="state")
    told = State(state) is State.FEEDBACK_GIVEN or state.startswith(
        "outcome"
    )  # or the reporter reads only that it is so
    reason = call.text("reason", call.work.reporting.form.text_characters, required=told)
    call.work.casework.move(me, alias, State(state), reason, at=call.now)


def _support(call: Call, me: Unlocked, alias: str) -> None:
    support = call.value("support")
    if support not in set(Support):
        raise Invalid(say("Please choose one."), field="support")
    reason = call.text("support_reason", call.work.reporting.form.text_characters)
    call.work.casework.support(me, alias, Support(support), reason, at=call.now)


def _hand_over(call: Call, me: Unlocked, alias: str) -> None:
    try:
        person = UUID(call.value("person"))
    except ValueError:
        raise Invalid(say("Please choose one."), field="person") from None
    reason = call.text("hand_reason", call.work.reporting.form.text_characters, required=True)
    call.work.succession.hand_over(me, alias, person, reason, at=call.now)


def _giving(work: Callable[[Call, Unlocked, str], Download], *, shown: bool = False) -> Step:
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
    await call.run(lambda: call.work.casework.looked_at(me, _alias(call), at=call.now))
    call.keep_typed()
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


def _with_keys(work: Callable[[Call, Unlocked], Awaitable[Response]]) -> Step:
    """A page or a step for somebody whose keys are open; else the door that comes first, with what was typed."""

    async def step(call: Call) -> Response:
        me = _me(call)
        if me is not None:
            return await work(call, me)
        if call.asked.method == "POST":
            return views.locked(call)
        return call.redirect(SIGN_IN if call.kept is None else UNLOCK)

    return step


def _signed_in(step: Step) -> Step:
    """The same, for what needs no keys."""

    async def checked(call: Call) -> Response:
        if call.kept is not None:
            return await step(call)
        return views.locked(call) if call.asked.method == "POST" else call.redirect(SIGN_IN)

    return checked


async def practise(call: Call, me: Unlocked) -> Response:
    """A case to learn with."""
    await call.run(lambda: practice.begin(call, me))
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


def _me(call: Call) -> Unlocked | None:
    if call.kept is None or "keys" not in call.kept:
        return None
    secret, seed = (base64.b64decode(part) for part in call.kept["keys"].split())
    return Unlocked(UUID(call.kept["person"]), secret, seed, signatures.verify_of(seed))


PAGES: Mapping[str, Step] = {
    ADDRESS: shown,
    SIGN_IN: sign_in_page,
    JOIN: second_factor_page,
    UNLOCK: unlock_page,
    PAPER: paper_page,
    intake.ADDRESS: _signed_in(intake.page),
    leave.ADDRESS: _with_keys(leave.page),
}
NAMES: Mapping[str, str] = {
    ADDRESS: "desk",
    SIGN_IN: "desk_sign_in",
    JOIN: "desk_join",
    UNLOCK: "desk_unlock",
    PAPER: "desk_paper",
    intake.ADDRESS: "desk_intake",
    leave.ADDRESS: "desk_away",
    ADDRESS + "/{alias}": "desk_case",
}
STEPS: Mapping[str, Step] = {
    "sign_in": sign_in,
    "join": join,
    "second_factor": second_factor,
    "unlock": unlock,
    "ask_for_paper": ask_for_paper,
    "paper": paper,
    "lock": lock,
    "sign_out": sign_out,
    "answer": _acting(_answer, say("Your answer is sealed. The reporter reads it when they come back."), "text"),
    "note": _acting(_note, say("The note is there for those who read this case."), "note"),
    "move": _acting(_move, say("It is noted, and the reporter is told."), "state", "reason"),
    "support": _acting(_support, say("It is noted, and the reporter is told."), "support", "support_reason"),
    "hand_over": _acting(_hand_over, say("This person can read the case from now on."), "person", "hand_reason"),
    "look": _giving(copy_of, shown=True),
    "download": _giving(copy_of),
    "ask_original": _acting(ask_original, say("Your half is handed on. A colleague can open the original for a day.")),
    "open_original": _giving(original_of),
    "recuse": recuse,
    "recuse_sure": leaves,
    "practise": _with_keys(practise),
    "erase_practice": _with_keys(erase_practice),
    "away": _with_keys(leave.goes),
    "back": _with_keys(leave.back),
    "intake_check": _signed_in(intake.check),
    "intake_change": _signed_in(intake.change),
    "intake_send": _signed_in(intake.send),
    "intake_handed": _signed_in(intake.handed),
}
