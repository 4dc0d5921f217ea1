"""Through Detoxify's own class, with tiny checkpoints made here; skipped where its libraries are not installed."""

import importlib.util
import os
import pickle
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from tiny_checkpoints import SHAPES, made

from moderation.classifier import Unavailable
from moderation.detoxified import child, importing, judge
from moderation.detoxified.folder import NETWORK, whole
from moderation.screening import Screener
from moderation.verdict import Label, Outcome

NEEDED = ("torch", "transformers", "detoxify", "onnx", "onnxruntime", "sentencepiece")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.detoxify,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed, and in no lock: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Each shape, made ready once: the folder, the base folder, and what was written on the way."""
    found = {}
    for shape in SHAPES:
        folder = tmp_path_factory.mktemp(shape)
        path, base = made(folder, shape)
        lines: list[str] = []
        importing.bring_in(path, base, folder / "out", lines.append)
        found[shape] = (folder / "out", path, base, lines)
    return found


@pytest.fixture
def ready(imported, model, policy):
    """Detoxify over the XLM-R shape, its child awake."""
    sat = judge.load(imported["xlm-roberta"][0], model, policy)
    assert sat._worker.wait_until_ready(60)
    yield sat
    sat.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_an_imported_model_scores_as_detoxify_does(imported, shape):
    folder, _, _, lines = imported[shape]
    about = whole(folder)
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    assert [row[0] for row in rows] == list(about.labels)
    assert all(float(row[1]) <= importing.FP32_LIKENESS for row in rows)
    assert all(float(row[2]) <= importing.INT8_LIKENESS for row in rows)
    assert "toxicity" in about.labels
    assert about.window == 512
    assert about.precision == "int8"
    assert not list(folder.glob("*.ckpt")) + list(folder.glob("*.bin")) + list(folder.glob("*.pkl"))


def test_which_languages_a_model_may_be_asked_about(imported):
    assert whole(imported["xlm-roberta"][0]).languages == ("en", "fr", "es", "it", "pt", "tr", "ru")
    assert whole(imported["bert"][0]).languages == whole(imported["roberta"][0]).languages == ("en",)


@pytest.mark.parametrize("shape", SHAPES)
def test_in_a_long_text_the_worst_window_counts(imported, shape):
    sat = child.Judge(imported[shape][0], threads=1, overlap=64)
    calm = "the office is open today " * 400
    assert len(sat.tokens(calm)) > 1500
    by_hand = [sat.scores(calm[start : start + 200]) for start in range(0, 400, 200)]
    assert np.array(by_hand).shape == (2, len(sat.scores(calm)))
    frame = 2
    pieces = list(child.windows(sat.tokens(calm), 512 - frame, 64))
    assert max(map(len, pieces)) <= 512 - frame
    assert pieces[0][-64:] == pieces[1][:64]
    assert all(0 <= score <= 1 for score in sat.scores(calm))


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (510, 1), (511, 2), (5000, 12)])
def test_windows_lose_no_token(size, count):
    ids = list(range(size))
    pieces = list(child.windows(ids, 510, 64))
    assert sorted({each for piece in pieces for each in piece}) == ids
    assert len(pieces) == count


class Evil:
    """Runs a program when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("how", ["pickle", "inside", "torn", "text", "other"])
def test_a_checkpoint_that_holds_more_than_numbers_is_refused_and_runs_nothing(imported, tmp_path, monkeypatch, how):
    import torch

    _, path, base, _ = imported["bert"]
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad.ckpt"
    if how == "pickle":
        bad.write_bytes(pickle.dumps(Evil()))
    elif how == "inside":
        held = torch.load(path, weights_only=True)
        torch.save({**held, "hook": Evil()}, bad)
    elif how == "torn":
        bad.write_bytes(path.read_bytes()[:5000])
    elif how == "text":
        bad.write_text("hello")
    else:
        torch.save({"weights": torch.zeros(3)}, bad)
    with pytest.raises(importing.Refused):
        importing.bring_in(bad, base, tmp_path / "out", lambda _line: None)
    assert not (tmp_path / "owned").exists()
    assert not (tmp_path / "out").exists()


def test_a_base_folder_of_another_shape_is_refused(imported, tmp_path):
    _, path, _, _ = imported["bert"]
    with pytest.raises(importing.Refused, match="does not fit"):
        importing.bring_in(path, imported["roberta"][2], tmp_path / "out", lambda _line: None)


def test_a_network_that_strays_when_made_small_is_kept_in_full(imported, tmp_path, monkeypatch):
    _, path, base, _ = imported["bert"]
    monkeypatch.setattr(importing, "INT8_LIKENESS", 0.0)
    lines: list[str] = []
    about = importing.bring_in(path, base, tmp_path / "out", lines.append)
    assert about.precision == "fp32"
    assert whole(tmp_path / "out") == about
    assert any("full size" in line for line in lines)


def test_a_model_that_scores_otherwise_is_not_kept(imported, tmp_path, monkeypatch):
    _, path, base, _ = imported["bert"]
    monkeypatch.setattr(importing, "FP32_LIKENESS", -1.0)
    with pytest.raises(importing.Refused, match="not kept"):
        importing.bring_in(path, base, tmp_path / "out", lambda _line: None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_changed_is_unavailable(imported, tmp_path, model, policy):
    folder = imported["bert"][0]
    (tmp_path / NETWORK).write_bytes(b"x")
    for name in ("about.json", "tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(Unavailable):
        judge.load(tmp_path, model, policy)
    with pytest.raises(Unavailable):
        judge.load(tmp_path / "nowhere", model, policy)


def test_its_own_languages_are_judged_by_it_and_the_others_by_the_embedded_model(ready, model, policy):
    screener = Screener(policy, ready)
    english = screener.screen("The office is open today and we are here")
    assert english.model == ready.name
    assert english.scores is not None
    assert set(english.scores) == {str(label) for label in Label}
    arabic = screener.screen("يذهب أطفالي إلى المدرسة كل يوم وهم سعداء")
    assert arabic.model == model.name
    assert arabic.covered
    assert screener.screen("Nina shida na karatasi zangu, ofisi iko wapi?").covered is False


def test_a_long_text_and_odd_characters_get_a_verdict(ready, policy):
    screener = Screener(replace(policy, deadline_seconds=60), ready)
    for text in ("the office is open and we are here " * 800, "the office is here \ud800 \u202e and we are open \x00"):
        assert screener.screen(text).outcome in (Outcome.PUBLISH, Outcome.HOLD)


def test_a_child_that_is_killed_is_replaced_and_meanwhile_the_embedded_model_judges_visibly(ready, model, policy):
    screener = Screener(policy, ready)
    before = ready._worker.pid
    os.kill(before, signal.SIGKILL)
    verdict = screener.screen("The office is open today and we are here")
    assert verdict.model == f"{model.name} in place of {ready.name}"
    assert verdict.scores is not None
    until = time.monotonic() + 60
    while time.monotonic() < until and screener.screen("The office is open today").model != ready.name:
        time.sleep(0.1)
    assert screener.screen("The office is open today").model == ready.name
    assert ready._worker.pid != before
