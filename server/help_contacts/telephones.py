"""Telephone numbers of offices: whole international numbers, or the short ones that work in one country."""

import re
import unicodedata

from server.errors import say
from server.web.fields import refuse

MOST_NUMBERS = 5
SHORT = re.compile(r"[0-9]{2,6}")
"""112, 999, a hotline of five digits."""
_BETWEEN = re.compile(r"[\n,;،؛/]+")
NO_NUMBER = say(
    "“%(number)s” is no full number. Write + and the country first, like +1 202 555 0142, or a short number like 112."
)
TOO_MANY = say("At most %(most)s numbers fit here.", most=MOST_NUMBERS)


def telephones(typed: str) -> list[str]:
    """The numbers of a field, each as machines dial it. Raises the error of a form, naming the one that is wrong."""
    written = [part.strip() for part in _BETWEEN.split(typed) if part.strip()]
    if len(written) > MOST_NUMBERS:
        raise refuse(TOO_MANY)
    return list(dict.fromkeys(_dialled(part) for part in written))


def shown(number: str) -> str:
    """A number as people read it, in groups."""
    import phonenumbers  # noqa: PLC0415  its tables are large, and few pages need them

    if not number.startswith("+"):
        return number
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _dialled(written: str) -> str:
    import phonenumbers  # noqa: PLC0415

    number = "".join(str(unicodedata.decimal(sign, sign)) for sign in written)
    if SHORT.fullmatch(number):
        return number
    whole = "+" + number[2:] if number.startswith("00") else number
    try:
        parsed = phonenumbers.parse(whole)
    except phonenumbers.NumberParseException:
        raise refuse(say(NO_NUMBER.english, number=written[:30])) from None
    if not phonenumbers.is_valid_number(parsed):
        raise refuse(say(NO_NUMBER.english, number=written[:30]))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
