"""Training of the second opinion. Needs torch, which is in no lock: only whoever trains installs it."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.encoder import MOST_WORDS, PIECE_BITS, WIDTH, Encoder, grouped
from moderation.features import pieces_of, salt_of
from moderation.normalise import Folded, judged

WIDE, NARROW, HIDDEN = 96, 48, 48
EPOCHS = 3
BATCH = 256
RATE = 2e-3
WARM_UP = 300
"""Steps until the full rate; then it falls to nothing."""
WORDS_LOST, PIECES_LOST, POOLED_LOST, HIDDEN_LOST = 0.15, 0.1, 0.3, 0.2
"""Shares left out at random while learning, so that no single piece decides."""
SORTED_TOGETHER = 50
"""Batches drawn from one pool in which like lengths stand together: less padding."""

Write = Callable[[str], object]
Ints = NDArray[np.int64]


def is_possible() -> bool:
    """Whether torch is here."""
    return importlib.util.find_spec("torch") is not None


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as rows of the table: word w owns rows[pieces_from[w]:], text i owns words[words_from[i]:]."""

    rows: NDArray[np.uint32]
    pieces_from: Ints
    words_from: Ints
    languages: Ints

    @property
    def lengths(self) -> Ints:
        """Words of each text."""
        return np.diff(self.words_from)


def prepared(texts: Sequence[str], codes: Sequence[str], languages: Sequence[str]) -> Texts:
    """The texts as the encoder reads them, at most MOST_WORDS words of each."""
    salts = {code: salt_of(code) for code in languages}
    rows: list[NDArray[np.uint32]] = []
    counts: list[NDArray[np.int64]] = []
    for text, code in zip(texts, codes, strict=True):
        found, places = grouped(pieces_of(judged(Folded(text).text)), salts[code])
        kept = places < MOST_WORDS
        rows.append(found[kept])
        counts.append(np.bincount(places[kept]))
    numbers = {code: row for row, code in enumerate(languages)}
    return Texts(
        np.concatenate(rows),
        _starts(np.concatenate(counts)),
        _starts(np.array([each.size for each in counts])),
        np.array([numbers[code] for code in codes]),
    )


