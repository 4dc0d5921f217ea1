"""What a text gives away about a person: numbers to call, addresses, accounts, case numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderation.normalise import Folded


class Kind(StrEnum):
    """What was found."""

    PHONE = "phone"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    HANDLE = "handle"
    CASE_NUMBER = "case_number"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the text as written, end exclusive, and what it is."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: the policy's half of finding private data.

    `regions` are ISO 3166 codes whose way of writing numbers is tried; `call_words` make a number
    of seven digits a phone number; `public_numbers` (digits only) belong to verified hotlines.
    """

    regions: tuple[str, ...]
    call_words: tuple[str, ...]
    public_numbers: frozenset[str]
    case_numbers: tuple[re.Pattern[str], ...]
    digit_words: dict[str, str]


HIDDEN = "▇▇▇▇▇▇"
"""What a reader sees instead. Always as long, so that its length tells nothing."""

_EMAIL = re.compile(r"[a-z0-9][\w.+\-]{0,63}\s?@\s?[\w\-]+(?:\.[\w\-]+)*\.[a-z]{2,24}(?![\w])", re.IGNORECASE)
_SPELLED_AT = r"(?:\s*[\[({]\s*(?:at|@|arobase|arroba)\s*[\])}]\s*|\s(?:at|arobase|arroba)\s)"
_SPELLED_DOT = r"(?:\s*\.\s?|\s*[\[({]\s*(?:dot|point|punto|\.)\s*[\])}]\s*|\s(?:dot|point|punto)\s)"
_SPELLED_EMAIL = re.compile(
    rf"[a-z0-9][\w.+\-]{{0,63}}{_SPELLED_AT}(?:(?:gmail|g mail|hotmail|yahoo|outlook|icloud|proton"
    rf"(?:mail)?|mail|yandex|ukr)(?:{_SPELLED_DOT}[a-z]{{2,4}})?(?!\w)|[\w\-]{{2,40}}{_SPELLED_DOT}"
    r"(?:com|org|net|info|edu|gov|io|me|co|de|fr|es|it|uk|tr|ru|jo|lb|ke|ua|eu)(?!\w))"
)
_HANDLE = re.compile(
    r"(?:https?://)?(?:www\.)?(?:(?:wa\.me|api\.whatsapp\.com/send|chat\.whatsapp\.com|t\.me|"
    r"telegram\.me|m\.me|fb\.me|fb\.com|facebook\.com|instagram\.com|tiktok\.com|snapchat\.com/add|"
    r"signal\.me)/[^\s,;)\]]+|(?:telegram|whatsapp|instagram|insta|snapchat|snap|tiktok|viber|"
    r"signal|imo)\s{0,2}(?::|is|=)?\s{0,2}@[\w.]{3,32})"
)
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?:[ \-]?[a-z0-9]){11,30}(?![a-z0-9])")
_DIGITS = re.compile(r"(?<![\w.,])(?:\+|00|\()?\d(?:[\s\-./()·*_,]{0,3}\d){6,18}(?!\w)")
_CARD_LENGTHS = range(13, 20)
_DATE = re.compile(
    r"\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d|(?:19|20)\d\d[./\-]\d{1,2}[./\-]\d{1,2}"
    r"|(?:19|20)\d\d\s?-\s?(?:19|20)\d\d"
)
_DIGIT = re.compile("[0-9]")
_SEVEN_DIGITS = re.compile(r"(?:\d\D{0,4}){6}\d")
_LOOK_ALIKE_DIGIT = str.maketrans("oli|", "0111")
_SMUGGLED = re.compile(r"(?<=\d)[oli|]+(?=[\d\s\-])|(?<!\w)[oli|](?=\d\d)")
_CALL_REACH = 30
"""How many letters before a number a word like 'call' may stand."""
_MOST_CANDIDATES = 40
"""A text with more numbers than this is a table; the first ones decide."""


def find(text: str | Folded, search: Search) -> list[Span]:
    """The private data in a text, in order and without overlap."""
    folded = text if isinstance(text, Folded) else Folded(text)
    plain = folded.text
    found: list[tuple[int, int, Kind]] = []
    if "@" in plain or "(at" in plain or "[at" in plain or " at " in plain or " arob" in plain:
        found += _matches(Kind.EMAIL, (_EMAIL, _SPELLED_EMAIL), plain)
    if "/" in plain or "@" in plain:
        found += _matches(Kind.HANDLE, (_HANDLE,), plain)
    if _DIGIT.search(plain):
        found += _matches(Kind.CASE_NUMBER, search.case_numbers, plain)
    if _SEVEN_DIGITS.search(plain):
        found += _numbers(plain, search)
    found += _spelled_numbers(plain, search)
    return [Span(*folded.span(start, end), kind) for start, end, kind in _without_overlap(found)]


