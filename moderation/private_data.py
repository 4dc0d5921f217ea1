"""What a text gives away about a person: numbers to call, addresses, accounts, places, case numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderation import contacts, identities, whereabouts
from moderation.normalise import Folded
from moderation.phrases import Hits, PhraseBook, Words
from moderation.whose import Whose, whose

PRIVATE_LISTS = (
    "call",
    "identity",
    "born",
    "plate",
    "street_first",
    "street_last",
    "platform",
    "theirs",
    "mine",
    "at",
    "dot",
)
"""The lists of words that the policy gives for each language."""


class Kind(StrEnum):
    """What was found."""

    PHONE = "phone"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    HANDLE = "handle"
    CASE_NUMBER = "case_number"
    PLACE = "place"
    BIRTH_DATE = "birth_date"
    PLATE = "plate"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the text as written, end exclusive, what it is, and whose it seems to be."""

    start: int
    end: int
    kind: Kind
    whose: Whose = Whose.UNSAID


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: the policy's half of finding private data.

    `regions` are ISO 3166 codes whose way of writing numbers is tried; `public_numbers` (digits only)
    belong to verified hotlines; `book` holds PRIVATE_LISTS and the words of `digit_words` as "digit".
    """

    regions: tuple[str, ...]
    public_numbers: frozenset[str]
    case_numbers: tuple[re.Pattern[str], ...]
    digit_words: dict[str, str]
    spelled_address: re.Pattern[str]
    book: PhraseBook


HIDDEN = "▇▇▇▇▇▇"
"""What a reader sees instead. Always as long, so that its length tells nothing."""

_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?:[ \-]?[a-z0-9]){11,30}(?![a-z0-9])")
_DIGITS = re.compile(r"(?<![\w.,])(?:\+|00|\()?\d(?:[\s\-./()·*_,]{0,3}\d){6,18}(?!\w)")
_CARD_LENGTHS = range(13, 20)
_YEAR = r"(?:1[34]|19|20)\d\d"
_DATE = re.compile(
    rf"\d{{1,2}}[./\-]\d{{1,2}}[./\-]{_YEAR}|{_YEAR}[./\-]\d{{1,2}}[./\-]\d{{1,2}}"
    rf"|{_YEAR}\s?[\-/]\s?{_YEAR}|^\d{{1,2}}\.\d\d\s?-\s?\d{{1,2}}\.\d\d$"
)
_AMOUNT = re.compile(r"^\d{1,3}(?:[\s.]\d{3}){2}$|^\d{1,3}(?:,\d{2,3})+$")
"""Seven to nine digits in groups of three; after a word like 'call', nine of them are a number to call."""
_DIGIT = re.compile("[0-9]")
_SEVEN_DIGITS = re.compile(r"(?:\d\D{0,4}){6}\d")
_LOOK_ALIKE_DIGIT = str.maketrans("oli|", "0111")
_SMUGGLED = re.compile(r"(?<=\d)[oli|]{1,12}(?=[\d\s\-])|(?<!\w)[oli|](?=\d[\doli|])")
_CALL_REACH = 30
"""How many letters before a number a word like 'call' may stand."""
_MOST_CANDIDATES = 40
"""A text with more numbers than this is a table; the first ones decide."""

Place = tuple[int, int, Kind]


def find(text: str | Folded | Words, search: Search, hits: Hits | None = None) -> list[Span]:
    """The private data in a text, in order and without overlap.

    `hits` are what the lists of search.book found in the text, when that is known already.
    """
    words = text if isinstance(text, Words) else Words(text if isinstance(text, Folded) else Folded(text))
    hits = search.book.named(words) if hits is None else hits
    spans: list[Span] = []
    for start, end, kind in _without_overlap(list(_found(words, hits, search))):
        spans.append(Span(*words.folded.span(start, end), kind, whose(words, hits, start, end)))
    return spans


def _found(words: Words, hits: Hits, search: Search) -> Iterator[Place]:
    plain = words.folded.text
    yield from _as(Kind.EMAIL, contacts.emails(words, hits, search.spelled_address))
    yield from _as(Kind.HANDLE, contacts.handles(words, hits))
    if _DIGIT.search(plain):
        yield from _as(Kind.PLACE, whereabouts.places(words, hits))
        named = [
            *_as(Kind.BIRTH_DATE, identities.births(words, hits)),
            *_as(Kind.PLATE, identities.plates(words, hits)),
        ]
        named += _as(Kind.CASE_NUMBER, identities.numbers(words, hits))
        for pattern in search.case_numbers:
            named += _as(Kind.CASE_NUMBER, (match.span() for match in pattern.finditer(plain)))
        yield from named
        if _SEVEN_DIGITS.search(plain):
            yield from _numbers(words, hits, search, named)
    elif "/" in plain:
        yield from _as(Kind.PLACE, whereabouts.places(words, hits))
    if "digit" in hits:
        yield from _spelled_numbers(words, hits, search)


def _as(kind: Kind, found: Iterable[tuple[int, int]]) -> list[Place]:
    return [(start, end, kind) for start, end in found]


def _without_overlap(found: Sequence[Place]) -> list[Place]:
    """First come, first kept; of two that begin together the longer stays, grown over the other."""
    kept: list[Place] = []
    for start, end, kind in sorted(found, key=lambda each: (each[0], -each[1])):
        if kept and start < kept[-1][1]:
            first, last, earlier = kept[-1]
            kept[-1] = (first, max(last, end), earlier)
        else:
            kept.append((start, end, kind))
    return kept


def _numbers(words: Words, hits: Hits, search: Search, named: Sequence[Place]) -> list[Place]:
    """Accounts, cards and phone numbers, each by its own check sum or rule, outside what is `named` already."""
    plain = _SMUGGLED.sub(lambda letters: letters[0].translate(_LOOK_ALIKE_DIGIT), words.folded.text)
    found = _as(Kind.IBAN, _ibans(plain))
    calls = [words.span(hit)[1] for hit in hits.get("call", ())]
    taken = [*found, *named]
    for match in list(_DIGITS.finditer(plain))[:_MOST_CANDIDATES]:
        start, end = match.span()
        if any(start < last and first < end for first, last, _ in taken):
            continue
        is_called = any(0 <= start - call <= _CALL_REACH for call in calls)
        kind = _kind_of_number(match[0], search, is_called=is_called)
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


def _kind_of_number(written: str, search: Search, *, is_called: bool) -> Kind | None:
    digits = re.sub(r"\D", "", written)
    if digits in search.public_numbers:
        return None
    if len(digits) in _CARD_LENGTHS and digits[0] in "3456" and _is_card(digits):
        return Kind.CARD
    return Kind.PHONE if _is_phone(written, digits, search.regions, is_called=is_called) else None


def _is_card(digits: str) -> bool:
    from stdnum import luhn  # noqa: PLC0415

    return luhn.is_valid(digits) and len(set(digits)) > 1


def _is_no_number_to_call(written: str, digits: str) -> bool:
    """Days, years, times, and amounts of money."""
    return bool(_DATE.search(written) or (digits[0] != "0" and len(digits) < 9 and _AMOUNT.match(written)))


def _is_phone(written: str, digits: str, regions: Sequence[str], *, is_called: bool) -> bool:
    if len(set(digits)) < 3 or _is_no_number_to_call(written, digits):
        return False
    if is_called:
        return len(digits) <= 15
    if "," in written:
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


def _spelled_numbers(words: Words, hits: Hits, search: Search) -> Iterator[Place]:
    """Seven or more digits in a row of which some are written as words: 'zero seven nine…'."""
    spelled, run = search.digit_words, list[int]()
    listed = {hit.first for hit in hits["digit"]}
    for index in range(min(listed), len(words.words) + 1):
        is_digit = index in listed
        if index < len(words.words) and (is_digit or (run and _is_short_number(words.words[index].text))):
            run.append(index)
            continue
        if run:
            texts = [words.words[each].text for each in run]
            length = sum(len(spelled.get(text, text)) for text in texts)
            if len(set(texts)) > 2 and (len(run) >= _SPELLED_LEAST or (len(run) > 3 and length > _SPELLED_LEAST)):
                yield words.words[run[0]].start, words.words[run[-1]].end, Kind.PHONE
            run = []


def _is_short_number(word: str) -> bool:
    return word.isdigit() and len(word) < 4


def hidden(text: str, spans: Sequence[Span]) -> str:
    """The text with each span replaced by ▇."""
    parts: list[str] = []
    after = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start >= after:
            parts += [text[after : span.start], HIDDEN]
        after = max(after, span.end)
    return "".join([*parts, text[after:]])
