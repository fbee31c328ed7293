r"""Central differences: the same variance as c -> 0, and no bias of odd order whatever the law of the noise.

The estimate (F(c xi) - F(-c xi)) xi / 2c is the mean of two one-sided ones, with xi and with -xi, so its mean
is the even part in c of theirs. A third moment of the noise, which costs the one-sided estimate a bias of
order c, costs it nothing; and for a loss that is quadratic in the perturbation it is (g.xi) xi at every c.
"""

from __future__ import annotations

import sympy

from theory.exact.designs import Design
from theory.exact.network import Real, Scalar
from theory.exact.noise_laws import NoiseLaw, symbolic_law
from theory.exact.population import Problem, scaled_differences
from theory.results import expansion
from theory.results.assumptions import IDENTICAL, INDEPENDENT, MOMENTS, SMOOTH
from theory.results.expansion import c
from theory.results.statement import Statement


def series(units: int, unit: int, order: int, law: NoiseLaw) -> sympy.Expr:
    """The mean of the central-difference estimate to order c^order: the two one-sided series, averaged."""
    one_sided = expansion.series(units, unit, order, law)
    return sympy.expand((one_sided + one_sided.subs(c, -c)) / 2)


def central_differences(problem: Problem, design: Design, step: Real) -> list[list[Scalar]]:
    """(F(cξ) - F(-cξ))/2c for every datum and atom: what multiplies ξ."""
    pairs = zip(
        scaled_differences(problem, design, step), scaled_differences(problem, design, -step), strict=True
    )
    return [[(a + b) / 2 for a, b in zip(ahead, back, strict=True)] for ahead, back in pairs]


STATEMENT = Statement(
    id="antithetic",
    title="Central differences have no bias of odd order, and the same variance in the limit",
    source="new",
    status="new",
    latex=(
        r"\hat\lambda^{\pm}=\frac{F(c\,\xi)-F(-c\,\xi)}{2c}\,\xi"
        r"=\tfrac12\bigl[\hat\lambda(\xi)+\hat\lambda(-\xi)\bigr]:\qquad "
        r"\mathbb{E}[\hat\lambda^{\pm}_j\mid x,y]=F_j"
        r"+c^2\Bigl[\frac{\kappa_4}{6}F_{jjj}+\frac12\sum_{k\ne j}F_{jkk}\Bigr]+O(c^4),\qquad "
        r"\operatorname{Cov}[\hat\lambda^{\pm}\mid x,y]"
        r"=|g|^2I+gg^{\top}+(\kappa_4-3)\operatorname{diag}(g^2)+O(c^2)"
    ),
    assumptions=(INDEPENDENT, IDENTICAL, SMOOTH, MOMENTS),
    conclusion=sympy.Eq(
        sympy.Symbol(r"\mathbb{E}\hat\lambda^{\pm}_1"), series(2, 0, 3, symbolic_law()) + sympy.O(c**4)
    ),
    repair=(
        r"It costs a second perturbed pass. Two independent one-sided estimates cost as much, the clean pass "
        r"being shared, and their average has half the variance for $c\to0$: central differences pay where "
        r"the noise is skewed or $c$ is large."
    ),
    beyond=(
        "The covariance is computed on drawn networks, exactly for quadratic losses and else in ball "
        "arithmetic. That in the mean more than five units enter alike is said in words with the proof."
    ),
)
