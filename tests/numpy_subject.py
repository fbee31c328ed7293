"""A second correct subject, in numpy and by the book.

Two full passes and a subtraction of losses for the estimator, one loop from the top layer down for the
error signals, the normal equations for the feedback, numpy's Philox generator for the noise.  It shares no
code with the reference, so that what both satisfy is about the method and not about one way to write it.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


class Network(Protocol):
    """The view of a network that a subject receives: weights[k] is W^{k+1}, activations[k] is σ_{k+1}."""

    @property
    def weights(self) -> Sequence[Tensor]: ...
    @property
    def activations(self) -> Sequence[str]: ...
    @property
    def loss(self) -> str: ...


def sigmoid(a: Array) -> Array:
    h: Array = np.exp(-np.logaddexp(0.0, -a))
    return h


def log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def log_cosh(r: Array) -> Array:
    logs: Array = np.abs(r) + np.log1p(np.exp(-2.0 * np.abs(r))) - np.log(2.0)
    return logs


# σ, σ'
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "identity": (lambda a: a, np.ones_like),
    "tanh": (np.tanh, lambda a: 1.0 - np.tanh(a) ** 2),
    "sigmoid": (sigmoid, lambda a: sigmoid(a) * sigmoid(-a)),
    "softplus": (lambda a: np.logaddexp(0.0, a), sigmoid),
    "relu": (lambda a: np.maximum(a, 0.0), lambda a: np.where(a > 0.0, 1.0, 0.0)),
}

# L for every row, dL/d(output)
LOSSES: dict[str, tuple[Callable[[Array, Array], Array], Callable[[Array, Array], Array]]] = {
    "mse": (lambda out, y: 0.5 * ((out - y) ** 2).sum(axis=1), lambda out, y: out - y),
    "quartic": (lambda out, y: 0.25 * ((out - y) ** 4).sum(axis=1), lambda out, y: (out - y) ** 3),
    "logcosh": (lambda out, y: log_cosh(out - y).sum(axis=1), lambda out, y: np.tanh(out - y)),
    "cross_entropy": (
        lambda out, y: -(y * log_softmax(out)).sum(axis=1),
        lambda out, y: y.sum(axis=1, keepdims=True) * np.exp(log_softmax(out)) - y,
    ),
}

NOISE: dict[str, Callable[[np.random.Generator, tuple[int, int]], Array]] = {
    "gaussian": lambda rng, shape: rng.standard_normal(shape),
    "rademacher": lambda rng, shape: np.where(rng.integers(2, size=shape) == 0, 1.0, -1.0),
    "uniform": lambda rng, shape: rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), shape),
    "skewed": lambda rng, shape: np.where(rng.integers(5, size=shape) == 0, 2.0, -0.5),
}

EIGENVALUE_CUTOFF = 1e-11
"""Below this fraction of the largest, an eigenvalue of the normal equations counts as zero: far above
roundoff, far below the condition number 1e8 that the equations are expected to bear."""


def forward(network: Network, x: Array, noise: Sequence[Array], c: float) -> tuple[list[Array], list[Array]]:
    """The values h^0 … h^{N+1} and a^1 … a^{N+1} of a pass with c ξ^i added to hidden layer i."""
    values, inputs = [x], []
    for i, (weight, activation) in enumerate(zip(network.weights, network.activations, strict=True)):
        inputs.append(values[-1] @ weight.numpy().T)
        values.append(ACTIVATIONS[activation][0](inputs[-1]))
        if i < len(noise):
            values[-1] = values[-1] + c * noise[i]
    return values, inputs


class NumpySubject:
    """The four methods that the claims examine (one row is one sample, float64 throughout)."""

    name = "numpy"
    supports: ClassVar[dict[str, tuple[str, ...]]] = {
        "activations": tuple(ACTIVATIONS),
        "losses": tuple(LOSSES),
        "noise": tuple(NOISE),
    }

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        """λ̂^i = (L̃ - L) ξ^i / c, (T, n_i) for each hidden layer."""
        loss, _ = LOSSES[network.loss]
        xi = [layer.numpy() for layer in noise]
        clean, _ = forward(network, x.numpy(), [], c)
        noisy, _ = forward(network, x.numpy(), xi, c)
        difference = loss(noisy[-1], y.numpy()) - loss(clean[-1], y.numpy())
        return [torch.from_numpy(difference[:, None] * layer / c) for layer in xi]

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        """ẽ^i = ((B^{i+1})ᵀ ẽ^{i+1}) ∘ σ_i'(a^i), under "DFA" with ẽ^{N+1} in place of ẽ^{i+1}."""
        values, inputs = forward(network, x.numpy(), [], 0.0)
        slopes = [ACTIVATIONS[name][1](a) for name, a in zip(network.activations, inputs, strict=True)]
        top = LOSSES[network.loss][1](values[-1], y.numpy()) * slopes[-1]
        signals = [top]
        for B, slope in zip(reversed(feedback), reversed(slopes[:-1]), strict=True):
            above = top if rule == "DFA" else signals[-1]
            signals.append((above @ B.numpy()) * slope)
        return [torch.from_numpy(signal) for signal in reversed(signals)]

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        """B of shape (q, n) from (Q + ridge I) B = S, of minimum norm where the matrix is singular."""
        S = errors.numpy().T @ estimates.numpy()
        Q = errors.numpy().T @ errors.numpy()
        eigenvalues, vectors = np.linalg.eigh(Q + ridge * np.eye(len(Q)))
        kept = eigenvalues > EIGENVALUE_CUTOFF * eigenvalues.max()
        basis = vectors[:, kept]
        return torch.from_numpy(basis @ ((basis.T @ S) / eigenvalues[kept, None]))

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        """One (draws, n) array for each n in sizes, each from its own stream (family, seed, layer)."""
        key = list(NOISE).index(family)
        streams = [np.random.SeedSequence(seed, spawn_key=(key, layer)) for layer in range(len(sizes))]
        rngs = [np.random.Generator(np.random.Philox(stream)) for stream in streams]
        return [torch.from_numpy(NOISE[family](rng, (draws, n))) for rng, n in zip(rngs, sizes, strict=True)]
