"""The network once more, in plain float64 numpy: magnitudes, error bounds and networks too large for ball
arithmetic.

The textbook form, one row per sample: two passes and a subtraction. It is held against `theory.exact.network`
in the tests, and its own rounding is covered by the same allowance that a subject gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofs_check.float64.activations import ACTIVATIONS
from proofs_check.float64.losses import LOSSES
from proofs_check.float64.rule import source

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """Weights W^1 … W^{N+1} (n_i x n_{i-1}), one activation per layer, a loss: what subjects are given."""

    weights: tuple[Array, ...]
    activations: tuple[str, ...]
    loss: str

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0 … n_{N+1}."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def hidden(self) -> tuple[int, ...]:
        """n_1 … n_N."""
        return self.widths[1:-1]


def activation(name: str, a: Array) -> Array:
    """σ(a)."""
    return ACTIVATIONS[name].value(a)


def slope(name: str, a: Array) -> Array:
    """σ'(a), 0 at a kink."""
    return ACTIVATIONS[name].slope(a)


def loss(name: str, z: Array, y: Array) -> Array:
    """L(ŷ, y), (T,)."""
    return LOSSES[name].value(z, y)


def loss_gradient(name: str, z: Array, y: Array) -> Array:
    """∂L/∂ŷ, (T, p)."""
    return LOSSES[name].gradient(z, y)


@dataclass(frozen=True)
class Pass:
    """a^1 … a^{N+1} and h^0 … h^{N+1}, (T, n_i) each."""

    pre_activations: tuple[Array, ...]
    activations: tuple[Array, ...]


def forward(network: Network, x: Array, offsets: Sequence[Array] = ()) -> Pass:
    """The pass, with ``offsets[i]`` added after the activation of hidden layer i + 1."""
    pre_activations, activations = [], [x]
    for index, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
        pre_activations.append(activations[-1] @ weight.T)
        h = activation(name, pre_activations[-1])
        activations.append(h + offsets[index] if index < len(offsets) else h)
    return Pass(tuple(pre_activations), tuple(activations))


def error_signals(
    network: Network, feedback: Sequence[Array], passed: Pass, y: Array, rule: str = "FA"
) -> list[Array]:
    """ẽ^1 … ẽ^{N+1} on the given pass, (T, n_i) each."""
    outputs = passed.activations[-1]
    top = loss_gradient(network.loss, outputs, y) * slope(network.activations[-1], passed.pre_activations[-1])
    signals = [top]
    for index in range(len(feedback) - 1, -1, -1):
        carried = source(rule, signals)
        signals.insert(
            0, (carried @ feedback[index]) * slope(network.activations[index], passed.pre_activations[index])
        )
    return signals


def by_layer(units: Array, hidden: Sequence[int]) -> list[Array]:
    """Columns over all hidden units, cut into one array per hidden layer."""
    return np.split(units, np.cumsum(hidden)[:-1], axis=1)
