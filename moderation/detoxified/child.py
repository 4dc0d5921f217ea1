"""The process that judges with Detoxify's weights: reads one request a line, answers one line, knows nothing else.

Run by its path in isolated mode; it may import numpy, onnxruntime and tokenizers, and nothing of ours.
A request is a list of texts, an answer a list of lists of scores, in the order of the labels.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np


def windows(ids: list[int], size: int, overlap: int) -> Iterator[list[int]]:
    """The tokens in pieces of at most `size`, neighbours sharing `overlap`; one empty piece of nothing."""
    start = 0
    while True:
        yield ids[start : start + size]
        if start + size >= len(ids):
            return
        start += size - overlap


class Judge:
    """The network and its tokenizer."""

    def __init__(self, folder: Path, threads: int, overlap: int) -> None:
        import onnxruntime  # pyright: ignore  # noqa: PLC0415
        import tokenizers  # pyright: ignore  # noqa: PLC0415

        runtime: Any = onnxruntime
        reader: Any = tokenizers
        self._about: dict[str, Any] = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        self._overlap = overlap
        self._tokens = reader.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokens.no_truncation()
        self._tokens.no_padding()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        network = folder / "model.onnx"
        self._network = runtime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text without the frame."""
        return list(self._tokens.encode(text, add_special_tokens=False).ids)

    def scores(self, text: str) -> list[float]:
        """The highest score of each label over all windows of the text."""
        about = self._about
        frame = len(about["before"]) + len(about["after"])
        best = np.zeros(len(about["labels"]))
        for piece in windows(self.tokens(text), about["window"] - frame, self._overlap):
            ids = np.array([[*about["before"], *piece, *about["after"]]], dtype=np.int64)
            odds = self._network.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
            best = np.maximum(best, 1 / (1 + np.exp(-odds[: best.size].astype(np.float64))))
        return [float(score) for score in best]


def main(folder: str, threads: str, overlap: str) -> None:
    """Say "ready", then answer until there is nothing more to read."""
    judge = Judge(Path(folder), int(threads), int(overlap))
    sys.stdout.write('"ready"\n')
    sys.stdout.flush()
    for line in sys.stdin:
        texts = [str(text).encode("utf-8", "replace").decode() for text in json.loads(line)]
        sys.stdout.write(json.dumps([judge.scores(text) for text in texts]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
