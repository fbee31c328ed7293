"""First and second moments over a finite design: of a subject, exact, and what rounding may do to them.

Every row is one (datum, atom) pair, and all hidden units stand side by side: n = n_1 + … + n_N.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import flint
import numpy as np

from proofs_check.float64 import floats
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import UNIT_ROUNDOFF, difference_allowance
from proofs_check.networks.drawn import Instance
from proofs_check.questions.means import average, every_pair
from proofs_check.questions.oracle import BITS
from theory.exact import moments
from theory.exact.designs import Design
from theory.exact.population import Problem, to_floats


@dataclass(frozen=True)
class Moments:
    """E v (M, n) and E v vᵀ (M, n, n) for each datum, or how far each entry may be off."""

    mean: Array
    second: Array

    @property
    def covariance(self) -> Array:
        """E v vᵀ - E v E vᵀ, (M, n, n)."""
        return self.second - self.mean[:, :, None] * self.mean[:, None, :]


@dataclass(frozen=True)
class Spread:
    """A bound of |v| and of its rounding error, for every row and unit: (M A, n) each."""

    size: Array
    error: Array


def of_rows(rows: Sequence[Array], instance: Instance, design: Design) -> Moments:
    """The moments of rows of all pairs, given layer by layer."""
    units = np.hstack(list(rows))
    return Moments(average(units, instance, design), _products(units, units, instance, design))


def exact(
    instance: Instance, design: Design, factors: Callable[[Problem, Design], moments.Factors]
) -> Moments:
    """The moments of φ ξ for ``factors(problem, design)`` = φ, over the atoms as float64 has them."""
    with flint.ctx.workprec(BITS):
        problem, rounded = instance.problem(balls=True), design.rounded()
        table = factors(problem, rounded)
        second = moments.second_moments(problem, rounded, table)
        return Moments(
            np.array(to_floats(moments.mean(problem, rounded, table))),
            np.array([to_floats(m) for m in second]),
        )


def estimate_spread(instance: Instance, design: Design, c: float) -> Spread:
    """The size of λ̂ by two passes in float64, and what rounding may do to it: 16 u ρ |ξ| / c."""
    x, y, noise = every_pair(instance, design)
    network, xi = instance.network, np.abs(np.hstack(noise))
    perturbed = floats.forward(network, x, [c * part for part in noise]).activations[-1]
    clean = floats.forward(network, x).activations[-1]
    slope = (floats.loss(network.loss, perturbed, y) - floats.loss(network.loss, clean, y)) / c
    error = difference_allowance(network, x, y, noise, c)
    return Spread((np.abs(slope) + error)[:, None] * xi, error[:, None] * xi)


def allowed(spread: Spread, instance: Instance, design: Design) -> Moments:
    """What such errors may do to the moments, with 10 u and 16 u for our own products and averages."""
    size, error = spread.size, spread.error
    crossed = _products(size, error, instance, design)
    return Moments(
        average(error + 10 * UNIT_ROUNDOFF * size, instance, design),
        crossed
        + crossed.swapaxes(1, 2)
        + _products(error, error, instance, design)
        + 16 * UNIT_ROUNDOFF * _products(size, size, instance, design),
    )


def covariance_allowance(expected: Moments, loose: Moments) -> Array:
    """What errors of the moments may do to the covariance, (M, n, n)."""
    crossed = np.abs(expected.mean)[:, :, None] * loose.mean[:, None, :]
    both = loose.mean[:, :, None] * loose.mean[:, None, :]
    rounding = 4 * UNIT_ROUNDOFF * np.abs(expected.second)
    total: Array = loose.second + crossed + crossed.swapaxes(1, 2) + both + rounding
    return total


def _products(left: Array, right: Array, instance: Instance, design: Design) -> Array:
    table = left[:, :, None] * right[:, None, :]
    flat = average(table.reshape(len(left), -1), instance, design)
    return flat.reshape(-1, left.shape[1], right.shape[1])
