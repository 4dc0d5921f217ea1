"""Makes an operator's Detoxify checkpoint ready, once: safe weights, a small network, a checked likeness.

Nothing is fetched. A checkpoint is a pickle, and a pickle can run anything: it is opened only in the
way that admits tensors and plain containers, and what Detoxify's own class opens is a copy that was
written here from what was found.
"""

import os
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.detoxified import child, folder
from moderation.detoxified.folder import ENGLISH, MULTILINGUAL, Imported

FP32_LIKENESS, INT8_LIKENESS = 1e-5, 0.02
"""How far scores may lie from those of Detoxify's own class."""
MOST_TOKENS = 512
OPSET = 17
LARGE = "large.onnx"
RENAMED = {"toxic": "toxicity", "identity_hate": "identity_attack", "severe_toxic": "severe_toxicity"}
NETWORKS = ("BertForSequenceClassification", "RobertaForSequenceClassification",
            "XLMRobertaForSequenceClassification", "AlbertForSequenceClassification")  # fmt: skip
TOKENIZERS = ("Bert", "Roberta", "XLMRoberta", "Albert")
SAMPLES = (
    "Good morning, where can I renew my card?", "You are a stupid idiot.", "I will find you and hurt you.",
    "Bonjour, le bureau est fermé aujourd'hui.", "Eres un imbécil, cállate.", "Los niños juegan en la plaza.",
    "Il corso comincia lunedì alle nove.", "Você é muito chato.", "Bugün hava çok güzel.", "Ты дурак.",
    "Сегодня собрание в шесть часов.", "They burned our house and we ran.", "no", "Thank you 🙂 !!!",
    "The water in block four has not come for two days and nobody answers the phone. " * 4,
)  # fmt: skip
"""Short texts on which both must agree; none is longer than a window."""

Write = Callable[[str], object]
Scores = NDArray[np.float64]


class Refused(Exception):
    """The checkpoint or the base folder cannot be used; the message says why in plain words."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a Detoxify checkpoint holds, every part of it looked at."""

    state: Mapping[str, Any]
    labels: tuple[str, ...]
    outputs: int
    network: str
    tokenizer: str
    classes: tuple[str, ...]


def _offline() -> None:
    """Libraries that like to ask the network are told not to, before they are loaded."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"


def _libraries() -> tuple[Any, Any]:
    _offline()
    try:
        import torch  # pyright: ignore  # noqa: PLC0415
        import transformers  # pyright: ignore  # noqa: PLC0415
    except ImportError as error:
        raise Refused("Importing needs more than is here. Install it with: pip install 'baraza[detoxify]'") from error
    return torch, transformers


def opened(path: Path, torch: Any) -> Checkpoint:
    """The checkpoint, if it holds tensors and plain containers only. Raises Refused."""
    try:
        held: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise Refused(f"There is no file {path}.") from None
    except Exception as error:  # whatever a hostile or broken file provokes
        raise Refused(
            f"{path.name} holds more than numbers, or is damaged. Such a file can run any program on this "
            "machine, so it was not opened. Ask for a checkpoint from the publisher of Detoxify."
        ) from error
    try:
        return _understood(held, torch)
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{path.name} is not a checkpoint of Detoxify ({type(error).__name__}).") from error


def _understood(held: Any, torch: Any) -> Checkpoint:
    state, config = held["state_dict"], held["config"]
    arguments, classes = config["arch"]["args"], config["dataset"]["args"]["classes"]
    if not all(isinstance(name, str) and torch.is_tensor(value) for name, value in state.items()):
        raise ValueError
    classes = tuple(str(each) for each in classes)
    found = Checkpoint(
        state=state,
        labels=tuple(RENAMED.get(each, each) for each in classes),
        outputs=int(arguments["num_classes"]),
        network=str(arguments["model_name"]),
        tokenizer=str(arguments["tokenizer_name"]),
        classes=classes,
    )
    known = found.tokenizer.removesuffix("Fast").removesuffix("Tokenizer") in TOKENIZERS
    if found.network not in NETWORKS or not known or not 0 < len(classes) <= found.outputs:
        raise ValueError
    if "toxicity" not in found.labels:
        raise ValueError
    return found


def _network(checkpoint: Checkpoint, base: Path, transformers: Any) -> Any:
    """The network of the base folder with the weights of the checkpoint. Raises Refused."""
    shape = getattr(transformers, checkpoint.network)
    try:
        config = shape.config_class.from_pretrained(
            str(base), num_labels=checkpoint.outputs, local_files_only=True
        )  # fmt: skip
        network = shape(config)
        missing, unexpected = network.load_state_dict(dict(checkpoint.state), strict=False)
    except Exception as error:  # a wrong folder fails in many ways, all of them the operator's to mend
        raise Refused(f"{base} does not fit the checkpoint: {type(error).__name__}.") from error
    strange = [name for name in unexpected if not name.endswith("position_ids")]
    if missing or strange:
        raise Refused(f"{base} does not fit the checkpoint: {len(missing)} weights missing, {len(strange)} too many.")
    return network.eval()


def _reader(checkpoint: Checkpoint, base: Path, transformers: Any) -> Any:
    try:
        return getattr(transformers, checkpoint.tokenizer).from_pretrained(str(base), local_files_only=True)
    except Exception as error:  # as above
        raise Refused(f"{base} holds no tokenizer that fits: {type(error).__name__}.") from error


def _window(config: Any) -> int:
    """The most tokens that the network has places for; RoBERTa's kin begin to count after the padding."""
    places = int(config.max_position_embeddings)
    if "roberta" in str(config.model_type):
        places -= int(config.pad_token_id) + 1
    return min(MOST_TOKENS, places)


