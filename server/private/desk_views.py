"""The pages of `/desk`. Nothing here counts what a person may not read."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import segno
from markupsafe import Markup
from starlette.responses import Response

from server.crypto.sealed.certificates import Certificate, fingerprint
from server.errors import Sentence, say
from server.private.call import Call
from server.private.casework import Line, Opened
from server.private.consents import standing
from server.private.desk_files import ASKED, DROPPED, OPENED, Listed, files_in
from server.private.desks import Topic
from server.private.door_views import coming
from server.private.facts import State, Support, day_of, half_day
from server.private.holding_views import holding
from server.private.letters import NOT_WHOLE, Letter
from server.private.looking import Looked
from server.private.passing_views import passing_on
from server.private.people import Away, Person
from server.private.routing import plain
from server.private.tracks import MOVES, SUPPORT_MOVES
from server.private.waiting import Asks, Waiting
from server.private.words import CONSENTS, DESKS, DUTIES, STATES, SUPPORTS, TOPICS, WHO
from server.web.fields import FormState
from server.web.words import full_day, language_name

KEPT = (
    "text",
    "note",
    "reason",
    "support_reason",
    "hand_reason",
    "original_reason",
    "pass_reason",
    "hold_reason",
    "end_reason",
)
"""What may have been typed in a case."""


def sign_in(call: Call, form: FormState, status: int = 200) -> Response:
    """Name, words and code."""
    return call.page("private/sign_in.html", status, form=form)


def join(call: Call, form: FormState, status: int = 200) -> Response:
    """A code from the operator makes an account."""
    return call.page("private/join.html", status, form=form)


def second_factor(call: Call, secret: str, form: FormState, status: int = 200) -> Response:
    """The code app is set up; the code is shown in this visit only."""
    address = call.work.factors.address(secret, installation="Baraza")
    qr = segno.make(address, error="m").svg_inline(scale=4, omitsize=True, svgclass="qr", lineclass=None)
    shown = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return call.page("private/second_factor.html", status, form=form, qr=Markup(qr), secret=shown)


def unlock(call: Call, form: FormState, status: int = 200, *, second: bool) -> Response:
    """The words once more, and six others where a desk demands them."""
    return call.page("private/unlock.html", status, form=form, second=second)


def second(call: Call, words: str, form: FormState, status: int = 200) -> Response:
    """Six words from chance, to be written down."""
    return call.page("private/second.html", status, form=form, words=words)


def locked(call: Call) -> Response:
    """The keys were closed while something was written: unlock, and the words are here."""
    return call.page("private/locked.html", 403, texts=[call.value(name) for name in KEPT if call.value(name)])


def paper(
    call: Call,
    person: Person,
    held: Sequence[Certificate],
    form: FormState,
    *,
    asked_for: str = "",
    status: int = 200,
) -> Response:
    """What officers are asked to sign, and what they have signed."""
    papers = [
        {
            "desk": call.said(DESKS[one.desk]) if one.desk in DESKS else one.desk,
            "office": " · ".join(part for part in (one.organisation, one.site) if part),
            "name": one.name,
            "duty": _duty(call, one),
            "ends": full_day(one.ends),
        }
        for one in held
    ]
    return call.page(
        "private/paper.html",
        status,
        form=form,
        asked_for=asked_for,
        fingerprint=fingerprint(person.public, person.verify),
        papers=papers,
        duties=[(word, call.said(sentence)) for word, sentence in DUTIES.items()],
        desks=[(desk.code, call.said(DESKS[desk.code])) for desk in call.work.reporting.desks if desk.code in DESKS],
    )


def _duty(call: Call, paper: Certificate) -> str:
    """What the paper is only for, if it is not for reading and answering."""
    return next((call.said(DUTIES[word]) for word in DUTIES if word in map(plain, paper.roles)), "")


def work_list(
    call: Call,
    lines: Sequence[Line],
    covers: Sequence[tuple[str, date]],
    waits: Collection[str],
    *,
    takes_in: bool,
) -> Response:
    """The cases that open for this person; `waits`: those in which a colleague asks something of them."""
    return call.page(
        "private/list.html",
        lines=[{**_line(call, line), "waits": line.alias in waits} for line in lines],
        takes_in=takes_in,
        covers=[(name, full_day(ends)) for name, ends in covers],
        practises=any(line.practice for line in lines),
        unconfirmed=not call.work.reporting.confirmed,
        whole=call.work.wholeness.last.whole,
    )


def away(
    call: Call, known: Away | None, colleagues: Sequence[Certificate], form: FormState, status: int = 200
) -> Response:
    """Who looks while somebody is away."""
    cover = "" if known is None else next((one.name for one in colleagues if one.person == known.cover), "")
    return call.page(
        "private/away.html",
        status,
        form=form,
        known=None
        if known is None
        else {"starts": full_day(known.starts), "ends": full_day(known.ends), "cover": cover},
        colleagues=[("", "—"), *((str(one.person), f"{one.name}, {one.organisation}") for one in colleagues)],
    )


def case(
    call: Call,
    found: Opened,
    looked: Looked,
    form: FormState,
    status: int = 200,
) -> Response:
    """One case, all of it."""
    known = found.case.facts
    hours = call.work.reporting.form.withdrawal_hours
    said = standing(known, now=half_day(call.now), hours=hours)
    return call.page(
        "private/case.html",
        status,
        form=form,
        alias=known.alias,
        desk=call.said(DESKS[known.desk]),
        topic=call.said(TOPICS[Topic(known.topic)]),
        written_in=language_name(known.language),
        state=call.said(STATES[known.state]),
        support=call.said(SUPPORTS[known.support]),
        opened=full_day(day_of(known.opened)),
        due=full_day(day_of(found.due.acknowledge if known.acknowledged is None else found.due.answer)),
        late=found.due.late,
        missing=found.missing,
        practice=found.practice,
        withdrawing=known.withdrawn_at is not None,
        letters=[_letter(call, letter) for letter in found.letters],
        files=[_file(call, one) for one in looked.files],
        waiting=[_waiting(call, one) for one in looked.waiting],
        may_leave=looked.may_leave,
        states=[("", "—"), *((one.value, call.said(STATES[one])) for one in State if one in MOVES[known.state])],
        supports=[
            ("", "—"),
            *((one.value, call.said(SUPPORTS[one])) for one in Support if one in SUPPORT_MOVES[known.support]),
        ],
        consents=[
            {
                "sentence": call.said(CONSENTS[name]),
                "standing": call.said(_STANDING[one.value]),
                "coming": coming(call, one),
            }
            for name, one in said.items()
        ],
        people=[("", "—"), *((str(one.person), f"{one.name}, {one.organisation}") for one in looked.others)],
        may_write=not found.missing,
        **passing_on(call, found),
        **holding(call, found),
    )


_ASKS: Mapping[Asks, tuple[Sentence, str]] = {
    Asks.ORIGINAL: (say("Asks you to open an original together:"), "file-%d"),
    Asks.HOLD: (say("Asks you to agree that this is kept longer:"), "keep-longer"),
    Asks.GIVEN: (say("Let you read this case, and asks you to look at it:"), ""),
}


def _waiting(call: Call, one: Waiting) -> Mapping[str, str]:
    """What a colleague asks, and where on the page it is answered."""
    sentence, place = _ASKS[one.what]
    place = place % one.file if one.file else place
    return {"name": one.name, "asks": call.said(sentence), "reason": one.reason, "place": place}


_STANDING: Mapping[bool | None, Sentence] = {None: say("not asked"), True: say("yes"), False: say("no")}
_NAMES: Mapping[str, Sentence] = {
    "concern": say("What was written"),
    "message": say("From the reporter"),
    "answer": say("Answer"),
    "note": say("Note among those who read this"),
    "state": say("New state"),
    "support": say("Help"),
    "consent": say("Yes or no from the reporter"),
    "withdrawal": say("The reporter takes it back, or goes on"),
    "asked_outside": say("The reporter asked the office outside"),
    "succession": say("The keys of this case were changed"),
    ASKED: say("Asked to open an original together"),
    DROPPED: say("The original is not needed; it stays closed"),
    OPENED: say("Two of you have opened an original; the reporter is told"),
    "new_number": say("The reporter has taken a new number"),
    "transferred": say("Passed on, sealed"),
    "hold_asked": say("Asked to keep it longer"),
    "hold": say("Kept longer, because the law asks for it"),
    "hold_ended": say("No longer kept because of the law"),
}
_SUCCESSIONS: Mapping[str, Sentence] = {
    "recused": say("Has left this case"),
    "handed_over": say("Has let one more person read this"),
    "released": say("The office outside reads this from now on"),
    "recovered": say("Reads this from now on; the recovery officers gave the key"),
    "revoked": say("Somebody may not read this any more; the others go on"),
    "outside": say("The office outside has a key now, for when nobody answers"),
    "keys": say("The keys were renewed; the same people read this"),
}
"""Why a case got new keys; the name beside it says who did it."""
_KINDS: Mapping[str, Sentence] = {
    "image/jpeg": say("Picture"),
    "application/pdf": say("Pages"),
    "video/mp4": say("Sound or video"),
}


def _letter(call: Call, letter: Letter) -> Mapping[str, object]:
    body = letter.body
    kind = str(body.get("kind", ""))
    facts: list[str] = []
    if kind == "concern":
        facts = _concern_facts(call, body)
    elif kind == "consent":
        name, value = body.get("name"), bool(body.get("value"))
        sentence = next((words for one, words in CONSENTS.items() if one.value == name), None)
        facts = [] if sentence is None else [f"{call.said(sentence)}: {call.said(_STANDING[value])}"]
    elif kind == "state":
        facts = [call.said(STATES[State(str(body["state"]))])]
    elif kind == "support":
        facts = [call.said(SUPPORTS[Support(str(body["support"]))])]
    elif kind in ("hold_asked", "hold"):
        facts = [call.said(say("For %(days)s days", days=str(body.get("days", ""))))]
    elif kind == "transferred":
        facts = [str(body.get("name", ""))]
    elif kind == "unproved":
        facts = [call.said(NOT_WHOLE)]
    elif kind == "withdrawal":
        facts = [call.said(say("taken back") if body.get("on") else say("goes on"))]
    came = len(files_in([letter]))
    if came:
        facts = [*facts, call.said(say("Files that came with it: %(count)s.", count=came))]
    return {
        "title": _title(call, kind, body),
        "name": letter.name,
        "day": _day(call, letter.day),
        "text": str(body.get("text", "")),
        "facts": facts,
        "inward": letter.inward,
    }


def _title(call: Call, kind: str, body: Mapping[str, object]) -> str:
    sentence = _SUCCESSIONS.get(str(body.get("why", ""))) if kind == "succession" else None
    sentence = sentence or _NAMES.get(kind)
    return "" if sentence is None else call.said(sentence)


def _file(call: Call, one: Listed) -> Mapping[str, object]:
    copy = one.sent.copy
    return {
        "number": one.number,
        "name": copy.name,
        "kind": call.said(_KINDS[copy.media_type]) if copy.media_type in _KINDS else "",
        "kilobytes": -(-copy.size // 1000),
        "is_picture": copy.media_type == "image/jpeg",
        "gone": one.gone,
        "original": one.sent.original is not None,
        "may_ask": one.may_ask,
        "may_open": one.may_open,
        "asked_by": one.asked_by,
        "opened": one.opened,
        "reason": one.reason,
    }


def _concern_facts(call: Call, body: Mapping[str, object]) -> list[str]:
    facts = [call.said(WHO[str(body["who"])])] if str(body.get("who", "")) in WHO and body.get("who") else []
    if body.get("urgent"):
        facts.append(call.said(say("It happened in the last 5 days, or there is danger now")))
    if body.get("child"):
        facts.append(call.said(say("A child was hurt or is in danger")))
    if body.get("taken_in_by"):
        facts.append(call.said(say("Written down for somebody by %(name)s", name=str(body["taken_in_by"]))))
    if body.get("may_release"):
        facts.append(call.said(say("An office outside may read it when nobody answers")))
    return facts


def _line(call: Call, line: Line) -> Mapping[str, object]:
    return {
        "alias": line.alias,
        "topic": call.said(TOPICS[Topic(line.topic)]),
        "language": language_name(line.language),
        "urgent": line.urgent,
        "state": call.said(STATES[line.state]),
        "late": line.due.late,
        "practice": line.practice,
        "news": line.news,
        "opened": full_day(day_of(line.opened)),
    }


def _day(call: Call, day: date) -> str:
    return call.room.pages.catalogues.date_of(day)
