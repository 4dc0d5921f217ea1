"""What focal points type, held against what it may be."""

from datetime import timedelta
from uuid import uuid4

from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate, read, unsigned
from server.errors import Invalid, say
from server.private import practice
from server.private.call import Call
from server.private.people import Person
from server.private.roster import NOT_SIGNED
from server.web.fields import CHOOSE
from server.web.words import is_language

CERTIFICATE_DAYS = 365
MOST_PARTS = 20


def wanted_paper(call: Call, person: Person) -> str:
    """The paper that this person asks the officers to sign. Raises Invalid."""
    limit = call.work.reporting.form.name_characters
    desk = call.value("desk")
    if desk not in {one.code for one in call.work.reporting.desks}:
        raise Invalid(CHOOSE, field="desk")
    today = call.now.date()
    wanted = Certificate(
        serial=uuid4(),
        person=person.id,
        name=call.text("name", limit, required=True),
        public=person.public,
        verify=person.verify,
        desk=desk,
        organisation=call.text("organisation", limit, required=True),
        site=call.text("site", limit),
        roles=_parts(call, "roles"),
        languages=_languages(call),
        ties=_parts(call, "ties"),
        starts=today,
        ends=today + timedelta(days=CERTIFICATE_DAYS),
    )
    return unsigned(wanted).strip()


def admitted(call: Call, person: Person) -> None:
    """Take one's own signed paper in; for another's place or other keys it is none. Raises Refused.

    With the first one comes a case to practise with.
    """
    begins = not call.work.roster.of(person.id)
    text = call.value("paper").strip()
    try:
        paper = read(text).paper
    except Damaged:
        raise Invalid(NOT_SIGNED, field="paper") from None
    own = (person.id, person.public, person.verify)
    if not isinstance(paper, Certificate) or (paper.person, paper.public, paper.verify) != own:
        raise Invalid(NOT_SIGNED, field="paper")
    call.work.roster.admit(text)
    if begins:
        practice.first(call, person.id)


def _languages(call: Call) -> tuple[str, ...]:
    """Codes of languages. Raises Invalid: a misspelt one would find nobody who reads it."""
    codes = tuple(code.lower() for code in _parts(call, "languages"))
    for code in codes:
        if not is_language(code):
            sentence = say("“%(code)s” is no code of a language. Write them like this: en, ar", code=code)
            raise Invalid(sentence, field="languages")
    return codes


def _parts(call: Call, name: str) -> tuple[str, ...]:
    """Several names with commas between, in any script's comma."""
    text = call.text(name, 10 * call.work.reporting.form.name_characters)
    for comma in "،、;؛\n":
        text = text.replace(comma, ",")
    return tuple(part.strip() for part in text.split(",")[:MOST_PARTS] if part.strip())