def _as_onnx(network: Any, out: Path, torch: Any) -> None:
    """The network as ONNX in full size."""
    ids = torch.tensor([[0, 5, 6, 2]])
    both = {0: "texts", 1: "tokens"}
    names = {"input_ids": both, "attention_mask": both, "logits": {0: "texts"}}
    torch.onnx.export(
        network, (ids, torch.ones_like(ids)), str(out), input_names=["input_ids", "attention_mask"],
        output_names=["logits"], dynamic_axes=names, opset_version=OPSET, dynamo=False,
    )  # fmt: skip


def _made_small(large: Path, out: Path) -> None:
    """The network with whole-number weights."""
    import onnxruntime.quantization as untyped  # pyright: ignore  # noqa: PLC0415

    quantization: Any = untyped
    quantization.quantize_dynamic(
        str(large), str(out), weight_type=quantization.QuantType.QInt8, per_channel=True, reduce_range=True
    )


def _own_class(checkpoint: Checkpoint, base: Path, torch: Any) -> list[dict[str, float]]:
    """What Detoxify's own class says of the samples, over a copy that holds nothing but what was looked at."""
    import detoxify as untyped  # pyright: ignore  # noqa: PLC0415

    detoxify: Any = untyped
    arguments = {
        "num_classes": checkpoint.outputs,
        "model_type": str(base.resolve()),
        "model_name": checkpoint.network,
        "tokenizer_name": checkpoint.tokenizer,
    }
    config = {"arch": {"args": arguments}, "dataset": {"args": {"classes": list(checkpoint.classes)}}}
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "copy.ckpt"
        torch.save({"state_dict": dict(checkpoint.state), "config": config}, copy)
        judge = detoxify.Detoxify(checkpoint=str(copy))
        judge.tokenizer.model_max_length = MOST_TOKENS
        return [judge.predict(text) for text in SAMPLES]


def _plainly(network: Any, judge: child.Judge, about: Imported, torch: Any) -> Scores:
    """The scores of the samples by the network as it will be kept, before it was made small."""
    rows: list[list[float]] = []
    with torch.no_grad():
        for text in SAMPLES:
            ids = torch.tensor([[*about.before, *judge.tokens(text), *about.after]])
            odds = network(input_ids=ids, attention_mask=torch.ones_like(ids))[0][0]
            rows.append(torch.sigmoid(odds)[: len(about.labels)].tolist())
    return np.array(rows)


