"""Theorem 1: the top feedback matrix converges to W^{N+1}, for any nonlinearity.

The paper asks for sub-Gaussian noise, an analytic loss, error matrices of full rank and a finite mean of
remainder times error, A1 to A4. That is not enough: three small networks satisfy all of it and converge to
something else, or not at all. `theory.counterexamples.theorem_1` computes them exactly. One of them, (b),
leaves nothing to object and decides by itself that the theorem is false as printed. What is enough is stated
here; the proof is dominated convergence: |lambda_hat_j| <= K |xi|^2 (1 + |xi|^q) for every c <= 1, and
lambda_hat -> (g.xi) xi, whose mean is g.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from theory.counterexamples.theorem_1 import (
    limit_a,
    limit_b,
    limit_b_at_zero,
    variance_c,
    variance_c_limit,
)
from theory.results.assumptions import M1, N1, R_TOP, S1, SAMPLES
from theory.results.statement import Counterexample, Statement

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


def _figures_a() -> Iterator[tuple[str, str]]:
    found = limit_a(sympy.Matrix([[3, -1]]), 4 * sympy.eye(2))
    yield "at every $c$", rf"$\operatorname{{plim}}\hat B=({found[0]},{found[1]})$, not $(3,-1)$"


def _figures_b() -> Iterator[tuple[str, str]]:
    for scale in ("0.1", "0.01", "0.001"):
        value = limit_b(scale).str(8, radius=False)
        yield f"at $c={scale}$", rf"$\operatorname{{plim}}\hat B={value}$, in Gaussian noise, not near 1"


def _figures_c() -> Iterator[tuple[str, str]]:
    for samples in (100, 10_000):
        value = f"{float(variance_c(samples)):.5f}"
        yield (
            f"at $T={samples}$",
            rf"$\operatorname{{Var}}(\hat B/W)={value}$, at every $c$; its limit is 0.5",
        )


_SAYS = r"the feedback tends to the weight, $\lim_{c\to0}\operatorname{plim}_{T\to\infty}\hat B=W$"
COUNTEREXAMPLES = (
    Counterexample(
        "(b) Data without a common scale. This one decides: the theorem is false as printed",
        (
            ("network", r"one input, hidden and output unit, linear; $x=1$, both weights 1, so $\hat y=1$"),
            ("data", r"$y=k$ with probability $\frac{6}{\pi^2}k^{-2}$, $k=1,2,\dots$"),
            ("noise", r"$\xi\sim N(0,1)$, or any law of variance 1"),
            ("loss", r"$L=u+(\sin(ku))^3$, $u=\hat y-1$: entire in $\hat y$, of finite mean at all weights"),
            (
                "A1 to A4",
                r"hold: $e=1$ for every datum, so A3; the mean of remainder times error is finite at every "
                r"$c$, even uniformly in $c$, so A4",
            ),
            ("theorem", _SAYS + r", here 1"),
            (
                "found",
                r"$\operatorname{plim}\hat B=1+\frac{9}{2\pi^2}\sum_{k\ge1}(e^{-k^2c^2/2}-e^{-9k^2c^2/2})/k"
                r"\to1+\frac{9\ln3}{2\pi^2}=1.5009071$. For each datum the remainder vanishes with $c$; over "
                r"all data its mean does not, for at every $c$ those with $k$ near $1/c$ keep it up",
            ),
        ),
        _figures_b,
    ),
    Counterexample(
        "(c) Errors without a second moment",
        (
            ("network", r"one unit per layer, linear; $x=1$, the lower weight 1, the upper any $W$"),
            ("data", r"$P(y>t)=t^{-3/2}$ for $t\ge1$"),
            ("noise", r"$\xi\sim N(0,1)$"),
            (
                "loss",
                r"$L=y\hat y$: its mean, $3\hat y$, is finite at all weights; $e=y$, $\mathbb{E}e^2=\infty$",
            ),
            (
                "A1 to A4",
                r"hold: $e\ge1$, so A3; the loss is linear in the perturbation and its remainder 0, so A4",
            ),
            ("theorem", _SAYS),
            (
                "found",
                r"$\hat B/W=\sum_te_t^2\xi_t^2/\sum_te_t^2$ at every $c$. It does not converge: "
                r"its mean is 1, its variance tends to $2(1-\frac{3}{4})=\frac{1}{2}$, for one datum "
                r"outweighs the others however many there are",
            ),
        ),
        _figures_c,
    ),
    Counterexample(
        r"(a) Noise of another variance. It counts only where A1 is read without $\operatorname{Var}\xi=1$",
        (
            ("network", r"one hidden layer, linear, of any widths; in the figure $W=(3,-1)$"),
            ("data", r"any with $\mathbb{E}[ee^{\top}]$ of full rank"),
            (
                "noise",
                r"sub-Gaussian with $M=\mathbb{E}[\xi\xi^{\top}]\ne I$; in the figure $N(0,4)$, so $M=4I$",
            ),
            ("loss", r"$L=\frac12|\hat y-y|^2$"),
            (
                "A1 to A4",
                r"hold to the letter. Section 2.2 calls $c$ the standard deviation of the noise and $\xi$ "
                r"independent: with the convention $\operatorname{Var}\xi=1$ this case is excluded",
            ),
            ("theorem", _SAYS),
            ("found", r"$\hat B^{\top}\to MW^{\top}$"),
        ),
        _figures_a,
    ),
)
"""The three, the decisive one first."""

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
        r"A remainder that is finite datum by datum (A4) need not vanish on average over the data: "
        r"counterexample (b) decides, in Gaussian noise of variance 1. Besides, nothing bounds "
        r"$\mathbb{E}|e|^2$ (c), and sub-Gaussian noise (A1) does not fix $\mathbb{E}\xi\xi^{\top}=I$ (a), "
        r"unless $c$ is read as the standard deviation, as in section 2.2. N1, S1 and M1 close the gaps and "
        r"make A1 and A2 superfluous. Full rank (A3) is asked of the population, since one sample's "
        r"$ee^{\top}$ has rank 1. The fitted map is $(B^{N+1})^{\top}e^{N+1}$: as printed, without the "
        r"transpose, it does not fit the shape of $W^{N+1}$."
    ),
    counterexamples=COUNTEREXAMPLES,
)
