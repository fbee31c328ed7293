"""The exact limit B̂(c) on real images, by an independent computation that does not lose digits as c falls.

For every (image, atom) pair the difference between the perturbed and the clean pass is carried upwards from
layer to layer, h̃ - h, and no two losses are subtracted: with

    tanh(a + d) - tanh(a) = sinh(d) / (cosh(a) cosh(a + d))

and its like for the sigmoid, every step is accurate relative to the difference itself. Two things do not
depend on the image: the noise of the first hidden layer, and so the difference that enters the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from proofs_check.digits.data import images, trained
from proofs_check.float64 import floats
from proofs_check.float64.designs import Atoms, atoms
from proofs_check.float64.floats import Array
from proofs_check.networks.drawn import Instance
from theory.exact.designs import fold_over

IMAGES_PER_CHUNK = 16  # the differences of a chunk stay in the processor's cache
RANK_CUTOFF = 1e-8  # of singular values: those of ẽ are zero to roundoff or above a ten-thousandth


@lru_cache(maxsize=8)
def task(name: str, count: int | None = None) -> Instance:
    """A trained network with its first ``count`` images, or all."""
    return Instance(trained(name), *images(count))


def design(instance: Instance) -> Atoms:
    """The fold-over Hadamard design over the hidden units: 144 atoms for 70 units."""
    hidden = instance.network.hidden
    return atoms(fold_over(sum(hidden)), hidden)


def activation_difference(name: str, a: Array, d: Array) -> Array:
    """σ(a + d) - σ(a), accurate relative to itself; |a|, |a + d| up to 350. Shapes broadcast."""
    match name:
        case "identity":
            return np.broadcast_to(d, np.broadcast_shapes(a.shape, d.shape))
        case "tanh":
            difference: Array = np.sinh(d) / (np.cosh(a) * np.cosh(a + d))
            return difference
        case "sigmoid":  # σ(a) = (1 + tanh(a/2)) / 2
            return activation_difference("tanh", a / 2, d / 2) / 2
    raise ValueError(f"activation is {name!r}, expected identity, tanh or sigmoid")


def differences(instance: Instance, c: float) -> Iterator[tuple[slice, list[Array]]]:
    """For each chunk of t images: which, and h̃^i - h^i for i = 1 … N+1, (t, A, n_i); (1, A, n_1) below."""
    network, clean = instance.network, instance.clean
    noise = [c * layer for layer in design(instance).layers]
    for start in range(0, len(instance.x), IMAGES_PER_CHUNK):
        part = slice(start, start + IMAGES_PER_CHUNK)
        chunk = [noise[0][None]]
        for k in range(1, len(network.weights)):
            arriving = chunk[-1] @ network.weights[k].T
            a = clean.pre_activations[k][part, None]
            chunk.append(activation_difference(network.activations[k], a, arriving))
            if k < len(noise):
                chunk[-1] = chunk[-1] + noise[k]
        yield part, chunk


@dataclass(frozen=True)
class Limit:
    """What the estimator and its fit are at T = ∞ for one c.

    ``means``: E[λ̂^i | x, y] for i = 1 … N, (M, n_i); ``spread``: the root mean square of (L̃ - L)/c;
    ``feedback``: B̂^2 … B̂^{N+1}; ``signals``: ẽ^1 … ẽ^{N+1} from them, (M, n_i).
    """

    c: float
    means: tuple[Array, ...]
    spread: float
    feedback: tuple[Array, ...]
    signals: tuple[Array, ...]


@lru_cache(maxsize=32)
def limit(name: str, count: int | None, c: float) -> Limit:
    """The limit for the trained network ``name`` and its first ``count`` images."""
    return exact_limit(task(name, count), c)


def exact_limit(instance: Instance, c: float) -> Limit:
    """The limit for identity, tanh and sigmoid layers under squared error.

    There L̃ - L = d·(ŷ - y + d/2) with d = h̃ - h at the output. Raises `ValueError` for others.
    """
    if instance.network.loss != "mse":
        raise ValueError(f"loss is {instance.network.loss!r}, expected mse")
    support = design(instance)
    residuals = instance.clean.activations[-1] - instance.y
    scaled = np.concatenate(
        [
            (chunk[-1] * (residuals[part, None] + chunk[-1] / 2)).sum(axis=2) / c
            for part, chunk in differences(instance, c)
        ]
    )
    means = tuple(scaled @ layer / support.count for layer in support.layers)
    feedback, signals = fit(instance, means)
    return Limit(c, means, float(np.sqrt(np.mean(scaled**2))), feedback, signals)


def fit(instance: Instance, means: Sequence[Array]) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """B̂^2 … B̂^{N+1} by least squares on E[λ̂^i | x, y], the top layer first; and ẽ^1 … ẽ^{N+1} from them."""
    network = instance.network
    feedback = [np.zeros_like(w) for w in network.weights[1:]]
    for k in range(len(feedback) - 1, -1, -1):
        signals = floats.error_signals(network, feedback, instance.clean, instance.y)
        solution, *_ = np.linalg.lstsq(signals[k + 1], means[k], rcond=RANK_CUTOFF)
        feedback[k] = np.asarray(solution, dtype=np.float64)
    signals = floats.error_signals(network, feedback, instance.clean, instance.y)
    return tuple(feedback), tuple(signals)
