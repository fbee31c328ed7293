"""How far float64 may take a correct implementation from the exact value: the allowances, and nothing more.

(a) 16 u ρ / c for the scaled loss difference of one sample: ρ bounds what two passes and a subtraction can
lose.
(b) 100 q u κ(Q) for a solve with q unknowns per column.
Both are carried through least squares to the layers below, where ẽ is built from matrices that already carry
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Protocol

import numpy as np

from proofs_check.float64 import floats
from proofs_check.float64.activations import ACTIVATIONS
from proofs_check.float64.designs import Atoms
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.losses import LOSSES, row_sums
from proofs_check.float64.rule import direct, distinct, source, sources

UNIT_ROUNDOFF = 2.0**-53
NEGLIGIBLE = 1e-50  # what balls of 256 bits may leave where the exact value, and so its allowance, is 0


class Data(Protocol):
    """A network with equally likely data x (M, n_0), y (M, p), and the clean pass over them."""

    @property
    def network(self) -> Network:
        """The network."""

    @property
    def x(self) -> Array:
        """The inputs."""

    @property
    def y(self) -> Array:
        """The targets."""

    @property
    def clean(self) -> floats.Pass:
        """The clean pass."""


def rounding_scale(network: Network, passed: floats.Pass, y: Array) -> Array:
    """ρ of one pass, (T,): Σ_i |e^i|ᵀ|W^i||h^{i-1}| + |λ^i|ᵀ|h^i|, + |∂L/∂ŷ|ᵀ(|ŷ| + |y|) + ℓ, ℓ the largest
    term before cancellation.
    """
    errors = floats.error_signals(network, network.weights[1:], passed, y)
    outputs = passed.activations[-1]
    loss = LOSSES[network.loss]
    gradient = np.abs(loss.gradient(outputs, y))
    total = row_sums(gradient * (np.abs(outputs) + np.abs(y)))
    total += (loss.largest_term or loss.value)(outputs, y)
    for index, (weight, error) in enumerate(zip(network.weights, errors, strict=True)):
        total += (np.abs(error) * (np.abs(passed.activations[index]) @ np.abs(weight).T)).sum(axis=1)
        if index:
            total += (np.abs(error @ weight) * np.abs(passed.activations[index])).sum(axis=1)
    return total


def difference_allowance(network: Network, x: Array, y: Array, noise: Sequence[Array], c: float) -> Array:
    """16 u ρ / c for (L̃ - L)/c of every row, (T,): ρ the larger of the clean and the perturbed pass."""
    clean = rounding_scale(network, floats.forward(network, x), y)
    perturbed = rounding_scale(network, floats.forward(network, x, [c * xi for xi in noise]), y)
    return 16 * UNIT_ROUNDOFF * np.maximum(clean, perturbed) / c


def solve_allowance(errors: Array, estimates: Array, solution: Array, ridge: float = 0.0) -> float:
    """100 q u κ(Q + ridge), times the size of the solution and of what the data could make it; Frobenius
    norm.
    """
    eigenvalues = np.linalg.eigvalsh(errors.T @ errors) + ridge
    used = eigenvalues[eigenvalues > 1e-9 * eigenvalues[-1]]
    if not used.size or used[-1] <= 0:
        return 0.0
    size = float(np.linalg.norm(solution)) + float(np.linalg.norm(estimates)) / sqrt(used[-1])
    return float(100 * errors.shape[1] * UNIT_ROUNDOFF * (used[-1] / used[0]) * size)


def feedback_allowance(
    instance: Data,
    atoms: Atoms,
    c: float,
    expected: Sequence[Array],
    rule: str = "FA",
    ridge: float = 0.0,
) -> list[float]:
    """The allowed Frobenius distance of B̂^2(c) … B̂^{N+1}(c) from their exact limits ``expected``; ``ridge``
    is added to the mean of ẽẽᵀ.
    """
    network, count = instance.network, atoms.count
    signals = floats.error_signals(network, expected, instance.clean, instance.y, rule)
    x, y = np.repeat(instance.x, count, axis=0), np.repeat(instance.y, count, axis=0)
    noise = [np.tile(layer, (len(instance.x), 1)) for layer in atoms.layers]
    weights = np.tile(atoms.weights, len(instance.x)) / len(instance.x)
    spread = weights * difference_allowance(network, x, y, noise, c)
    perturbed = floats.forward(network, x, [c * xi for xi in noise]).activations[-1]
    difference = (
        floats.loss(network.loss, perturbed, y)
        - floats.loss(network.loss, instance.clean.activations[-1], instance.y).repeat(count)
    ) / c

    result: list[float] = []
    drift = np.zeros(len(instance.x))  # how far |ẽ| of the layer above may be off, per datum
    for k in range(len(expected) - 1, -1, -1):
        source = sources(rule, signals)[k]
        mean_noise = (spread[:, None] * np.abs(noise[k])).reshape(len(instance.x), count, -1).sum(axis=1)
        rows = difference[:, None] * noise[k]
        means = (weights[:, None] * rows).reshape(len(instance.x), count, -1).sum(axis=1) * len(instance.x)
        size, residual = np.linalg.norm(source, axis=1), means - source @ expected[k]
        norm = float(np.linalg.norm(expected[k], 2))
        eigenvalues = np.linalg.eigvalsh(source.T @ source / len(source)) + ridge
        smallest = float(eigenvalues[eigenvalues > 1e-9 * eigenvalues[-1]][0])
        cross = float(size @ np.linalg.norm(mean_noise, axis=1))
        # Where Q is singular its range moves with ẽ too, by as much again.
        turned = 1 if len(eigenvalues) == np.count_nonzero(eigenvalues > 1e-9 * eigenvalues[-1]) else 2
        carried = float(np.mean(drift * (np.linalg.norm(residual, axis=1) + turned * size * norm)))
        own = solve_allowance(
            np.sqrt(weights)[:, None] * source.repeat(count, axis=0),
            np.sqrt(weights)[:, None] * rows,
            expected[k],
            ridge,
        )
        allowed = (cross + carried) / smallest + own
        result.insert(0, allowed)
        if not direct(rule):
            steepest = floats.slope(network.activations[k], instance.clean.pre_activations[k]).max(axis=1)
            drift = steepest * (allowed * size + norm * drift)
    return result


def resolved(network: Network, feedback: Sequence[Array], x: Array, y: Array, rule: str = "FA") -> bool:
    """Whether rounding of ẽ itself is small against (b), so that (a) and (b) are all that a fit may lose.

    It is not where units are so saturated, or signals cancel so far, that little more than rounding is left.
    """
    signals = floats.error_signals(network, feedback, floats.forward(network, x), y, rule)
    allowed = signal_allowance(network, feedback, x, y, rule)
    for error, rounding in zip(distinct(rule, signals), distinct(rule, allowed), strict=True):
        singular = np.linalg.svd(error, compute_uv=False)
        kept = singular[singular > 1e-7 * singular[0]]
        if not kept.size or np.linalg.norm(rounding) > 800 * UNIT_ROUNDOFF * singular[0] ** 2 / kept[-1]:
            return False
    return True


def signal_allowance(
    network: Network, feedback: Sequence[Array], x: Array, y: Array, rule: str = "FA"
) -> list[Array]:
    """How far rounding may take ẽ^1 … ẽ^{N+1}, entry by entry: a first-order running error analysis of the
    textbook formulas, times 8.

    σ' may be computed from h (1 - h² and the like), so its error is absolute, not relative.
    """
    u, passed = UNIT_ROUNDOFF, floats.forward(network, x)
    slopes = [
        floats.slope(name, a) for name, a in zip(network.activations, passed.pre_activations, strict=True)
    ]
    value_error = np.zeros_like(x)
    slope_errors = []
    for index, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
        magnitude = np.abs(passed.activations[index]) @ np.abs(weight).T
        argument_error = (weight.shape[1] + 2) * u * magnitude + value_error @ np.abs(weight).T
        slope_errors.append(ACTIVATIONS[name].curvature * argument_error + 4 * u)
        value_error = slopes[index] * argument_error + 3 * u * np.abs(passed.activations[index + 1])

    outputs = passed.activations[-1]
    loss = LOSSES[network.loss]
    gradient_error = loss.gradient_error(outputs, y, value_error, u)
    error = np.abs(loss.gradient(outputs, y)) * slope_errors[-1] + slopes[-1] * gradient_error
    signals = floats.error_signals(network, feedback, passed, y, rule)
    allowed = [error]
    for index in range(len(feedback) - 1, -1, -1):
        carried, carried_error = source(rule, signals[index + 1 :]), source(rule, allowed)
        matrix = np.abs(feedback[index])
        product_error = carried_error @ matrix + (len(matrix) + 2) * u * (np.abs(carried) @ matrix)
        below = slopes[index] * product_error + np.abs(carried @ feedback[index]) * slope_errors[index]
        allowed.insert(0, below)
    return [8 * (a + u * np.abs(e)) for a, e in zip(allowed, signals, strict=True)]
