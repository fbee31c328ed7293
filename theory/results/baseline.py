r"""Subtracting the clean loss leaves the mean alone, if the noise is centred, and makes the variance finite.

Without it the estimate is F(c xi) xi_j / c. That adds F(0) xi_j / c to every estimate: of mean zero if E xi_j
= 0, and of variance F(0)^2 / c^2, which is all there is left to see for small c.
"""

from __future__ import annotations

import sympy

from theory.exact.designs import Design
from theory.exact.network import Real, Scalar, rational
from theory.exact.population import Problem, noisy_losses
from theory.results.assumptions import INDEPENDENT, MOMENTS, S1, SAMPLES, TWICE
from theory.results.expansion import JointMoment, c
from theory.results.statement import Statement
from theory.results.zero_bias import quadratic


def without_baseline(problem: Problem, design: Design, step: Real) -> list[list[Scalar]]:
    """L̃/c for every datum and atom: what multiplies ξ where the clean loss is not subtracted."""
    return [[loss / rational(step) for loss in row] for row in noisy_losses(problem, design, step)]


def excess(units: int, unit: int, order: int, joint_moment: JointMoment) -> sympy.Expr:
    """E[(F(c xi) xi_j / c)^r] - E[lambda_hat_j^r] for r = ``order``, for the general quadratic F.

    In the symbols f = F(0), g_j and H_{j,k}; the noise has any joint moments.
    """
    F = quadratic(units)
    change = F.as_expr() - sympy.Symbol("f")
    own = F.gens[unit]
    powers = ((change + sympy.Symbol("f")) * own) ** order - (change * own) ** order
    total = sympy.Integer(0)
    for exponents, coefficient in sympy.Poly(powers, *F.gens).terms():
        # F is taken at c xi, but the factor xi_j is not scaled: it stands in the product ``order`` times.
        total += coefficient * c ** (sum(exponents) - 2 * order) * joint_moment(exponents)
    return sympy.expand(total)


STATEMENT = Statement(
    id="baseline",
    title="The baseline does not change the mean, and without it the variance grows as 1/c²",
    source="Discussion",
    status="holds with repair",
    latex=(
        r"\mathbb{E}\Bigl[\frac{\tilde L}{c}\,\xi_j\Bigr]=\mathbb{E}[\hat\lambda_j]+\frac{L}{c}\,"
        r"\mathbb{E}\xi_j,\qquad "
        r"\mathbb{E}\xi=0:\quad \operatorname{Var}\Bigl[\frac{\tilde L}{c}\,\xi_j\Bigr]"
        r"=\operatorname{Var}[\hat\lambda_j]+\frac{L^2}{c^2}+\frac{2\kappa_3L\,g_j}{c}+O(1)"
    ),
    assumptions=(SAMPLES, INDEPENDENT, S1, TWICE, MOMENTS),
    conclusion=r"\mathbb{E}[\tilde L\,\xi]/c=\mathbb{E}[\hat\lambda]\iff L\,\mathbb{E}\xi=0",
    as_printed="Subtracting a baseline loss does not affect the expected value of the estimator.",
    repair=(
        r"It does not if $\mathbb{E}\xi=0$, which A1 does not ask for: a mean $\mu$ of the noise adds "
        r"$L\mu/c$. And the baseline is no refinement that could be dropped: for $c\to0$, where the method "
        r"is consistent, the variance without it is $L^2/c^2$. With one derivative alone (S1) the rest of "
        r"the expansion is $o(1/c)$."
    ),
    beyond=(
        r"The steps suppose a mean of 0. The term $L\,\mathbb{E}\xi_j/c$ of another mean and the "
        r"expansion of the variance are derived in symbols, for two and three units, and both are "
        r"computed exactly on drawn networks, the latter in its leading term."
    ),
)
