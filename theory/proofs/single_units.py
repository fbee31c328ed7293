"""What is proved unit by unit: the series of the mean, its remainder, the covariance, central differences.

Unit 1 is the unit in question. The numbers of units are those that an entry can involve: a derivative
of order four touches at most four units besides, a fourth moment of the noise four in all, and the
others enter every formula alike; so what holds here holds for any number.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import sympy

from theory.proof import Proof, Same, Step, Within, c, suppose
from theory.proof.rules import ARITHMETIC, EXPANSION, SEPARATION, TAYLOR, TRIANGLE
from theory.proof.units import (
    E,
    derivative,
    gradient_entry,
    kappa,
    raised,
    remainder,
    supremum,
    taylor,
    taylor_bound,
    xi,
)
from theory.results.assumptions import IDENTICAL, INDEPENDENT, QUADRATIC, SMOOTH, THIRD

_ALIKE = (
    "Unit 1 is the one in question, and every step treats the others alike, so the sum over them may have "
    "any number of terms."
)
_FIVE = (
    "Written for five units. A term below the order in question has a derivative of order four at most, "
    f"which touches four units at most, and the noise of unit 1: five in all. {_ALIKE}"
)
_THREE = (
    "Written for three units: a derivative of order two touches two units at most, and there is the noise "
    f"of unit 1. {_ALIKE}"
)
_ONE_BY_ONE = (
    "Written for three units, which stand for any number. Unit 1 is the one in question; the noise of the "
    "others is taken out of $F_1$ one by one, each by the same step: Taylor's formula in it, mean 0, and the "
    "bound of the rest. Unit 3 shows the step where another is still perturbed, unit 2 where none is; each "
    "further unit $k$ repeats the former and adds $c^2M_{1,k,k}/2$."
)
_FOUR = (
    "Written for four units: a product of two estimates has the noise of four units at most, two of them "
    "those in question. The others enter alike, so the sums over them may have any number of terms."
)
_moments = (suppose(INDEPENDENT), suppose(IDENTICAL))


def polynomial(units: int, degree: int) -> sympy.Expr:
    """The Taylor polynomial of F(c ξ) - F(0)."""
    total = sympy.Integer(0)
    for size in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(1, units + 1), size):
            alpha = {unit: chosen.count(unit) for unit in set(chosen)}
            term = derivative(alpha, ())
            for unit, order in alpha.items():
                term *= (c * xi(unit)) ** order / sympy.factorial(order)
            total += term
    return total


def closed_form(units: int, order: int) -> sympy.Expr:
    """E λ̂_1 to below c^order, as the statement has it."""
    others = range(2, units + 1)

    def d(own: int, other: int = 0, power: int = 0) -> sympy.Expr:
        return derivative(raised({1: own}, other, power) if power else {1: own}, ())

    terms = [
        d(1),
        c * kappa(3) / 2 * d(2),
        c**2 * (kappa(4) / 6 * d(3) + sum(d(1, k, 2) for k in others) / 2),
        c**3 * kappa(5) / 24 * d(4) + c**3 * kappa(3) * sum(d(2, k, 2) / 4 + d(1, k, 3) / 6 for k in others),
    ]
    return sympy.Add(*terms[:order])


def difference(units: int, sign: int = 1) -> sympy.Expr:
    """F(± c ξ) - F(0)."""
    loss = derivative({}, range(1, units + 1))
    return loss.func(*(sign * argument for argument in loss.args)) - derivative({}, ())


def _series(units: int, order: int, hypothesis: object) -> tuple[Step, ...]:
    estimate = E(difference(units) * xi(1) / c)
    below = None if hypothesis == suppose(QUADRATIC) else order
    degree = 2 if below is None else order
    taylor_mean = E(polynomial(units, degree) * xi(1) / c)
    return (
        Step("Taylor", Same(estimate, taylor_mean, below), EXPANSION, (hypothesis,)),  # type: ignore[arg-type]
        Step(
            "closed form",
            Same(taylor_mean, closed_form(units, order)),
            SEPARATION,
            _moments,
        ),
    )


def _mean(units: int) -> sympy.Expr:
    return E(difference(units) * xi(1) / c)


EXPANSION_PROOF = Proof(
    "expansion",
    (INDEPENDENT, IDENTICAL, SMOOTH),
    (
        *_series(5, 4, suppose(SMOOTH)),
        Step(
            "mean of the estimate",
            Same(_mean(5), closed_form(5, 4), 4),
            ARITHMETIC,
            ("Taylor", "closed form"),
        ),
    ),
    ("mean of the estimate",),
    note=_FIVE,
)

ZERO_BIAS = Proof(
    "zero-bias",
    (INDEPENDENT, IDENTICAL, QUADRATIC),
    (
        *_series(3, 2, suppose(QUADRATIC)),
        Step(
            "mean of the estimate",
            Same(_mean(3), closed_form(3, 2)),
            ARITHMETIC,
            ("Taylor", "closed form"),
        ),
    ),
    ("mean of the estimate",),
    note=_THREE,
)

_central = E((difference(5) - difference(5, -1)) * xi(1) / (2 * c))
_odd = (polynomial(5, 4) - polynomial(5, 4).subs(c, -c)) / 2
_unbiased = closed_form(5, 3).subs(kappa(3), 0)

ANTITHETIC = Proof(
    "antithetic",
    (INDEPENDENT, IDENTICAL, SMOOTH),
    (
        Step("Taylor, both ways", Same(_central, E(_odd * xi(1) / c), 4), EXPANSION, (suppose(SMOOTH),)),
        Step("closed form", Same(E(_odd * xi(1) / c), _unbiased), SEPARATION, _moments),
        Step("no odd order", Same(_central, _unbiased, 4), ARITHMETIC, ("Taylor, both ways", "closed form")),
    ),
    ("no odd order",),
    note=_FIVE,
)


def _remainder_steps() -> tuple[Step, ...]:
    """Three units: the own noise first, then that of the others, one after the other."""
    third = suppose(THIRD)
    estimate = _mean(3)
    own, kept = taylor({}, (1, 2, 3), 1, 3), remainder({}, (1, 2, 3), 1, 3)
    slope, curvature = derivative({1: 1}, (2, 3)), derivative({1: 2}, (2, 3))
    bias = estimate - gradient_entry(1) - c * kappa(3) / 2 * E(curvature)
    last, middle = remainder({1: 1}, (2, 3), 3, 2), remainder({1: 1}, (2,), 2, 2)
    own_bound = c**2 * kappa(4) / 6 * supremum({1: 3})
    bounds = [c**2 / 2 * supremum({1: 1, k: 2}) for k in (2, 3)]
    return (
        Step("own noise", Same(derivative({}, (1, 2, 3)), own), TAYLOR, (third,)),
        Step("own rest", Within(kept, taylor_bound({}, 1, 3)), TAYLOR, (third,)),
        Step(
            "mean over the own noise",
            Same(estimate, E(slope) + c * kappa(3) / 2 * E(curvature) + E(kept * xi(1)) / c),
            SEPARATION,
            ("own noise", *_moments, third),
        ),
        Step(
            "own part",
            Within(E(kept * xi(1)) / c, own_bound),
            TRIANGLE,
            ("own rest", suppose(IDENTICAL)),
        ),
        Step("unit 3", Same(slope, taylor({1: 1}, (2, 3), 3, 2)), TAYLOR, (third,)),
        Step("rest of unit 3", Within(last, taylor_bound({1: 1}, 3, 2)), TAYLOR, (third,)),
        Step(
            "without unit 3",
            Same(E(slope), E(derivative({1: 1}, (2,))) + E(last)),
            SEPARATION,
            ("unit 3", suppose(INDEPENDENT), third),
        ),
        Step(
            "part of unit 3", Within(E(last), bounds[1]), TRIANGLE, ("rest of unit 3", suppose(INDEPENDENT))
        ),
        Step("unit 2", Same(derivative({1: 1}, (2,)), taylor({1: 1}, (2,), 2, 2)), TAYLOR, (third,)),
        Step("rest of unit 2", Within(middle, taylor_bound({1: 1}, 2, 2)), TAYLOR, (third,)),
        Step(
            "without unit 2",
            Same(E(derivative({1: 1}, (2,))), gradient_entry(1) + E(middle)),
            SEPARATION,
            ("unit 2", suppose(INDEPENDENT)),
        ),
        Step(
            "part of unit 2", Within(E(middle), bounds[0]), TRIANGLE, ("rest of unit 2", suppose(INDEPENDENT))
        ),
        Step(
            "bias",
            Same(bias, E(kept * xi(1)) / c + E(last) + E(middle)),
            ARITHMETIC,
            ("mean over the own noise", "without unit 3", "without unit 2"),
        ),
        Step(
            "bound",
            Within(bias, own_bound + sum(bounds)),
            TRIANGLE,
            ("bias", "own part", "part of unit 3", "part of unit 2"),
        ),
    )


REMAINDER = Proof(
    "remainder", (INDEPENDENT, IDENTICAL, THIRD), _remainder_steps(), ("bound",), note=_ONE_BY_ONE
)


def _covariance_steps() -> tuple[Step, ...]:
    """Four units: a diagonal entry and one beside it."""
    g = {k: gradient_entry(k) for k in range(1, 5)}
    slope = sum(g[k] * xi(k) for k in g)
    norm = sum(value**2 for value in g.values())
    means = {j: Same(E(slope * xi(j)), g[j]) for j in (1, 2)}
    diagonal, beside = E(slope**2 * xi(1) ** 2), E(slope**2 * xi(1) * xi(2))
    variance, covariance = diagonal - E(slope * xi(1)) ** 2, beside - E(slope * xi(1)) * E(slope * xi(2))
    return (
        Step("mean", means[1], SEPARATION, (suppose(INDEPENDENT),)),
        Step("mean beside", means[2], SEPARATION, (suppose(INDEPENDENT),)),
        Step("second moment", Same(diagonal, norm + (kappa(4) - 1) * g[1] ** 2), SEPARATION, _moments),
        Step("second moment beside", Same(beside, 2 * g[1] * g[2]), SEPARATION, _moments),
        Step(
            "variance",
            Same(variance, norm + g[1] ** 2 + (kappa(4) - 3) * g[1] ** 2),
            ARITHMETIC,
            ("second moment", "mean"),
        ),
        Step(
            "covariance",
            Same(covariance, g[1] * g[2]),
            ARITHMETIC,
            ("second moment beside", "mean", "mean beside"),
        ),
    )


COVARIANCE = Proof(
    "variance",
    (INDEPENDENT, IDENTICAL),
    _covariance_steps(),
    ("variance", "covariance"),
    "the moments of (g·ξ) ξ",
    note=_FOUR,
)
