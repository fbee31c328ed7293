r"""How much each sample moves the fitted feedback: the influence function of the least squares, exactly.

A sample is a (datum, atom) pair s of probability p_s. The fit is a function of these weights alone: at p it
is the limit W~(c), and at the frequencies of a finite sample it is B^. Let p move to p + eps q, sum q = 0.
The residual u^{i-1} = lambda_hat^{i-1} - W~^{iT} e~^i satisfies E[e~^i u^{i-1 T}] = 0, and differentiating
this in eps gives the first-order change of B^i as sum_s q_s psi^i(s), from the top layer down:

    psi^i(s) = S^{-1} (e~^i_s u_s^{i-1 T} - E[e~^i delta^{iT}] W~^i + E[delta^i u^{i-1 T}]),
    delta^i  = D^i (psi^{i+1}(s)^T e~^{i+1} + W~^{i+1 T} delta^{i+1}),   delta^{N+1} = 0,
    S        = E[e~^i e~^{iT}].

The errors below the top are made by fitted matrices ("generated regressors"): delta^i(x, y) is what sample s
does to the error of every other datum. The last term is E[delta E[u | x, y]^T]: it vanishes where the fit
leaves no bias, so as c -> 0, but not at finite c. DFA has the first term alone, with e^{N+1} for e~^i.

A minimum-norm fit has S^+ for S^{-1}, and turns with the range of its errors: where the rank of S does not
change with the weights, (I - S S^+) E[delta^i e~^{iT}] S^+ W~^i is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from theory.exact.designs import Design
from theory.exact.network import DERIVATIVES, Matrix, Real, Scalar, apply, error_signals, hadamard, rational
from theory.exact.population import (
    Problem,
    Solver,
    by_layer,
    fit,
    full_rank,
    mean_estimates,
    scaled_differences,
)
from theory.exact.rule import check, direct, sources


def influence(
    problem: Problem, design: Design, c: Real, rule: str = "FA", solve: Solver = full_rank
) -> list[list[Matrix]]:
    """[ψ^2, …, ψ^{N+1}] for every (datum, atom) pair, datum-major; ψ^i is n_i x n_{i-1} (DFA: p x n_{i-1}).

    Σ_s p_s ψ^i(s) = 0, and B̂^i - W̃^i(c) = (1/T) Σ_t ψ^i(s_t) + O_p(1/T) for T samples. ``solve`` must give a
    generalised inverse: `full_rank`, `minimum_norm` or `softmax_norm`, not a ridge.

    Raises ``ValueError`` for an unknown rule, c ≤ 0 or not finite, no data, no hidden layer, a design of
    another number of units, or a ``solve`` that is not one of these; ``ZeroDivisionError`` where `full_rank`
    meets a singular E ẽẽᵀ, or one not known to be regular at the precision of the balls.
    """
    return _influence(problem, design, c, rule, solve, frozen=False)


def frozen_influence(
    problem: Problem, design: Design, c: Real, rule: str = "FA", solve: Solver = full_rank
) -> list[list[Matrix]]:
    """The same with δ = 0, as if the matrices above each layer were known: S^{-1} ẽ_s u_sᵀ.

    Right at the top and for DFA; below the top of FA it is what a textbook regression would report. Its mean
    is 0 as well.
    """
    return _influence(problem, design, c, rule, solve, frozen=True)


def asymptotic_covariance(
    problem: Problem, design: Design, c: Real, layer: int, rule: str = "FA", solve: Solver = full_rank
) -> Matrix:
    """V of √T vec(B̂^layer - W̃^layer(c)), the rows of B̂ one after the other.

    V = Σ_s p_s vec ψ(s) vec ψ(s)ᵀ, n_i n_{i-1} on each side for layer i (DFA: p n_{i-1}). Raises as
    `influence` does, and ``ValueError`` unless 2 ≤ layer ≤ N+1.
    """
    _check_layer(problem, layer)
    return _second_moment(problem, design, influence(problem, design, c, rule, solve), layer)


def frozen_covariance(
    problem: Problem, design: Design, c: Real, layer: int, rule: str = "FA", solve: Solver = full_rank
) -> Matrix:
    """The same with δ = 0, as if the matrices above were known: wrong below the top of FA.

    The sandwich formula of a regression with given regressors, S^{-1} E[ẽẽᵀ ⊗ uuᵀ] S^{-1}. Raises as
    `asymptotic_covariance` does.
    """
    _check_layer(problem, layer)
    return _second_moment(problem, design, frozen_influence(problem, design, c, rule, solve), layer)


def inflation(problem: Problem, design: Design, c: Real, solve: Solver = full_rank) -> list[Scalar]:
    """trace V over the trace of the frozen covariance, for B^2 … B^{N+1} of FA; 1 at the top.

    Mostly above 1, but not always: with one unit a layer, linear, W^2 = 1 and noise of signs, the errors of
    λ̂^1 and ẽ^2 cancel and V = 0. Raises as `influence` does, and ``ZeroDivisionError`` where a rational
    frozen covariance is 0.
    """
    full = traces(problem, design, influence(problem, design, c, "FA", solve))
    frozen = traces(problem, design, frozen_influence(problem, design, c, "FA", solve))
    return [v / w for v, w in zip(full, frozen, strict=True)]


def traces(problem: Problem, design: Design, influences: Sequence[Sequence[Matrix]]) -> list[Scalar]:
    """trace V for each layer of the given influences: Σ_s p_s ‖ψ(s)‖_F²."""
    weights = _pair_probabilities(problem, design)
    return [
        sum((p * squares(psi) for p, psi in zip(weights, layer, strict=True)), 0 * weights[0])
        for layer in zip(*influences, strict=True)
    ]


def squares(m: Matrix) -> Scalar:
    """‖m‖_F²."""
    return sum(v * v for v in m.entries())


@dataclass(frozen=True)
class _Layer:
    """What the influence on B^i = ``feedback`` needs, the same for every pair."""

    feedback: Matrix
    errors: Matrix  # ẽ^i, one column for each datum
    slopes: Matrix  # σ'(a^{i-1})
    inverse: Matrix  # S⁺
    off_range: Matrix  # I - S S⁺
    mean_residuals: Matrix  # E[u^{i-1} | x, y]
    estimates: Matrix  # λ̂^{i-1}, one column for each pair


def _influence(
    problem: Problem, design: Design, c: Real, rule: str, solve: Solver, frozen: bool
) -> list[list[Matrix]]:
    _check(problem, design, c, rule)
    layers, data, atoms = _layers(problem, design, c, rule, solve), len(problem.x), len(design.values)
    result = []
    for s in range(data * atoms):
        drift = 0 * layers[-1].errors  # δ^{N+1}
        moved: list[Matrix] = []
        for layer in reversed(layers):
            error, estimate = _column(layer.errors, s // atoms), _column(layer.estimates, s)
            cross = error * (estimate - layer.feedback.transpose() * error).transpose()
            if direct(rule) or frozen:
                psi = layer.inverse * cross
            else:
                turn = drift * layer.errors.transpose() / data  # E[δ ẽᵀ]
                cross += drift * layer.mean_residuals.transpose() / data
                cross -= turn.transpose() * layer.feedback
                psi = layer.inverse * cross + layer.off_range * turn * layer.inverse * layer.feedback
                carried = psi.transpose() * layer.errors + layer.feedback.transpose() * drift
                drift = hadamard(layer.slopes, carried)
            moved.insert(0, psi)
        result.append(moved)
    return result


def _layers(problem: Problem, design: Design, c: Real, rule: str, solve: Solver) -> list[_Layer]:
    network, means = problem.network, mean_estimates(problem, design, c)
    feedback = fit(problem, means, rule, solve)
    signals = error_signals(network, feedback, problem.clean, problem.targets, rule)
    table, atoms = scaled_differences(problem, design, c), design.atoms(network.exact)
    pairs = [[slope * v for v in atom] for row in table for slope, atom in zip(row, atoms, strict=True)]
    result = []
    for k, (b, mean, estimates) in enumerate(zip(feedback, means, by_layer(network, pairs), strict=True)):
        errors = sources(rule, signals)[k]
        gram = errors * errors.transpose() / len(problem.x)
        inverse = generalised_inverse(solve, gram)
        result.append(
            _Layer(
                feedback=b,
                errors=errors,
                slopes=apply(DERIVATIVES[network.activations[k]], problem.clean.pre_activations[k]),
                inverse=inverse,
                off_range=_identity(gram) - gram * inverse,
                mean_residuals=mean - b.transpose() * errors,
                estimates=estimates,
            )
        )
    return result


def generalised_inverse(solve: Solver, gram: Matrix) -> Matrix:
    """Q⁺ (q x q) by ``solve``; raises ``ValueError`` unless Q Q⁺ Q = Q, which a ridge would break."""
    inverse = solve(gram, _identity(gram))
    again = gram * inverse * gram
    if not (again.overlaps(gram) if isinstance(gram, arb_mat) else again == gram):
        name = getattr(solve, "__qualname__", repr(solve))
        raise ValueError(
            f"solve is {name}; expected a generalised inverse, Q solve(Q, Q) = Q, without ridge."
        )
    return inverse


def _check(problem: Problem, design: Design, c: Real, rule: str) -> None:
    check(rule)
    units = sum(problem.network.widths[1:-1])
    if not 0 < c < float("inf"):
        raise ValueError(f"c is {c}; expected a finite number above 0.")
    if not len(problem.x):
        raise ValueError("problem has 0 data; expected at least 1.")
    if not units:
        raise ValueError(f"problem has the widths {problem.network.widths}; expected a hidden layer.")
    if design.units != units:
        raise ValueError(f"design has {design.units} units; expected {units}, one for each hidden unit.")


def _second_moment(
    problem: Problem, design: Design, influences: Sequence[Sequence[Matrix]], layer: int
) -> Matrix:
    kind = type(problem.network.weights[0])
    vectors = [moved[layer - 2].entries() for moved in influences]
    weighted = [
        [p * v for v in vector]
        for p, vector in zip(_pair_probabilities(problem, design), vectors, strict=True)
    ]
    return kind(vectors).transpose() * kind(weighted)


def _pair_probabilities(problem: Problem, design: Design) -> list[Scalar]:
    data, exact = len(problem.x), problem.network.exact
    weights = [rational(p) / data for p in design.probabilities] * data
    return weights if exact else [arb(p) for p in weights]


def _check_layer(problem: Problem, layer: int) -> None:
    top = len(problem.network.weights)
    if layer not in range(2, top + 1):
        raise ValueError(f"layer is {layer}; expected a whole number from 2 to {top}.")


def _identity(like: Matrix) -> Matrix:
    size = like.nrows()
    return type(like)(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _column(m: Matrix, index: int) -> Matrix:
    return type(m)([[m[row, index]] for row in range(m.nrows())])
