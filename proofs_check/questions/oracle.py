"""The exact answers that the four methods of a subject are held against, as float64 arrays (rounded once)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint
import numpy as np
from flint import fmpq_mat

from proofs_check.float64.floats import Array
from proofs_check.networks.drawn import Instance
from theory.exact.designs import Design
from theory.exact.network import error_signals, forward, losses, matrix, rational
from theory.exact.population import mean_estimates, minimum_norm, to_floats

BITS = 256


def exact_differences(instance: Instance, noise: Sequence[Array], c: float) -> Array:
    """(L̃ - L)/c of every row, (T,): two passes in ball arithmetic, so that nothing cancels."""
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        step = rational(c)
        offsets = [problem.network.columns(xi.tolist()) * step for xi in noise]
        perturbed = forward(problem.network, problem.inputs, offsets).activations[-1]
        pairs = zip(
            losses(problem.network, perturbed, problem.targets),
            losses(problem.network, problem.clean.activations[-1], problem.targets),
            strict=True,
        )
        return np.array([float((after - before) / step) for after, before in pairs])


def exact_estimates(instance: Instance, noise: Sequence[Array], c: float) -> list[Array]:
    """λ̂^1 … λ̂^N, (T, n_i): eq. (2)."""
    scaled = exact_differences(instance, noise, c)[:, None]
    return [scaled * xi for xi in noise]


def exact_means(instance: Instance, design: Design, c: float) -> list[Array]:
    """E[λ̂^i | x, y] over the design's atoms as float64 has them, (M, n_i)."""
    with flint.ctx.workprec(BITS):
        means = mean_estimates(instance.problem(balls=True), design.rounded(), c)
        return [np.array(to_floats(m.transpose())) for m in means]


def exact_signals(instance: Instance, feedback: Sequence[Array], rule: str) -> list[Array]:
    """ẽ^1 … ẽ^{N+1}, (T, n_i)."""
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        matrices = [matrix(b.tolist(), exact=False) for b in feedback]
        signals = error_signals(problem.network, matrices, problem.clean, problem.targets, rule)
        return [np.array(to_floats(e.transpose())) for e in signals]


def exact_solution(estimates: Array, errors: Array, ridge: float = 0.0) -> Array:
    """B (q, n) of the normal equations (Σ ẽẽᵀ + ridge) B = Σ ẽ λ̂ᵀ in rational arithmetic; the smallest where
    it is not unique.
    """
    width = errors.shape[1]
    penalty = Fraction(ridge)
    diagonal = fmpq_mat(
        width, width, [rational(penalty * (i == j)) for i in range(width) for j in range(width)]
    )
    gram, cross = exact_sums(errors, estimates)
    return np.array(to_floats(minimum_norm(gram + diagonal, cross)))


def exact_sums(errors: Array, estimates: Array) -> tuple[fmpq_mat, fmpq_mat]:
    """Σ ẽẽᵀ and Σ ẽλ̂ᵀ in rationals; of many rows of small integers by float64, which has them exactly."""
    largest = max(float(np.abs(errors).max()), float(np.abs(estimates).max()), 1.0)
    whole = all((values == np.rint(values)).all() for values in (errors, estimates))
    if whole and len(errors) * largest**2 < 2**53:
        sums = errors.T @ errors, errors.T @ estimates
        gram, cross = (matrix(values.tolist(), exact=True) for values in sums)
        return gram, cross
    signals, rows = matrix(errors.tolist(), exact=True), matrix(estimates.tolist(), exact=True)
    return signals.transpose() * signals, signals.transpose() * rows
