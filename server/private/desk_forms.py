"""What focal points type, held against what it may be."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate, read, unsigned
from server.errors import Invalid, NotFound, say
from server.private import practice
from server.private.call import Call
from server.private.desk_files import Download
from server.private.files import Attachment
from server.private.people import Person, Unlocked
from server.private.roster import NOT_SIGNED
from server.private.words import DUTIES
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
    duty = call.value("duty")
    if duty not in DUTIES:
        raise Invalid(CHOOSE, field="duty")
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
        roles=(*_parts(call, "roles"), duty) if duty else _parts(call, "roles"),
        languages=_languages(call),
        ties=_parts(call, "ties"),
        starts=today,
        ends=today + timedelta(days=CERTIFICATE_DAYS),
    )
    return unsigned(wanted).strip()


def admitted(call: Call, person: Person, files: Sequence[Attachment] = ()) -> None:
    """Take one's own signed paper in; for another's place or other keys it is none. Raises Refused.

    With the first one comes a case to practise with, and `files` in it.
    """
    begins = not call.work.roster.of(person.id)
    text = call.value("paper").strip()
    try:
        paper = read(text).paper
    except Damaged:
        raise Invalid(NOT_SIGNED, field="paper") from None
    if not isinstance(paper, Certificate) or not _is_own(paper, person):
        raise Invalid(NOT_SIGNED, field="paper")
    call.work.roster.admit(text)
    if begins:
        practice.first(call, person.id, files)


def saved_paper(call: Call, person: Person) -> Download:
    """The paper that was asked for, as a file in plain text. Raises NotFound for one that is not one's own."""
    try:
        paper = read(call.value("asked_for").strip()).paper
    except Damaged:
        raise NotFound from None
    if not isinstance(paper, Certificate) or not _is_own(paper, person):
        raise NotFound
    content = unsigned(paper).strip().encode() + b"\n"
    return Download("paper.request", "text/plain; charset=utf-8", len(content), iter([content]))


def _is_own(paper: Certificate, person: Person) -> bool:
    return (paper.person, paper.public, paper.verify) == (person.id, person.public, person.verify)


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


def copy_of(call: Call, me: Unlocked, alias: str) -> Download:
    """The safe copy that was asked for. Raises NotFound."""
    return call.work.files.copy(me, alias, _number(call), at=call.now)


def original_of(call: Call, me: Unlocked, alias: str) -> Download:
    """The original, after a colleague has asked for it. Raises NotFound and Refused."""
    return call.work.files.original(me, alias, _number(call), at=call.now)


def ask_original(call: Call, me: Unlocked, alias: str) -> None:
    """Ask for an original, with a reason. Raises Invalid, NotFound and Refused."""
    number = _number(call)
    try:
        reason = call.text("original_reason", call.work.reporting.form.text_characters, required=True)
    except Invalid as error:
        raise Invalid(error.sentence, field=f"original-{number}") from None  # each file has a field of its own
    call.work.files.ask(me, alias, number, reason, at=call.now)


def drop_original(call: Call, me: Unlocked, alias: str) -> None:
    """What was asked is not needed, or taken back. Raises NotFound and Refused."""
    call.work.files.drop(me, alias, _number(call), at=call.now)


def _number(call: Call) -> int:
    value = call.value("file")
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        raise NotFound
    return int(value)
