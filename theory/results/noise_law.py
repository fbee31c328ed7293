"""Which noise will do: what counts are the second moments over all perturbed units, and nothing else.

With E[xi xi^T] = M the estimate of unit j converges to (M g)_j, g the gradient over all perturbed units of
all layers: correlated noise mixes units, noise shared by two layers adds their gradients, and a mean mu
adds mu mu^T to the covariance. Sub-Gaussian tails (A1) are neither enough nor needed.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from theory.results.assumptions import M1, M3, ONE_HIDDEN, R_TOP, S1, SAMPLES, R
from theory.results.expansion import MultiIndex, derivative_weights, partial
from theory.results.linear_networks import downstream_maps
from theory.results.statement import Statement


def mean_at_zero(unit: int, second_moment: sympy.Matrix) -> sympy.Expr:
    """The limit of E lambda_hat_j for c -> 0, from the expansion: the sum over k of M_jk F_k."""

    def joint_moment(exponents: MultiIndex) -> sympy.Expr:
        first, *rest = (k for k, exponent in enumerate(exponents) for _ in range(exponent))
        return second_moment[first, rest[0]]

    units = second_moment.rows
    weights = derivative_weights(units, unit, 0, joint_moment)[0]
    return sympy.Add(*(weight * partial(alpha) for alpha, weight in weights.items()))


def estimate_maps(weights: Sequence[sympy.Matrix], second_moment: sympy.Matrix) -> tuple[sympy.Matrix, ...]:
    """D^1 .. D^N (p x n_i) of a linear network, such that E lambda_hat^i -> (D^i)^T e for c -> 0.

    With A = [A^1 .. A^N] the gradient over all hidden units is g = A^T e, so D = A M. ``second_moment`` is
    M, n x n for n = n_1 + .. + n_N. `layerwise_limits` of `theory.results.linear_networks` carries the D^i to
    the limits of the feedback.
    """
    maps = downstream_maps(weights)
    together = sympy.Matrix.hstack(*maps)
    if second_moment.shape != (together.cols, together.cols):
        raise ValueError(
            f"second_moment has the shape {second_moment.shape}; expected {together.cols} x {together.cols}, "
            "one row for each hidden unit."
        )
    mixed = together * second_moment
    starts = [sum(above.cols for above in maps[:k]) for k in range(len(maps))]
    return tuple(mixed[:, start : start + above.cols] for start, above in zip(starts, maps, strict=True))


STATEMENT = Statement(
    id="noise-law",
    title="Any noise whose second moments are the identity will do",
    source="assumption A1, section 3 and appendix A.1",
    status="holds with repair",
    latex=(
        r"M=\mathbb{E}[\xi\xi^{\top}]\ \text{over all perturbed units}:\qquad "
        r"\lim_{c\to0}\mathbb{E}[\hat\lambda\mid x,y]=Mg;\qquad "
        r"N=1:\quad \lim_{c\to0}\operatorname*{plim}_{T\to\infty}(\hat B^{2})^{\top}=M(W^{2})^{\top};\qquad "
        r"M=s^2I,\ \text{FA}:\quad \hat B^{N+1}\to s^2W^{N+1},\quad \hat B^{i}\to W^{i}\ \ (2\le i\le N)"
    ),
    assumptions=(SAMPLES, S1, M1, R_TOP, ONE_HIDDEN, M3, R),
    conclusion=sympy.Eq(
        sympy.MatrixSymbol("B", sympy.Symbol("p"), sympy.Symbol("n_1")),
        sympy.MatrixSymbol("W", sympy.Symbol("p"), sympy.Symbol("n_1"))
        * sympy.MatrixSymbol("M", sympy.Symbol("n_1"), sympy.Symbol("n_1")),
    ),
    as_printed="A1 and appendix A.1: convergence holds for any sub-Gaussian noise, not only Gaussian.",
    repair=(
        r"Sub-Gaussian tails say nothing about $M$: $\mathcal N(0,4I)$ gives $4W$, and uniform noise on "
        r"$[-1,1]$ gives $W/3$. What is needed is $M=I$ with the moments of M3, over the units of all "
        r"layers together: noise shared by two layers, or a mean that is not zero, mixes their gradients."
    ),
    beyond=(
        "The limit $Mg$ of the mean is derived in symbols for three units and computed in ball arithmetic "
        "on drawn networks. What noise scaled by $s$ does in deep networks is computed in ball arithmetic "
        "too, and Coq proves it for finitely many values of noise and data."
    ),
)
