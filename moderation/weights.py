"""The weights of the embedded model: one byte each, in a file that is the same for the same weights."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from moderation.classifier import Unavailable
from moderation.encoder import Encoder

FORMAT = 2
"""Raised whenever normalisation, hashing or shapes change: old weights then mean nothing."""

Bytes = NDArray[np.int8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """Square-root companded weights: value = sign(q) * (q / 127)^2 * scale.

    `shared` has 2^21 buckets, `own` 2^22 (pieces as one language uses them), `labels` one row of
    2^18 for each of SUB_LABELS. `scales` and `biases`: shared, own (its bias is nothing), labels.
    `calibration` (languages + 1, 2) makes log-odds into log-odds that can be believed: factor and
    term; the last row stands for no language. `encoder` is the second opinion, where there is one.
    """

    shared: Bytes
    own: Bytes
    labels: Bytes
    scales: Floats
    biases: Floats
    calibration: Floats
    encoder: Encoder | None


def companded(values: Floats, pruned: float) -> tuple[Bytes, float]:
    """One byte per weight; the smallest share `pruned` becomes nothing."""
    size = np.abs(values)
    scale = float(size.max()) or 1.0
    coded = np.sign(values) * np.round(127 * np.sqrt(size / scale))
    coded[size <= np.quantile(size, pruned)] = 0
    return coded.astype(np.int8), scale


def expanded() -> Floats:
    """The value of each coded byte before scaling, looked up by the byte as an unsigned number."""
    coded = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    return (np.sign(coded) * (coded / 127) ** 2).astype(np.float32)


_PLAIN = ("shared", "own", "labels", "scales", "biases", "calibration")
_ENCODER = tuple(field.name for field in fields(Encoder))
_PREFIX = "encoder_"


def _arrays(weights: Weights) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {name: getattr(weights, name) for name in _PLAIN}
    if weights.encoder is not None:
        found |= {_PREFIX + name: getattr(weights.encoder, name) for name in _ENCODER}
    return found


def _checksum(weights: Weights, languages: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{FORMAT} {' '.join(languages)}".encode())
    for name, array in _arrays(weights).items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """The sha256 of the whole file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save(path: Path, weights: Weights, about: Mapping[str, Any]) -> None:
    """Write an .npz that is the same, byte for byte, whenever the weights are.

    `about` says which "sources", "seed" and "learnt_from", and the "languages" in order.
    """
    told = {**about, "format": FORMAT, "checksum": _checksum(weights, about["languages"])}
    members: dict[str, NDArray[Any]] = {
        **_arrays(weights),
        "about": np.frombuffer(json.dumps(told, sort_keys=True).encode(), dtype=np.uint8),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in members.items():
            held = io.BytesIO()
            np.save(held, array, allow_pickle=False)
            # A fixed date: the clock must not change the file's hash.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, held.getvalue(), compresslevel=9)


def _read(path: Path) -> tuple[Weights, dict[str, Any]]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
        about = cast("dict[str, Any]", json.loads(held["about"].tobytes()))
        if about.get("format") != FORMAT:
            raise Unavailable(f"The model in {path.name} is of another format.")
        encoder = None
        if _PREFIX + _ENCODER[0] in held.files:
            encoder = Encoder(**{name: held[_PREFIX + name] for name in _ENCODER})
        return Weights(**{name: held[name] for name in _PLAIN}, encoder=encoder), about


def read(path: Path) -> tuple[Weights, dict[str, Any]]:
    """The weights in the file and what is said about them, the checksum verified.

    Raises Unavailable when the file is missing, damaged, changed, or of another format.
    """
    try:
        weights, about = _read(path)
        checksum = _checksum(weights, about["languages"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise Unavailable(f"The model in {path.name} cannot be read: {error}") from error
    if about.get("checksum") != checksum:
        raise Unavailable(f"The model in {path.name} does not match its checksum.")
    return weights, about
