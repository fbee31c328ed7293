"""The exact limit plim_{T→∞} B̂(c), at any c, for a finite noise law and a finite data set.

With every (datum, atom) pair as likely as the two laws say, the sums of eq. (4) and (10) become finite
expectations; solving their normal equations gives the limit of the estimator itself, not an approximation
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import arb, arb_mat, fmpq_mat

from theory.exact.designs import Design
from theory.exact.network import (
    ExactNetwork,
    Matrix,
    Pass,
    Real,
    Scalar,
    error_signals,
    forward,
    losses,
    rational,
)
from theory.exact.rule import shapes, sources

Solver = Callable[[Matrix, Matrix], Matrix]


@dataclass(frozen=True)
class Problem:
    """A network and its data: x (M x n_0) and y (M x p) as rows, every datum equally likely."""

    network: ExactNetwork
    x: Sequence[Sequence[Real]]
    y: Sequence[Sequence[Real]]

    @cached_property
    def inputs(self) -> Matrix:
        """x as columns, n_0 x M."""
        return self.network.columns(self.x)

    @cached_property
    def targets(self) -> Matrix:
        """y as columns, p x M."""
        return self.network.columns(self.y)

    @cached_property
    def clean(self) -> Pass:
        """The clean pass over the data."""
        return forward(self.network, self.inputs)

    @cached_property
    def true_errors(self) -> list[Matrix]:
        """e^1 … e^{N+1}, n_i x M each."""
        return error_signals(self.network, self.network.weights[1:], self.clean, self.targets)

    @cached_property
    def true_gradients(self) -> list[Matrix]:
        """λ^1 … λ^N, λ^i = (W^{i+1})ᵀ e^{i+1}."""
        pairs = zip(self.network.weights[1:], self.true_errors[1:], strict=True)
        return [weight.transpose() * error for weight, error in pairs]


def perturbed_pass(problem: Problem, design: Design, c: Real) -> tuple[Pass, Matrix]:
    """The perturbed pass of every (datum, atom) pair, datum-major, and the targets of these columns; c may be
    negative.
    """
    network, exact = problem.network, problem.network.exact
    step = rational(c) if exact else arb(rational(c))
    atoms = design.atoms(exact)
    offsets = _offsets(network, atoms, step, len(problem.x))
    passed = forward(network, _repeat(problem.inputs, len(atoms)), offsets)
    return passed, _repeat(problem.targets, len(atoms))


def noisy_losses(problem: Problem, design: Design, c: Real) -> list[list[Scalar]]:
    """L̃ for every datum (outer list) and every atom of the design."""
    passed, targets = perturbed_pass(problem, design, c)
    perturbed, count = losses(problem.network, passed.activations[-1], targets), len(design.values)
    return [perturbed[t * count : (t + 1) * count] for t in range(len(problem.x))]


def scaled_differences(problem: Problem, design: Design, c: Real) -> list[list[Scalar]]:
    """(L̃ - L)/c for every datum (outer list) and every atom: what multiplies ξ in eq. (2)."""
    step = rational(c) if problem.network.exact else arb(rational(c))
    baseline = losses(problem.network, problem.clean.activations[-1], problem.targets)
    table = noisy_losses(problem, design, c)
    return [[(loss - clean) / step for loss in row] for clean, row in zip(baseline, table, strict=True)]


def mean_estimates(problem: Problem, design: Design, c: Real) -> list[Matrix]:
    """E[λ̂^i | x, y] for each hidden layer i, one column per datum: eq. (2) summed over the atoms of the
    design.
    """
    exact = problem.network.exact
    atoms = design.atoms(exact)
    weights = [rational(p) if exact else arb(rational(p)) for p in design.probabilities]
    columns = []
    for row in scaled_differences(problem, design, c):
        scaled = [p * slope for p, slope in zip(weights, row, strict=True)]
        columns.append(
            [
                sum((s * atom[j] for s, atom in zip(scaled, atoms, strict=True)), 0 * scaled[0])
                for j in range(design.units)
            ]
        )
    return by_layer(problem.network, columns)


def full_rank(gram: Matrix, cross: Matrix) -> Matrix:
    """Q^{-1} S; raises `ZeroDivisionError` where Q is singular, or not known not to be."""
    return gram.solve(cross)


def minimum_norm(gram: Matrix, cross: Matrix) -> Matrix:
    """Q⁺ S for a rational Q of any rank: V (VᵀQV)^{-1} Vᵀ S with V a basis of the range of Q."""
    basis = range_basis(gram)
    return _on_range(basis, gram, cross) if basis is not None else 0 * cross


def softmax_norm(gram: Matrix, cross: Matrix) -> Matrix:
    """Q⁺ S where Q is invertible but for 1ᵀQ1 = 0, as at the output of softmax and cross-entropy, or
    invertible.
    """
    size = gram.nrows()
    total = sum(gram.entries()[1:], gram.entries()[0])
    if abs(float(total.mid())) > 2.0**-100 * abs(float(gram.trace().mid())):
        return gram.solve(cross)
    return _on_range(type(gram)(sum_zero_basis(size)), gram, cross)


def sum_zero_basis(size: int) -> list[list[int]]:
    """A basis of {v : 1ᵀv = 0}, as columns: e_j - e_size."""
    return [[int(i == j) for j in range(size - 1)] for i in range(size - 1)] + [[-1] * (size - 1)]


def _on_range(basis: Matrix, gram: Matrix, cross: Matrix) -> Matrix:
    return basis * (basis.transpose() * gram * basis).solve(basis.transpose() * cross)


def limit(
    problem: Problem, design: Design, c: Real, rule: str = "FA", solve: Solver = full_rank
) -> list[Matrix]:
    """B̂^2 … B̂^{N+1} at T = ∞, top layer first: B̂^{i+1} = (E ẽẽᵀ)^{-1} E[ẽ λ̂^{iT}], ẽ from the B̂ above
    (FA) or ẽ^{N+1} (DFA).

    ``solve(Q, S)`` solves the normal equations.
    """
    return fit(problem, mean_estimates(problem, design, c), rule, solve)


def fit(
    problem: Problem, means: Sequence[Matrix], rule: str = "FA", solve: Solver = full_rank
) -> list[Matrix]:
    """The least squares of `limit` for given conditional means E[λ̂^i | x, y]."""
    network = problem.network
    feedback = [type(network.weights[0])(*shape) for shape in shapes(rule, network.widths)]
    for k in range(len(means) - 1, -1, -1):
        signals = error_signals(network, feedback, problem.clean, problem.targets, rule)
        errors = sources(rule, signals)[k]
        feedback[k] = solve(errors * errors.transpose(), errors * means[k].transpose())
    return feedback


def range_basis(gram: fmpq_mat) -> fmpq_mat | None:
    """Columns spanning the range of a symmetric rational matrix (None for the zero matrix)."""
    reduced, rank = gram.rref()
    rows = reduced.tolist()[:rank]
    return fmpq_mat(rows).transpose() if rank else None


def projector(basis: Matrix) -> Matrix:
    """The orthogonal projector onto the columns of ``basis``: V (VᵀV)^{-1} Vᵀ."""
    return basis * (basis.transpose() * basis).inv() * basis.transpose()


def to_floats(m: Matrix) -> list[list[float]]:
    """The nearest float64 of every entry."""
    return [[float(v) if isinstance(m, arb_mat) else int(v.p) / int(v.q) for v in row] for row in m.tolist()]


def _offsets(network: ExactNetwork, atoms: list[list[Scalar]], step: Scalar, data: int) -> list[Matrix]:
    """c ξ^i for every (datum, atom) pair, datum-major."""
    kind, result, start = type(network.weights[0]), [], 0
    for width in network.widths[1:-1]:
        rows = [[step * atom[j] for atom in atoms] * data for j in range(start, start + width)]
        result.append(kind(rows))
        start += width
    return result


def _repeat(columns: Matrix, times: int) -> Matrix:
    return type(columns)([[v for v in row for _ in range(times)] for row in columns.tolist()])


def by_layer(network: ExactNetwork, columns: list[list[Scalar]]) -> list[Matrix]:
    """One column over all hidden units per datum, cut into one matrix per hidden layer (n_i x M)."""
    kind, result, start = type(network.weights[0]), [], 0
    for width in network.widths[1:-1]:
        result.append(kind([column[start : start + width] for column in columns]).transpose())
        start += width
    return result
