"""In linear networks the fit of a layer undoes what an invertible matrix did to the feedback above it.

Let B^{i+1} become B^{i+1} Q with Q invertible, n_i x n_i: the shape leaves no other side, because the columns
of B^{i+1} belong to the units of layer i. Then e~^i becomes Q^T e~^i, whose entries span the same functions
of the data. Least squares projects lambda_hat^{i-1} onto that span and nothing else, so (B^i)^T e~^i, and all
that is fitted below it, stays what it was, on any sample; B^i itself becomes Q^{-1} B^i where it is unique.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from theory.exact.network import Matrix, error_signals
from theory.exact.population import Problem, Solver, minimum_norm
from theory.results.assumptions import DISTORTION, LINEAR
from theory.results.statement import Statement


def fitted_map() -> sympy.MatrixExpr:
    """The matrix between e~ and e~ in the fitted gradient Lambda E^T (..) E, after Q: Q (Q^T S Q)^{-1} Q^T.

    S = sum e~ e~^T before the distortion, Q^T S Q after it. Everything else is the sample's own; the result
    has no Q.
    """
    size = sympy.Symbol("n_i", integer=True, positive=True)
    gram, distortion = sympy.MatrixSymbol("S", size, size), sympy.MatrixSymbol("Q", size, size)
    return (distortion * (distortion.T * gram * distortion).inverse() * distortion.T).doit()


def refitted(
    problem: Problem,
    feedback: Sequence[Matrix],
    estimates: Sequence[Matrix],
    layer: int,
    solve: Solver = minimum_norm,
) -> list[Matrix]:
    """B^2 .. B^{N+1} with B^2 .. B^i fitted by FA below the given B^{i+1} .. B^{N+1}, i = ``layer`` >= 2.

    ``estimates`` are lambda_hat^1 .. lambda_hat^N (n_j x T) of the rows of ``problem``.
    """
    depth = len(feedback)
    if not 2 <= layer <= depth:
        raise ValueError(f"layer is {layer}; expected 2 to {depth}, a hidden layer with another one below.")
    fitted = list(feedback)
    for k in range(layer - 2, -1, -1):
        source = error_signals(problem.network, fitted, problem.clean, problem.targets)[k + 1]
        fitted[k] = solve(source * source.transpose(), source * estimates[k].transpose())
    return fitted


def gradients_below(
    problem: Problem,
    feedback: Sequence[Matrix],
    estimates: Sequence[Matrix],
    layer: int,
    solve: Solver = minimum_norm,
) -> list[Matrix]:
    """e~^1 .. e~^{i-1} (n_j x T) with the feedback `refitted` below layer i: in a linear network the
    synthetic gradients.
    """
    fitted = refitted(problem, feedback, estimates, layer, solve)
    return error_signals(problem.network, fitted, problem.clean, problem.targets)[: layer - 1]


STATEMENT = Statement(
    id="self-correction",
    title="The fit of a layer undoes an invertible distortion of the feedback above it",
    source="new",
    status="new",
    latex=(
        r"\hat B^{i+1}\mapsto\hat B^{i+1}Q,\quad Q\in\mathbb{R}^{n_i\times n_i}\ \text{invertible}"
        r"\quad\Longrightarrow\quad \tilde e^{i}\mapsto Q^{\top}\tilde e^{i},\qquad "
        r"(\hat B^{j})^{\top}\tilde e^{j}\ \text{unchanged for}\ 2\le j\le i,\ \text{on any sample};\qquad "
        r"\hat B^{i}\mapsto Q^{-1}\hat B^{i}\ \text{where}\ \sum_t\tilde e^{i}_t(\tilde e^{i}_t)^{\top}\succ0"
    ),
    assumptions=(LINEAR, DISTORTION),
    conclusion=(
        r"\hat B^{i+1}\mapsto\hat B^{i+1}Q\quad\Longrightarrow\quad "
        r"(\hat B^{j})^{\top}\tilde e^{j}\ \text{unchanged},\qquad 2\le j\le i"
    ),
    repair=(
        r"Any rank will do, with the fit of minimum norm. In nonlinear networks $\tilde e^{i}=D^i(\hat "
        r"B^{i+1})^{\top}\tilde e^{i+1}$, and $Q^{\top}$ must pass $D^i$: there it is true of diagonal $Q$ "
        r"only. From the other side, $Q\hat B^{i+1}$ spans something else. A ridge breaks it unless "
        r"$QQ^{\top}=I$."
    ),
    beyond=(
        r"That the fitted gradients of the layers $j<i$ do not change is computed in rational arithmetic "
        r"on drawn samples. That $\hat B^{i}$ becomes $Q^{-1}\hat B^{i}$ follows from an identity of "
        r"matrices in symbols, which the ledger has too."
    ),
)
