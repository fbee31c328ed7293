r"""Two losses subtracted lose digits as c falls; differences propagated from layer to layer do not.

In arithmetic with unit roundoff u each loss carries an absolute error of u rho, rho the sum of the
magnitudes that went into it, whatever c is. Their difference over c keeps it:

    naive:       |error of (L~ - L)/c| <= K u rho / c.

Carried as u^1 = xi^1, u^i = (sigma(a^i + c W^i u^{i-1}) - sigma(a^i)) / c + xi^i, each step has an
error relative to what it computes, so that the total is bounded by magnitudes of *differences*, which
stay finite as c -> 0:

    propagated:  |error| <= K u delta,   delta = sum_i |e^i|^T |W^i| |u^{i-1}| + |lambda^i|^T |u^i|,

and by what the rounding of the clean pass does to the slopes, which does not depend on c either. The
quotient of the two bounds, rho / (c delta), is what subtracting costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from theory.exact.network import Real
from theory.results.statement import Statement


def digits_lost(naive: Real, propagated: Real) -> float:
    """log10 of the quotient of two errors: the decimal digits that the first one has lost
    against the second.
    """
    if not (naive > 0 and propagated > 0):
        raise ValueError(f"errors are {naive} and {propagated}; expected numbers above 0.")
    return log10(naive / propagated)


def order_in_c(errors: Sequence[Real], steps: Sequence[Real]) -> float:
    """The exponent k of errors ~ c^k, from the first and the last of the steps: -1 for naive differences."""
    if len(errors) != len(steps) or len(errors) < 2:
        raise ValueError(f"{len(errors)} errors at {len(steps)} steps; expected as many of each, 2 or more.")
    return (log10(errors[-1]) - log10(errors[0])) / (log10(steps[-1]) - log10(steps[0]))


STATEMENT = Statement(
    id="floating-point",
    title="Subtracting two losses loses 1/c digits; propagating differences does not",
    source="new",
    status="new",
    latex=(
        r"\operatorname{fl}\Bigl(\frac{\tilde L-L}{c}\Bigr)-\frac{\tilde L-L}{c}"
        r"=O\Bigl(\frac{\mathrm{u}\,\rho}{c}\Bigr)\ \text{(subtracted)},\qquad "
        r"=O(\mathrm{u}\,\delta)\ \text{(propagated)};\qquad "
        r"\rho=\sum_i|e^i|^{\top}|W^i||h^{i-1}|+|\lambda^i|^{\top}|h^i|+L_{\max},\qquad "
        r"\delta=\sum_i|e^i|^{\top}|W^i||u^{i-1}|+|\lambda^i|^{\top}|u^i|;\qquad "
        r"u^1=\xi^1,\quad u^i=\frac{\sigma_i(a^i+c\,W^iu^{i-1})-\sigma_i(a^i)}{c}+\xi^i"
    ),
    assumptions=(),
    conclusion=(
        r"\frac{\text{error subtracted}}{\text{error propagated}}\sim\frac{\rho}{c\,\delta}\quad(c\to0)"
    ),
)
