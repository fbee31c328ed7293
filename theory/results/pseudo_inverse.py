"""Without full rank the feedback still converges on the range of the errors, and the gradients converge.

The minimum-norm fit knows B^i only on the range of S_i, so its limit is P_i W^i, with P_i the orthogonal
projector onto that range. Nothing is lost: the errors live there, P_i e^i = e^i, hence (B^i)^T e^i =
(W^i)^T e^i, the true gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from theory.results.assumptions import LINEAR, M1, M3, N1, R_CONSTANT, R_TOP, S1, SAMPLES
from theory.results.linear_networks import downstream_maps
from theory.results.statement import Statement


def projector(gram: sympy.Matrix) -> sympy.Matrix:
    """P = S S^+, the orthogonal projector onto the range of S (square, symmetric, exact entries)."""
    return gram * gram.pinv()


def projected_weights(weights: Sequence[sympy.Matrix], output_gram: sympy.Matrix) -> tuple[sympy.Matrix, ...]:
    """P_2 W^2 .. P_{N+1} W^{N+1}, the limits in a linear network with E[e e^T] = ``output_gram`` (p x p)."""
    maps = (*downstream_maps(weights)[1:], sympy.eye(output_gram.rows))
    return tuple(
        projector(above.T * output_gram * above) * matrix
        for above, matrix in zip(maps, weights[1:], strict=True)
    )


STATEMENT = Statement(
    id="pseudo-inverse",
    title="Without full rank the feedback converges on the range of the errors, and the gradients converge",
    source="new; replaces assumption A3",
    status="new",
    latex=(
        r"\hat B^{i}=\Bigl[\sum_t\tilde e^{i}_t(\tilde e^{i}_t)^{\top}\Bigr]^{+}"
        r"\sum_t\tilde e^{i}_t(\hat\lambda^{i-1}_t)^{\top},\qquad "
        r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{i}=P_iW^{i},\qquad P_i=S_iS_i^{+},\qquad "
        r"(P_iW^{i})^{\top}e^{i}=\lambda^{i-1}\ \text{almost surely},\qquad 2\le i\le N+1"
    ),
    assumptions=(SAMPLES, N1, S1, M3, R_CONSTANT, LINEAR, M1, R_TOP),
    conclusion=r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B^{i}=P_iW^{i},\qquad 2\le i\le N+1",
    repair=(
        r"The rank must not jump at $c=0$, because the pseudo-inverse does. In linear networks it does not "
        r"where $S_i$ has the largest rank that the widths and $C$ allow; and there (L, M1, R-top) the "
        r"gradients converge, for $c_T\to0$ in any relation to $T$, without any condition on the ranks "
        r"below the "
        r"output, even where $\hat B^i$ diverges."
    ),
)
