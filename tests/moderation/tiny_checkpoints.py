"""Tiny Detoxify checkpoints with random weights, in the shapes that exist, with tokenizers made on the spot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOXIC = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
UNBIASED = ["toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.1,
}


def _bert(base: Path) -> tuple[str, str, dict[str, Any], list[str], int]:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    (base / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    sizes = SIZES | {"vocab_size": len(words), "max_position_embeddings": 512, "pad_token_id": 0}
    return "BertForSequenceClassification", "BertTokenizer", sizes, TOXIC, 6


def _roberta(base: Path) -> tuple[str, str, dict[str, Any], list[str], int]:
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *bytes_to_unicode().values()]
    (base / "vocab.json").write_text(json.dumps({word: row for row, word in enumerate(words)}), encoding="utf-8")
    (base / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    sizes = SIZES | {"vocab_size": len(words), "max_position_embeddings": 514, "pad_token_id": 1, "type_vocab_size": 1}
    return "RobertaForSequenceClassification", "RobertaTokenizer", sizes, UNBIASED, 16


def _xlm_roberta(base: Path) -> tuple[str, str, dict[str, Any], list[str], int]:
    import sentencepiece

    text = base / "text.txt"
    sentences = ["the office is open today", "le bureau est ouvert", "офис открыт сегодня", "bugün hava güzel"]
    text.write_text("\n".join(sentences * 20 + [LETTERS]), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(base / "sentencepiece.bpe"), vocab_size=120, hard_vocab_limit=False,
        character_coverage=1.0, model_type="unigram", minloglevel=2,
    )  # fmt: skip
    text.unlink()
    sizes = SIZES | {"vocab_size": 200, "max_position_embeddings": 514, "pad_token_id": 1, "type_vocab_size": 1}
    return "XLMRobertaForSequenceClassification", "XLMRobertaTokenizer", sizes, UNBIASED, 16


SHAPES: dict[str, Callable[[Path], tuple[str, str, dict[str, Any], list[str], int]]] = {
    "bert": _bert,
    "roberta": _roberta,
    "xlm-roberta": _xlm_roberta,
}


def made(folder: Path, shape: str) -> tuple[Path, Path]:
    """A checkpoint and its base folder, as an operator would have them."""
    import torch
    import transformers

    base = folder / "base"
    base.mkdir(parents=True)
    network, tokenizer, sizes, classes, outputs = SHAPES[shape](base)
    kind = getattr(transformers, network)
    kind.config_class(**sizes).save_pretrained(base)
    torch.manual_seed(3)
    model = kind(kind.config_class(**sizes, num_labels=outputs)).eval()
    arguments = {
        "num_classes": outputs, "model_type": f"{shape}-base", "model_name": network, "tokenizer_name": tokenizer,
    }  # fmt: skip
    config = {"arch": {"args": arguments}, "dataset": {"args": {"classes": classes}}}
    path = folder / "tiny.ckpt"
    torch.save({"state_dict": model.state_dict(), "config": config}, path)
    return path, base
