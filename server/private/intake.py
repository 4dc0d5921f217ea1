"""`/desk/intake`: somebody writes down what another person says, on the telephone or face to face.

What is written is sealed like everything else; the writer gets a card with the number to hand over, and cannot read
the concern again. The number must be changed at the first visit, because the writer has seen it.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from starlette.responses import Response

from server.crypto.sealed import receipts
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.receipts import Receipt
from server.errors import Invalid, NotFound, Refused, say
from server.private import intake_views as views
from server.private.call import Call
from server.private.consents import Consent
from server.private.door_forms import concern_of, filled, with_answers
from server.private.filing import NOBODY_READS, Changed, Concern
from server.private.routing import takes_in
from server.web.fields import CHOOSE

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
            return views.card(call, Receipt(call.kept["card"]))
        _put_away(call)
    return views.form(call, filled(call, call.form), paper)


async def check(call: Call) -> Response:
    """What will be sent, to be read aloud before it is."""
    paper = await _paper(call)
    try:
        concern = _concern(call, paper)
        if not call.work.filing.somebody_reads(concern, at=call.now, writer=paper.person):
            raise Refused(NOBODY_READS, field="exclude")
        return views.check(call, filled(call, call.form), concern)
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
        receipt = receipts.receipt_for(filing_key, work.vault.pepper)
        keys = await work.filing_pool.run(lambda: work.derivation.keys(receipt))
        key = filing_key
        await call.run(lambda: work.filing.file(concern, keys, filing_key=key, at=call.now, writer=paper.person))
    except Changed:
        again = call.state_of(Refused(AGAIN))
        anew = {name: value for name, value in again.values.items() if name != "filing"}
        return views.form(call, filled(call, replace(again, values=anew)), paper, 409)
    except Refused as error:
        return views.form(call, filled(call, call.state_of(error)), paper, error.status)
    assert call.kept is not None
    call.hold({**call.kept, "card": receipt, "card_since": call.now.timestamp()})
    return call.redirect(ADDRESS)


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
    for name in Consent:
        answer = call.value(name.value)
        if answer not in ANSWERS:
            raise Invalid(CHOOSE, field=name.value)
        said = ANSWERS[answer]
        if said is not None:
            consents[name.value] = said
    concern = with_answers(call, concern_of(call))
    return replace(concern, language=spoken, consents=consents, taken_in_by=paper.name)
