r"""Ridge regression: a penalty on the mean shrinks the feedback for ever, one on the sum does not.

Eq. (18) adds gamma |B|^2 to the mean of |lambda_hat - B^T e~|^2. Its solution has the limit B = (S + gamma
I)^{-1} S W, S = E[e e^T]: along an eigenvector of S with eigenvalue mu the weights are multiplied by
mu / (mu + gamma), for ever. Added to the sum over T samples, the same gamma is gamma / T per sample, and the
limit is P W, with an error of order 1 / T. Below the top the errors are carried by shrunk matrices, so S is
that of the synthetic errors, not of the true ones.

Weights and second moments here are rational; index k of a list holds layer k + 1 (weights) or k + 2 (limits).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy
from flint import fmpq_mat

from theory.exact.network import Matrix, rational
from theory.exact.population import Solver
from theory.results.assumptions import EIGENVECTOR, LINEAR, M1, N1, R_CONSTANT, R_TOP, S1, SAMPLES
from theory.results.statement import Statement


def identity(size: int) -> fmpq_mat:
    """The rational identity matrix."""
    return fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def ridge_solver(gamma: Fraction) -> Solver:
    """Solves (Q + gamma I) B = S for gamma > 0, for `population.fit`: there Q is a sum over the data."""
    if gamma <= 0:
        raise ValueError(f"gamma is {gamma}; expected a number greater than 0.")

    def solve(gram: Matrix, cross: Matrix) -> Matrix:
        return (gram + rational(gamma) * identity(gram.nrows())).solve(cross)

    return solve


def layerwise_limits(weights: Sequence[fmpq_mat], output_gram: fmpq_mat, gamma: Fraction) -> list[fmpq_mat]:
    """B^2 .. B^{N+1} of FA with gamma inside the mean, where E[lambda_hat | x, y] is the gradient.

    ``weights`` are W^1 .. W^{N+1} of a linear network, ``output_gram`` is C = E[e e^T] (p x p). With M_i
    such that e~^i = M_i^T e and S_i = M_i^T C M_i, B^i = (S_i + gamma I)^{-1} M_i^T C A^{i-1}, then M_{i-1} =
    M_i B^i, from M_{N+1} = I.
    """
    solve = ridge_solver(gamma)
    carried = above = identity(output_gram.nrows())
    limits: list[fmpq_mat] = []
    for weight in reversed(weights[1:]):
        above = above * weight
        cross = carried.transpose() * output_gram
        limits.insert(0, solve(cross * carried, cross * above))
        carried = carried * limits[0]
    return limits


def direct_limits(weights: Sequence[fmpq_mat], output_gram: fmpq_mat, gamma: Fraction) -> list[fmpq_mat]:
    """B^2 .. B^{N+1} of DFA with gamma inside the mean: (C + gamma I)^{-1} C A^i, p x n_i each."""
    solve, above = ridge_solver(gamma), identity(output_gram.nrows())
    limits: list[fmpq_mat] = []
    for weight in reversed(weights[1:]):
        above = above * weight
        limits.insert(0, solve(output_gram, output_gram * above))
    return limits


def first_order(weights: Sequence[fmpq_mat], output_gram: fmpq_mat) -> list[fmpq_mat]:
    """H^2 .. H^{N+1}: `layerwise_limits` is W^i - gamma H^i + O(gamma^2) where all S_i = A^{iT} C A^i are
    invertible.

    H^i = S_i^{-1} (W^i - A^{iT} C J_i W^i), where M_i = A^i - gamma J_i + ..: J_{i-1} = J_i W^i + A^i H^i,
    J_{N+1} = 0. Raises ``ZeroDivisionError`` where an S_i is singular.
    """
    above = identity(output_gram.nrows())
    drift = 0 * above
    result: list[fmpq_mat] = []
    for weight in reversed(weights[1:]):
        cross = above.transpose() * output_gram
        result.insert(0, (cross * above).solve(weight - cross * drift * weight))
        drift = drift * weight + above * result[0]
        above = above * weight
    return result


def shrinkage() -> tuple[sympy.Expr, ...]:
    """The eigenvalues of (S + gamma I)^{-1} S for S with eigenvalues mu_1, mu_2 in rotated axes, derived."""
    mu_1, mu_2, gamma = sympy.symbols("mu_1 mu_2 gamma", positive=True)
    axes = sympy.Matrix([[3, -4], [4, 3]]) / 5
    gram = axes * sympy.diag(mu_1, mu_2) * axes.T
    shrunk = axes.T * (gram + gamma * sympy.eye(2)).inv() * gram * axes
    shrunk = shrunk.applyfunc(lambda entry: sympy.factor(sympy.cancel(entry)))
    if not shrunk.is_diagonal():
        raise ArithmeticError(f"{shrunk} is not diagonal: the axes of S are not its own")
    return tuple(shrunk.diagonal())


def _limit() -> sympy.MatrixExpr:
    q, n = sympy.symbols("n_i n_{i-1}", integer=True, positive=True)
    gram, weights = sympy.MatrixSymbol("S", q, q), sympy.MatrixSymbol("W", q, n)
    return (gram + sympy.Symbol("gamma", positive=True) * sympy.Identity(q)).inverse() * gram * weights


STATEMENT = Statement(
    id="ridge",
    title="A ridge on the mean shrinks the feedback for ever; on the sum it vanishes",
    source="eq. (18), appendix C.3",
    status="holds with repair",
    latex=(
        r"\frac1T\sum_t|\hat\lambda_t-B^{\top}\tilde e_t|^2+\gamma\|B\|_F^2:\quad "
        r"\hat B^{N+1}\to(S+\gamma I)^{-1}S\,W^{N+1},\ \ S=\mathbb{E}[ee^{\top}],\quad "
        r"Su=\mu u\ \Rightarrow\ u^{\top}\hat B\to\frac{\mu}{\mu+\gamma}\,u^{\top}W;\qquad "
        r"\sum_t|\hat\lambda_t-B^{\top}\tilde e_t|^2+\gamma\|B\|_F^2:\quad \hat B^{i}\to P_iW^{i},\ \ "
        r"\text{with an error}\ O(1/T)\ \text{from the ridge}"
    ),
    assumptions=(SAMPLES, N1, S1, M1, EIGENVECTOR, LINEAR, R_TOP, R_CONSTANT),
    conclusion=sympy.Eq(sympy.MatrixSymbol("B", *_limit().shape), _limit()),
    as_printed=(
        r"$\hat B^{i+1}=\arg\min_B\mathbb{E}\|g(h^i,\tilde e^{i+1};B)-\hat\lambda^i\|_2^2+\gamma\|B\|_F^2$ "
        r"with $\gamma=0.1$, called a better test of consistency. That its solution converges to $W$ is not "
        r"said, and the public code has $\gamma$ on the sum over the samples."
    ),
    repair=(
        r"With a fixed $\gamma$ inside the mean, where it is printed, the weights are not reached, however "
        r"many samples and however small $c$: each direction is shrunk by $\mu/(\mu+\gamma)$. On the sum, "
        r"$\gamma$ is $\gamma/T$ inside the mean, and the limit is $P_iW^i$, $W^i$ at full rank, with the "
        r"projector on the left, where the ranks below the top do not jump at $c=0$ (R-constant). Below the "
        r"top $S$ is the second moment of the synthetic errors, which are shrunk themselves: "
        r"$\hat B^i=(M_i^{\top}CM_i+\gamma I)^{-1}M_i^{\top}CA^{i-1}$, $M_{i-1}=M_i\hat B^i$, in linear "
        r"networks."
    ),
    beyond=(
        "On the sum, the steps are about the top matrix at full rank. What the ridge leaves in the layers "
        "below, where the rank is not full, and its rate, $O(1/T)$, are computed exactly on drawn linear "
        "networks."
    ),
)
