r"""What a feedback matrix already explains need not be estimated again.

With g~ a prediction of the gradient that does not depend on the noise of the row, taken from feedback fitted
before, the estimate lambda_cv = ((L~ - L)/c - g~.xi) xi + g~ has the mean of lambda_hat at every c: what is
subtracted has the mean E[xi xi^T] g~ = g~ that is added again. Its variance is that of the part g - g~ still
unexplained. Fitting feedback to it again and again therefore multiplies the error of each stage by the error
of a sample mean of xi xi^T, instead of adding that error of the whole gradient: geometric convergence, down
to the bias.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from theory.exact.designs import Design
from theory.exact.network import Matrix, Real, Scalar, error_signals, hadamard
from theory.exact.population import Problem, fit, scaled_differences
from theory.exact.rule import sources
from theory.results.assumptions import (
    IDENTICAL,
    INDEPENDENT,
    M1,
    MOMENTS,
    N1,
    ONE_HIDDEN,
    PREDICTED,
    R_TOP,
    S1,
    SAMPLES,
    TWICE,
)
from theory.results.statement import Statement


def remaining(problem: Problem, design: Design, step: Real, predicted: Matrix) -> list[list[Scalar]]:
    """(L̃ - L)/c - g̃·ξ for every datum and atom, ``predicted`` = g̃ (M x n): λ_cv is this times ξ, plus g̃."""
    atoms, table = design.atoms(problem.network.exact), predicted.tolist()
    return [
        [
            value - sum(g * v for g, v in zip(guess, atom, strict=True))
            for value, atom in zip(row, atoms, strict=True)
        ]
        for row, guess in zip(scaled_differences(problem, design, step), table, strict=True)
    ]


def predictions(problem: Problem, feedback: Sequence[Matrix], rule: str = "FA") -> list[Matrix]:
    """g̃^1 … g̃^N, n_i x T: (B^{i+1})ᵀ ẽ, the synthetic gradients of the given feedback."""
    signals = error_signals(problem.network, feedback, problem.clean, problem.targets, rule)
    return [b.transpose() * e for b, e in zip(feedback, sources(rule, signals), strict=True)]


def corrected(
    estimates: Sequence[Matrix], predicted: Sequence[Matrix], noise: Sequence[Matrix]
) -> list[Matrix]:
    """λ_cv^1 … λ_cv^N of finitely many rows, n_i x T: λ̂ - (g̃·ξ) ξ + g̃, the product over all layers."""
    products = [row for g, xi in zip(predicted, noise, strict=True) for row in hadamard(g, xi).tolist()]
    explained = [sum(column) for column in zip(*products, strict=True)]
    result = []
    for estimate, guess, xi in zip(estimates, predicted, noise, strict=True):
        scaled = [[s * v for s, v in zip(explained, row, strict=True)] for row in xi.tolist()]
        result.append(estimate + guess - type(xi)(scaled))
    return result


def stage(
    problem: Problem,
    estimates: Sequence[Matrix],
    noise: Sequence[Matrix],
    feedback: Sequence[Matrix],
    rule: str = "FA",
) -> list[Matrix]:
    """B^2 … B^{N+1} fitted to λ_cv of the rows of ``problem``, with g̃ of the feedback of the stage before."""
    return fit(problem, corrected(estimates, predictions(problem, feedback, rule), noise), rule)


def mean_shift(predicted: sympy.Matrix, second_moments: sympy.Matrix) -> sympy.Matrix:
    """E λ_cv - E λ̂ = (I - M) g̃, from the definition term by term; ``second_moments`` is M = E ξξᵀ."""
    units = range(predicted.rows)
    return sympy.Matrix(
        [predicted[j] - sum(predicted[k] * second_moments[k, j] for k in units) for j in units]
    )


def row_error(units: int) -> sympy.Matrix:
    """λ_cv - g - (ξξᵀ - I)(g - g̃) of a row as c → 0, in symbols: 0."""
    g, guess, xi = (sympy.Matrix(sympy.symbols(f"{name}_1:{units + 1}")) for name in ("g", "p", "xi"))
    estimate = ((g.T * xi)[0] - (guess.T * xi)[0]) * xi + guess
    return sympy.expand(estimate - g - (xi * xi.T - sympy.eye(units)) * (g - guess))


STATEMENT = Statement(
    id="control-variate",
    title="Subtracting what the feedback already explains: the same mean, geometric convergence",
    source="new",
    status="new",
    latex=(
        r"\hat\lambda_{\mathrm{cv}}=\Bigl(\frac{\tilde L-L}{c}-\tilde g^{\top}\xi\Bigr)\xi+\tilde g:\qquad "
        r"\mathbb{E}[\hat\lambda_{\mathrm{cv}}\mid x,y]=\mathbb{E}[\hat\lambda\mid x,y]"
        r"\quad\text{for every}\ c>0,\qquad "
        r"\lim_{c\to0}\operatorname{Cov}[\hat\lambda_{\mathrm{cv}}\mid x,y]"
        r"=|d|^2I+dd^{\top}+(\kappa_4-3)\operatorname{diag}(d^2),\quad d=g-\tilde g,\qquad "
        r"\hat\lambda_{\mathrm{cv}}-g=(\xi\xi^{\top}-I)\,d+O(c),\qquad "
        r"N=1,\ c\to0:\quad B_{k+1}-W=\mathcal{K}_T(B_k-W),\quad \mathcal{K}_T\to0\ \text{as}\ T\to\infty"
    ),
    assumptions=(
        SAMPLES,
        N1,
        PREDICTED,
        S1,
        MOMENTS,
        M1,
        R_TOP,
        ONE_HIDDEN,
        INDEPENDENT,
        IDENTICAL,
        TWICE,
    ),
    conclusion=r"\mathbb{E}[\hat\lambda_{\mathrm{cv}}]=\mathbb{E}[\hat\lambda]",
    repair=(
        r"Only $\mathbb{E}[\xi\xi^{\top}]=I$ is used for the mean: with another $M$ it moves by "
        r"$(I-M)\tilde g$. The formula for the covariance alone asks for independent coordinates of one "
        r"$\kappa_4$ (N2, N3), and the rate alone for two derivatives (S2). One stage on $T$ "
        r"rows multiplies the error by $\mathcal{K}_T$, of the order $T^{-1/2}$; where $T$ is too small for "
        r"$\mathcal{K}_T$ to be a contraction, this plain iteration does not help, however often it is "
        r"repeated: the same equations solved jointly are exact from $T\ge pn$ on, almost surely if "
        r"$(e,\xi)$ has a density. At a fixed $c$ the errors end at "
        r"the bias of $\hat\lambda$ and its part of order $c$ that no $\tilde g$ explains."
    ),
    beyond=(
        r"The covariance is computed in ball arithmetic on drawn networks, at $c=2^{-40}$. Of the rate "
        r"$O(c)$ the steps give the limit for $c\to0$ alone; the rate is Taylor's formula with S2."
    ),
)
