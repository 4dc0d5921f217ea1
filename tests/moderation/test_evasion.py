"""Whoever hides words, and whatever else may arrive: a verdict or a hold, in time, and never a crash."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from moderation.screening import KNOWN
from moderation.verdict import Outcome, Rule
from server.cli import app

PLAIN = "I can get you a visa, pay 200 dollars, write me on whatsapp"
ZERO_WIDTH, JOINER, RIGHT_TO_LEFT, ISOLATE, ENDS = "\u200b", "\u2060", "\u202e", "\u2066", "\u2069"


def rules_of(verdict):
    return {reason.rule for reason in verdict.reasons}


HIDDEN_OFFERS = {
    "zero-width marks": PLAIN.replace("a", f"a{ZERO_WIDTH}"),
    "word joiners": PLAIN.replace("i", f"{JOINER}i"),
    "soft hyphens": PLAIN.replace("s", "\u00ads"),
    "look-alike letters": PLAIN.replace("a", "а").replace("o", "о").replace("p", "р"),
    "wide letters": "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in PLAIN),
    "mathematical letters": "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in PLAIN),
    "accents": PLAIN.replace("a", "á").replace("e", "ë"),
    "marks piled up": PLAIN.replace("a", "a\u0336\u0301\u0308"),
    "signs for letters": "I can get you a v1sa, p4y 200 d0llars, write me on wh@ts4pp",
    "stretched": "I can get you a viiiisa, paaaay 200 dollaaars, write me on whaaatsapp",
    "spaced letters": "I can get you a v i s a, pay 200 d o l l a r s, write me on w h a t s a p p",
    "dots between": "I can get you a v.i.s.a, pay 200 d.o.l.l.a.r.s. write me on w.h.a.t.s.a.p.p",
    "capitals": PLAIN.upper(),
    "turned around and back": f"{RIGHT_TO_LEFT}{ISOLATE}{PLAIN}{ENDS}",
    "line ends": PLAIN.replace(" ", "\n"),
}


@pytest.mark.parametrize("way", HIDDEN_OFFERS)
def test_an_offer_is_held_however_it_is_spelled(way, rules):
    verdict = rules.screen(HIDDEN_OFFERS[way], KNOWN)
    assert (verdict.outcome, Rule.SCAM in rules_of(verdict)) == (Outcome.HOLD, True), verdict.reasons


HIDDEN_CRIES = {
    "zero-width marks": f"I want to k{ZERO_WIDTH}ill my{ZERO_WIDTH}self",
    "signs for letters": "I want to k1ll mys3lf",
    "stretched": "I want to kiiiill myseeeelf",
    "spaced letters": "I want to k i l l m y s e l f",
    "look-alike letters": "I want to kіll mуsеlf",
    "Arabic stretched": "سأنتـــــحر",
    "Arabic with vowel signs": "أُرِيدُ أَنْ أَمُوتَ",
    "Persian letters in Arabic": "أريد ان اموت سأنتحر",
}


@pytest.mark.parametrize("way", HIDDEN_CRIES)
def test_a_cry_for_help_is_heard_however_it_is_spelled(way, rules):
    assert Rule.DISCLOSURE in rules_of(rules.screen(HIDDEN_CRIES[way], KNOWN))


HIDDEN_NUMBERS = [
    f"call +44{ZERO_WIDTH}20{ZERO_WIDTH}7946{ZERO_WIDTH}0123",
    "call +４４ ２０ ７９４６ ０１２３",
    "call +44.20.7946.0123",
    "call +44-20-7946-0123",
    "call ₊44 20 7946 0123".replace("₊", "+"),
    "call 𝟎𝟐𝟎 𝟕𝟗𝟒𝟔 𝟎𝟏𝟐𝟑",
    "call ⁰²⁰ ⁷⁹⁴⁶ ⁰¹²³",
    "call 0️⃣2️⃣0️⃣7️⃣9️⃣4️⃣6️⃣0️⃣1️⃣2️⃣3️⃣",
    "call O2O 7946 O123",
    "call ০২০৭৯৪৬০১২৩",
    "call ፩2020 7946 0123",
    f"call {RIGHT_TO_LEFT}020 7946 0123{ENDS}",
    "call zero two zero seven nine four six zero one two three",
]


@pytest.mark.parametrize("text", HIDDEN_NUMBERS)
def test_a_number_is_found_however_it_is_written(text, rules):
    assert Rule.PRIVATE_DATA in rules_of(rules.screen(text, KNOWN))


STRANGE = {
    "empty": "",
    "spaces": " \n\t\u2003" * 500,
    "emoji only": "😀👩‍👩‍👧‍👦🇸🇩🏳️‍🌈" * 200,
    "marks without letters": "\u0301\u0336" * 5000,
    "directions only": (RIGHT_TO_LEFT + ISOLATE + ENDS) * 2000,
    "lone surrogates": "a\ud800b\udfff" * 100,
    "nulls": "a\x00b" * 1000,
    "private letters": "\ue000\U0010ffff" * 1000,
    "every script": "مرحبا hello привет नमस्ते สวัสดี 你好 ሰላም မင်္ဂလာပါ γειά שלום " * 40,
    "one letter": "a" * 100_000,
    "one word": "kill " * 20_000,
    "digits": "1" * 100_000,
    "gaps": "a b " * 25_000,
    "signs in letters": "a1" * 50_000,
    "dots": "a." * 50_000,
    "commas": ",;:!?" * 20_000,
    "at signs": "a@b" * 33_000,
    "html": "<b>&amp;&#x27;" * 7_000,
    "links": "http://unhcr-x.com/a " * 4_700,
    "ligatures that grow": "\ufdfa" * 5_500,
    "stretched": "aaab" * 25_000,
    "questions of a lure": "pay visa unhcr whatsapp me? " * 3_500,
}


@pytest.mark.parametrize("name", STRANGE)
def test_whatever_arrives_there_is_a_verdict_in_time(name, screener, policy):
    started = time.process_time()
    verdict = screener.screen(STRANGE[name], KNOWN)
    spent = time.process_time() - started
    assert verdict.outcome in Outcome
    assert Rule.JUDGE_FAILED not in rules_of(verdict), "it was judged, not merely held"
    # The deadline is looked at between pieces: the last piece may come after it.
    assert spent < policy.deadline_seconds * 2, f"{spent:.2f} s"


def test_ordinary_words_beside_odd_spelling_are_left_alone(rules):
    for text in (
        "Soooo happy! Thaaank you all",
        "My son is in class 4b and reads mp3s",
        "A B C D are the answers",
        "Room b2b and bus h2o at 10am",
    ):
        verdict = rules.screen(text, KNOWN)
        assert (verdict.outcome, verdict.reasons) == (Outcome.PUBLISH, ()), text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_the_judge(rules, text):
    assert Rule.JUDGE_FAILED not in rules_of(rules.screen(text, KNOWN))


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=200).filter(lambda data: b"\n" not in data and b"\r" not in data))
def test_bytes_that_are_no_text_get_a_verdict_at_the_command(data):
    said = CliRunner().invoke(app, ["screen"], input=b"ok\n" + data + b"\n")
    assert not isinstance(said.exception, Exception), said.exception
    first, *others = [json.loads(line) for line in said.output.splitlines()]
    assert first["outcome"] == "publish"
    assert all(other.get("outcome") in ("publish", "hold") or other["error"] for other in others)
