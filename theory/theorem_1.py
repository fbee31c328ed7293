"""Theorem 1: the top feedback matrix converges to W^{N+1}, for any nonlinearity.

The paper asks for sub-Gaussian noise, an analytic loss, error matrices of full rank and a finite mean of
remainder times error, A1 to A4. That is not enough: three small networks satisfy all of it and converge to
something else, or not at all. `theory.theorem_1_counterexamples` computes them exactly. What is enough is
stated here; the proof is dominated convergence: |lambda_hat_j| <= K |xi|^2 (1 + |xi|^q) for every c <= 1,
and lambda_hat -> (g.xi) xi, whose mean is g.
"""

from __future__ import annotations

import sympy

from theory.assumptions import M1, N1, R_TOP, S1, SAMPLES
from theory.statement import Statement
from theory.theorem_1_counterexamples import (
    limit_a,
    limit_b,
    limit_b_at_zero,
    variance_c,
    variance_c_limit,
)

__all__ = [
    "STATEMENT",
    "limit_a",
    "limit_b",
    "limit_b_at_zero",
    "population_fit",
    "variance_c",
    "variance_c_limit",
]


def population_fit(cross: sympy.MatrixExpr, gram: sympy.MatrixExpr) -> sympy.MatrixExpr:
    """B^T = E[lambda e^T] (E[e e^T])^{-1}, the limit of eq. (4) for T to infinity.

    ``cross`` (n_i x q) is E[lambda e^T] and ``gram`` (q x q) is E[e e^T]; explicit matrices or matrix
    symbols.
    """
    return (cross * gram.inverse()).doit()


def limit() -> sympy.MatrixExpr:
    """The limit of the top matrix: the fit where c -> 0 has made E[lambda_hat e^T] the matrix W^T C."""
    p, n = sympy.symbols("p n_N", integer=True, positive=True)
    weights, gram = sympy.MatrixSymbol("W", p, n), sympy.MatrixSymbol("C", p, p)
    return population_fit(weights.T * gram, gram).T


STATEMENT = Statement(
    id="theorem-1",
    title="The top feedback matrix converges to the top weight matrix",
    source="Theorem 1, section 3 and appendix A",
    status="false as printed",
    latex=(
        r"(\hat B^{N+1})^{\top}=\Bigl[\sum_{t=1}^{T}\hat\lambda^{N}_t(e^{N+1}_t)^{\top}\Bigr]"
        r"\Bigl[\sum_{t=1}^{T}e^{N+1}_t(e^{N+1}_t)^{\top}\Bigr]^{-1},\qquad "
        r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{N+1}=W^{N+1}"
        r"\in\mathbb{R}^{n_{N+1}\times n_N}"
    ),
    assumptions=(SAMPLES, N1, S1, M1, R_TOP),
    conclusion=sympy.Eq(sympy.MatrixSymbol("B", *limit().shape), limit()),
    as_printed=(
        r"Under A1 to A4 and with $g=B^{N+1}\tilde e^{N+1}$, "
        r"$\lim_{c\to0}\operatorname{plim}_{T\to\infty}\hat B^{N+1}=W^{N+1}$."
    ),
    repair=(
        r"Sub-Gaussian noise (A1) does not fix $\mathbb{E}\xi\xi^{\top}=I$; a remainder that is finite "
        r"datum by datum (A4) need not vanish on average over the data; and nothing bounds "
        r"$\mathbb{E}|e|^2$. Each gap has a counterexample. N1, S1 and M1 close them and make A1 and A2 "
        r"superfluous. Full rank (A3) is asked of the population, since one sample's $ee^{\top}$ has rank "
        r"1. The fitted map is $(B^{N+1})^{\top}e^{N+1}$: as printed, without the transpose, it does not "
        r"fit the shape of $W^{N+1}$."
    ),
)
