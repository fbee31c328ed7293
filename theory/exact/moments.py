"""First and second moments of an estimator over a finite design, exactly, at any c.

The estimators of this project have the form φ(x, y, ξ) ξ with one number φ per sample: the scaled loss
difference of eq. (2), the noisy loss where the baseline is left out, a central difference, a difference from
which a predicted part was subtracted. Their moments are sums over the atoms.

Here all hidden units of all layers stand in one row, n = n_1 + … + n_N.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb

from theory.exact.designs import Design
from theory.exact.network import Matrix, Scalar, rational
from theory.exact.population import Problem

Factors = Sequence[Sequence[Scalar]]
"""φ for every datum (outer) and every atom of a design (inner)."""


def mean(problem: Problem, design: Design, factors: Factors) -> Matrix:
    """E[φ ξ | x, y], M x n: one row for each datum."""
    kind = type(problem.network.weights[0])
    weights = _weights(problem, design)
    table = [[p * factor for p, factor in zip(weights, row, strict=True)] for row in factors]
    return kind(table) * kind(design.atoms(problem.network.exact))


def second_moments(problem: Problem, design: Design, factors: Factors) -> list[Matrix]:
    """E[φ² ξ ξᵀ | x, y], n x n, for each datum."""
    kind = type(problem.network.weights[0])
    atoms, weights = design.atoms(problem.network.exact), _weights(problem, design)
    across = kind(atoms).transpose()
    result = []
    for row in factors:
        scaled = [p * f * f for p, f in zip(weights, row, strict=True)]
        result.append(across * kind([[s * v for v in atom] for s, atom in zip(scaled, atoms, strict=True)]))
    return result


def covariances(problem: Problem, design: Design, factors: Factors) -> list[Matrix]:
    """Cov[φ ξ | x, y], n x n, for each datum."""
    kind = type(problem.network.weights[0])
    means = mean(problem, design, factors).tolist()
    seconds = second_moments(problem, design, factors)
    return [s - kind([row]).transpose() * kind([row]) for s, row in zip(seconds, means, strict=True)]


def expectation(problem: Problem, design: Design, rows: Sequence[Sequence[Scalar]]) -> Matrix:
    """The mean over the atoms, M x n, of n rows over all (datum, atom) pairs, datum-major."""
    kind, count = type(problem.network.weights[0]), len(design.values)
    weights = kind([[p] for p in _weights(problem, design)])
    data = range(len(problem.x))
    columns = [[(kind([row[t * count : (t + 1) * count]]) * weights)[0, 0] for t in data] for row in rows]
    return kind(columns).transpose()


def gradients(problem: Problem) -> Matrix:
    """g, M x n: λ^1 … λ^N side by side, one row for each datum."""
    return side_by_side(problem.true_gradients)


def side_by_side(layers: Sequence[Matrix]) -> Matrix:
    """Layers of n_i x M, one column for each datum, as one M x n matrix over all hidden units."""
    return type(layers[0])([row for layer in layers for row in layer.tolist()]).transpose()


def _weights(problem: Problem, design: Design) -> list[Scalar]:
    exact = problem.network.exact
    return [rational(p) if exact else arb(rational(p)) for p in design.probabilities]
