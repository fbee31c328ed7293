r"""Feedback learned minibatch by minibatch reaches the least-squares limit.

What is fitted at once in eq. (10) is learned online in the paper's experiments (section 2.4, appendix
C.3): each minibatch of b rows updates every B, with the synthetic errors that the current matrices
above give. The forward weights stay as they are. Two rules, for each layer,

    recursive ridge:  V_k = V_{k-1} + E_k E_k^T,  R_k = R_{k-1} + E_k L_k^T,  B_k = V_k^{-1} R_k,
    gradient descent: B_k = B_{k-1} - (rate / b) E_k (E_k^T B_{k-1} - L_k^T),

V_0 = gamma I, E_k and L_k the errors and estimates of the rows as columns. At the top the errors are the
data's own: recursive ridge is the ridge regression of all rows, in whatever order, and the mean of descent
contracts,

    E B_k - W~ = (I - rate C)^k (B_0 - W~),

to the least-squares limit W~(c) where 0 < rate < 2 / lambda_max(C). Below, the errors converge because
the matrices above do. Where a minibatch is the whole population, every (datum, atom) pair once, nothing
is random, and both rules are recursions in exact numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flint import arb

from theory.exact.network import Matrix, Real, error_signals, rational
from theory.exact.population import Problem
from theory.results.assumptions import M3, R_AT_C, S1, SAMPLES
from theory.results.statement import Statement


def recursive_ridge(problem: Problem, means: Sequence[Matrix], gamma: Real) -> Iterator[list[Matrix]]:
    """B_1, B_2, … (lists of B^2 … B^{N+1}) where every minibatch is the whole population,
    each datum once with its mean estimate E[λ̂^i | x, y], n_i x M in ``means``. B_0 = 0,
    and FA. Raises ``ValueError`` unless γ > 0.
    """
    if not gamma > 0:
        raise ValueError(f"gamma is {gamma}; expected a number greater than 0.")
    feedback = [0 * weight for weight in problem.network.weights[1:]]
    grams = [_identity(weight) * _number(problem, gamma) for weight in feedback]
    crosses = list(feedback)
    while True:
        signals = error_signals(problem.network, feedback, problem.clean, problem.targets, "FA")[1:]
        grams = [v + e * e.transpose() for v, e in zip(grams, signals, strict=True)]
        crosses = [r + e * m.transpose() for r, e, m in zip(crosses, signals, means, strict=True)]
        feedback = [v.solve(r) for v, r in zip(grams, crosses, strict=True)]
        yield feedback


def descent(
    problem: Problem, means: Sequence[Matrix], rate: Real, start: Sequence[Matrix]
) -> Iterator[list[Matrix]]:
    """B_1, B_2, … of gradient descent on the same minibatches, from ``start``; FA. Raises
    ``ValueError`` unless rate > 0.
    """
    if not rate > 0:
        raise ValueError(f"rate is {rate}; expected a number greater than 0.")
    feedback, step = list(start), _number(problem, rate) / len(problem.x)
    while True:
        signals = error_signals(problem.network, feedback, problem.clean, problem.targets, "FA")[1:]
        feedback = [
            b - e * (e.transpose() * b - m.transpose()) * step
            for b, e, m in zip(feedback, signals, means, strict=True)
        ]
        yield feedback


def top_away(problem: Problem, rate: Real, steps: int, away: Matrix) -> Matrix:
    """(I - rate C)^k (B_0 - W̃) for B_0 - W̃ = ``away``: what descent has left at the top after k steps."""
    errors = problem.true_errors[-1]
    gram = errors * errors.transpose() * (_number(problem, rate) / len(problem.x))
    for _ in range(steps):
        away = away - gram * away
    return away


def ridge_at_once(problem: Problem, mean: Matrix, gamma: Real, steps: int) -> Matrix:
    """(γ I + k Q)^{-1} k S of the top layer, Q = Σ e eᵀ, S = Σ e mᵀ: the ridge regression
    of all rows at once.
    """
    errors = problem.true_errors[-1]
    gram = errors * errors.transpose() * steps + _identity(errors) * _number(problem, gamma)
    return gram.solve(errors * mean.transpose() * steps)


def _identity(like: Matrix) -> Matrix:
    size = like.nrows()
    return type(like)(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _number(problem: Problem, value: Real) -> Matrix:
    return rational(value) if problem.network.exact else arb(rational(value))


STATEMENT = Statement(
    id="online",
    title="Feedback learned minibatch by minibatch reaches the least-squares limit",
    source="section 2.4, appendix C.3",
    status="new",
    latex=(
        r"\tilde e^{i}_t=D^i_t\,(B^{i+1}_{k-1})^{\top}\tilde e^{i+1}_t\quad(t\in\text{minibatch }k);\qquad "
        r"B^i_k=V_k^{-1}R_k,\quad V_k=\gamma I+\sum_{t}\tilde e^{i}_t\tilde e^{i\top}_t,"
        r"\quad R_k=\sum_{t}\tilde e^{i}_t\hat\lambda^{i-1\top}_t;\qquad "
        r"\text{or}\quad B^i_k=B^i_{k-1}-\frac{\eta}{b}\sum_{t}\tilde e^{i}_t"
        r"\bigl(\tilde e^{i\top}_tB^i_{k-1}-\hat\lambda^{i-1\top}_t\bigr);\qquad "
        r"W\ \text{fixed},\ \text{the former}:\quad "
        r"B^i_k\to\tilde W^i(c)=\operatorname*{plim}_{T\to\infty}\hat B^i;\qquad \text{the latter}:\quad "
        r"\mathbb{E}B^{N+1}_k-\tilde W^{N+1}(c)=(I-\eta C)^k\bigl(B^{N+1}_0-\tilde W^{N+1}(c)\bigr),"
        r"\quad 0<\eta<\frac{2}{\lambda_{\max}(C)}"
    ),
    assumptions=(SAMPLES, S1, M3, R_AT_C),
    conclusion=r"B^{i}_k\to\tilde W^{i}(c),\qquad 2\le i\le N+1",
    repair=(
        r"Recursive ridge converges along every sample, at the top as the ridge regression of all rows, "
        r"which it is; below, what early errors have left in the sums fades like $\log k/k$. Gradient "
        r"descent at a fixed rate converges at the top in the mean, and in every layer where a minibatch is "
        r"the whole population; its own noise stays of order $\eta$ unless the rate falls."
    ),
)
