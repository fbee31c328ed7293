r"""The covariance of the estimator as c -> 0: the noise of one unit is summed over all perturbed units.

There the estimate is (g.xi) xi, g the gradient over all perturbed units, so its second moments are the joint
fourth moments of the noise, contracted with g twice. Nothing else goes in: independent coordinates give the
closed form, and any other design its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import sympy
from flint import fmpq

from theory.exact.designs import Design
from theory.exact.network import Scalar, rational
from theory.exact.noise_laws import NoiseLaw, symbolic_law
from theory.results.assumptions import IDENTICAL, INDEPENDENT, MOMENTS, S1, SAMPLES
from theory.results.statement import Statement

Moment = Callable[[tuple[int, ...]], Scalar]
"""E of the product of xi_k over the units named, in rising order, with repetition."""


def covariance(gradient: Sequence[Scalar], noise: NoiseLaw | Design) -> list[list[Scalar]]:
    """Cov[(g·ξ) ξ], n x n: the covariance of λ̂ as c → 0, from the joint moments of the noise.

    ``gradient`` is g over all perturbed units, in rationals, balls or symbols; ``noise`` is a law of
    independent coordinates or any design of as many units. With symbols the moments are sympy's numbers.
    """
    units = range(len(gradient))
    if isinstance(noise, Design) and noise.units != len(gradient):
        raise ValueError(f"noise has {noise.units} units; expected {len(gradient)}, one for each entry of g.")
    moment = _moments(noise, symbolic=any(isinstance(g, sympy.Basic) for g in gradient))
    means = [sum(gradient[k] * moment(tuple(sorted((j, k)))) for k in units) for j in units]

    def entry(i: int, j: int) -> Scalar:
        total = -means[i] * means[j]
        for k in units:
            for m in units:
                weight = moment(tuple(sorted((i, j, k, m))))
                if weight != 0:
                    total += gradient[k] * gradient[m] * weight
        return total

    upper = {(i, j): entry(i, j) for i in units for j in units if i <= j}
    return [[upper[min(i, j), max(i, j)] for j in units] for i in units]


def _moments(noise: NoiseLaw | Design, symbolic: bool) -> Moment:
    if isinstance(noise, Design):
        return _design_moments(noise)

    def moment(units: tuple[int, ...]) -> Scalar:
        exact = noise.joint_moment(units.count(unit) for unit in set(units))
        return exact if symbolic else fmpq(int(exact.p), int(exact.q))

    return cache(moment)


def _design_moments(design: Design) -> Moment:
    """`Design.joint_moment_of` for an even number of units, in flint's rationals, which are quicker."""
    values = [[rational(v) for v in atom] for atom in design.values]
    weights = [rational(p) for p in design.probabilities]

    def moment(units: tuple[int, ...]) -> Scalar:
        total = fmpq(0)
        for term, atom in zip(weights, values, strict=True):
            for unit in units:
                term = term * atom[unit]
            total += term
        return total * design.radicand ** (len(units) // 2)

    return cache(moment)


def closed_form(gradient: Sequence[Scalar], kappa4: Scalar) -> list[list[Scalar]]:
    """|g|² I + g gᵀ + (κ4 - 3) diag(g²), for independent coordinates of mean 0 and variance 1."""
    norm = sum(g * g for g in gradient)
    return [
        [
            left * right + (norm + (kappa4 - 3) * left * left if i == j else 0)
            for j, right in enumerate(gradient)
        ]
        for i, left in enumerate(gradient)
    ]


def away_from_closed_form(units: int) -> list[sympy.Expr]:
    """Derived covariance minus closed form, entry by entry, for symbols g_1 .. g_units and any law.

    That it vanishes for 4 units proves it for every number: an entry sums terms g_k g_m E[xi_i xi_j xi_k
    xi_m], which involve at most 4 units, and the moments depend on the pattern of the indices alone.
    """
    law, gradient = symbolic_law(), sympy.symbols(f"g_1:{units + 1}")
    derived, closed = covariance(gradient, law), closed_form(gradient, law.kappa4)
    return [sympy.expand(derived[i][j] - closed[i][j]) for i in range(units) for j in range(units)]


def trace_over_gradient(units: int) -> sympy.Expr:
    """tr Cov / |g|² for any law, derived: how the variance grows with the number of perturbed units."""
    gradient = sympy.symbols(f"g_1:{units + 1}")
    derived = covariance(gradient, symbolic_law())
    total = sympy.expand(sum(derived[j][j] for j in range(units)))
    return sympy.expand(sympy.cancel(total / sum(g**2 for g in gradient)))


STATEMENT = Statement(
    id="variance",
    title="The variance of every estimate is the squared gradient of all perturbed units",
    source="Introduction",
    status="holds",
    latex=(
        r"\lim_{c\to0}\operatorname{Cov}[\hat\lambda\mid x,y]"
        r"=|g|^2I+gg^{\top}+(\kappa_4-3)\operatorname{diag}(g^2),"
        r"\qquad g=(\lambda^1,\dots,\lambda^N);\qquad "
        r"\lim_{c\to0}\operatorname{tr}\operatorname{Cov}[\hat\lambda^{i}\mid x,y]"
        r"=n_i|g|^2+(\kappa_4-2)|\lambda^i|^2"
    ),
    assumptions=(SAMPLES, INDEPENDENT, IDENTICAL, S1, MOMENTS),
    conclusion=r"\operatorname{Cov}[\hat\lambda]\to|g|^2I+gg^{\top}+(\kappa_4-3)\operatorname{diag}(g^2)",
    as_printed="The variance of the REINFORCE estimator scales with the number of units of the network.",
    repair=(
        r"Made exact: all units together have $(n+\kappa_4-2)|g|^2$, and one unit $|g|^2+(\kappa_4-2)g_j^2$, "
        r"with $g$ over every perturbed unit of every layer. The coordinates have to be independent: a "
        r"design with other joint fourth moments has another covariance, computed in the same way."
    ),
    beyond=(
        "The steps give the limits of the first two moments, and the entries that these have for four "
        "units. That the covariance is the one less the product of the other, its trace, and that more "
        "units enter alike, is said in words; the covariance is computed on drawn networks of up to five "
        "units."
    ),
)
