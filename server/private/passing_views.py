"""What the page of a case shows of passing it on to another organisation."""

from collections.abc import Mapping

from server.private.call import Call
from server.private.casework import Opened
from server.private.transferring import gone_to, passable

FIRST_WORDS = 60


def passing_on(call: Call, found: Opened) -> Mapping[str, object]:
    """The organisations that could be given it, what can be chosen, and where it has gone."""
    possible = call.work.transferring.possible(found)
    still = {one.serial for one in possible}
    return {
        "agencies": [("", "—"), *((str(one.serial), f"{one.name}, {one.organisation}") for one in possible)],
        "passable": [
            {"id": str(letter.id), "words": _first_words(str(letter.body.get("text", "")))}
            for letter in passable(found.letters)
        ],
        "passed": [
            {"serial": str(one.agency), "name": one.name, "open": one.agency in still} for one in gone_to(found.letters)
        ],
    }


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= FIRST_WORDS else line[:FIRST_WORDS] + "…"
