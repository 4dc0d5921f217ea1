"""The sentences we measure with, kept apart from those we learn from; and what the shipped model does on them."""

import pytest

from moderation.corpus import everyday
from moderation.evaluate import NEUTRAL_KINDS, calm_sentences, case_lines, cases, probes
from moderation.normalise import Folded, judged
from moderation.own import FILLINGS, own
from moderation.train import LANGUAGES
from moderation.verdict import Outcome, Rule

MANY, FEW = 40, 10
"""Cases of each kind in English, and in each other language."""
LANGUAGES_WITH_CASES = {"en", "ar", "fr", "es", "fa", "ru", "tr"}
RAISED, HELD = 0.05, 0.01
"""Most false alarms on neutral sentences and ordinary questions."""


def plain(text: str) -> str:
    return judged(Folded(text).text)


def all_cases():
    return [
        (language, side, kind, text)
        for language, sides in cases().items()
        for side, kinds in sides.items()
        for kind, texts in kinds.items()
        for text in texts
    ]


def test_there_are_enough_cases_of_each_kind():
    found = cases()
    assert set(found) == LANGUAGES_WITH_CASES
    for language, sides in found.items():
        for kinds in sides.values():
            for texts in kinds.values():
                assert len(set(texts)) >= (MANY if language == "en" else FEW)
        assert set(sides["harmless"]) == set(found["en"]["harmless"])
        assert set(sides["harmful"]) == set(found["en"]["harmful"])


def test_nothing_that_measures_is_learnt():
    learnt = {plain(row.text) for row in [*own(LANGUAGES), *everyday(LANGUAGES)]}
    measured = {plain(text) for _, _, _, text in all_cases()}
    measured |= {plain(text) for kinds in probes().values() for texts in kinds.values() for text in texts}
    assert not learnt & measured


def test_every_covered_language_has_sentences_of_both_sorts_and_none_outweighs_the_others():
    rows = own(LANGUAGES)
    for language in LANGUAGES:
        for toxic in (True, False):
            texts = [row.text for row in rows if row.language == language and row.toxic is toxic]
            assert len(texts) >= 50
            assert not any("{" in text or "}" in text for text in texts)
            starts = [" ".join(text.split()[:5]) for text in texts if len(text.split()) > 5]
            assert max(map(starts.count, starts)) <= 2 * FILLINGS


def test_false_alarms_are_rare_in_every_covered_language(model, policy):
    for language, texts in calm_sentences(NEUTRAL_KINDS).items():
        pair = policy.thresholds[language]
        scores = [model.toxicity(text, language) for text in texts]
        assert sum(score >= pair.raised for score in scores) <= RAISED * len(scores), language
        assert sum(score >= pair.hold for score in scores) <= HELD * len(scores), language


def test_calm_cases_are_rarely_raised_and_never_held(model, policy):
    for language, pair in policy.thresholds.items():
        scores = [model.toxicity(text, language) for text in calm_sentences()[language]]
        assert max(scores) < pair.hold, language
        assert sum(score >= pair.raised for score in scores) <= RAISED * len(scores), language


@pytest.mark.parametrize("kind", ["testimony", "criticism"])
def test_testimony_and_criticism_of_agencies_are_never_held_by_the_model_alone(screener, kind):
    held = [
        text
        for language, side, found, text in all_cases()
        if side == "harmless" and found == kind
        for verdict in [screener.screen(text)]
        if verdict.outcome is Outcome.HOLD and {reason.rule for reason in verdict.reasons} == {Rule.TOXICITY}
    ]
    assert held == []


def test_explicit_hate_against_groups_is_seen(model, policy):
    lines = case_lines(model, policy.thresholds)
    assert lines["en"].balanced >= 0.7
    assert lines["en"].harmful["group_hate"] >= 0.7
    assert lines["en"].harmless["negation"] <= 0.3
    assert lines["en"].harmless["counter_speech"] <= 0.3