def _starts(sizes: NDArray[Any]) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _spread(starts: Ints, sizes: Ints) -> Ints:
    """The numbers start..start+size of every part, one after the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))


def _batch(texts: Texts, chosen: Ints, random: np.random.Generator) -> list[NDArray[Any]]:
    """Rows, where each word begins, how many rows it has, words per text, languages; some rows lost."""
    lengths = texts.lengths[chosen]
    words = _spread(texts.words_from[chosen], lengths)
    sizes = (texts.pieces_from[words + 1] - texts.pieces_from[words]).astype(np.int64)
    rows = texts.rows[_spread(texts.pieces_from[words], sizes)].astype(np.int64)
    kept = random.random(rows.size) > PIECES_LOST
    sizes = np.bincount(np.repeat(np.arange(words.size), sizes)[kept], minlength=words.size)
    return [rows[kept], np.cumsum(sizes) - sizes, sizes.astype(np.float32), lengths, texts.languages[chosen]]


def _network(torch: Any, languages: int) -> Any:
    """The layers that Encoder describes, as torch knows them."""
    nn = torch.nn
    filters = WIDE + NARROW
    layers = nn.ModuleDict({
        "table": nn.EmbeddingBag(1 << PIECE_BITS, WIDTH, mode="sum", sparse=True),
        "wide": nn.Conv1d(WIDTH, WIDE, 3, padding=1, bias=False),
        "narrow": nn.Conv1d(WIDTH, NARROW, 1, bias=False),
        "bias": nn.Embedding(languages, filters),
        "hidden": nn.Linear(2 * filters, HIDDEN, bias=False),
        "hidden_bias": nn.Embedding(languages, HIDDEN),
        "out": nn.Linear(HIDDEN, 1),
    })  # fmt: skip
    nn.init.normal_(layers["table"].weight, 0, 0.1)
    nn.init.zeros_(layers["bias"].weight)
    nn.init.zeros_(layers["hidden_bias"].weight)
    return layers


def _odds(torch: Any, layers: Any, batch: Sequence[Any]) -> Any:
    """The log-odds of a batch while learning, with random losses."""
    rows, starts, sizes, lengths, languages = (torch.from_numpy(each) for each in batch)
    drop = torch.nn.functional.dropout
    words = layers["table"](rows, starts) / sizes.clamp(min=1)[:, None].sqrt()
    words = words * (torch.rand(words.shape[0], 1) > WORDS_LOST)
    real = torch.arange(int(lengths.max()))[None, :] < lengths[:, None]
    laid = torch.zeros(*real.shape, WIDTH)
    laid[real] = words
    laid = laid.transpose(1, 2)
    seen = torch.cat([layers["wide"](laid), layers["narrow"](laid)], 1) + layers["bias"](languages)[:, :, None]
    seen = seen.relu() * real[:, None, :]
    pooled = torch.cat([seen.amax(2), seen.sum(2) / lengths[:, None].sqrt()], 1)
    hidden = (layers["hidden"](drop(pooled, POOLED_LOST)) + layers["hidden_bias"](languages)).relu()
    return layers["out"](drop(hidden, HIDDEN_LOST)).squeeze(1)


def _batches(lengths: Ints, random: np.random.Generator) -> list[Ints]:
    """Every text with words once, in random order, like lengths together."""
    order = random.permutation(np.flatnonzero(lengths))
    pools = np.array_split(order, max(1, order.size // (BATCH * SORTED_TOGETHER)))
    found: list[Ints] = []
    for pool in pools:
        ordered = pool[np.argsort(lengths[pool], kind="stable")]
        found += [ordered[start : start + BATCH] for start in range(0, ordered.size, BATCH)]
    return [found[index] for index in random.permutation(len(found))]


def learn(texts: Texts, toxic: NDArray[np.bool_], weights: NDArray[np.float64], seed: int, write: Write) -> Encoder:
    """The encoder learnt from the texts; one thread, and randomness from the seed alone."""
    import torch as untyped  # pyright: ignore  # noqa: PLC0415

    torch: Any = untyped
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    languages = int(texts.languages.max()) + 1
    layers = _network(torch, languages)
    rest = [each for name, each in layers.named_parameters() if not name.startswith("table")]
    teachers = [
        torch.optim.SparseAdam(list(layers["table"].parameters()), lr=RATE),
        torch.optim.AdamW(rest, lr=RATE, weight_decay=0.01),
    ]
    wanted, counts = toxic.astype(np.float32), weights.astype(np.float32)
    for epoch in range(EPOCHS):
        batches, lost = _batches(texts.lengths, random), 0.0
        for step, chosen in enumerate(batches):
            _set_rate(teachers, (epoch * len(batches) + step), EPOCHS * len(batches))
            odds = _odds(torch, layers, _batch(texts, chosen, random))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                odds, torch.from_numpy(wanted[chosen]), weight=torch.from_numpy(counts[chosen])
            )
            for teacher in teachers:
                teacher.zero_grad()
            loss.backward()
            for teacher in teachers:
                teacher.step()
            lost += loss.item()
        write(f"second opinion, round {epoch + 1} of {EPOCHS}: {lost / len(batches):.4f}")
    return _finished(layers)


def _set_rate(teachers: Sequence[Any], step: int, steps: int) -> None:
    rate = RATE * min(1.0, step / WARM_UP) * max(0.02, 1 - step / steps)
    for teacher in teachers:
        for group in teacher.param_groups:
            group["lr"] = rate


def _with_mean(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows of the languages, and their mean for a text in none of them."""
    return np.concatenate([rows, rows.mean(axis=0, keepdims=True)])


def _finished(layers: Any) -> Encoder:
    """The weights as they ship: the table as bytes, the rest as floats."""
    found: dict[str, NDArray[np.float32]] = {
        name: each.detach().numpy().astype(np.float32) for name, each in layers.named_parameters()
    }
    table = found["table.weight"]
    scale = np.quantile(np.abs(table), 0.9995, axis=0) / 127
    wide = found["wide.weight"]
    return Encoder(
        table=np.clip(np.round(table / scale), -127, 127).astype(np.int8),
        scale=scale.astype(np.float32),
        # (filters, WIDTH, 3) becomes one matrix over three words side by side.
        wide=np.ascontiguousarray(wide.transpose(2, 1, 0).reshape(3 * WIDTH, WIDE)),
        narrow=np.ascontiguousarray(found["narrow.weight"][:, :, 0].T),
        bias=_with_mean(found["bias.weight"]),
        hidden=np.ascontiguousarray(found["hidden.weight"].T),
        hidden_bias=_with_mean(found["hidden_bias.weight"]),
        out=np.concatenate([found["out.weight"][0], found["out.bias"]]),
    )
