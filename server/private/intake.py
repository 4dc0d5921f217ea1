"""`/desk/intake`: somebody writes down what another person says, on the telephone or face to face.

What is written is sealed like everything else; the writer gets a card with the number to hand over, and cannot read
the concern again. The number must be changed at the first visit, because the writer has seen it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from starlette.responses import Response

from server.crypto.sealed import receipts
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.receipts import Receipt
from server.errors import Invalid, NotFound, Refused, Sentence, say
from server.private import door_files
from server.private import intake_views as views
from server.private.call import LOOK_BELOW, Call
from server.private.door_forms import concern_of, filled, with_answers
from server.private.filing import NOBODY_READS, Changed, Concern
from server.private.routing import takes_in
from server.private.words import SCRIPTS
from server.web.fields import CHOOSE, FormState

ADDRESS = "/desk/intake"
ANSWERS: Mapping[str, bool | None] = {"": None, "yes": True, "no": False}
"""What can be said to a question that was read aloud; nothing means that it was not asked."""
AGAIN = say("This form was sent before with other words, or is too old. Go on once more, and it is sent by itself.")


async def page(call: Call) -> Response:
    """An empty form, or the card of what was sent last. Raises NotFound for those who do not take in."""
    paper = await _paper(call)
    if call.kept is not None and "card" in call.kept:
        since = float(call.kept["card_since"])
        if call.now.timestamp() - since <= call.work.reporting.form.receipt_minutes * 60:
            kept = call.kept
            return views.card(call, Receipt(kept["card"]), desk=kept["card_desk"], came=kept["card_came"])
        _put_away(call)
    return views.form(call, filled(call, call.form), paper)


async def check(call: Call) -> Response:
    """What will be sent, to be read aloud before it is."""
    paper = await _paper(call)
    try:
        concern = _concern(call, paper)
        if not call.work.filing.somebody_reads(concern, at=call.now, writer=paper.person):
            raise Refused(NOBODY_READS, field="exclude")
        return views.check(call, filled(call, call.form), concern, paper)
    except Refused as error:
        return views.form(call, filled(call, call.state_of(error)), paper, error.status)


async def change(call: Call) -> Response:
    """Back to the form, with every word."""
    return views.form(call, filled(call, call.form), await _paper(call))


async def send(call: Call) -> Response:
    """Seal it; then the card."""
    paper = await _paper(call)
    work = call.work
    filing_key = work.filing_keys.read(call.value("filing"))
    try:
        concern = _concern(call, paper)
        if filing_key is None:
            raise Refused(AGAIN)
    except Refused as error:
        return views.form(call, filled(call, call.state_of(error)), paper, error.status)
    try:
        concern = replace(concern, files=await door_files.taken(call))
        receipt, desk = await _sealed(call, concern, filing_key, paper)
    except Changed:
        again = call.state_of(Refused(AGAIN))
        anew = {name: value for name, value in again.values.items() if name != "filing"}
        return views.form(call, filled(call, replace(again, values=anew)), paper, 409)
    except Refused as error:
        return _wrong(call, concern, paper, call.state_of(error), error.status)
    finally:
        door_files.wiped(concern.files)
    assert call.kept is not None
    card = {"card": receipt, "card_since": call.now.timestamp(), "card_desk": desk, "card_came": len(concern.files)}
    call.hold({**call.kept, **card})
    return call.redirect(ADDRESS)


async def _sealed(call: Call, concern: Concern, key: bytes, paper: Certificate) -> tuple[Receipt, str]:
    """File it: the number, and the desk that reads it. Raises Changed and Refused."""
    work = call.work
    receipt = receipts.receipt_for(key, work.vault.pepper)
    keys = await work.filing_pool.run(lambda: work.derivation.keys(receipt), whose=call.asked.bucket)
    await call.run(lambda: work.filing.file(concern, keys, filing_key=key, at=call.now, writer=paper.person))
    return receipt, await call.run(lambda: work.conversations.desk_of(keys))


def _wrong(call: Call, concern: Concern, paper: Certificate, state: FormState, status: int) -> Response:
    """Files are chosen on the last page, so what is wrong with them is said there; all else on the first."""
    if {"files", "originals"} & set(state.errors):
        return views.check(call, filled(call, state), concern, paper, status)
    return views.form(call, filled(call, state), paper, status)


async def again(call: Call, sentence: Sentence, status: int) -> Response | None:
    """The last page once more, when its files could not be taken whole. None for the other pages."""
    if call.value("form") != "intake_check" or call.kept is None:
        return None
    with suppress(Refused, NotFound):
        paper = await _paper(call)
        form = FormState(call.form.values, {"files": call.said(sentence)}, call.said(LOOK_BELOW))
        return views.check(call, filled(call, form), _concern(call, paper), paper, status)
    return None


async def handed(call: Call) -> Response:
    """The card is with the person it belongs to."""
    await _paper(call)
    _put_away(call)
    call.tell_once(say("The number is gone from here."))
    return call.redirect(ADDRESS)


def _put_away(call: Call) -> None:
    assert call.kept is not None
    call.hold({name: value for name, value in call.kept.items() if not name.startswith("card")})


async def _paper(call: Call) -> Certificate:
    """The paper by which this person takes in. Raises NotFound."""
    person = None if call.kept is None else UUID(call.kept["person"])
    held = [] if person is None else await call.run(lambda: call.work.roster.of(person))
    paper = next((one for one in held if takes_in(one)), None)
    if paper is None:
        raise NotFound
    return paper


def _concern(call: Call, paper: Certificate) -> Concern:
    """What was said. Raises Invalid, beside the field."""
    spoken = call.value("spoken")
    if spoken not in {code for code, _ in views.spoken_languages(call, paper)}:
        raise Invalid(CHOOSE, field="spoken")
    consents: dict[str, bool] = {}
    for name in SCRIPTS:
        answer = call.value(name.value)
        if answer not in ANSWERS:
            raise Invalid(CHOOSE, field=name.value)
        said = ANSWERS[answer]
        if said is not None:
            consents[name.value] = said
    concern = with_answers(call, concern_of(call))
    return replace(concern, language=spoken, consents=consents, taken_in_by=paper.name)
