import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judges import CalmJudge

from moderation import evaluate
from moderation.classifier import Unavailable
from moderation.screening import OVERLAP, Author, Screener, placed_pieces
from moderation.verdict import Outcome, Rule

NEW, KNOWN = Author(known=False), Author(known=True)


def rules_of(verdict):
    return [reason.rule for reason in verdict.reasons]


class BrokenJudge(CalmJudge):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def scores(self, texts: Sequence[str], language: str):
        raise self.error


class SteppingClock:
    """Every look at the clock costs so many seconds."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.mark.parametrize("error", [Unavailable("gone"), ValueError("bad"), MemoryError()])
def test_a_failing_judge_holds(policy, error):
    verdict = Screener(policy, BrokenJudge(error)).screen("The office is open and we are here", KNOWN)
    assert verdict.outcome is Outcome.HOLD
    assert Rule.JUDGE_FAILED in rules_of(verdict)


def test_no_judge_holds_at_every_trust_level(policy):
    for author in (None, NEW, KNOWN, Author(known=False, vouched=True)):
        verdict = Screener(policy, None).screen("Good morning to all of you", author)
        assert verdict.outcome is Outcome.HOLD
        assert Rule.JUDGE_FAILED in rules_of(verdict)
        assert verdict.model == "none"


def test_a_slow_judge_holds(policy):
    screener = Screener(policy, CalmJudge(), clock=SteppingClock(2.0))
    verdict = screener.screen("The office is open and we are here", KNOWN)
    assert verdict.outcome is Outcome.HOLD
    assert rules_of(verdict) == [Rule.JUDGE_SLOW]


def test_a_long_text_is_given_up_between_pieces(policy):
    class CountingJudge(CalmJudge):
        asked = 0

        def scores(self, texts, language):
            self.asked += 1
            return super().scores(texts, language)

    judge = CountingJudge()
    verdict = Screener(policy, judge, clock=SteppingClock(0.6)).screen("we are here and you are there " * 3000)
    assert Rule.JUDGE_SLOW in rules_of(verdict)
    assert judge.asked < 5


def test_the_worst_piece_of_a_long_text_counts(screener):
    calm = "We are waiting here and the office is open. " * 300
    verdict = screener.screen(calm + "You stupid fucking bitch, I hate you, you whore.")
    assert verdict.scores is not None
    assert verdict.scores["toxicity"] > screener.screen(calm).scores["toxicity"] + 0.3


@given(st.text(min_size=1, max_size=4000), st.integers(500, 900))
def test_pieces_overlap_and_lose_nothing(text, letters):
    parts = [piece for _, piece in placed_pieces(text, letters)]
    assert all(len(part) <= letters for part in parts)
    joined, at = "", 0
    for part in parts:
        start = text.index(part, max(0, at - OVERLAP - 1))
        assert start <= at
        joined, at = text[: start + len(part)], max(at, start + len(part))
    assert joined == text


def test_a_text_that_was_looked_through_for_its_author_gets_the_verdict_that_it_would_get_anyway(screener):
    calm, harsh = "We wait here and the office is open.", "You stupid fucking bitch, I hate you, you whore."
    alone = {text: screener.screen(text) for text in (calm, harsh)}
    for seen in (calm, harsh):
        for judged in (calm, harsh):
            assert screener.details(seen) == []
            assert screener.screen(judged) == alone[judged]


def test_the_first_message_of_a_newcomer_is_held_with_all_other_evidence(rules):
    verdict = rules.screen("Hello, my number is 0791234567", NEW)
    assert verdict.outcome is Outcome.HOLD
    assert rules_of(verdict) == [Rule.PRIVATE_DATA, Rule.FIRST_MESSAGE]


def test_a_voucher_skips_the_first_look_but_not_the_one_at_links(rules):
    vouched = Author(known=False, vouched=True)
    assert rules.screen("Hello to all of you", vouched).outcome is Outcome.PUBLISH
    held = rules.screen("Look at this page https://example.com/x", vouched)
    assert rules_of(held) == [Rule.LINK_WHILE_NEW]
    assert rules.screen("Look at help.unhcr.org for this", vouched).outcome is Outcome.PUBLISH


def test_a_known_member_may_post_links(rules):
    assert rules.screen("Look at this page https://example.com/x", KNOWN).outcome is Outcome.PUBLISH


def test_without_an_author_a_text_is_judged_by_itself(rules):
    assert rules.screen("Hello to all of you").outcome is Outcome.PUBLISH


ABUSE = {
    "en": "You stupid fucking whore, go kill yourself, nobody wants filthy pigs like you here",
    "ar": "أنت كلب حقير يا ابن الكلب يا حمار",
    "ru": "Заткнись, тупая сука, ты мразь и тварь",
    "tr": "Sen şerefsiz bir orospu çocuğusun, siktir git",
    "hi": "तू मादरचोद कुत्ता है, भाग यहाँ से हरामी",
}


@pytest.mark.parametrize(("language", "text"), ABUSE.items())
def test_plain_abuse_is_held_and_its_heaviest_words_are_named(language, text, screener):
    verdict = screener.screen(text)
    assert verdict.language == language
    assert verdict.outcome is Outcome.HOLD
    [reason] = [each for each in verdict.reasons if each.rule is Rule.TOXICITY]
    assert all(word in text for word in reason.part.split(", "))


CRITICISM = [
    "UNHCR is useless and corrupt, they do not care about us",
    "UNHCR staff are liars and idiots",
    "The office is shit and the agency is a disgrace",
    "المفوضية فاشلة وكاذبة ولا تهتم بنا",
    "Le HCR est nul et corrompu, cette agence est une honte",
    "ACNUR es una vergüenza, son unos inútiles y corruptos",
    "Das Amt ist unfähig und korrupt, eine Schande",
]


@pytest.mark.parametrize("text", CRITICISM)
def test_criticism_of_an_agency_is_never_toxicity(text, screener):
    verdict = screener.screen(text)
    assert verdict.outcome is Outcome.PUBLISH
    assert Rule.TOXICITY not in rules_of(verdict)


def test_naming_an_agency_does_not_excuse_abuse_in_another_sentence(screener):
    verdict = screener.screen("The office is closed. " + ABUSE["en"])
    assert verdict.outcome is Outcome.HOLD


MOST_RAISED = {"identity": 0.13, "forum": 0.13, "testimony": 0.5}
MOST_HELD = {"identity": 0.0, "forum": 0.0, "testimony": 0.0}
PROBES = evaluate.probes()


@pytest.mark.parametrize("language", PROBES)
@pytest.mark.parametrize("kind", MOST_RAISED)
def test_harmless_sentences_stay_quiet(language, kind, screener, policy):
    listed = PROBES[language][kind]
    verdicts = [screener.screen(text) for text in listed]
    raised = sum(Rule.TOXICITY in rules_of(verdict) for verdict in verdicts)
    held = sum(verdict.outcome is Outcome.HOLD for verdict in verdicts)
    assert raised / len(listed) <= MOST_RAISED[kind]
    assert held / len(listed) <= MOST_HELD[kind]


@pytest.mark.parametrize("language", PROBES)
def test_nearly_every_harmless_sentence_is_in_a_language_that_is_scored(language, screener):
    listed = [text for kind in PROBES[language].values() for text in kind]
    scored = sum(screener.screen(text).language == language for text in listed)
    assert scored / len(listed) >= 0.7


@given(st.text(max_size=300))
def test_screening_never_raises(screener, text):
    started = time.monotonic()
    verdict = screener.screen(text, NEW)
    assert verdict.outcome is Outcome.HOLD
    assert Rule.JUDGE_FAILED not in rules_of(verdict), time.monotonic() - started
    assert (verdict.scores is None) == (not verdict.covered)
    assert all(0 <= reason.weight <= 1 for reason in verdict.reasons)


HOSTILE = [
    "\ud800 lone",
    "\x00\x00",
    "a" * 20_000,
    "((((" * 3000,
    "1 " * 4000,
    "😀" * 3000,
    "unhcr-" * 1000,
    "pay visa " * 700,
    "aа " + "a" * 6000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_get_a_verdict_too(screener, text):
    assert screener.screen(text).policy_version


def test_naming_an_agency_excuses_no_plain_attack_on_people(screener):
    assert Rule.TOXICITY in rules_of(screener.screen("The UNHCR staff are dirty Jews"))
