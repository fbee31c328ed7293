"""Theorem 3: in deep nonlinear networks feedback alignment converges to the weights, layer by layer.

The paper leaves this open, because below the top layer the fit is a sum over samples that all depend on the
same fitted matrices. But a synthetic error is a polynomial in the entries of those matrices, and its
coefficients depend on one sample each. Expanded, the sums are finitely many polynomials whose coefficients
are plain averages of independent terms, and the law of large numbers and continuity apply as in Theorem 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from theory.results.assumptions import M3, N1, S1, SAMPLES, R
from theory.results.statement import Statement


def error_signal(widths: Sequence[int], transport: str = "B") -> tuple[sympy.Matrix, ...]:
    """e~^1 .. e~^{N+1} of one sample in symbols: e~^i = D^i (B^{i+1})^T e~^{i+1}, from the top down.

    ``widths`` are n_1 .. n_{N+1}. The symbols are B^i_{jk}, the slopes d^i_j = sigma_i'(a^i_j) and the
    output error e_j; ``transport`` names the matrices, "W" for the true errors.
    """
    if len(widths) < 2:
        raise ValueError(
            f"widths are {list(widths)}; expected n_1 .. n_(N+1) with at least one hidden layer."
        )
    signals = [sympy.Matrix(sympy.symbols(f"e_1:{widths[-1] + 1}"))]
    for layer in range(len(widths) - 1, 0, -1):
        feedback = _matrix(transport, layer + 1, widths[layer], widths[layer - 1])
        slopes = sympy.Matrix(sympy.symbols(f"d^{layer}_1:{widths[layer - 1] + 1}"))
        signals.append(slopes.multiply_elementwise(feedback.T * signals[-1]))
    return tuple(reversed(signals))


def error_polynomials(widths: Sequence[int], layer: int) -> tuple[sympy.Poly, ...]:
    """The entries of e~^layer as polynomials in the entries of B^{layer+1} .. B^{N+1}.

    Their coefficients hold everything that changes from sample to sample: slopes and output error. sympy
    refuses to build them if the signal is not a polynomial in the feedback.
    """
    generators = [
        entry
        for upper in range(layer + 1, len(widths) + 1)
        for entry in _matrix("B", upper, widths[upper - 1], widths[upper - 2])
    ]
    return tuple(sympy.Poly(sympy.expand(entry), *generators) for entry in error_signal(widths)[layer - 1])


def _matrix(name: str, layer: int, rows: int, columns: int) -> sympy.Matrix:
    return sympy.Matrix(rows, columns, lambda j, k: sympy.Symbol(f"{name}^{layer}_{{{j + 1},{k + 1}}}"))


STATEMENT = Statement(
    id="theorem-3",
    title="In deep nonlinear networks every feedback matrix converges to its weight matrix",
    source="new; left open in appendix A.1",
    status="new",
    latex=(
        r"(\hat B^{i})^{\top}=\Bigl[\sum_t\hat\lambda^{i-1}_t(\tilde e^{i}_t)^{\top}\Bigr]"
        r"\Bigl[\sum_t\tilde e^{i}_t(\tilde e^{i}_t)^{\top}\Bigr]^{-1},\qquad "
        r"\tilde e^{i}=D^i(\hat B^{i+1})^{\top}\tilde e^{i+1},\qquad "
        r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{i}=W^{i},\qquad 2\le i\le N+1,"
        r"\quad\text{any depth, any}\ \sigma_i"
    ),
    assumptions=(SAMPLES, N1, S1, M3, R),
    conclusion=r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{i}=W^{i},\qquad 2\le i\le N+1",
    as_printed=(
        "An extension of Theorem 2 to nonlinear networks may be possible, but the sums over samples are "
        "neither independent nor identically distributed, so the continuous mapping theorem does not "
        "apply directly."
    ),
    repair=(
        r"It does after expanding: $\tilde e^{i}_t$ is a polynomial in the entries of "
        r"$\hat B^{i+1},\dots,\hat B^{N+1}$ whose coefficients depend on sample $t$ alone, so both sums are "
        r"polynomials in the feedback with averages of independent terms for coefficients."
    ),
)
