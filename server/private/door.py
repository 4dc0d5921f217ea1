"""`/help`: the one door. Each step is a form that is sent to the same address; `step` says which.

Nothing is kept until "Send in private" is pressed: until then the words travel in the form, from page to page.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from starlette.responses import Response

from server.crypto.sealed import boxes, receipts, signatures
from server.crypto.sealed.receipts import Receipt, ReporterKeys
from server.errors import NotFound, Refused, Sentence, say
from server.private import door_files
from server.private import door_views as views
from server.private.call import LOOK_BELOW, Call
from server.private.consents import Consent
from server.private.door_forms import concern_of, filled, with_answers
from server.private.files import Attachment
from server.private.filing import NOBODY_READS, Changed, Concern
from server.web.fields import FormState

ADDRESS = "/help"
Step = Callable[[Call], Awaitable[Response]]
A_YES = say("Your yes is noted. It counts after 3 days; until then you can take it back.")
A_NO = say("Your no is noted. It stops us from now on.")
NO_ANSWER = say(
    "This number opens nothing. Please look at each group of four again. "
    "If it is right, the answers are no longer kept."
)
NEW_FORM = say("This form is too old to be sent. Your text is still here: please press “Send in private” once more.")


async def shown(call: Call) -> Response:
    """GET: the first page, or where this visit stands."""
    kept = call.kept
    if kept is None:
        return views.start(call)
    if kept["kind"] == "number":
        if call.now.timestamp() - kept["since"] > call.work.reporting.form.receipt_minutes * 60:
            call.end()
            return views.start(call)
        return views.receipt_page(call, Receipt(kept["receipt"]), kept["desk"], came=kept.get("came", 0))
    return await _conversation(call)


async def start(call: Call) -> Response:
    """Back to the first page."""
    return views.start(call)


async def tell(call: Call) -> Response:
    """What is it about?"""
    return views.tell(call, call.form)


async def write(call: Call) -> Response:
    """The words, and who must not read them."""
    if call.value("topic") not in {topic.value for topic in call.work.open_topics(call.now)}:
        return views.tell(call, call.wrong("topic", say("Please choose one.")), 422)
    return views.write(call, filled(call, call.form))


async def check(call: Call) -> Response:
    """A plain summary, before anything is sent."""
    try:
        concern = concern_of(call)
        if not call.work.filing.somebody_reads(concern, at=call.now):
            raise Refused(NOBODY_READS, field="exclude")
        return views.check(call, filled(call, call.form), concern)
    except Refused as error:
        return views.write(call, filled(call, call.state_of(error)), error.status)


async def send(call: Call) -> Response:
    """Seal it and show the number. The same form twice is one case with one number."""
    work = call.work
    try:
        concern = concern_of(call)
    except Refused as error:
        return views.write(call, filled(call, call.state_of(error)), error.status)
    filing_key = work.filing_keys.read(call.value("filing"))
    try:
        if filing_key is None:
            raise Refused(NEW_FORM)
        concern = replace(with_answers(call, concern), files=await door_files.taken(call))
    except Refused as error:
        return views.check(call, filled(call, call.state_of(error)), concern, error.status)
    await work.slow_down(call.asked.bucket)
    try:
        receipt, desk = await _sealed(call, concern, filing_key)
    except Changed:  # the choices are others than before: a case of its own, with a number of its own
        filing_key = work.filing_keys.read(work.filing_keys.issue())
        assert filing_key is not None
        receipt, desk = await _sealed(call, concern, filing_key)
    except Refused as error:
        return views.check(call, filled(call, call.state_of(error)), concern, error.status)
    finally:
        door_files.wiped(concern.files)
    begun = {"kind": "number", "receipt": receipt, "desk": desk, "since": call.now.timestamp()}
    call.begin({**begun, "came": len(concern.files)})
    return call.redirect()


async def _sealed(call: Call, concern: Concern, filing_key: bytes) -> tuple[Receipt, str]:
    """File it: the number, and the desk that reads it. Raises Changed and Refused."""
    work = call.work
    receipt = receipts.receipt_for(filing_key, work.vault.pepper)
    keys = await work.filing_pool.run(lambda: work.derivation.keys(receipt), whose=call.asked.bucket)
    return receipt, await call.run(lambda: _filed(call, concern, keys, filing_key))


def _filed(call: Call, concern: Concern, keys: ReporterKeys, filing_key: bytes) -> str:
    """File it, and say which desk reads it. Words that were changed after going back are a second message."""
    try:
        call.work.filing.file(concern, keys, filing_key=filing_key, at=call.now)
    except Changed as changed:
        if not changed.only_words:
            raise
        text = "" if changed.same_words else concern.text
        call.work.conversations.add(keys, text, at=call.now, attachments=concern.files, sending=filing_key)
    return call.work.conversations.desk_of(keys)


async def kept(call: Call) -> Response:
    """ "I have kept it": the number is gone from here."""
    call.end()
    return views.done(call, say("Thank you"), views.COME_BACK, say("You can close this page now."))


async def no_number(call: Call) -> Response:
    """ "I do not want a number": we read it all the same."""
    call.end()
    return views.done(call, say("Thank you"), say("We will read your message."), say("You can close this page now."))


async def number(call: Call) -> Response:
    """Where the number is typed."""
    return views.number(call, call.form)


async def come_back(call: Call) -> Response:
    """A number was typed. Every answer comes at the same beat, whether it opens something or not."""
    receipt = receipts.read(call.value("receipt"))
    if receipt is None:
        sentence = say("A number has twenty digits in five groups. One of them is not right.")
        return views.number(call, call.wrong("receipt", sentence), 422)
    await call.work.slow_down(call.asked.bucket)
    beat = call.work.pace.beat()
    keys = await call.derive(lambda: call.work.derivation.keys(receipt))
    found = await call.run(lambda: call.work.conversations.find(keys, at=call.now))
    await beat.over()
    if found is None:
        return views.number(call, call.wrong("receipt", NO_ANSWER), 404)
    files = "yes" if call.sends_files else ""
    call.begin({"kind": "conversation", "receipt": receipt, "keys": _written(keys), "files": files})
    return call.redirect()


async def _conversation(call: Call, form: FormState | None = None, status: int = 200) -> Response:
    keys = _keys(call)
    try:
        must = await call.run(lambda: call.work.conversations.known_to_others(keys, at=call.now))
        if (must and not (call.kept or {}).get("not_now")) or (call.kept is not None and "new" in call.kept):
            return views.new_number(call, _taken(call), must=must)
        found = await call.run(lambda: call.work.conversations.shown(keys, at=call.now))
    except NotFound:
        call.end()
        return views.number(call, call.wrong("receipt", NO_ANSWER), 404)
    except Refused as error:
        return views.kept(call, error.sentence, error.status)
    keeps = call.work.conversations.keeps_originals(found.case, keys)
    typed = call.typed_before() if form is None else form
    return views.conversation(call, found, typed, status, keeps=keeps)


def _keys(call: Call) -> ReporterKeys:
    kept = call.kept
    if kept is None or kept["kind"] != "conversation":
        raise NotFound
    lookup, box_secret, seed = (base64.b64decode(part) for part in kept["keys"].split())
    return ReporterKeys(
        lookup=lookup,
        box_secret=box_secret,
        box_public=boxes.public_of(box_secret),
        signing_seed=seed,
        verify_key=signatures.verify_of(seed),
    )


def _written(keys: ReporterKeys) -> str:
    """What a visit keeps of the keys; the rest follows from it."""
    return " ".join(base64.b64encode(part).decode() for part in (keys.lookup, keys.box_secret, keys.signing_seed))


def _doing(work: Callable[[Call, ReporterKeys], None], done: Sentence, *sent: str) -> Step:
    """A step within the conversation: do it, and show the page again with what happened, and what was not `sent`."""

    async def step(call: Call) -> Response:
        if call.kept is None or call.kept["kind"] != "conversation":
            return views.visit_over(call)
        keys = _keys(call)
        try:
            await call.run(lambda: work(call, keys))
        except Refused as error:
            return await _conversation(call, call.state_of(error), error.status)
        call.keep_typed(*sent)
        call.tell_once(done)
        return call.redirect()

    return step


async def add(call: Call) -> Response:
    """One more message, with or without files. The same form twice is one message."""
    if call.kept is None or call.kept["kind"] != "conversation":
        return views.visit_over(call)
    keys, attachments = _keys(call), ()
    try:
        text = call.text("text", call.work.reporting.form.text_characters, required=not call.files)
        attachments = await door_files.taken(call)
        await call.run(lambda: _added(call, keys, text, attachments))
    except Refused as error:
        return await _conversation(call, call.state_of(error), error.status)
    finally:
        door_files.wiped(attachments)
    call.tell_once(say("Your message is here. It is not shown again."))
    return call.redirect()


def _added(call: Call, keys: ReporterKeys, text: str, attachments: Sequence[Attachment]) -> None:
    assert call.kept is not None
    sending = call.work.filing_keys.read(call.value("filing")) or b""
    receipt = Receipt(call.kept["receipt"])
    call.work.conversations.add(keys, text, at=call.now, receipt=receipt, attachments=attachments, sending=sending)


async def again(call: Call, sentence: Sentence, status: int) -> Response | None:
    """The page from which something was sent that could not be taken whole, with every word, to choose files anew.

    None for the other pages: they have no files.
    """
    form = FormState(call.form.values, {"files": call.said(sentence)}, call.said(LOOK_BELOW))
    wanted = call.value("form")
    if wanted == "conversation" and call.kept is not None and call.kept["kind"] == "conversation":
        return await _conversation(call, form, status)
    if wanted == "check":
        with suppress(Refused):
            return views.check(call, filled(call, form), concern_of(call), status)
    return None


def _consent(name: Consent, value: bool) -> Step:
    def said(call: Call, keys: ReporterKeys) -> None:
        call.work.conversations.say(keys, name, value, at=call.now)

    return _doing(said, A_YES if value else A_NO)


async def erase(call: Call) -> Response:
    """The answers cannot be brought back to this side, so it is asked twice."""
    if call.kept is None or call.kept["kind"] != "conversation":
        return views.visit_over(call)
    call.keep_typed()
    return views.sure(
        call,
        say("Erase the answers here?"),
        say("They are gone from here then, and nobody can bring them back. We still have them, and go on."),
        step="erase_sure",
        button=say("Yes, erase them"),
    )


async def new_number(call: Call) -> Response:
    """A new number is shown; it counts once it is kept, so that a lost line loses nothing."""
    if call.kept is None or call.kept["kind"] != "conversation":
        return views.visit_over(call)
    call.keep_typed()
    _taken(call)
    return call.redirect()


async def old_number(call: Call) -> Response:
    """It stays as it was."""
    if call.kept is not None and call.kept["kind"] == "conversation":
        call.hold({name: value for name, value in call.kept.items() if name != "new"})
    return call.redirect()


async def not_now(call: Call) -> Response:
    """An answer may be urgent, and there may be no paper: the number is offered again at the next visit."""
    if call.kept is not None and call.kept["kind"] == "conversation":
        kept = {name: value for name, value in call.kept.items() if name != "new"}
        call.hold({**kept, "not_now": True})
    return call.redirect()


async def nobody_answers(call: Call) -> Response:
    """Whoever reads it then cannot forget it again, so it is asked twice."""
    if call.kept is None or call.kept["kind"] != "conversation":
        return views.visit_over(call)
    call.keep_typed()
    return views.sure(
        call,
        say("Let the office outside read it?"),
        say("They read all of it from then on. This cannot be undone."),
        step="nobody_sure",
        button=say("Yes, let them read it"),
    )


async def change_number(call: Call) -> Response:
    """The new number is kept: from now on it opens the answers, and the old one nothing."""
    if call.kept is None or call.kept["kind"] != "conversation" or "new" not in call.kept:
        return views.visit_over(call)
    keys, receipt = _keys(call), Receipt(call.kept["new"])
    pool, work = call.work.filing_pool, call.work
    new = await pool.run(lambda: work.derivation.keys(receipt), whose=call.asked.bucket)
    await call.run(lambda: call.work.conversations.change_number(keys, new, at=call.now))
    typed = {"typed": call.kept["typed"]} if "typed" in call.kept else {}
    files = call.kept.get("files", "")
    call.begin({"kind": "conversation", "receipt": receipt, "keys": _written(new), "files": files, **typed})
    call.tell_once(say("Your number is changed. The old one opens nothing any more."))
    return call.redirect()


def _taken(call: Call) -> Receipt:
    """The new number that this visit shows; the same one until it is kept or left."""
    assert call.kept is not None
    if "new" not in call.kept:
        call.hold({**call.kept, "new": receipts.receipt_for(boxes.new_key(), call.work.vault.pepper)})
    return Receipt(call.kept["new"])


async def close(call: Call) -> Response:
    """The visit ends; but not over words that were not sent."""
    if call.kept is not None and call.kept["kind"] == "conversation" and call.value("text").strip():
        error = Refused(
            say("You have not sent what you wrote. Send it, or empty the field; then close the conversation.")
        )
        return await _conversation(call, call.state_of(error), error.status)
    call.end()
    return views.done(call, say("The conversation is closed"), say("Your number opens it again."))


STEPS: Mapping[str, Step] = {
    "start": start,
    "tell": tell,
    "write": write,
    "check": check,
    "send": send,
    "kept": kept,
    "no_number": no_number,
    "number": number,
    "return": come_back,
    "add": add,
    **{
        f"consent-{name.value}-{word}": _consent(name, value)
        for name in Consent
        for word, value in (("yes", True), ("no", False))
    },
    "withdraw": _doing(
        lambda call, keys: call.work.conversations.withdraw(keys, at=call.now),
        say("It is noted. Until it counts you can change your mind."),
    ),
    "keep_going": _doing(
        lambda call, keys: call.work.conversations.keep_going(keys, at=call.now), say("We go on with it.")
    ),
    "nobody_answers": nobody_answers,
    "nobody_sure": _doing(
        lambda call, keys: call.work.conversations.ask_outside(keys, at=call.now),
        say("The office outside can read it now."),
    ),
    "not_now": not_now,
    "erase": erase,
    "erase_sure": _doing(
        lambda call, keys: call.work.conversations.erase_answers(keys, at=call.now),
        say("The answers are gone from here."),
    ),
    "new_number": new_number,
    "old_number": old_number,
    "change_number": change_number,
    "close": close,
}
