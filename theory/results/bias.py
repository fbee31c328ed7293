"""The predicted bias of every fitted feedback matrix: B̂(c) = W + K c^k + …

First the coefficients of E[λ̂ | x, y] = b_0 + b_1 c + b_2 c² + …, two ways: from the expansion derived in
`theory.results.expansion` for independent coordinates, its partial derivatives read off power series; or,
for any finite design, summed over its atoms. Then least squares carries the leading coefficient to B̂, layer
by layer: below the top, ẽ is itself built from biased matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial as factorial_of

import sympy
from flint import arb, arb_mat, fmpq, fmpq_mat

from theory.exact.designs import Design
from theory.exact.network import (
    DERIVATIVES,
    ExactNetwork,
    Matrix,
    Real,
    Scalar,
    apply,
    directional_taylor,
    hadamard,
    rational,
)
from theory.exact.noise_laws import NoiseLaw
from theory.exact.population import Problem, Solver, full_rank
from theory.exact.rule import direct, sources
from theory.results.expansion import derivative_weights

MultiIndex = tuple[int, ...]


def design_coefficients(problem: Problem, design: Design, order: int) -> list[list[Matrix]]:
    """[b_0, …, b_order], each one matrix per hidden layer (n_i x M): b_k = Σ_a p_a a_{k+1}(ξ_a) ξ_a, a_m the
    Taylor coefficients of F along ξ_a.
    """
    atoms = design.atoms(exact=False)
    weights = [arb(rational(p)) for p in design.probabilities]
    samples = []
    for x, y in zip(problem.x, problem.y, strict=True):
        series = [directional_taylor(problem.network, x, y, atom, order + 1) for atom in atoms]
        samples.append(
            [
                [
                    sum(
                        (p * s[k + 1] * atom[j] for p, s, atom in zip(weights, series, atoms, strict=True)),
                        arb(0),
                    )
                    for j in range(design.units)
                ]
                for k in range(order + 1)
            ]
        )
    return [_layers(problem.network, [sample[k] for sample in samples]) for k in range(order + 1)]


def independent_coefficients(problem: Problem, law: NoiseLaw, order: int) -> list[list[Matrix]]:
    """The same from the derived expansion: b_k = Σ_α w_{k,α} ∂^α F(0), for units with independent coordinates
    of the given law; order ≤ 3.
    """
    units = sum(problem.network.widths[1:-1])
    table = [derivative_weights(units, j, order, law.joint_moment) for j in range(units)]
    samples = []
    for x, y in zip(problem.x, problem.y, strict=True):
        partial = partial_derivatives(problem.network, x, y, order + 1)
        samples.append(
            [
                [
                    sum((_ball(w) * partial[alpha] for alpha, w in table[j].get(k, {}).items()), arb(0))
                    for j in range(units)
                ]
                for k in range(order + 1)
            ]
        )
    return [_layers(problem.network, [sample[k] for sample in samples]) for k in range(order + 1)]


def partial_derivatives(
    network: ExactNetwork, x: Sequence[Real], y: Sequence[Real], order: int
) -> dict[MultiIndex, Scalar]:
    """∂^α F(0) for every α with 1 ≤ |α| ≤ order in at most two units, by polarisation.

    Along e_j + τ e_k the m-th Taylor coefficient is Σ_b τ^b ∂^{(m-b, b)}F / ((m-b)! b!): a polynomial in τ,
    interpolated exactly.
    """
    units = sum(network.widths[1:-1])
    nodes = [fmpq(v) for v in _nodes(order + 1)]
    vandermonde = arb_mat(fmpq_mat([[node**b for b in range(order + 1)] for node in nodes]).inv())
    found: dict[MultiIndex, Scalar] = {}
    for j in range(units):
        series = directional_taylor(network, x, y, _along(units, {j: fmpq(1)}), order)
        for m in range(1, order + 1):
            found[_index(units, {j: m})] = factorial_of(m) * series[m]
    for j, k in combinations(range(units), 2):
        lines = [
            directional_taylor(network, x, y, _along(units, {j: fmpq(1), k: node}), order) for node in nodes
        ]
        for m in range(2, order + 1):
            coefficients = (vandermonde * arb_mat([[line[m]] for line in lines])).entries()
            for b in range(1, m):
                scale = factorial_of(m - b) * factorial_of(b)
                found[_index(units, {j: m - b, k: b})] = scale * coefficients[b]
    return found


def feedback_bias(
    problem: Problem, coefficient: Sequence[Matrix], rule: str = "FA", solve: Solver = full_rank
) -> list[Matrix]:
    """K^2 … K^{N+1}: B̂^i(c) = B^i(0) + K^i c^k + o(c^k) when E λ̂ = λ + b c^k + o(c^k), b the given
    coefficient.

    FA, from the top layer down, with δ^i the coefficient of ẽ^i - e^i (δ^{N+1} = 0) and S = E e^i e^{iT}:

        K^i = S^{-1} (E[e^i b^{i-1 T}] - E[e^i δ^{iT}] W^i),
        δ^{i-1} = σ'(a^{i-1}) ∘ (K^{iT} e^i + W^{iT} δ^i).

    DFA: K = C^{-1} E[e^{N+1} b^T], about its own limit, which is the weights' product in a linear network.
    """
    network, errors = problem.network, problem.true_errors
    result: list[Matrix] = []
    drift = 0 * errors[-1]
    for k in range(len(coefficient) - 1, -1, -1):
        weight = network.weights[k + 1]
        carried = sources(rule, errors)[k]
        cross = carried * coefficient[k].transpose()
        if not direct(rule):
            cross = cross - carried * drift.transpose() * weight
        bias = solve(carried * carried.transpose(), cross)
        result.insert(0, bias)
        if not direct(rule):
            slopes = apply(DERIVATIVES[network.activations[k]], problem.clean.pre_activations[k])
            drift = hadamard(slopes, bias.transpose() * carried + weight.transpose() * drift)
    return result


def _nodes(count: int) -> list[int]:
    """0, 1, -1, 2, -2, …"""
    return [(1 if i % 2 else -1) * ((i + 1) // 2) for i in range(count)]


def _along(units: int, entries: dict[int, fmpq]) -> list[Scalar]:
    return [entries.get(u, fmpq(0)) for u in range(units)]


def _index(units: int, entries: dict[int, int]) -> MultiIndex:
    return tuple(entries.get(u, 0) for u in range(units))


def _ball(weight: sympy.Expr) -> Scalar:
    value = sympy.nsimplify(weight)
    if not value.is_Rational:
        raise ValueError(f"the moment {weight} is not a rational number: give a concrete noise law")
    return arb(fmpq(int(value.p), int(value.q)))


def _layers(network: ExactNetwork, samples: Sequence[Sequence[Scalar]]) -> list[Matrix]:
    result, start = [], 0
    for width in network.widths[1:-1]:
        result.append(arb_mat([list(sample[start : start + width]) for sample in samples]).transpose())
        start += width
    return result
