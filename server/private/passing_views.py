"""What the page of a case shows of passing it on to another organisation."""

from collections.abc import Mapping
from typing import cast

from server.errors import Sentence, say
from server.private.call import Call
from server.private.casework import Opened
from server.private.consents import Consent
from server.private.letters import Letter
from server.private.parts import WORDS, Part, parts_of
from server.private.transferring import gone_to, passable
from server.private.words import CONSENTS, EXCLUDE, ONLY_OUTSIDE, TOPICS, WHO
from server.web.words import language_name

FIRST_WORDS = 60
_YES, _NO = say("yes"), say("no")
_FLAGS: Mapping[str, Sentence] = {
    "urgent": say("It happened in the last 5 days, or there is danger now"),
    "child": say("A child was hurt or is in danger"),
}

_CODES: Mapping[str, Mapping[str, Sentence]] = {
    "topic": {one.value: words for one, words in TOPICS.items()},
    "who": WHO,
}


def passing_on(call: Call, found: Opened) -> Mapping[str, object]:
    """The organisations that could be given it, what can be ticked, what is ticked, and where it has gone."""
    possible = call.work.transferring.possible(found)
    still = {one.serial for one in possible}
    ticked = ticked_parts(call)
    return {
        "agencies": [("", "—"), *((str(one.serial), f"{one.name}, {one.organisation}") for one in possible)],
        "passable": [
            {
                "day": call.room.pages.catalogues.date_of(letter.day),
                "name": "" if letter.inward else letter.name,
                "parts": [
                    {"name": part.name, "words": _said(call, letter, part), "ticked": part.name in ticked}
                    for part in parts_of(letter)
                ],
            }
            for letter in passable(found.letters)
        ],
        "passed": [
            {"serial": str(one.agency), "name": one.name, "open": one.agency in still} for one in gone_to(found.letters)
        ],
    }


def ticked_parts(call: Call) -> set[str]:
    """What was ticked: also when something else of the form was wrong, and it is shown again."""
    parts = {value for name, value in call.pairs if name == "part"}
    return parts | {f"{value}:{WORDS}" for name, value in call.pairs if name == "letter"}


def _said(call: Call, letter: Letter, part: Part) -> str:
    """What this part says, as somebody reads it who decides about it."""
    if part.file is not None:
        return call.said(say("The file %(name)s", name=part.file.name))
    value = letter.body.get(part.own)
    if part.own == WORDS:
        return call.said(say("The words: “%(words)s”", words=_first_words(str(letter.body.get("text", "")))))
    return _fact(call, part, value)


def _fact(call: Call, part: Part, value: object) -> str:
    if part.own in _FLAGS:
        return call.said(_FLAGS[part.own])
    if part.own == "language":
        return call.said(say("Language: %(language)s", language=language_name(str(value))))
    if isinstance(value, dict):
        values = cast("Mapping[str, object]", value)
        return _barred(call, values) if part.own == "excluded" else _consents(call, values)
    sentence = _CODES.get(part.own, {}).get(str(value))
    return str(value) if sentence is None else call.said(sentence)


def _barred(call: Call, values: Mapping[str, object]) -> str:
    named = " · ".join(str(one) for one in values.values() if isinstance(one, str) and one)
    return call.said(say("Who must not read it: %(names)s", names=named or call.said(EXCLUDE[ONLY_OUTSIDE])))


def _consents(call: Call, values: Mapping[str, object]) -> str:
    """Every yes and no."""
    said = [(call.said(CONSENTS[name]), values[name.value]) for name in Consent if name.value in values]
    told = "; ".join(f"{sentence}: {call.said(_YES if value else _NO)}" for sentence, value in said)
    return call.said(say("What the reporter said yes or no to: %(list)s", list=told))


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= FIRST_WORDS else line[:FIRST_WORDS] + "…"
