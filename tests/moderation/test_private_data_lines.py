"""How much private data is found, and how often wrongly, over lines that were written before the patterns."""

import re
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from moderation.normalise import Folded
from moderation.phrases import Words
from moderation.private_data import Kind, find
from moderation.whose import Whose

LINES = tomllib.loads((Path(__file__).parent / "private_data_lines.toml").read_text(encoding="utf-8"))
LANGUAGES = [name for name, value in LINES.items() if isinstance(value, dict)]
IN_FULL = ("en", "ar", "fr", "es", "fa", "uk", "sw", "tr")
PRIVATE = [(kind, line) for language in LANGUAGES for kind, line in LINES[language]["private"]]
HARMLESS = [line for language in LANGUAGES for line in LINES[language]["harmless"]]


@pytest.fixture(scope="session")
def search(policy):
    return replace(policy.private_data, public_numbers=frozenset(LINES["public_numbers"]))


def unmarked(line):
    """The line without its marks, and the places between them."""
    text, spans, start = "", [], 0
    for part in re.split("([⟦⟧])", line):
        if part == "⟦":
            start = len(text)
        elif part == "⟧":
            spans.append((start, len(text)))
        else:
            text += part
    return text, spans


def is_whole(line, search):
    """Whether every letter and digit of every marked place would be hidden."""
    text, spans = unmarked(line)
    hidden = {index for span in find(text, search) for index in range(span.start, span.end)}
    return all(index in hidden or not text[index].isalnum() for start, end in spans for index in range(start, end))


def test_there_are_lines_enough_and_half_of_them_are_harmless():
    assert len(PRIVATE) + len(HARMLESS) >= 600
    assert 0.8 <= len(PRIVATE) / len(HARMLESS) <= 1.25
    assert all(len(LINES[language]["private"]) >= 35 for language in IN_FULL)
    assert all(len(LINES[language]["harmless"]) >= 35 for language in IN_FULL)
    assert all("⟦" in line for _, line in PRIVATE)


def test_95_of_100_details_are_found_whole(search):
    missed = [line for _, line in PRIVATE if not is_whole(line, search)]
    assert len(missed) <= 0.05 * len(PRIVATE), missed


@pytest.mark.parametrize("language", IN_FULL)
def test_no_language_is_left_behind(language, search):
    missed = [line for _, line in LINES[language]["private"] if not is_whole(line, search)]
    assert len(missed) <= 0.1 * len(LINES[language]["private"]), missed


def test_1_in_100_harmless_lines_at_most_is_taken_for_private(search):
    wrong = [line for line in HARMLESS if find(line, search)]
    assert len(wrong) <= 0.01 * len(HARMLESS), wrong


def test_every_kind_is_called_by_its_name(search):
    wrong = []
    for kind, line in PRIVATE:
        text, _ = unmarked(line)
        kinds = {str(span.kind) for span in find(text, search)}
        if kind not in kinds:
            wrong.append((kind, line, kinds))
    assert len(wrong) <= 0.05 * len(PRIVATE), wrong


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("my number is +1 202 555 0147", Whose.OWN),
        ("call me on +1 202 555 0147", Whose.OWN),
        ("his number is +1 202 555 0147", Whose.THEIRS),
        ("you can reach my brother at +1 202 555 0147", Whose.THEIRS),
        ("this man has cheated me, write to him: +1 202 555 0147", Whose.THEIRS),
        ("please ask for Ahmad +1 202 555 0147", Whose.THEIRS),
        ("+1 202 555 0147", Whose.UNSAID),
        ("رقمي ٠٢٠٧٩٤٦٠١٢٣", Whose.OWN),
        ("رقم أخي ٠٢٠٧٩٤٦٠١٢٣", Whose.THEIRS),
        ("mon numéro : +33 6 39 98 56 78", Whose.OWN),
        ("le portable de ma sœur +33 6 39 98 56 78", Whose.THEIRS),
        ("mi número es +1 202 555 0147", Whose.OWN),
        ("el número de mi hermana es +1 202 555 0147", Whose.THEIRS),
        ("شماره من ۰۲۰۷۹۴۶۰۱۲۳", Whose.OWN),
        ("شماره برادرم ۰۲۰۷۹۴۶۰۱۲۳", Whose.THEIRS),
        ("мій номер +1 202 555 0147", Whose.OWN),
        ("його номер +1 202 555 0147", Whose.THEIRS),
        ("namba yangu ni +1 202 555 0147", Whose.OWN),
        ("simu ya kaka yangu +1 202 555 0147", Whose.THEIRS),
        ("numaram +1 202 555 0147", Whose.OWN),
        ("kardeşimin telefonu +1 202 555 0147", Whose.THEIRS),
    ],
)
def test_a_detail_is_told_to_be_ones_own_or_somebody_elses(text, whose, search):
    assert [span.whose for span in find(text, search)] == [whose]


HOSTILE = {
    "digits": "1" * 100_000,
    "digits apart": "1 " * 50_000,
    "digits and dots": "1.2-" * 25_000,
    "at signs": "@" * 100_000,
    "almost addresses": "a@" * 50_000,
    "one long local part": "a" * 99_999 + "@",
    "dots and letters": "a." * 50_000 + "@x",
    "almost spelled": "a at b dot " * 9_000,
    "brackets": "(at" * 33_000,
    "slashes": "t.me/" * 20_000,
    "long link": "t.me/" + "a" * 100_000,
    "passport numbers": "passport number " * 6_250,
    "identity without an end": "case number " + "a " * 50_000,
    "born": "born on 1 a " * 8_300,
    "plates": "licence plate a " * 6_250,
    "streets": "rue de la " * 10_000,
    "street names": "14 Aa Bb Cc Street " * 5_200,
    "pluses": "+2" * 50_000,
    "plus codes": "22222222+" * 11_000,
    "coordinates": "12.34567," * 11_000,
    "degrees": "12°34'" * 16_000,
    "spelled digits": "one two " * 12_500,
    "look-alike digits": "0o" * 50_000,
    "accounts": "gb82 west " * 10_000,
    "names in messengers": "insta @abc " * 9_000,
    "names": "my his Ahmad 0791234 " * 4_700,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_makes_the_search_slow(name, search):
    """Against a plain pass over words of the same length, in the same process: a ratio, never seconds."""
    plain = "the office is open and we are here to wait " * 2_300
    find(plain[:1000], search)
    usual = min(_spent(plain, search) for _ in range(2))
    assert min(_spent(HOSTILE[name], search) for _ in range(2)) < 40 * usual


def _spent(text, search):
    began = time.process_time()
    find(Words(Folded(text[:100_000])), search)
    return time.process_time() - began


def test_what_the_hotline_list_names_is_no_secret_in_any_digits(search):
    assert find("اتصل على ٨٠٠٥٥٥٠١", search) == []
    assert [span.kind for span in find("اتصل على ٨٠٠٥٥٥٠٢", search)] == [Kind.PHONE]
