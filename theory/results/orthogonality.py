"""The estimate is the gradient, a bias, and a residual that is uncorrelated with the error signal.

eta = lambda_hat - E[lambda_hat | x, y] has mean zero given the datum, and the error signal is a function of
the datum, because it is computed on the clean pass. So E[e eta^T] = 0, at every c: the noise never biases
the least squares.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from theory.results.assumptions import CLEAN, SQUARE_INTEGRABLE
from theory.results.statement import Statement


def clean_error(datum: int, outcome: int) -> sympy.Expr:
    """An error signal that is a function of the datum alone: one symbol for each datum."""
    return sympy.Symbol(f"e_{datum}")


def noisy_error(datum: int, outcome: int) -> sympy.Expr:
    """An error signal computed on the perturbed pass: it changes with the outcome of the noise."""
    return sympy.Symbol(f"e_{{{datum},{outcome}}}")


def residual_correlation(
    data: int, outcomes: int, error: Callable[[int, int], sympy.Expr] = clean_error
) -> sympy.Expr:
    """E[e eta] for any law on finitely many data and noise outcomes: estimates and probabilities are symbols.

    The noise is independent of the datum; its probabilities q sum to 1, the last one being 1 minus the
    others. Entries of e and eta are treated one pair at a time. With ``clean_error`` the result is 0.
    """
    chances = list(sympy.symbols(f"q_1:{outcomes}"))
    chances.append(1 - sum(chances))
    total = sympy.Integer(0)
    for t in range(data):
        estimates = [sympy.Symbol(f"l_{{{t},{a}}}") for a in range(outcomes)]
        mean = sum(q * estimate for q, estimate in zip(chances, estimates, strict=True))
        total += sympy.Symbol(f"p_{t}") * sum(
            q * error(t, a) * (estimate - mean)
            for a, (q, estimate) in enumerate(zip(chances, estimates, strict=True))
        )
    return sympy.expand(total)


STATEMENT = Statement(
    id="orthogonality",
    title="The noise of the estimator is uncorrelated with the error signal",
    source="eqs. (12) and (13), appendix A",
    status="holds",
    latex=(
        r"\hat\lambda^{i}=(W^{i+1})^{\top}e^{i+1}+b^{i}(c)+\eta^{i},\qquad "
        r"b^{i}(c)=\mathbb{E}[\hat\lambda^{i}\mid x,y]-\lambda^{i},\qquad "
        r"\mathbb{E}[\tilde e^{i+1}(\eta^{i})^{\top}]=0\quad\text{for every}\ c>0"
    ),
    assumptions=(CLEAN, SQUARE_INTEGRABLE),
    conclusion=sympy.Eq(sympy.Symbol(r"\mathbb{E}[\tilde e\,\eta]"), residual_correlation(2, 2)),
    as_printed=r"$\mathbb{E}(e^{N+1}(\eta^N)^{\top})=0$: the error is a function of the baseline loss alone.",
    repair=(
        r"The second line of eq. (13) is a random variable as printed; it means its expectation, "
        r"$\mathbb{E}[\mathbb{E}(e^{N+1}(\hat\lambda^N)^{\top}\mid x,y)]$."
    ),
)
