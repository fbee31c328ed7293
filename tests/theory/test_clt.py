"""The influence of a sample is the derivative of the fit in its weight; V, what all samples together have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise, product
from math import factorial as factorial_of
from typing import Any

import flint
import pytest
import sympy
from flint import arb, fmpq, fmpq_mat

from theory.command.document import latex, page
from theory.exact import samples
from theory.exact.designs import Design, factorial
from theory.exact.influence import (
    asymptotic_covariance,
    frozen_covariance,
    frozen_influence,
    inflation,
    influence,
    traces,
)
from theory.exact.network import (
    DERIVATIVES,
    ExactNetwork,
    Matrix,
    Real,
    Scalar,
    apply,
    error_signals,
    hadamard,
    rational,
)
from theory.exact.noise_laws import GAUSS_HERMITE, RADEMACHER, SKEWED, NoiseLaw
from theory.exact.population import (
    Problem,
    Solver,
    full_rank,
    limit,
    mean_estimates,
    minimum_norm,
    softmax_norm,
)
from theory.results.assumptions import M5, R_AT_C
from theory.results.clt import (
    STATEMENT,
    away_from_mean_square_linear,
    mean_square,
    mean_square_linear,
    sample_size,
    sample_size_linear,
    small_noise_covariance,
)
from theory.results.ridge import ridge_solver

STEP = Fraction(1, 3)
ONE_HIDDEN = [[[1], [2]], [[1, -1], [2, 1]]]  # 1-2-2
TWO_HIDDEN = [[[1], [2]], [[1, -1], [2, 1]], [[1, 0], [1, 1], [-1, 2]]]  # 1-2-2-3
THREE_HIDDEN = [[[1]], [[2]], [[1], [-1]], [[1, 2], [0, 1]]]  # 1-1-1-2-2
SQUARE = [[[1], [2]], [[1, 2], [-1, 1]], [[1, 1], [2, -1]]]  # 1-2-2-2
NARROWING = [[[1]], [[1], [-1], [2]], [[1, 2, 0], [0, 1, -1]]]  # 1-1-3-2


def problem(weights: list[Any], loss: str = "mse", hidden: str = "identity") -> Problem:
    """Four data for a network of one input."""
    activations = (*[hidden] * (len(weights) - 1), "identity")
    y = [[(3 * t * t + 2 * k * t - k) % 5 - 2 for k in range(len(weights[-1]))] for t in range(4)]
    return Problem(ExactNetwork.of(weights, activations, loss), ((1,), (2,), (-1,), (Fraction(1, 2),)), y)


def design_for(problem: Problem, law: NoiseLaw) -> Design:
    return factorial(law, sum(problem.network.widths[1:-1]))


def probabilities(problem: Problem, design: Design) -> list[fmpq]:
    return [
        fmpq(p.numerator, p.denominator) / len(problem.x) for _ in problem.x for p in design.probabilities
    ]


def weighted_fit(
    problem: Problem, design: Design, weights: list[fmpq], rule: str = "FA", solve: Solver = full_rank
) -> list[Matrix]:
    """B̂^2 … B̂^{N+1} of the (datum, atom) pairs with these weights, as rows of a finite sample."""
    network, atoms = problem.network, design.atoms(problem.network.exact) * len(problem.x)
    kind = type(network.weights[0])
    repeated = [[row for row in rows for _ in design.values] for rows in (problem.x, problem.y)]
    rows = Problem(network, *repeated)
    noise, start = [], 0
    for width in network.widths[1:-1]:
        noise.append(kind([[atom[j] for atom in atoms] for j in range(start, start + width)]))
        start += width
    estimates, signal = samples.estimates(rows, noise, STEP), rows.true_errors[-1]
    fitted: list[Matrix] = []
    for k in range(len(estimates) - 1, -1, -1):
        weighted = kind([[w * v for w, v in zip(weights, row, strict=True)] for row in signal.tolist()])
        fitted.insert(0, solve(weighted * signal.transpose(), weighted * estimates[k].transpose()))
        if rule == "FA":
            slopes = apply(DERIVATIVES[network.activations[k]], rows.clean.pre_activations[k])
            signal = hadamard(fitted[0].transpose() * signal, slopes)
    return fitted


def direction(weights: list[fmpq]) -> list[fmpq]:
    """q with Σ q = 0 that moves data and noise alike."""
    steps = [(7 * s * s + 3 * s) % 5 - 2 for s in range(len(weights))]
    return [s - sum(steps) * p for s, p in zip(steps, weights, strict=True)]


def along(moved: list[list[Matrix]], weights: list[fmpq]) -> list[Matrix]:
    """Σ_s q_s ψ(s), layer by layer."""
    pairs = [list(zip(weights, layer, strict=True)) for layer in zip(*moved, strict=True)]
    return [sum((psi * q for q, psi in layer[1:]), layer[0][1] * layer[0][0]) for layer in pairs]


def largest(m: Matrix) -> Scalar:
    return max((abs(v) for v in m.entries()), key=lambda v: v.upper() if isinstance(v, arb) else v)


def quotient_error(
    case: Problem, design: Design, rule: str, solve: Solver, eps: fmpq, derivatives: list[Matrix]
) -> list[Scalar]:
    """|(B̂(p + ε q) - B̂(p)) / ε - derivative| / |derivative|, the largest entry, for each layer."""
    p = probabilities(case, design)
    moved = [w + eps * q for w, q in zip(p, direction(p), strict=True)]
    before, after = (weighted_fit(case, design, w, rule, solve) for w in (p, moved))
    return [
        largest((b - a) * (1 / eps) - d) / largest(d)
        for a, b, d in zip(before, after, derivatives, strict=True)
    ]


def assert_derivative(case: Problem, design: Design, rule: str, solve: Solver = full_rank) -> None:
    """The difference quotient is off by O(ε) alone: for ε 10^20 times smaller, 10^20 times less."""
    moved = influence(case, design, STEP, rule, solve)
    p = probabilities(case, design)
    derivatives = along(moved, direction(p))
    coarse, fine = (quotient_error(case, design, rule, solve, fmpq(1, 10**k), derivatives) for k in (20, 40))
    assert all(0 < f < fmpq(1, 10**33) and 0 < c < fmpq(1, 10**13) for c, f in zip(coarse, fine, strict=True))
    assert all(abs(f / c * 10**20 - 1) < fmpq(1, 10**10) for c, f in zip(coarse, fine, strict=True))
    assert [largest(mean) for mean in along(moved, p)] == [0] * len(derivatives)


@pytest.mark.parametrize("rule", ["FA", "DFA"])
@pytest.mark.parametrize("law", [SKEWED, RADEMACHER], ids=lambda law: law.name)
@pytest.mark.parametrize("loss", ["mse", "quartic"])
@pytest.mark.parametrize("weights", [ONE_HIDDEN, TWO_HIDDEN, THREE_HIDDEN], ids=["1", "2", "3"])
def test_the_influence_is_the_derivative_of_the_fit(
    weights: list[Any], loss: str, law: NoiseLaw, rule: str
) -> None:
    case = problem(weights, loss)
    assert_derivative(case, design_for(case, law), rule)


def test_it_is_with_other_slopes_at_every_datum() -> None:
    case = problem([[[1], [-2]], [[2, 1], [1, -1]], [[1, 0], [1, 1], [-1, 2]]], "quartic", "relu")
    assert_derivative(case, design_for(case, SKEWED), "FA")


@pytest.mark.parametrize("loss", ["mse", "quartic"])
@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_a_minimum_norm_fit_turns_with_the_range_of_its_errors(loss: str, rule: str) -> None:
    case = problem(NARROWING, loss)
    assert_derivative(case, design_for(case, SKEWED), rule, minimum_norm)


@pytest.mark.parametrize(
    ("hidden", "loss", "solve"), [("tanh", "logcosh", full_rank), ("sigmoid", "cross_entropy", softmax_norm)]
)
def test_it_is_the_derivative_in_balls(hidden: str, loss: str, solve: Solver) -> None:
    with flint.ctx.workprec(300):
        case = problem([[[1], [-1]], [[1, 2], [1, -1]], TWO_HIDDEN[2]], loss, hidden)
        if loss == "cross_entropy":
            case = Problem(case.network, case.x, ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 0)))
        design = design_for(case, SKEWED)
        moved, p = influence(case, design, STEP, "FA", solve), probabilities(case, design)
        assert all(m.contains(0 * m.mid()) for m in along(moved, p))
        derivatives = along(moved, direction(p))
        errors = quotient_error(case, design, "FA", solve, fmpq(1, 2**100), derivatives)
        assert all(error < 2.0**-80 for error in errors)
        assert all(largest(d) > 1 for d in derivatives)


# -- the covariance ----------------------------------------------------------------------------------------


def frequencies(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in frequencies(total - first, cells - 1):
            yield (first, *rest)


def true_variances(case: Problem, design: Design, rows: int) -> list[fmpq]:
    """T Var B̂^i over all samples of T rows, each B̂^i a single number."""
    p, depth = probabilities(case, design), len(case.network.weights) - 1
    first, second = [fmpq(0)] * depth, [fmpq(0)] * depth
    for counts in frequencies(rows, len(p)):
        chance = fmpq(factorial_of(rows))
        for count, weight in zip(counts, p, strict=True):
            chance *= weight**count / factorial_of(count)
        fitted = [b[0, 0] for b in weighted_fit(case, design, [fmpq(n) for n in counts])]
        first = [f + chance * b for f, b in zip(first, fitted, strict=True)]
        second = [s + chance * b * b for s, b in zip(second, fitted, strict=True)]
    return [rows * (s - f * f) for f, s in zip(first, second, strict=True)]


ONE_UNIT = factorial(RADEMACHER, 1)
# Two atoms over both hidden units, such that no sample fits a top matrix of 0. Not a law with E ξξᵀ = I.
TWO_UNITS = Design(
    "two atoms",
    ((Fraction(1), Fraction(1, 2)), (Fraction(-1, 2), Fraction(2))),
    (Fraction(1, 3), Fraction(2, 3)),
)


@pytest.mark.parametrize(
    ("weights", "design", "loss", "targets"),
    [
        ([[[1]], [[2]]], ONE_UNIT, "mse", (3, 1)),
        ([[[1]], [[2]]], factorial(SKEWED, 1), "quartic", (3, 1)),
        ([[[1]], [[2]], [[1]]], TWO_UNITS, "mse", (3, 1)),
        ([[[1]], [[2]], [[1]]], TWO_UNITS, "quartic", (1, Fraction(24, 5))),
    ],
    ids=["one hidden", "one hidden, quartic", "two hidden", "two hidden, quartic"],
)
def test_all_samples_together_have_that_variance(
    weights: list[Any], design: Design, loss: str, targets: tuple[Real, Real]
) -> None:
    """T Var B̂ - V over every sample of T rows halves when T is doubled; extrapolated, V is left."""
    network = ExactNetwork.of(weights, ("identity",) * len(weights), loss)
    case = Problem(network, ((1,), (2,)), [(y,) for y in targets])
    layers = range(2, len(weights) + 1)
    expected = [asymptotic_covariance(case, design, STEP, layer)[0, 0] for layer in layers]
    few, many = (true_variances(case, design, rows) for rows in (10, 20))
    for v, a, b in zip(expected, few, many, strict=True):
        assert abs(b - v) < abs(a - v) * fmpq(55, 100)
        assert abs(2 * b - a - v) < v * fmpq(4, 100)


@pytest.mark.parametrize("weights", [TWO_HIDDEN, THREE_HIDDEN], ids=["2", "3"])
def test_fitted_matrices_above_are_felt_below_the_top_of_fa_alone(weights: list[Any]) -> None:
    case, layers = problem(weights), range(2, len(weights) + 1)
    design = design_for(case, SKEWED)
    for layer in layers:
        full, frozen = (f(case, design, STEP, layer) for f in (asymptotic_covariance, frozen_covariance))
        direct, same = (
            f(case, design, STEP, layer, "DFA") for f in (asymptotic_covariance, frozen_covariance)
        )
        assert full == full.transpose()
        assert direct == same
        assert (full == frozen) is (layer == len(weights))
    assert [v > fmpq(21, 10) for v in inflation(case, design, STEP)[:-1]] == [True] * (len(weights) - 2)
    moved = frozen_influence(case, design, STEP)
    assert [largest(mean) for mean in along(moved, probabilities(case, design))] == [0] * len(layers)


def test_without_them_the_variance_can_be_overstated_too() -> None:
    """λ̂^1 = λ̂^2 in every row with signs and W^2 = 1: every sample fits B̂^2 = 1, without any variance."""
    case = problem([[[1]], [[1]], [[2]]])
    design = design_for(case, RADEMACHER)
    assert asymptotic_covariance(case, design, STEP, 2) == fmpq_mat([[0]])
    assert frozen_covariance(case, design, STEP, 2)[0, 0] > 0
    assert weighted_fit(case, design, [fmpq(s % 5) for s in range(16)])[0] == fmpq_mat([[1]])


@pytest.mark.parametrize(("weights", "seen"), [(SQUARE, False), (TWO_HIDDEN, True)], ids=["2-2", "2-3"])
def test_the_bias_that_the_fit_leaves_is_felt_where_layers_are_narrower_than_the_output(
    weights: list[Any], seen: bool
) -> None:
    """E[δ uᵀ] is linear in E[e uᵀ], which E[ẽ uᵀ] = 0 makes 0 where ẽ determines e; u itself has a mean."""
    case = problem(weights, "quartic")
    design = design_for(case, SKEWED)
    feedback, means = limit(case, design, STEP), mean_estimates(case, design, STEP)
    signals = error_signals(case.network, feedback, case.clean, case.targets)
    residuals = means[0] - feedback[0].transpose() * signals[1]
    assert signals[1] * residuals.transpose() == 0 * signals[1] * residuals.transpose()
    assert largest(residuals) > 0
    assert (largest(signals[-1] * residuals.transpose()) > 0) is seen


# -- as c → 0, and in closed form --------------------------------------------------------------------------


@pytest.mark.parametrize(("law", "kappa4"), [(RADEMACHER, 1), (SKEWED, Fraction(13, 4))])
@pytest.mark.parametrize("weights", [ONE_HIDDEN, TWO_HIDDEN, NARROWING], ids=["1", "2", "narrowing"])
def test_the_covariance_at_the_top_tends_to_the_one_of_small_noise(
    weights: list[Any], law: NoiseLaw, kappa4: Real
) -> None:
    """With mse and linear layers V is a quadratic in c: three values of c have its value at 0, exactly."""
    case = problem(weights)
    design, top = design_for(case, law), len(weights)
    one, two, three = (asymptotic_covariance(case, design, c, top, solve=minimum_norm) for c in (1, 2, 3))
    assert 3 * one - 3 * two + three == small_noise_covariance(case, kappa4, minimum_norm)
    assert one != two


@pytest.mark.parametrize(("law", "bits"), [(SKEWED, 36), (GAUSS_HERMITE, 70)], ids=["skewed", "symmetric"])
def test_it_does_with_curved_units(law: NoiseLaw, bits: int) -> None:
    """What is left is of order c, or c² without a third moment."""
    with flint.ctx.workprec(300):
        case = problem([[[1], [-1]], [[1, 2]], [[2], [-1]]], "logcosh", "tanh").network
        case = Problem(case, ((1,), (2,), (-1,)), ((1, 0), (0, 2), (1, 1)))
        found = asymptotic_covariance(case, design_for(case, law), Fraction(1, 2**40), 3)
        expected = small_noise_covariance(case, Fraction(int(4 * law.kappa4), 4))
        assert largest(found - expected) < largest(expected) / 2**bits
        assert largest(expected) > 1


ISSERLIS = list(product((1, -1, 0, 0, 0, 0), repeat=2))


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
@pytest.mark.parametrize(
    ("weights", "rho"),
    [([[[1], [2]], [[1, 2], [-1, 3]]], 1), ([[[1]], [[2], [1]], [[1, 2], [-1, 3]]], Fraction(32, 15))],
    ids=["one hidden", "two hidden"],
)
def test_the_closed_form_is_exact_for_errors_with_gaussian_fourth_moments(
    weights: list[Any], rho: Real, law: NoiseLaw
) -> None:
    """e of independent coordinates 0, ±1 with probabilities 2/3, 1/6: E e⁴ = 1/3 = 3 (E e²)², on 36 data."""
    network = ExactNetwork.of(weights, ("identity",) * len(weights), "mse")
    output = [row[0] for row in Problem(network, ((1,),), ((0, 0),)).clean.activations[-1].tolist()]
    targets = [[int(z.p) - v for z, v in zip(output, e, strict=True)] for e in ISSERLIS]
    case = Problem(network, ((1,),) * 36, targets)
    design, kappa4 = design_for(case, law), Fraction(int(4 * law.kappa4), 4)
    expected = mean_square_linear(2, 2, rational(rho), rational(kappa4))
    norm = sum(v * v for v in network.weights[-1].entries())
    v = small_noise_covariance(case, kappa4)
    assert sum(v[k, k] for k in range(4)) == norm * expected
    one, two, three = (mean_square(case, design, c)[-1] for c in (1, 2, 3))
    assert 3 * one - 3 * two + three == expected


@pytest.mark.parametrize("widths", [(1, 2, 2), (1, 1, 3), (1, 1, 2, 2), (1, 2, 1, 3), (1, 1, 1, 2, 2)])
def test_the_closed_form_is_derived(widths: tuple[int, ...]) -> None:
    weights = [
        sympy.Matrix(rows, columns, sympy.symbols(f"w{k}_1:{rows * columns + 1}"))
        for k, (columns, rows) in enumerate(pairwise(widths))
    ]
    assert away_from_mean_square_linear(weights) == 0


# -- how many samples --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_the_sample_size_is_the_smallest_that_is_enough(rule: str) -> None:
    case, error = problem(TWO_HIDDEN), Fraction(1, 7)
    design = design_for(case, SKEWED)
    sizes, squares = sample_size(case, design, STEP, error, rule), mean_square(case, design, STEP, rule)
    assert all(v <= fmpq(t, 49) for t, v in zip(sizes, squares, strict=True))
    assert all(v > fmpq(t - 1, 49) for t, v in zip(sizes, squares, strict=True))
    with flint.ctx.workprec(200):
        assert (
            sample_size(Problem(case.network.as_balls(), case.x, case.y), design, STEP, error, rule) == sizes
        )


def test_a_wide_ball_gives_a_size_that_is_enough() -> None:
    case, error = problem(TWO_HIDDEN), Fraction(1, 10**6)
    design = design_for(case, SKEWED)
    exact = sample_size(case, design, STEP, error)
    with flint.ctx.workprec(50):
        wide = sample_size(Problem(case.network.as_balls(), case.x, case.y), design, STEP, error)
    assert all(t < w < t * 1.01 for t, w in zip(exact, wide, strict=True))


def test_the_error_is_relative_to_what_the_rule_learns() -> None:
    case = problem(TWO_HIDDEN)
    design, (_, lower, top) = design_for(case, SKEWED), case.network.weights
    for rule, targets in (("FA", (lower, top)), ("DFA", (top * lower, top))):
        variances = traces(case, design, influence(case, design, STEP, rule))
        for v, ratio, target in zip(variances, mean_square(case, design, STEP, rule), targets, strict=True):
            assert v == ratio * sum(w * w for w in target.entries())


def test_the_sample_size_in_closed_form() -> None:
    error = Fraction(8, 1000)
    assert sample_size_linear(10, 20, 1, 3, error) == 12 * 21 * 15625
    assert sample_size_linear(10, 20, 1, 1, error) == 12 * 19 * 15625
    assert sample_size_linear(10, 20, Fraction(3, 2), Fraction(13, 4), 10) == 4  # 12 · 31.25 / 100
    assert sample_size_linear(1, 1, 1, 1, 1) == 1  # one unit and signs: no variance at all


def test_a_ball_without_an_upper_end_is_no_sample_size() -> None:
    case = problem(TWO_HIDDEN)
    with flint.ctx.workprec(10), pytest.raises(ArithmeticError):
        sample_size(
            Problem(case.network.as_balls(), case.x, case.y), design_for(case, SKEWED), STEP, Fraction(1, 7)
        )


CASE = problem(TWO_HIDDEN)
DESIGN = design_for(CASE, RADEMACHER)
BAD: dict[str, Callable[[], object]] = {
    r"c is 0; expected a finite number above 0": lambda: influence(CASE, DESIGN, 0),
    r"c is -1; expected a finite": lambda: asymptotic_covariance(CASE, DESIGN, -1, 2),
    r"c is nan; expected a finite": lambda: influence(CASE, DESIGN, float("nan")),
    r"c is inf; expected a finite": lambda: inflation(CASE, DESIGN, float("inf")),
    r"rule is 'BP'; expected one of: FA, DFA": lambda: mean_square(CASE, DESIGN, 1, "BP"),
    r"design has 1 units; expected 4": lambda: frozen_influence(CASE, ONE_UNIT, 1),
    r"problem has 0 data; expected at least 1": lambda: influence(Problem(CASE.network, (), ()), DESIGN, 1),
    r"problem has the widths \(1, 2\); expected a hidden layer": lambda: influence(
        problem(ONE_HIDDEN[:1]), DESIGN, 1
    ),
    r"layer is 1; expected a whole number from 2 to 3": lambda: asymptotic_covariance(CASE, DESIGN, 1, 1),
    r"layer is 4; expected a whole number from 2 to 3": lambda: frozen_covariance(CASE, DESIGN, 1, 4),
    r"solve is .*ridge.*; expected a generalised inverse": lambda: influence(
        CASE, DESIGN, 1, "FA", ridge_solver(Fraction(1, 2))
    ),
    r"activations of the hidden layers are \('relu', 'relu'\); expected 'identity'": lambda: mean_square(
        problem(TWO_HIDDEN, "mse", "relu"), DESIGN, 1, "DFA"
    ),
    r"weights of layer 2 have \|W\|² = 0; expected a number above 0": lambda: mean_square(
        problem([[[1]], [[0]], [[1]]]), factorial(RADEMACHER, 2), 1
    ),
    r"error is 0; expected a finite number above 0": lambda: sample_size(CASE, DESIGN, 1, 0),
    r"error is inf; expected a finite": lambda: sample_size(CASE, DESIGN, 1, float("inf")),
    r"kappa4 is 0.5; expected a finite number of at least 1": lambda: small_noise_covariance(CASE, 0.5),
    r"outputs is 0; expected": lambda: sample_size_linear(0, 1, 1, 3, 1),
    r"units is -3; expected": lambda: sample_size_linear(1, -3, 1, 3, 1),
    r"rho is nan; expected": lambda: sample_size_linear(1, 1, float("nan"), 3, 1),
    r"kappa4 is 0; expected": lambda: sample_size_linear(1, 1, 1, 0, 1),
    r"error is -0.1; expected": lambda: sample_size_linear(1, 1, 1, 3, -0.1),
    r"weights do not chain": lambda: away_from_mean_square_linear([sympy.ones(1, 2), sympy.ones(2, 2)]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_refused_by_name_value_and_expectation(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BAD[message]()


def test_a_singular_fit_of_full_rank_is_refused() -> None:
    case = problem(NARROWING)
    with pytest.raises(ZeroDivisionError):
        influence(case, design_for(case, RADEMACHER), STEP)


def test_the_statement_has_its_own_hypotheses_and_reads_as_one() -> None:
    assert set((R_AT_C, M5)) <= set(STATEMENT.assumptions)
    assert (STATEMENT.id, STATEMENT.status, STATEMENT.source) == ("clt", "new", "new")
    for text in (STATEMENT.latex, STATEMENT.conclusion, STATEMENT.repair, *(a.latex for a in (R_AT_C, M5))):
        assert text.count("{") == text.count("}")
        assert text.count(r"\bigl") == text.count(r"\bigr")
    assert STATEMENT.title in page(STATEMENT)
    assert r"\section*" in latex([STATEMENT])
