"""Train the networks of the digits by backpropagation, from fixed seeds.

``python -m proofs_check.digits.train`` writes their files anew, in a minute (less with OMP_NUM_THREADS=1: the
products are small). Full batches, Adam with a step that falls to zero along a cosine, weight decay as a term
of the loss. Weight decay keeps the units out of saturation: there σ' vanishes, the errors of a layer lose
rank, and the expansion in c that the recovery rests on converges slowly. The weights are rounded to single
precision, which makes the files small and their numbers the same everywhere; training itself gives the same
bits wherever matrix products do, and elsewhere the same weights to the last place or two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np

from feedback_proofs_io import whole
from proofs_check.digits import data
from proofs_check.float64 import floats
from proofs_check.float64.floats import Array, Network

STEP = 0.02
MOMENTUM, SQUARES = 0.9, 0.999  # the memory of Adam's two averages


@dataclass(frozen=True)
class Recipe:
    """How one network is trained: steps, the weight decay γ of γ/2 Σ‖W‖², the seed of the first weights."""

    steps: int = 1000
    decay: float = 1e-4
    seed: int = 0


RECIPES = {
    "sigmoid": Recipe(decay=1e-4),
    "tanh": Recipe(decay=3e-4),
    "linear": Recipe(decay=1e-4),
}


def initial(name: str, seed: int) -> Network:
    """Independent normal weights of variance 1/n_{i-1}."""
    generator = np.random.Generator(np.random.Philox(key=seed))
    shapes = pairwise(data.WIDTHS)
    weights = tuple(generator.standard_normal((above, below)) / np.sqrt(below) for below, above in shapes)
    return Network(weights, data.ACTIVATIONS[name], data.LOSS)


def gradients(network: Network, x: Array, y: Array) -> list[Array]:
    """∂L/∂W^i = e^i h^{i-1 T}, the mean over the images."""
    passed = floats.forward(network, x)
    errors = floats.error_signals(network, network.weights[1:], passed, y)
    return [e.T @ h / len(x) for e, h in zip(errors, passed.activations[:-1], strict=True)]


def train(name: str, steps: int | None = None, show: Callable[[str], None] = lambda line: None) -> Network:
    """The network after its recipe's steps, or the first ``steps`` of them; ``show`` gets its progress."""
    recipe = RECIPES[name]
    network = initial(name, recipe.seed)
    x, y = data.images()
    mean = [np.zeros_like(w) for w in network.weights]
    square = [np.zeros_like(w) for w in network.weights]
    for step in range(recipe.steps if steps is None else steps):
        size = STEP * (1 + np.cos(np.pi * step / recipe.steps)) / 2
        weights = []
        for k, (w, slope) in enumerate(zip(network.weights, gradients(network, x, y), strict=True)):
            total = slope + recipe.decay * w
            mean[k] = MOMENTUM * mean[k] + (1 - MOMENTUM) * total
            square[k] = SQUARES * square[k] + (1 - SQUARES) * total**2
            unbiased = mean[k] / (1 - MOMENTUM ** (step + 1))
            scale = np.sqrt(square[k] / (1 - SQUARES ** (step + 1))) + 1e-8
            weights.append(w - size * unbiased / scale)
        network = Network(tuple(weights), network.activations, network.loss)
        if (step + 1) % 100 == 0:
            right = data.accuracy(network, x, y)
            show(f"{name}: step {step + 1} of {recipe.steps}, {right:.2%} of the images right")
    rounded = tuple(w.astype(np.float32).astype(np.float64) for w in network.weights)
    return Network(rounded, network.activations, network.loss)


def save(name: str, network: Network) -> Path:
    """Write the network's file, whole or not at all, and return its path."""
    path = data.weight_file(name)
    whole.write_with(path, lambda file: np.savez(file, *(w.astype(np.float32) for w in network.weights)))
    return path


def main() -> None:
    """Train all networks, rewrite their files, and print the checksums that `data` must have then."""
    for name in RECIPES:
        path = save(name, train(name, show=lambda line: print(line, flush=True)))
        print(f"{name}: wrote {path}, SHA-256 {sha256(path.read_bytes()).hexdigest()}", flush=True)


if __name__ == "__main__":
    main()
