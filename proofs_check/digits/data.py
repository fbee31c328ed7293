"""The images, and the networks trained on them that are part of the package."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from pathlib import Path

import numpy as np

from feedback_proofs_io import datasets, whole
from proofs_check.float64 import floats
from proofs_check.float64.floats import Array, Network

WIDTHS = (64, 50, 20, 10)
ACTIVATIONS = {
    "sigmoid": ("sigmoid", "sigmoid", "sigmoid"),
    "tanh": ("tanh", "tanh", "identity"),
    "linear": ("identity", "identity", "identity"),
}
LOSS = "mse"
SHA256 = {  # of the files of the weights, which `train` prints
    "sigmoid": "732ff6de2ae9f356f8a7bda16b1c58d283c443ccf77a9f2337a6afa2920fa25e",
    "tanh": "b6cdde68ae7bf68aab89618b9848e984620fe047608dd5769227a2b6e3e41ed6",
    "linear": "6e453f67d5dba38fc0c501fded6194d50bfc60069f5eacc194bb737df833d202",
}


@lru_cache(maxsize=2)
def images(count: int | None = None) -> tuple[Array, Array]:
    """The first ``count`` images, or all: x (M, 64) in [0, 1], y (M, 10) with a one at the digit shown.

    Read-only arrays. Raises `ValueError` where there are not that many, or where scikit-learn has others.
    """
    try:
        found = datasets.read("digits", "all")
    except datasets.Unreadable as error:
        raise ValueError(
            f"the handwritten digits of this scikit-learn are not those that the networks learnt: {error}"
        ) from None
    total = found.shape[0]
    if count is not None and not 1 <= count <= total:
        raise ValueError(f"count is {count}, expected 1 to {total}, the number of images")
    pixels = np.frombuffer(found.pixels, dtype=np.uint8).reshape(total, -1)[:count]
    labels = np.frombuffer(found.labels, dtype=np.uint8)[:count]
    x, y = pixels / found.white, np.eye(found.classes)[labels]
    x.flags.writeable = y.flags.writeable = False
    return x, y


@lru_cache(maxsize=len(ACTIVATIONS))
def trained(name: str) -> Network:
    """The trained network "sigmoid", "tanh" or "linear".

    Raises `ValueError` for another name, or where its file is missing or is not, byte for byte, the one that
    belongs to the package: nothing of it is read before its checksum agrees.
    """
    path = weight_file(name)
    try:
        content = whole.read(path)
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise ValueError("its checksum is not that of the file that belongs to the package")
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            weights = tuple(stored[f"arr_{k}"].astype(np.float64) for k in range(len(WIDTHS) - 1))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as the weights W1 … W{len(WIDTHS) - 1}: {error}") from error
    return Network(weights, ACTIVATIONS[name], LOSS)


def weight_file(name: str) -> Path:
    """Where the weights of the network are, W1 … W3 in single precision."""
    if name not in ACTIVATIONS:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(ACTIVATIONS)}")
    return Path(__file__).with_name(f"{name}.npz")


def accuracy(network: Network, x: Array, y: Array) -> float:
    """The part of the images whose largest output is at the digit shown."""
    outputs = floats.forward(network, x).activations[-1]
    return float(np.mean(outputs.argmax(axis=1) == y.argmax(axis=1)))
