"""Corollary 1: direct feedback in linear networks converges to the product of the weights above.

Every layer is fitted on the output error itself, so each is a copy of the top layer's problem: nothing is
asked of the layers between, and any widths will do.
"""

from __future__ import annotations

import sympy

from theory.results.assumptions import LINEAR, M1, N1, R_TOP, S1, SAMPLES
from theory.results.statement import Statement
from theory.results.theorem_1 import population_fit


def limit(depth: int) -> sympy.MatrixExpr:
    """The limit of B^{i+1}, ``depth`` = N + 1 - i layers below the output: the product W^{N+1} ... W^{i+1}.

    Derived from lambda^i = (W^{i+1})^T ... (W^{N+1})^T e, eq. (17) in the right order.
    """
    if depth < 1:
        raise ValueError(f"depth is {depth}; expected 1 or more.")
    widths = sympy.symbols(
        f"n_0:{depth + 1}", integer=True, positive=True
    )  # n_0 the layer, the last one the output
    weights = [sympy.MatrixSymbol(f"W{k + 1}", widths[k + 1], widths[k]) for k in range(depth)]
    gram = sympy.MatrixSymbol("C", widths[-1], widths[-1])
    gradient_map = weights[0].T
    for matrix in weights[1:]:
        gradient_map = gradient_map * matrix.T
    return sympy.Transpose(population_fit(gradient_map * gram, gram)).doit()


STATEMENT = Statement(
    id="corollary-1",
    title="Direct feedback in linear networks converges to the product of the weights above",
    source="Corollary 1, section 3 and appendix A",
    status="holds with repair",
    latex=(
        r"(\hat B^{i+1})^{\top}=\Bigl[\sum_t\hat\lambda^{i}_t(e^{N+1}_t)^{\top}\Bigr]"
        r"\Bigl[\sum_te^{N+1}_t(e^{N+1}_t)^{\top}\Bigr]^{-1},\qquad "
        r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{i+1}=W^{N+1}W^{N}\cdots W^{i+1}"
        r"\in\mathbb{R}^{n_{N+1}\times n_i},\qquad 1\le i\le N"
    ),
    assumptions=(SAMPLES, LINEAR, N1, S1, M1, R_TOP),
    conclusion=sympy.Eq(sympy.MatrixSymbol("B", *limit(2).shape), limit(2)),
    as_printed=(
        r"Under A1 to A4, with $g=B^{i+1}\tilde e^{N+1}$ and $\sigma(x)=x$, "
        r"$\lim_{c\to0}\operatorname{plim}_{T\to\infty}\hat B^{i}=\prod_{j=N+1}^{i}W^j$ for $1\le i\le "
        r"N+1$; eq. (17) has $(W^{i+1}\cdots W^{N+1})^{\top}e^{N+1}$."
    ),
    repair=(
        r"Only $C\succ0$ is needed of the ranks, so every architecture is covered. In eq. (17) the product "
        r"must descend, $\lambda^i=(W^{N+1}\cdots W^{i+1})^{\top}e^{N+1}$: as printed the shapes do not "
        r"chain unless all widths agree. The feedback acts as $(B^{i+1})^{\top}$; the proof's left side is "
        r"$(\hat B^{i+1})^{\top}$, and the range stops above $B^1$. Eq. (6) calls its index $n$ once. For "
        r"nonlinear networks the limit is only the best linear predictor "
        r"$\mathbb{E}[\lambda^i(e^{N+1})^{\top}]C^{-1}$ of the gradient."
    ),
)
