import lzma

import numpy as np
import pytest

from moderation import embedded
from moderation.classifier import Unavailable
from moderation.commands import model_info, model_train
from moderation.corpus import SOURCES, Licence, Sources, read
from moderation.evaluate import auc, threshold_at
from moderation.features import buckets_of
from moderation.train import train
from moderation.verdict import Label
from moderation.weights import digest_of

KIND = ["the bread is good today", "we walk to the school", "thank you for the tea", "the bus was late"]
UNKIND = ["you are a zorp", "what a zorp person", "zorp zorp go away", "all of them are zorps"]
HEADER = "id\tlang\ttext\ttoxic\tinsult\tthreat\tidentity_attack\tprofanity\tsource\tsplit"


@pytest.fixture
def corpus(tmp_path):
    """A tiny made-up language corpus, with a made-up insult."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = [HEADER]
    for number in range(60):
        split = ("train", "train", "train", "dev", "test")[number % 5]
        source = ("davidson", "olid")[number % 2]
        rows.append(f"k{number}\ten\t{KIND[number % 4]} {number}\t0\t0\t0\t0\t0\t{source}\t{split}")
        rows.append(f"u{number}\ten\t{UNKIND[number % 4]} {number}\t1\t{number % 3 % 2}\t0\t0\t-1\t{source}\t{split}")
    with lzma.open(folder / "en.tsv.xz", "wt", encoding="utf-8") as out:
        out.write("\n".join(rows) + "\n")
    return folder


def quiet(line: str) -> None:
    """Says nothing."""


def test_the_same_corpus_and_seed_make_the_same_file(corpus, tmp_path):
    for name in ("one.npz", "two.npz"):
        train(corpus, tmp_path / name, Sources.ALL, 7, quiet)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_what_was_learnt_shows(corpus, tmp_path):
    train(corpus, tmp_path / "small.npz", Sources.ALL, 7, quiet)
    model = embedded.load(tmp_path / "small.npz")
    assert model.toxicity("this zorp again") > model.toxicity("this bread again")
    assert model.explain("such a zorp today")[0][0] == "zorp"


def test_the_strict_choice_learns_from_permissive_sources_alone(corpus):
    sources = {row.source for row in read(corpus, Sources.PERMISSIVE, frozenset({"en"}))}
    assert sources == {"davidson"}
    assert all(SOURCES[name].licence is Licence.PERMISSIVE for name in sources)


def test_training_writes_card_and_thresholds_beside_the_model(corpus, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    assert model_train(corpus, out, "all", 7, quiet) == 0
    card = (out / "model_card.md").read_text(encoding="utf-8")
    assert "no licence" in card.splitlines()[0]
    assert "embedded-all-" in card
    assert "embedded-permissive-" in card
    assert "[thresholds.en]" in (out / "thresholds.toml").read_text(encoding="utf-8")


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        train(tmp_path, tmp_path / "x.npz", Sources.ALL, 7, quiet)


def test_the_shipped_model_is_whole_and_small(model):
    assert embedded.SHIPPED.stat().st_size < 16_000_000
    assert model.name.startswith("embedded-all-")


def test_the_shipped_card_says_first_what_the_model_learnt_from(model):
    lines: list[str] = []
    assert model_info(lines.append) == 0
    card = lines[1].splitlines()
    assert "non-commercial" in card[0]
    assert "no licence" in card[0]
    assert digest_of(embedded.SHIPPED) in lines[1]
    assert all(name in lines[1] for name in model.about["learnt_from"])


@pytest.mark.parametrize("harm", ["missing", "cut", "empty", "changed"])
def test_a_damaged_model_is_unavailable(harm, tmp_path, model):
    path = tmp_path / "model.npz"
    content = embedded.SHIPPED.read_bytes()
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "changed":
        with np.load(embedded.SHIPPED) as held:
            arrays = dict(held)
        arrays["shared"] = arrays["shared"].copy()
        arrays["shared"][5] += 1
        np.savez(path, **arrays)
    with pytest.raises(Unavailable):
        embedded.load(path)


def test_scores_are_probabilities_for_all_labels(model):
    for scores in model.scores(["", "hello", "🙂", "x" * 6000, "كيف حالك"]):
        assert set(scores) == {str(label) for label in Label}
        assert all(0 <= value <= 1 for value in scores.values())


def test_buckets_are_distinct_and_depend_on_the_words_only():
    letters, words = buckets_of(" the bus and the bus ")
    assert np.unique(letters).size == letters.size
    again, _ = buckets_of(" and the bus ")
    assert set(again) == set(letters)
    assert words.size == 6


def test_auc_counts_ties_half():
    toxic = np.array([True, True, False, False])
    assert auc(toxic, np.array([0.9, 0.5, 0.5, 0.1])) == pytest.approx(0.875)


def test_a_threshold_lets_no_more_false_alarms_through_than_asked():
    harmless = np.linspace(0, 0.999, 1000)
    assert (harmless >= threshold_at(harmless, 0.05)).mean() <= 0.05
