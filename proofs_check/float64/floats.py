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


def _sigmoid(a: Array) -> Array:
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, small) / (1.0 + small)


def activation(name: str, a: Array) -> Array:
    """σ(a)."""
    match name:
        case "identity":
            return a
        case "tanh":
            return np.tanh(a)
        case "sigmoid":
            return _sigmoid(a)
        case "softplus":
            return np.logaddexp(0.0, a)
        case "relu":
            return np.maximum(a, 0.0)
    raise ValueError(f"unknown activation {name!r}")


def slope(name: str, a: Array) -> Array:
    """σ'(a), 0 at the kink of relu."""
    match name:
        case "identity":
            return np.ones_like(a)
        case "tanh":
            return 1.0 / np.cosh(np.clip(a, -350, 350)) ** 2
        case "sigmoid":
            return _sigmoid(a) * _sigmoid(-a)
        case "softplus":
            return _sigmoid(a)
        case "relu":
            return (a > 0).astype(np.float64)
    raise ValueError(f"unknown activation {name!r}")


def row_sums(values: Array) -> Array:
    """The sum of each row, (T,)."""
    total: Array = values.sum(axis=1)
    return total


def log_sum_exp(z: Array) -> Array:
    """log Σ exp of each row, (T,)."""
    top: Array = z.max(axis=1)
    return top + np.log(row_sums(np.exp(z - top[:, None])))


def loss(name: str, z: Array, y: Array) -> Array:
    """L(ŷ, y), (T,)."""
    r = z - y
    match name:
        case "mse":
            return row_sums(r**2) / 2
        case "quartic":
            return row_sums(r**4) / 4
        case "logcosh":
            return row_sums(np.logaddexp(r, -r) - np.log(2.0))
        case "cross_entropy":
            return row_sums(y * (log_sum_exp(z)[:, None] - z))
    raise ValueError(f"unknown loss {name!r}")


def loss_gradient(name: str, z: Array, y: Array) -> Array:
    """∂L/∂ŷ, (T, p)."""
    r = z - y
    match name:
        case "mse":
            return r
        case "quartic":
            return r**3
        case "logcosh":
            return np.tanh(r)
        case "cross_entropy":
            return row_sums(y)[:, None] * np.exp(z - log_sum_exp(z)[:, None]) - y
    raise ValueError(f"unknown loss {name!r}")


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
