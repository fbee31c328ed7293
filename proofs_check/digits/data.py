"""The images, and the networks trained on them that are part of the package."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from proofs_check import floats
from proofs_check.floats import Array, Network

WIDTHS = (64, 50, 20, 10)
ACTIVATIONS = {
    "sigmoid": ("sigmoid", "sigmoid", "sigmoid"),
    "tanh": ("tanh", "tanh", "identity"),
    "linear": ("identity", "identity", "identity"),
}
LOSS = "mse"


@lru_cache(maxsize=2)
def images(count: int | None = None) -> tuple[Array, Array]:
    """The first ``count`` images, or all: x (M, 64) in [0, 1], y (M, 10) with a one at the digit shown.

    Read-only arrays. Raises `ValueError` where there are not that many.
    """
    # A second of imports that most claims never need.
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    if count is not None and not 1 <= count <= len(pixels):
        raise ValueError(f"count is {count}, expected 1 to {len(pixels)}, the number of images")
    x, y = np.asarray(pixels[:count], dtype=np.float64) / 16, np.eye(10)[digits[:count]]
    x.flags.writeable = y.flags.writeable = False
    return x, y


@lru_cache(maxsize=len(ACTIVATIONS))
def trained(name: str) -> Network:
    """The trained network "sigmoid", "tanh" or "linear".

    Raises `ValueError` for another name, or where its file is missing or damaged.
    """
    path = weight_file(name)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            weights = tuple(stored[f"arr_{k}"].astype(np.float64) for k in range(len(WIDTHS) - 1))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as the weights W1 … W{len(WIDTHS) - 1}: {error}") from error
    shapes = tuple(w.shape for w in weights)
    expected = tuple(zip(WIDTHS[1:], WIDTHS[:-1], strict=True))
    if shapes != expected:
        raise ValueError(f"{path} holds weights of the shapes {shapes}, expected {expected}")
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
