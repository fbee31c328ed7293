"""What feedback already explains is taken out of the noise, not out of the mean; repeated fits contract."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq_mat

from theory.exact import samples
from theory.exact.designs import factorial
from theory.exact.moments import covariances, gradients, mean, side_by_side
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import RADEMACHER, SKEWED
from theory.exact.population import Problem, scaled_differences
from theory.results.control_variate import corrected, mean_shift, predictions, remaining, row_error, stage
from theory.results.variance import covariance

WEIGHTS = [[[1, 2], [0, -1]], [[1, 1], [2, -1]], [[1, Fraction(1, 2)], [0, 2]]]
DATA = (((1, Fraction(1, 2)), (-1, 2), (2, 0)), ((1, 0), (0, -1), (1, 1)))
LINEAR = Problem(ExactNetwork.of(WEIGHTS, ("identity",) * 3, "mse"), *DATA)
QUARTIC = Problem(ExactNetwork.of(WEIGHTS, ("identity", "relu", "identity"), "quartic"), *DATA)
OTHER = [fmpq_mat([[2, 0], [1, 1]]), fmpq_mat([[0, 1], [1, -1]])]


@pytest.mark.parametrize("units", [1, 2, 4])
def test_the_error_of_a_row_is_that_of_the_prediction_times_the_noise_of_one_second_moment(
    units: int,
) -> None:
    assert row_error(units) == sympy.zeros(units, 1)


def test_only_other_second_moments_move_the_mean() -> None:
    guess, moments = sympy.Matrix(sympy.symbols("p_1:3")), sympy.Matrix([[2, 1], [1, 1]])
    assert mean_shift(guess, sympy.eye(2)) == sympy.zeros(2, 1)
    assert sympy.expand(mean_shift(guess, moments) - (sympy.eye(2) - moments) * guess) == sympy.zeros(2, 1)


@pytest.mark.parametrize("problem", [LINEAR, QUARTIC], ids=["linear", "quartic"])
@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_the_mean_is_the_same_at_every_c(problem: Problem, rule: str) -> None:
    design, guess = factorial(SKEWED, 4), side_by_side(predictions(problem, OTHER, rule))
    for step in (Fraction(1, 8), Fraction(3)):
        found = mean(problem, design, remaining(problem, design, step, guess)) + guess
        assert found == mean(problem, design, scaled_differences(problem, design, step))


def test_true_feedback_predicts_the_gradient_and_leaves_only_the_curvature() -> None:
    weights = LINEAR.network.weights[1:]
    g = side_by_side(predictions(LINEAR, weights))
    assert g == gradients(LINEAR)
    design, step = factorial(RADEMACHER, 4), Fraction(1, 1024)
    for found, row in zip(
        covariances(LINEAR, design, remaining(LINEAR, design, step, g)), g.tolist(), strict=True
    ):
        plain = fmpq_mat(covariance(row, design))
        assert all(abs(found[j, j]) * 1000 < plain[j, j] for j in range(4))


def _sample() -> tuple[Problem, list[fmpq_mat]]:
    """Twelve rows with signs, one hidden layer of 2."""
    network = ExactNetwork.of([WEIGHTS[0], WEIGHTS[2]], ("identity",) * 2, "mse")
    x = [(v, Fraction(w, 2)) for v in (-1, 1, 2) for w in (-3, 1, 2, 5)]
    y = [((v * k) % 3, (k * k) % 5) for k, (v, _) in enumerate(x)]
    signs = [
        [1, 1],
        [1, -1],
        [1, 1],
        [-1, 1],
        [-1, -1],
        [1, 1],
        [1, -1],
        [-1, 1],
        [1, 1],
        [-1, -1],
        [1, 1],
        [1, -1],
    ]
    return Problem(network, x, y), [fmpq_mat(signs).transpose()]


def test_corrected_rows_are_the_definition_row_by_row() -> None:
    problem, noise = _sample()
    plain, guess = samples.estimates(problem, noise, Fraction(1, 4)), [fmpq_mat(2, 12, list(range(24)))]
    found = corrected(plain, guess, noise)[0]
    for t in range(12):
        along = sum(guess[0][k, t] * noise[0][k, t] for k in (0, 1))
        for j in (0, 1):
            assert found[j, t] == plain[0][j, t] - along * noise[0][j, t] + guess[0][j, t]


def test_with_one_hidden_layer_a_stage_is_an_affine_map_of_the_feedback() -> None:
    problem, noise = _sample()
    plain = samples.estimates(problem, noise, Fraction(1, 4))
    first, second = OTHER
    apart = stage(problem, plain, noise, [second])[0] - stage(problem, plain, noise, [first])[0]
    beyond = stage(problem, plain, noise, [3 * second - 2 * first])[0]
    assert beyond - stage(problem, plain, noise, [first])[0] == 3 * apart


def test_without_bias_the_true_feedback_is_a_fixed_point_of_any_sample() -> None:
    """c → 0: λ̂ = (g·ξ) ξ, and what is left of it for g̃ = g is g itself."""
    problem, noise = _sample()
    g = problem.true_gradients[0]
    along = [sum(g[k, t] * noise[0][k, t] for k in (0, 1)) for t in range(12)]
    plain = fmpq_mat([[s * v for s, v in zip(along, row, strict=True)] for row in noise[0].tolist()])
    weight = problem.network.weights[1]
    assert stage(problem, [plain], noise, [weight]) == [weight]
    assert stage(problem, [plain], noise, [0 * weight]) != [weight]