def _matches(kind: Kind, patterns: Iterable[re.Pattern[str]], plain: str) -> list[tuple[int, int, Kind]]:
    return [(*match.span(), kind) for pattern in patterns for match in pattern.finditer(plain)]


def _without_overlap(found: Sequence[tuple[int, int, Kind]]) -> list[tuple[int, int, Kind]]:
    """First come, first kept; of two that begin together the longer stays, grown over the other."""
    kept: list[tuple[int, int, Kind]] = []
    for start, end, kind in sorted(found, key=lambda each: (each[0], -each[1])):
        if kept and start < kept[-1][1]:
            first, last, earlier = kept[-1]
            kept[-1] = (first, max(last, end), earlier)
        else:
            kept.append((start, end, kind))
    return kept


def _numbers(plain: str, search: Search) -> list[tuple[int, int, Kind]]:
    """Accounts, cards and phone numbers, each by its own check sum or rule."""
    plain = _SMUGGLED.sub(lambda letters: letters[0].translate(_LOOK_ALIKE_DIGIT), plain)
    found = [(start, end, Kind.IBAN) for start, end in _ibans(plain)]
    for match in list(_DIGITS.finditer(plain))[:_MOST_CANDIDATES]:
        start, end = match.span()
        if any(start < last and first < end for first, last, _ in found):
            continue
        kind = _kind_of_number(plain, start, end, search)
        if kind:
            found.append((start, end, kind))
    return found


def _ibans(plain: str) -> Iterable[tuple[int, int]]:
    matches = list(_IBAN.finditer(plain))[:_MOST_CANDIDATES]
    if not matches:
        return
    from stdnum import iban  # noqa: PLC0415

    for match in matches:
        for end in range(match.end(), match.start() + 14, -1):
            written = plain[match.start() : end]
            if written[-1].isalnum() and iban.is_valid(written):
                yield match.start(), end
                break


def _kind_of_number(plain: str, start: int, end: int, search: Search) -> Kind | None:
    written = plain[start:end]
    digits = re.sub(r"\D", "", written)
    if digits in search.public_numbers:
        return None
    if len(digits) in _CARD_LENGTHS and digits[0] in "3456" and _is_card(digits):
        return Kind.CARD
    before = plain[max(0, start - _CALL_REACH) : start]
    is_called = any(word in before for word in search.call_words)
    if _is_phone(written, digits, search.regions, is_called=is_called):
        return Kind.PHONE
    return None


def _is_card(digits: str) -> bool:
    from stdnum import luhn  # noqa: PLC0415

    return luhn.is_valid(digits) and len(set(digits)) > 1


def _is_phone(written: str, digits: str, regions: Sequence[str], *, is_called: bool) -> bool:
    if len(set(digits)) < 3:
        return False
    if is_called:
        return len(digits) <= 15
    if _DATE.search(written) or "," in written:
        return False
    if written[0] == "+" or digits.startswith("00"):
        return _is_valid(f"+{digits.lstrip('0')}", regions=("ZZ",))
    if digits[0] == "0":
        return _is_valid(digits, regions=regions)
    # Amounts and years are written with spaces; a number without its 0 seldom is.
    is_one_number = len(digits) >= 9 and not re.search(r"\s", written)
    return is_one_number and (_is_valid(f"+{digits}", regions=("ZZ",)) or _is_valid(digits, regions=regions))


def _is_valid(number: str, *, regions: Sequence[str]) -> bool:
    """Whether any of the regions could give out this number. Loads its tables on first use."""
    import phonenumbers  # noqa: PLC0415

    for region in regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return True
    return False


_WORD = re.compile(r"[^\W_]+")
_SPELLED_LEAST = 7


def _spelled_numbers(plain: str, search: Search) -> list[tuple[int, int, Kind]]:
    """Seven or more digits in a row of which some are written as words: 'zero seven nine…'."""
    found: list[tuple[int, int, Kind]] = []
    run: list[re.Match[str]] = []
    words = search.digit_words
    if words.keys().isdisjoint(re.sub("[-,./]", " ", plain).split()):
        return found
    for match in [*_WORD.finditer(plain), None]:
        if match and (match[0] in words or (run and match[0].isdigit() and len(match[0]) < 4)):
            run.append(match)
            continue
        if len({each[0] for each in run}) < 3:
            pass
        elif len(run) >= _SPELLED_LEAST or (len(run) > 3 and _length(run, words) >= _SPELLED_LEAST + 1):
            found.append((run[0].start(), run[-1].end(), Kind.PHONE))
        run = []
    return found


def _length(run: Sequence[re.Match[str]], words: dict[str, str]) -> int:
    return sum(len(words.get(match[0], match[0])) for match in run)


def hidden(text: str, spans: Sequence[Span]) -> str:
    """The text with each span replaced by ▇."""
    parts: list[str] = []
    after = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start >= after:
            parts += [text[after : span.start], HIDDEN]
        after = max(after, span.end)
    return "".join([*parts, text[after:]])
