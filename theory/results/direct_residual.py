r"""In nonlinear networks direct feedback finds the best linear prediction of the gradient, not the gradient.

Direct feedback fits every layer on the output error e = e^{N+1} alone. As c -> 0 it tends to

    D^i = C^{-1} E[e λ^{iT}],   C = E[e eᵀ],

(p x n_i; B^{i+1} is D^i), least squares for the true gradients themselves. At the last hidden layer λ^N =
W^{N+1 T} e is linear in e, and D^N = W^{N+1}. Below it λ^i = W^{i+1 T} diag σ'(a^{i+1}) … e holds slopes that
change from datum to datum, and one matrix cannot follow them: what is left, λ^i - D^{iT} e, is uncorrelated
with e, so no amount of data or of noise removes it, and

    |λ|² = |D^T e|² + |λ - D^T e|²   over the data:

the residual |λ - D^T e| / |λ| is the sine of the angle between the true gradient and the one that direct
feedback follows. It can be 1: `absolute_value`. It is 0 where the slopes do not change over the data, as in
linear networks (Corollary 1), and where there are no more data than outputs, with independent errors: any
prediction fits those. Feedback alignment, which knows the slopes on its way down, has none (Theorem 3).

Squares are returned, so that they are rational where the network is; their roots are left to the caller.
Index k of a list holds layer k + 1.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from theory.exact.network import ExactNetwork, Matrix, Scalar
from theory.exact.population import Problem, Solver, fit, full_rank
from theory.results.confinement import downstream_maps


def limits(problem: Problem, solve: Solver = full_rank) -> list[Matrix]:
    """D^1 … D^N (p x n_i): the limits of B^2 … B^{N+1} under DFA for c → 0, D^i = C^{-1} E[e λ^{iT}].

    ``solve`` solves the normal equations; `full_rank` raises ``ZeroDivisionError`` where C is singular.
    """
    return fit(problem, problem.true_gradients, "DFA", solve)


def residuals(problem: Problem, solve: Solver = full_rank) -> list[Matrix]:
    """λ^i - D^{iT} e for i = 1 … N, n_i x M: what direct feedback never learns of the gradient."""
    errors = problem.true_errors[-1]
    pairs = zip(problem.true_gradients, limits(problem, solve), strict=True)
    return [gradient - direct.transpose() * errors for gradient, direct in pairs]


def squared_residuals(problem: Problem, solve: Solver = full_rank) -> list[Scalar]:
    """|λ^i - D^{iT} e|² / |λ^i|² over all data, for i = 1 … N: the squared sine of the angle between them.

    Raises ``ZeroDivisionError`` where a λ^i vanishes on all data.
    """
    pairs = zip(residuals(problem, solve), problem.true_gradients, strict=True)
    return [_ratio(rest, gradient, f"λ^{i}") for i, (rest, gradient) in enumerate(pairs, start=1)]


def squared_distances(problem: Problem, solve: Solver = full_rank) -> list[Scalar]:
    """|D^i - A^i|² / |A^i|² for i = 1 … N, with A^i = W^{N+1} … W^{i+1} the limit in a linear network.

    Raises ``ZeroDivisionError`` where an A^i is zero.
    """
    pairs = zip(limits(problem, solve), downstream_maps(problem), strict=True)
    return [_ratio(direct - above, above, f"A^{i}") for i, (direct, above) in enumerate(pairs, start=1)]


def absolute_value() -> Problem:
    """1-1-2-1, rational: ŷ = |x| as relu(x) + relu(-x), asked to be 0 at x = 1 and x = -1.

    e = 1 for both data and λ^1 = ±1: the best D^1 is 0, and direct feedback learns nothing of the gradient.
    """
    network = ExactNetwork.of([[[1]], [[1], [-1]], [[1, 1]]], ("identity", "relu", "identity"), "mse")
    return Problem(network, ((1,), (-1,)), ((0,), (0,)))


def switching_unit() -> Problem:
    """1-1-1-1, rational, all weights 1: ŷ = relu(x) with e = 1 at x = 1, where the unit is on, and at x = -1,
    where it is off. λ^1 = 1 and 0, so D^1 = 1/2, half of the product of the weights, with residual² 1/2.
    """
    network = ExactNetwork.of([[[1]], [[1]], [[1]]], ("identity", "relu", "identity"), "mse")
    return Problem(network, ((1,), (-1,)), ((0,), (-1,)))


def saturating_units() -> Problem:
    """2-3-3-2 in balls at the current precision: tanh, identity output, squared error, six data."""
    weights = (
        [[2, -1], [1, 1], [-1, 2]],
        [[2, -1, 1], [-1, 2, 1], [1, 1, -2]],
        [[1, -1, 2], [2, 1, -1]],
    )
    network = ExactNetwork.of(weights, ("tanh", "tanh", "identity"), "mse")
    half = Fraction(1, 2)
    x = ((1, 0), (0, 1), (half, half), (-1, half), (half, -1), (-half, -half))
    y = ((1, 0), (0, 1), (-1, 1), (2, 0), (0, -2), (1, 1))
    return Problem(network, x, y)


def _ratio(part: Matrix, whole: Matrix, name: str) -> Scalar:
    size = _squared_norm(whole)
    if size.contains(0) if isinstance(size, arb) else size == 0:
        raise ZeroDivisionError(f"{name} is zero, or not known not to be: nothing is relative to it")
    return _squared_norm(part) / size


def _squared_norm(m: Matrix) -> Scalar:
    squares = [v * v for v in m.entries()]
    return sum(squares[1:], squares[0])
