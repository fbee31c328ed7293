"""Theorem 2: in linear networks every feedback matrix converges to its weight matrix.

From the top down: where the matrices above have converged, the error they carry is the true e^i, and the
fit in that layer is the one of Theorem 1 with S_i in place of C. At finite c the limit is a product of
matrices, exactly (`theory.results.linear_networks`).
"""

from __future__ import annotations

import sympy

from theory.results.assumptions import LINEAR, M1, N1, S1, SAMPLES, R
from theory.results.statement import Statement
from theory.results.theorem_1 import population_fit


def induction_step() -> sympy.MatrixExpr:
    """The limit in layer i once those above have converged: the fit of W^T S on S, S = E[e^i e^{i T}]."""
    upper, lower = sympy.symbols("n_i n_{i-1}", integer=True, positive=True)
    weights, gram = sympy.MatrixSymbol("W", upper, lower), sympy.MatrixSymbol("S", upper, upper)
    return population_fit(weights.T * gram, gram).T


STATEMENT = Statement(
    id="theorem-2",
    title="In linear networks every feedback matrix converges to its weight matrix",
    source="Theorem 2, section 3 and appendix A",
    status="holds with repair",
    latex=(
        r"(\hat B^{i})^{\top}=\Bigl[\sum_t\hat\lambda^{i-1}_t(\tilde e^{i}_t)^{\top}\Bigr]"
        r"\Bigl[\sum_t\tilde e^{i}_t(\tilde e^{i}_t)^{\top}\Bigr]^{-1},\qquad "
        r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{i}=W^{i}\in\mathbb{R}^{n_i\times n_{i-1}},"
        r"\qquad 2\le i\le N+1"
    ),
    assumptions=(SAMPLES, LINEAR, N1, S1, M1, R),
    conclusion=sympy.Eq(sympy.MatrixSymbol("B", *induction_step().shape), induction_step()),
    as_printed=(
        r"Under A1 to A4, with $g=B^{i+1}\tilde e^{i+1}$ and $\sigma(x)=x$, "
        r"$\lim_{c\to0}\operatorname{plim}_{T\to\infty}\hat B^{i}=W^{i}$ for $1\le i\le N+1$."
    ),
    repair=(
        r"The range starts at 2: $B^1$ would need noise on the input, and backpropagation never uses it. "
        r"The hypotheses of Theorem 1 are repaired as there. Full rank is asked of the population, "
        r"$S_i=(A^i)^{\top}CA^i\succ0$ with $A^i=W^{N+1}\cdots W^{i+1}$, which forces $n_2\le\dots\le "
        r"n_{N+1}$: for a linear network that narrows above layer 2 the theorem says nothing (see rank and "
        r"pseudo-inverse). The feedback acts as $(B^{i+1})^{\top}$, and eq. (15) means the limits $\tilde "
        r"W^{j}(c)$ where it prints $W^{j}(c)$."
    ),
)
