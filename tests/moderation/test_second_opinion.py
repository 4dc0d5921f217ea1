import importlib.util
import time

import numpy as np
import pytest

from moderation import embedded, train, train_encoder
from moderation.corpus import Row
from moderation.encoder import grouped, opinion
from moderation.features import own_buckets, pieces_of, salt_of
from moderation.normalise import Folded, judged
from moderation.weights import FORMAT

UNKNOWN = (None, None, None, None)
needs_torch = [
    pytest.mark.detoxify,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed, and in no lock"),
]


def pieces(text):
    return pieces_of(judged(Folded(text).text))


def quiet(_line: str) -> None:
    """Says nothing."""


@pytest.mark.parametrize(
    ("kind", "unkind"),
    [
        ("I do not hate gay people at all.", "I do hate gay people, all of them."),
        ("Nobody should ever kill Muslims.", "Somebody should kill Muslims for ever."),
        ("He told me 'you dirty Arab' and I cried.", "I told him: you dirty Arab, cry."),
    ],
)
def test_word_order_counts(model, kind, unkind):
    assert model.toxicity(kind, "en") + 0.1 < model.toxicity(unkind, "en")


def test_the_same_word_may_weigh_differently_in_two_languages(model):
    scores = {code: model.toxicity("Amina, kommen Sie um neun Uhr ins Amt", code) for code in ("de", "tr", "")}
    assert len(set(scores.values())) == 3
    assert scores["de"] < 0.3


def test_an_unknown_language_is_judged_by_what_all_share(model):
    assert model.toxicity("you stupid idiot", "xx") == model.toxicity("you stupid idiot", "")
    assert 0 < model.toxicity("you stupid idiot", "") < 1


def test_explained_words_are_the_weights_of_the_first_opinion_exactly(model):
    text = "you stupid idiot"
    found = pieces(text)
    language = model._language("en")
    parts = model._parts(found.sequences, language)
    by_word = {word: parts[found.places == place].sum() for place, word in enumerate(text.split())}
    for word, weight in model.explain(text, "en"):
        assert weight == pytest.approx(by_word[word], rel=1e-5)
    assert model.explain(text, "en")[0][0] in ("idiot", "stupid")


def test_each_word_is_described_by_its_own_pieces():
    found = pieces("the bus was late")
    rows, places = grouped(found, salt_of("en"))
    assert list(np.unique(places)) == [0, 1, 2, 3]
    assert np.all(np.diff(places) >= 0)
    alone, _ = grouped(pieces("late"), salt_of("en"))
    assert set(alone) == set(rows[places == 3])


def test_languages_have_buckets_of_their_own():
    words = pieces("idiot").words
    assert own_buckets(words, salt_of("en")) != own_buckets(words, salt_of("de"))
    assert own_buckets(words, salt_of("en")) == own_buckets(words, salt_of("en"))


@pytest.mark.parametrize("text", ["", " ", "🙂🙂", "a", "é" * 6000, "\u200b\u202e", "x " * 3000, "\ud800 bad"])
def test_any_text_has_two_finite_opinions(model, text):
    assert all(np.isfinite(model.opinions(text, code)).all() for code in ("en", "ar", "", "xx"))


def test_six_thousand_letters_are_read_in_less_than_a_blink(model):
    text = "the office is open and nobody knows why " * 150
    began = time.process_time()
    model.scores([text], "en")
    assert time.process_time() - began < 0.25


def test_rows_of_hate_only_sets_that_another_fold_contradicts_are_found():
    rows = [Row("es", f"eres un zorpo {number}", True, UNKNOWN, "textdetox", "train") for number in range(60)]
    rows += [Row("es", f"hace buen tiempo {number}", False, UNKNOWN, "hateval_es", "train") for number in range(60)]
    rows += [Row("es", "eres un zorpo, un zorpo", False, UNKNOWN, "hateval_es", "train")]
    rows += [Row("es", "eres un zorpo zorpo", False, UNKNOWN, "davidson", "train")]
    assert train.contradicted(rows, 0) == {120}


def test_small_languages_are_heard_and_scripts_are_no_sign():
    rows = [Row("en", "x", number < 80, UNKNOWN, "olid", "train") for number in range(1000)]
    rows += [Row("fr", "x", number < 80, UNKNOWN, "olid", "train") for number in range(100)]
    weights = train.row_weights(rows)
    english, french = weights[:1000], weights[1000:]
    assert french.mean() > english.mean() * 0.9
    assert french[80:].mean() > english[80:].mean()


@pytest.fixture
def texts():
    kind = [f"the bread is good today {number}" for number in range(150)]
    unkind = [f"today {number} the bread is a zorp" for number in range(150)]
    prepared = train_encoder.prepared([*kind, *unkind], ["en", "de"] * 150, ["de", "en"])
    return prepared, np.array([False] * 150 + [True] * 150)


class TestWithTorch:
    pytestmark = needs_torch

    def test_the_same_seed_makes_the_same_encoder_and_it_has_learnt(self, texts):
        prepared, toxic = texts
        weights = np.ones(toxic.size)
        first, second = (train_encoder.learn(prepared, toxic, weights, 5, quiet) for _ in range(2))
        assert np.array_equal(first.table, second.table)
        assert np.array_equal(first.out, second.out)
        assert first.bias.shape[0] == 3

    def test_numpy_says_what_torch_says(self, texts, monkeypatch):
        import torch

        for name in ("WORDS_LOST", "PIECES_LOST", "POOLED_LOST", "HIDDEN_LOST"):
            monkeypatch.setattr(train_encoder, name, -1.0 if name.startswith(("WORDS", "PIECES")) else 0.0)
        torch.manual_seed(1)
        layers = train_encoder._network(torch, 2)
        prepared, _ = texts
        chosen = np.array([0, 7, 151])
        with torch.no_grad():
            batch = train_encoder._batch(prepared, chosen, np.random.default_rng(0))
            wanted = train_encoder._odds(torch, layers, batch).numpy()
        encoder = train_encoder._finished(layers)
        for number, odds in zip(chosen, wanted, strict=True):
            row = int(prepared.languages[number])
            text = f"the bread is good today {number}" if number < 150 else f"today {number - 150} the bread is a zorp"
            said = opinion(encoder, pieces(text), row, salt_of(("de", "en")[row]))
            assert said == pytest.approx(float(odds), abs=0.02)


def test_without_torch_a_model_has_its_first_opinion_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(train_encoder, "is_possible", lambda: False)
    rows = [Row("en", f"a zorp {number}", True, UNKNOWN, "olid", "train") for number in range(30)]
    rows += [Row("en", f"a bread {number}", False, UNKNOWN, "olid", "train") for number in range(30)]
    rows += [Row("en", f"a zorp {number} x", number % 2 == 0, UNKNOWN, "olid", "dev") for number in range(6)]
    said: list[str] = []
    weights = train.learn(rows, ["en"], 0, said.append)
    assert weights.encoder is None
    assert any("no second opinion" in line for line in said)
    model = embedded.EmbeddedModel(weights, {"languages": ["en"], "sources": "all", "checksum": "0"})
    assert model.toxicity("such a zorp", "en") > model.toxicity("such a bread", "en")
    assert FORMAT == 2
