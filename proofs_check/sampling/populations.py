"""Finite samples of a subject, and the exact law of what they sum to.

A sample is T independent rows: a datum, each equally likely, and the subject's own noise. What it fits
satisfies its normal equations, so where the errors that a matrix is fitted with are the output errors times
fitted matrices, a product with B̂ is a sum over rows, at any T:

    top, or DFA:                       Q_T (B̂ - W̃) = Σ_t e_t (λ̂_t - W̃ᵀe_t)ᵀ,              Q_T = Σ_t e_t
    e_tᵀ; FA, layer i, linear square above:  Q_T B̂^{N+1} ⋯ B̂^{i+1} (B̂^i - W̃^i) = Σ_t e_t (λ̂^{i-1}_t -
    W̃^{iT} λ̂^i_t)ᵀ.

The last one holds because ẽ^i = (B̂^{N+1} ⋯ B̂^{i+1})ᵀ e there: the matrix cancels out of the normal
equations. It contains what the fitted matrices above do to B̂^i, the generated-regressor term. With the
matrices above taken as known, the rows would be e_t (λ̂^{i-1}_t - W̃^{iT} ẽ^i_t)ᵀ instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from proofs_check.float64 import floats
from proofs_check.float64.floats import Array
from proofs_check.float64.rule import direct
from proofs_check.networks.drawn import Instance
from proofs_check.sampling.sums import Sum
from theory.exact.noise_laws import LAWS

ORDER = 6  # nodes per unit where the noise has a density: exact for polynomials of degree 11

FINE, WIDE = 24, 6.0


def support(family: str, units: int, order: int = ORDER) -> tuple[Array, Array]:
    """Values (A, n) and weights (A,) of the noise of ``units`` units: its atoms, or Gauss's quadrature."""
    law = LAWS[family]
    if law.atoms is not None:
        values = np.array([float(value) for value, _ in law.atoms])
        weights = np.array([float(weight) for _, weight in law.atoms])
    elif family == "gaussian" and order > FINE:
        values = np.linspace(-WIDE, WIDE, order)  # the trapezoidal rule, which bears oscillation in the tails
        weights = np.exp(-(values**2) / 2)
    elif family == "gaussian":
        values, weights = np.polynomial.hermite_e.hermegauss(order)
    else:
        values, weights = np.polynomial.legendre.leggauss(order)
        values = np.sqrt(3.0) * values
    weights = weights / weights.sum()
    grid = np.array(list(product(range(len(values)), repeat=units)))
    return values[grid], weights[grid].prod(axis=1)


@dataclass(frozen=True)
class Population:
    """A network with its data, a family of noise and c."""

    instance: Instance
    family: str
    c: float
    rule: str = "FA"
    order: int = ORDER

    @cached_property
    def errors(self) -> Array:
        """e^{N+1} of each datum, (M, p)."""
        return self.instance.true_errors[-1]

    @cached_property
    def estimates(self) -> list[Array]:
        """λ̂^1 … λ̂^N of every (datum, atom) pair, (M A, n_i), datum-major: two passes and a subtraction."""
        atoms = floats.by_layer(self._support[0], self.instance.network.hidden)
        data, count = len(self.instance.x), len(self._support[1])
        x, y = (np.repeat(values, count, axis=0) for values in (self.instance.x, self.instance.y))
        noise = [np.tile(layer, (data, 1)) for layer in atoms]
        return estimates(self.instance.network, x, y, noise, self.c)

    @cached_property
    def weights(self) -> Array:
        """The probability of each pair."""
        return np.tile(self._support[1], len(self.instance.x)) / len(self.instance.x)

    @cached_property
    def _support(self) -> tuple[Array, Array]:
        return support(self.family, sum(self.instance.network.hidden), self.order)

    @cached_property
    def _pair_errors(self) -> Array:
        return np.repeat(self.errors, len(self._support[1]), axis=0)

    @cached_property
    def direct(self) -> list[Array]:
        """plim of the fits of λ̂^1 … λ̂^N to e: C^{-1} E[e λ̂ᵀ], (p, n_i)."""
        weighted = self._pair_errors * self.weights[:, None]
        gram = weighted.T @ self._pair_errors
        return [_solved(gram, weighted.T @ rows) for rows in self.estimates]

    @cached_property
    def limits(self) -> list[Array]:
        """W̃^2(c) … W̃^{N+1}(c), from the direct fits: under FA for linear square layers above each."""
        if direct(self.rule):
            return self.direct
        lower = [_solved(up, low) for low, up in zip(self.direct, self.direct[1:], strict=False)]
        return [*lower, self.direct[-1]]

    def carried(self, matrices: list[Array], layer: int) -> Array:
        """B^{N+1} ⋯ B^{layer+1}: what turns e into the errors that B^layer is fitted with."""
        result = np.eye(self.errors.shape[1])
        if not direct(self.rule):
            for matrix in reversed(matrices[layer - 1 :]):
                result = result @ matrix
        return result

    def law(self, layer: int, rows: int) -> Sum:
        """The law of T^{-1/2} Q_T B̂^{N+1} ⋯ B̂^{layer+1} (B̂^layer - W̃^layer)."""
        return self._law(self._explained(layer), layer, rows)

    def frozen_law(self, layer: int, rows: int) -> Sum:
        """What it would be if the matrices above were known: wrong below the top of FA."""
        matrix = self.carried(self.limits, layer) @ self.limits[layer - 2]
        return self._law(self._pair_errors @ matrix, layer, rows)

    def _explained(self, layer: int) -> Array:
        limit = self.limits[layer - 2]
        top = direct(self.rule) or layer == len(self.limits) + 1
        return self._pair_errors @ limit if top else self.estimates[layer - 1] @ limit

    def _law(self, explained: Array, layer: int, rows: int) -> Sum:
        residual = self.estimates[layer - 2] - explained
        scores = self._pair_errors[:, :, None] * residual[:, None, :]
        return Sum(scores.reshape(len(residual), -1), self.weights, rows)

    def sums(self, fitted: list[Array], counts: Array, layer: int) -> Array:
        """The same of a fit to rows of which ``counts`` (M,) have each datum, as a vector."""
        gram = (self.errors * counts[:, None]).T @ self.errors
        away = self.carried(fitted, layer) @ (fitted[layer - 2] - self.limits[layer - 2])
        total: Array = (gram @ away).ravel() / np.sqrt(counts.sum())
        return total


def _solved(left: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(left, right), dtype=np.float64)


def estimates(network: floats.Network, x: Array, y: Array, noise: list[Array], c: float) -> list[Array]:
    """λ̂^1 … λ̂^N by two passes."""
    perturbed = floats.forward(network, x, [c * xi for xi in noise]).activations[-1]
    clean = floats.forward(network, x).activations[-1]
    slope = (floats.loss(network.loss, perturbed, y) - floats.loss(network.loss, clean, y)) / c
    return [slope[:, None] * xi for xi in noise]
