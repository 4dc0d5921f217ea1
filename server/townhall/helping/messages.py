"""What a short text message asks for. A pure function.

No gateway is connected yet: a helper pastes messages into the desk. Whatever brings them later uses this, and the same
verbs as the forms. Nobody should be invited to send sensitive matters this way: operators can read text messages.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_DIRECTION = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CODE = re.compile(r"[0-9A-Za-z]{6}")
_NUMBER_DIGITS = 6


class Wanted(StrEnum):
    """What a message asks for; the letter is what people send."""

    ASK = "Q"
    ENDORSE = "V"
    ANSWER_POLL = "P"
    LOOK = "?"


@dataclass(frozen=True, slots=True)
class Command:
    """One message: what it wants, and the words or the number that go with it."""

    wanted: Wanted
    text: str = ""
    number: int = 0


def command(message: str, *, code: str = "") -> Command | None:
    """`Q text`, `V 82`, `P 2`, `? 82`, with the hall's code before it or not; None when it is none of them.

    Digits of every script count: ٨٢ is 82. A question may have several lines; its letter may be small.
    """
    text = _DIRECTION.sub("", message).strip()
    first, _, rest = text.partition(" ")
    if code and _CODE.fullmatch(first) and first.upper() == code.upper():
        text = rest.strip()
    letter, rest = text[:1].upper().replace("؟", "?"), text[1:]
    if letter not in {str(wanted) for wanted in Wanted}:
        return None
    wanted, follows = Wanted(letter), rest.strip()
    if wanted is Wanted.ASK:
        return Command(wanted, text=follows) if rest[:1].isspace() and follows else None
    number = _number(follows)
    return None if number is None else Command(wanted, number=number)


def _number(text: str) -> int | None:
    """A number of question or option, in the digits of any script."""
    if not text or len(text) > _NUMBER_DIGITS or not all(unicodedata.category(sign) == "Nd" for sign in text):
        return None
    return int("".join(str(unicodedata.digit(sign)) for sign in text)) or None
