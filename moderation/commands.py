"""What `baraza screen` and `baraza model …` do, without a command line around it."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from moderation import embedded
from moderation.card import Measured, card
from moderation.classifier import Classifier, Unavailable
from moderation.corpus import Sources
from moderation.detoxified import importing
from moderation.evaluate import case_lines, evaluate, measure, probe
from moderation.policy import load
from moderation.screening import Screener
from moderation.train import train
from moderation.verdict import Verdict
from moderation.weights import digest_of

Write = Callable[[str], object]


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as `baraza screen` prints it."""
    scores = verdict.scores
    return {
        "outcome": str(verdict.outcome),
        "raised": verdict.raised,
        "language": verdict.language,
        "covered": verdict.covered,
        "scores": None if scores is None else {k: round(v, 4) for k, v in scores.items()},
        "reasons": [{"rule": str(each.rule), "part": each.part, "weight": each.weight} for each in verdict.reasons],
        "policy_version": verdict.policy_version,
        "model": verdict.model,
    }


def _compact(value: Mapping[str, Any]) -> str:
    # A lone surrogate cannot be written as UTF-8; such a line falls back to escapes.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return text


class _Unreadable(Exception):
    """This line holds no text to judge; the message says why."""


def _text_of(line: str, *, json_lines: bool) -> str:
    line = line.rstrip("\r\n")
    if not line.strip():
        raise _Unreadable("The line is empty.")
    if not json_lines:
        return line
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        raise _Unreadable("The line is not JSON.") from None
    if not isinstance(value, dict):
        raise _Unreadable('The line is not an object like {"text": "…"}.')
    text = cast("dict[str, object]", value).get("text")
    if not isinstance(text, str) or not text.strip():
        raise _Unreadable('The line has no "text", or an empty one.')
    return text


def _shipped() -> Classifier | None:
    try:
        return embedded.load()
    except Unavailable:
        # The screener then holds every text and says that the judge failed.
        return None


def screen_lines(lines: Iterable[str], write: Write, *, policy_path: Path, json_lines: bool) -> int:
    """One verdict per line, as compact JSON. The exit status: 1 when a line could not be read.

    `write` gets whole lines, line ends included, and should flush each time. Lines are judged as
    they come: nothing waits for the end of the input.
    """
    screener = Screener(load(policy_path), _shipped())
    status = 0
    for number, line in enumerate(lines, start=1):
        try:
            text = _text_of(line, json_lines=json_lines)
        except _Unreadable as error:
            status = 1
            write(_compact({"error": str(error), "line": number}) + "\n")
            continue
        write(_compact(as_json(screener.screen(text))) + "\n")
    return status


def screen_text(text: str, write: Write, *, policy_path: Path) -> int:
    """The verdict on one text, line ends and all."""
    screener = Screener(load(policy_path), _shipped())
    write(_compact(as_json(screener.screen(text))) + "\n")
    return 0


def model_info(write: Write) -> int:
    """The card of the shipped model, and whether its weights are whole."""
    try:
        model = embedded.load()
    except Unavailable as error:
        write(f"{error}\n")
        return 1
    write(f"{model.name}, {embedded.SHIPPED.stat().st_size:,} bytes, checksum verified\n\n")
    card = embedded.SHIPPED.with_name(CARD)
    if card.is_file():
        write(card.read_text(encoding="utf-8"))
    return 0


CARD = "model_card.md"
THRESHOLDS = "thresholds.toml"


def model_train(corpus: Path, out: Path, sources: str, seed: int, write: Write) -> int:
    """Train on the corpus; write the model to `out`, its card and its thresholds beside it.

    The other choice of sources is trained as well, for the card shows both. `out` may be a folder.
    """

    out = out / "embedded.npz" if out.is_dir() else out
    chosen = Sources(sources)
    other = Sources.PERMISSIVE if chosen is Sources.ALL else Sources.ALL
    shipped = _trained(corpus, out, chosen, seed, write)
    with tempfile.TemporaryDirectory() as folder:
        compared = _trained(corpus, Path(folder) / "other.npz", other, seed, write)
    out.with_name(CARD).write_text(card(shipped, compared, seed=seed), encoding="utf-8")
    out.with_name(THRESHOLDS).write_text("".join(_thresholds(shipped)), encoding="utf-8")
    write(f"{out.with_name(CARD)} and {THRESHOLDS} written\n")
    return 0


def _trained(corpus: Path, out: Path, sources: Sources, seed: int, write: Write) -> Measured:

    train(corpus, out, sources, seed, lambda line: write(f"{line}\n"))
    model = embedded.load(out)
    lines = measure(model, corpus)
    thresholds = {language: line.threshold for language, line in lines.items()}
    return Measured(
        name=model.name,
        size=out.stat().st_size,
        sha256=digest_of(out),
        learnt_from=tuple(model.about["learnt_from"]),
        lines=lines,
        probe_lines=probe(model, thresholds),
        cases=case_lines(model, thresholds),
    )


def _thresholds(model: Measured) -> Iterator[str]:
    """The table to copy into policies/moderation.toml, which people own."""
    for language, line in model.lines.items():
        pair = line.threshold
        yield f"[thresholds.{language}]\nraise = {pair.raised:.3f}\nhold = {pair.hold:.3f}\n\n"


def model_evaluate(corpus: Path, write: Write) -> int:
    """The tables of the shipped model on the corpus."""

    evaluate(embedded.load(), corpus, lambda line: write(f"{line}\n"))
    return 0


def model_import(checkpoint: Path, base: Path, out: Path, write: Write) -> int:
    """Make an operator's Detoxify weights ready. Raises importing.Refused with why not."""
    importing.bring_in(checkpoint, base, out, lambda line: write(f"{line}\n"))
    return 0
