r"""The mean of the estimator as a power series in c, derived and not typed in.

Start from the Taylor polynomial of F, the loss as a function of the perturbation of all hidden units,

    F(z) = sum over multi-indices a of F_a z^a / a!,         F_a the partial derivative of order a at 0.

The estimate of unit j is (F(c xi) - F(0)) xi_j / c, again a polynomial: its monomials are c^{|a|-1} xi^{a +
e_j}. Taking expectations monomial by monomial gives the coefficient of every partial derivative at every
power of c, for independent coordinates and for any other design, from nothing but the joint moments of the
noise.

Units are counted from 0 in arguments and from 1 in the printed indices: F_{1,1,2} differentiates twice in
unit 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from math import factorial, prod

import sympy

from theory.exact.noise_laws import NoiseLaw, symbolic_law
from theory.results.assumptions import IDENTICAL, INDEPENDENT, SMOOTH
from theory.results.statement import Statement

MultiIndex = tuple[int, ...]
JointMoment = Callable[[MultiIndex], sympy.Expr]
Weights = dict[int, dict[MultiIndex, sympy.Expr]]

c = sympy.Symbol("c", positive=True)
"""The noise scale."""


def partial(alpha: MultiIndex) -> sympy.Symbol:
    """The symbol of the partial derivative of order ``alpha`` of F at 0, for example F_{1,1,2} for (2, 1)."""
    units = [str(unit + 1) for unit, order in enumerate(alpha) for _ in range(order)]
    return sympy.Symbol("F_{" + ",".join(units) + "}")


def multi_indices(units: int, degree: int) -> Iterator[MultiIndex]:
    """Every multi-index over ``units`` coordinates whose orders sum to ``degree``."""
    for chosen in itertools.combinations_with_replacement(range(units), degree):
        alpha = [0] * units
        for unit in chosen:
            alpha[unit] += 1
        yield tuple(alpha)


def derivative_weights(units: int, unit: int, order: int, joint_moment: JointMoment) -> Weights:
    """The coefficient of each partial derivative in E lambda_hat_j, for each power k = 0 .. ``order`` of c.

    ``joint_moment`` maps exponents (r_1, .., r_units) to the expectation of the product of xi_k^{r_k}; use
    ``NoiseLaw.joint_moment`` for independent coordinates. The result maps k to {alpha: coefficient},
    without the coefficients that are 0.
    """
    if units < 1 or not 0 <= unit < units:
        raise ValueError(f"unit is {unit} of {units}; expected 0 <= unit < units.")
    if order < 0:
        raise ValueError(f"order is {order}; expected 0 or more.")
    weights: Weights = {}
    for power in range(order + 1):
        weights[power] = {}
        for alpha in multi_indices(units, power + 1):
            exponents = (*alpha[:unit], alpha[unit] + 1, *alpha[unit + 1 :])
            weight = sympy.sympify(joint_moment(exponents)) / prod(map(factorial, alpha))
            if weight != 0:
                weights[power][alpha] = weight
    return weights


def series(units: int, unit: int, order: int, law: NoiseLaw) -> sympy.Expr:
    """E lambda_hat_j to order c^order, for independent coordinates of ``law``, in the symbols F_alpha."""
    return _collect(derivative_weights(units, unit, order, law.joint_moment))


def printed_series(units: int, unit: int, order: int, law: NoiseLaw) -> sympy.Expr:
    """What the paper prints (proof of Theorem 1): the pure derivatives F_j, F_jj, F_jjj, .. only."""
    weights = derivative_weights(units, unit, order, law.joint_moment)
    return _collect(
        {
            power: {alpha: weight for alpha, weight in terms.items() if alpha[unit] == sum(alpha)}
            for power, terms in weights.items()
        }
    )


def dropped_terms(units: int, unit: int, order: int, law: NoiseLaw) -> sympy.Expr:
    """The cross terms that the printed series leaves out: ``series`` minus ``printed_series``."""
    return sympy.expand(series(units, unit, order, law) - printed_series(units, unit, order, law))


def closed_form(units: int, unit: int, law: NoiseLaw) -> sympy.Expr:
    """The closed form to order c^3 for iid coordinates of mean 0 and variance 1, as the statement has it.

    That ``series`` equals it for 5 units proves it for every number of units: a derivative of order at most
    4 involves at most 4 units besides j, and the coefficients depend on the exponents alone, not on which
    units carry them.
    """

    def derivative(own: int, other: int = 0, other_order: int = 0) -> sympy.Symbol:
        alpha = [0] * units
        alpha[other] = other_order
        alpha[unit] = own
        return partial(tuple(alpha))

    others = [k for k in range(units) if k != unit]
    k3, k4, k5 = (law.moment(r) for r in (3, 4, 5))
    return sympy.expand(
        derivative(1)
        + c * k3 / 2 * derivative(2)
        + c**2 * (k4 / 6 * derivative(3) + sum(derivative(1, k, 2) for k in others) / 2)
        + c**3 * k5 / 24 * derivative(4)
        + c**3 * k3 * sum(derivative(2, k, 2) / 4 + derivative(1, k, 3) / 6 for k in others)
    )


def equals_closed_form(units: int, law: NoiseLaw | None = None) -> bool:
    """Whether derived series and closed form agree for every unit; by default for the symbolic law."""
    law = law or symbolic_law()
    return all(
        sympy.expand(series(units, unit, 3, law) - closed_form(units, unit, law)) == 0
        for unit in range(units)
    )


def exact_mean_estimate(F: sympy.Poly, unit: int, law: NoiseLaw, scale: sympy.Rational) -> sympy.Expr:
    """E lambda_hat_j for a polynomial F, by enumerating every outcome of the noise: no series involved.

    ``F`` has one generator per unit, ``law`` finitely many atoms, ``scale`` is the number c > 0.
    """
    if law.atoms is None:
        raise ValueError(f"law is {law.name}; expected one with finitely many atoms.")
    scale = _positive(scale)
    at_rest = F.eval((0,) * len(F.gens))
    total = sympy.Integer(0)
    for outcome in itertools.product(law.atoms, repeat=len(F.gens)):
        point = tuple(scale * value for value, _ in outcome)
        difference = F.eval(point) - at_rest
        total += prod(weight for _, weight in outcome) * difference * outcome[unit][0] / scale
    return sympy.expand(total)


def mean_estimate_by_series(F: sympy.Poly, unit: int, law: NoiseLaw, scale: sympy.Rational) -> sympy.Expr:
    """The same mean from the series, which ends for a polynomial, with the derivatives of F at 0 put in."""
    scale = _positive(scale)
    weights = derivative_weights(len(F.gens), unit, max(F.total_degree() - 1, 0), law.joint_moment)
    return sympy.expand(
        sum(
            scale**power * weight * F.diff(*zip(F.gens, alpha, strict=True)).eval((0,) * len(F.gens))
            for power, terms in weights.items()
            for alpha, weight in terms.items()
        )
    )


def _collect(weights: Weights) -> sympy.Expr:
    terms = (c**k * w * partial(alpha) for k, row in weights.items() for alpha, w in row.items())
    return sympy.expand(sympy.Add(*terms))


def _positive(scale: sympy.Rational) -> sympy.Expr:
    scale = sympy.sympify(scale)
    if not scale.is_positive:
        raise ValueError(f"scale is {scale}; expected a number greater than 0.")
    return scale


def _conclusion() -> sympy.Eq:
    """The statement for two units, the smallest number that shows a cross term."""
    return sympy.Eq(sympy.Symbol(r"\mathbb{E}\hat\lambda_1"), series(2, 0, 3, symbolic_law()) + sympy.O(c**4))


STATEMENT = Statement(
    id="expansion",
    title="The mean of the estimator, order by order in c",
    source="proof of Theorem 1, appendix A",
    status="false as printed",
    latex=(
        r"\mathbb{E}[\hat\lambda_j\mid x,y]=F_j+c\,\frac{\kappa_3}{2}F_{jj}"
        r"+c^2\Bigl[\frac{\kappa_4}{6}F_{jjj}+\frac12\sum_{k\ne j}F_{jkk}\Bigr]"
        r"+c^3\Bigl[\frac{\kappa_5}{24}F_{jjjj}"
        r"+\kappa_3\sum_{k\ne j}\Bigl(\frac14F_{jjkk}+\frac16F_{jkkk}\Bigr)\Bigr]+O(c^4),"
        r"\qquad F_{j\cdots k}=\frac{\partial}{\partial z_j}\cdots\frac{\partial}{\partial z_k}F(0)"
    ),
    assumptions=(INDEPENDENT, IDENTICAL, SMOOTH),
    conclusion=_conclusion(),
    as_printed=(
        r"$\hat\lambda^N_j=\frac1{c^2}\sum_{m\ge1}\frac1{m!}"
        r"\frac{\partial^mL}{\partial (h^N_j)^m}(c\,\xi_j)^{m+1}$: powers of the unit's own noise only."
    ),
    repair=(
        "All hidden units are perturbed at once, so the Taylor series of the loss has mixed derivatives. The "
        "mixed terms of first order have mean zero but are the variance of the estimator; those of third "
        "order add "
        r"$\tfrac12\sum_{k\ne j}F_{jkk}$ to the bias at order $c^2$. The limit $c\to0$ is not affected."
    ),
    beyond=(
        "More than five units: that the others enter alike is said in words with the proof, and in no "
        "step of it."
    ),
)