def _compared(labels: Sequence[str], wanted: Scores, plain: Scores, small: Scores, write: Write) -> bool:
    """The largest distance of each label as a table; whether the small network is near enough.

    Raises Refused when even the full network scores otherwise.
    """
    write("| label | fp32 | int8 |")
    write("|---|---|---|")
    exact, near = np.abs(plain - wanted).max(axis=0), np.abs(small - wanted).max(axis=0)
    for label, first, second in zip(labels, exact, near, strict=True):
        write(f"| {label} | {first:.1e} | {second:.4f} |")
    if exact.max() > FP32_LIKENESS:
        raise Refused("The imported model does not score as Detoxify does, so it was not kept.")
    return bool(near.max() <= INT8_LIKENESS)


def _frame(reader: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tokens before and after every text."""
    empty = [int(each) for each in reader("")["input_ids"]]
    return tuple(empty[:1]), tuple(empty[1:])


def _is_multilingual(checkpoint: Checkpoint) -> bool:
    return checkpoint.network.startswith("XLM")


def _kept(network: Any, reader: Any, out: Path, torch: Any) -> None:
    """Everything that judging needs, written to the folder; the network in both sizes."""
    import safetensors.torch as untyped  # pyright: ignore  # noqa: PLC0415

    safetensors: Any = untyped
    safetensors.save_file(
        {name: value.contiguous().clone() for name, value in network.state_dict().items()}, str(out / folder.WEIGHTS)
    )
    reader.backend_tokenizer.save(str(out / folder.TOKENIZER))
    _as_onnx(network, out / LARGE, torch)
    _made_small(out / LARGE, out / folder.NETWORK)


def _described(checkpoint: Checkpoint, network: Any, reader: Any, out: Path, precision: str) -> Imported:
    """What the folder holds, as it will say itself."""
    before, after = _frame(reader)
    files = (folder.WEIGHTS, folder.TOKENIZER, folder.NETWORK)
    checksums = {name: folder.digest_of(out / name) for name in files}
    kind, languages = ("multilingual", MULTILINGUAL) if _is_multilingual(checkpoint) else ("en", ENGLISH)
    return Imported(
        name=f"detoxify-{kind}-{checksums[folder.NETWORK][:8]}",
        precision=precision,
        labels=checkpoint.labels,
        languages=languages,
        window=_window(network.config),
        before=before,
        after=after,
        padding=int(network.config.pad_token_id or 0),
        checksums=checksums,
    )


def bring_in(path: Path, base: Path, out: Path, write: Write) -> Imported:
    """Make the checkpoint ready in the folder `out`, which must be empty or not there. Raises Refused."""
    with warnings.catch_warnings():
        # What these libraries warn of is meant for their own developers.
        warnings.simplefilter("ignore")
        return _brought_in(path, base, out, write)


def _brought_in(path: Path, base: Path, out: Path, write: Write) -> Imported:
    torch, transformers = _libraries()
    if not base.is_dir():
        raise Refused(f"There is no folder {base}. It should hold config.json and the tokenizer's files.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"{out} is not empty.")
    checkpoint = opened(path, torch)
    network = _network(checkpoint, base, transformers)
    reader = _reader(checkpoint, base, transformers)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".importing-") as temporary:
        draft = Path(temporary) / "model"
        draft.mkdir()
        write("making it ready")
        _kept(network, reader, draft, torch)
        imported = _described(checkpoint, network, reader, draft, "int8")
        folder.written(draft, imported)
        said = _own_class(checkpoint, base, torch)
        wanted = np.array([[each[label] for label in imported.labels] for each in said])
        judge = child.Judge(draft, threads=1, overlap=0)
        small = np.array([judge.scores(text) for text in SAMPLES])
        if _compared(imported.labels, wanted, _plainly(network, judge, imported, torch), small, write):
            (draft / LARGE).unlink()
        else:
            write("int8 strays too far from Detoxify: the network is kept in full size")
            (draft / LARGE).replace(draft / folder.NETWORK)
            imported = _described(checkpoint, network, reader, draft, "fp32")
            folder.written(draft, imported)
        if out.exists():
            out.rmdir()
        draft.rename(out)
    write(f"{imported.name} is ready in {out}; languages: {', '.join(imported.languages)}")
    return imported
